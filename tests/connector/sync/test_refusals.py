"""Whatever Deltek refuses of a receipt ends as one blocked item, in Deltek's own words and with a remedy that is
right; it holds up no other receipt, and after the remedy `replay` finishes it, once."""

import re
from datetime import date
from decimal import Decimal
from typing import Literal

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sync.problems import Problem, problems_of
from connector.sync.replay import replay_failed
from tests.support.money import (
    PHASES,
    both_books,
    our_files,
    pushed,
    receipts,
    replayed,
    spread,
    tied,
    total_received,
)
from tests.support.refusals import (
    POSTING,
    WRITING,
    Refusal,
    close_period,
    filing,
    making_the_phase,
    open_period,
    setting,
)
from tests.support.world import World

MARKUP = re.compile(r"</?\w+\s*/?>|&\w+;|Traceback|[{}\n]")
Mode = Literal["files", "single"]


def firm(world: World, mode: Mode, post: str) -> World:
    """Tenant acme, with a client and a project of two phases, in the company's way with receipts."""
    world.annex()
    world.set_up(receipts=mode, post=post)
    world.deltek_sandbox.administrator.set_receipt_mode("00", mode)
    return world


def problems(world: World) -> list[Problem]:
    with world.runtime.transaction() as session:
        return problems_of(session, world.tenant())


# one blocked item, and its end


def sole_problem(world: World) -> Problem:
    """The one item that waits for a person; it reads like a sentence."""
    (item,) = problems(world)
    assert not MARKUP.search(item.reason + item.remedy)
    assert (world.status().backlog, world.status().failed) == (0, 1)
    return item


def two_invoices(world: World) -> tuple[str, str]:
    numbers = world.bill(PHASES), world.bill({"03": "70.00"})
    world.poll()
    world.settle()
    return numbers


def refused(world: World, number: str, refusal: Refusal) -> Problem:
    """The invoice is paid, and its receipt refused: the one item that comes of it."""
    refusal.cause(world)
    world.pay(number)
    world.settle()
    item = sole_problem(world)
    assert refusal.says in item.reason
    assert refusal.advises in item.remedy
    assert (item.invoice, item.what) == (number, "post receipt")
    return item


def check_booked_meanwhile(world: World, other: str, item: Problem, *, posted: bool) -> None:
    """Before anybody replays the refused receipt."""
    world.pay(other)
    world.settle()
    assert [(one["amount"], one["posted"]) for one in receipts(world, other)] == [("70.00", posted)]
    assert sole_problem(world) == item


def check_finished_once(world: World, number: str, item: Problem, *, posted: bool) -> None:
    results = replayed(world, item.reference)

    assert [(one.what, one.state) for one in results] == [(f"{item.reference} post receipt", "done")]
    (receipt,) = receipts(world, number)
    assert (spread(receipt), receipt["posted"]) == (PHASES, posted)
    assert world.deltek_invoice(number)["balance"] == ("0.00" if posted else "1000.00")
    check_all_is_well(world, number)


def check_all_is_well(world: World, number: str) -> None:
    """Nothing waits, both sides tie, and doing it again changes nothing."""
    assert problems(world) == []
    assert (world.status().backlog, world.status().failed) == (0, 0)
    assert tied(world).differences == []
    before = both_books(world)
    replayed(world, number)
    world.poll()
    world.settle()
    assert both_books(world) == before


@pytest.mark.parametrize(("mode", "post"), [("files", "true"), ("single", "false")])
@pytest.mark.parametrize("refusal", WRITING.values(), ids=WRITING)
def test_a_receipt_that_deltek_does_not_take_is_one_item_that_replay_finishes_once(
    world: World, refusal: Refusal, mode: Mode, post: str
) -> None:
    firm(world, mode, post)
    number, other = two_invoices(world)
    item = refused(world, number, refusal)
    assert our_files(world) == []

    refusal.remedy(world)

    check_booked_meanwhile(world, other, item, posted=post == "true")
    check_finished_once(world, number, item, posted=post == "true")


@pytest.mark.parametrize("mode", ["files", "single"])
@pytest.mark.parametrize("refusal", POSTING.values(), ids=POSTING)
def test_a_batch_that_deltek_does_not_post_stands_once_and_replay_finishes_it(
    world: World, refusal: Refusal, mode: Mode
) -> None:
    firm(world, mode, "true")
    number, other = two_invoices(world)
    item = refused(world, number, refusal)
    assert [one["posted"] for one in receipts(world, number)] == [False]

    refusal.remedy(world)

    posted = refusal is not POSTING["this version posts nothing by its API"]
    check_booked_meanwhile(world, other, item, posted=posted)
    check_finished_once(world, number, item, posted=posted)


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_batch_that_an_accountant_posted_by_hand_is_done_as_it_is(world: World, mode: Mode) -> None:
    firm(world, mode, "true")
    number = pushed(world)
    item = refused(world, number, POSTING["this version posts nothing by its API"])

    world.accountant.post_receipt_files()

    check_finished_once(world, number, item, posted=True)


@pytest.mark.parametrize("mode", ["files", "single"])
@pytest.mark.parametrize("post", ["true", "false"])
def test_a_reversal_that_is_refused_as_negative_is_finished_once_negatives_are_allowed(
    world: World, mode: Mode, post: str
) -> None:
    firm(world, mode, post)
    setting(negative_totals=False)(world)
    number = pushed(world)
    charge = world.pay(number)
    world.settle()
    world.stripe_sandbox.dashboard.refund(charge["id"], 10000)
    world.settle()
    item = sole_problem(world)
    assert "Total cannot be negative" in item.reason
    assert "Allow negative cash receipts in Deltek" in item.remedy
    assert [one["amount"] for one in receipts(world, number)] == ["1000.00"]

    setting(negative_totals=True)(world)
    assert [one.state for one in replayed(world, item.reference)] == ["done"]

    _, reversal = receipts(world, number)
    assert (spread(reversal), reversal["posted"]) == ({"02": "-60.00", "03": "-40.00"}, post == "true")
    check_all_is_well(world, number)


# several at once


def test_a_receipt_is_booked_while_that_of_another_project_is_refused(acme: World) -> None:
    other = acme.project("24002.00", acme.client("Otter Creek", "ap@otter.example"), ["02"])
    mine, theirs = pushed(acme), pushed(acme, {"02": "70.00"}, wbs1=other)
    making_the_phase("I")(acme)

    acme.pay(mine)
    acme.pay(theirs)
    acme.settle()

    assert sole_problem(acme).invoice == mine
    assert acme.deltek_invoice(theirs)["balance"] == "0.00"


@pytest.mark.parametrize("mode", ["files", "single"])
def test_of_two_batches_that_wait_for_approval_the_approved_one_is_finished(world: World, mode: Mode) -> None:
    firm(world, mode, "true")
    approved, waiting = pushed(world), pushed(world)
    setting(approvals=True)(world)
    for number in (approved, waiting):
        world.pay(number)
    world.settle()
    assert [one.invoice for one in problems(world)] == [approved, waiting]

    world.accountant.approve_receipt_file(receipts(world, approved)[0]["batch"])

    assert [one.state for one in replay_failed(world.runtime, world.tenant())] == ["done", "blocked"]
    assert world.deltek_invoice(approved)["balance"] == "0.00"
    assert sole_problem(world).invoice == waiting
    assert len(our_files(world)) == 2


def test_several_problems_in_one_answer_are_one_item_with_the_remedy_of_each(acme: World) -> None:
    number = pushed(acme)
    making_the_phase("I")(acme)
    filing('"STRIPE"', '"STRIPO"')(acme)
    acme.pay(number)
    acme.settle()

    item = sole_problem(acme)
    for words in ("Bank code STRIPO is not valid", "Project 24001.00|02| is not active"):
        assert words in item.reason
    for words in ("Correct bank_code", "Make the project and phase active", ", then replay"):
        assert item.remedy.count(words) == 1


def test_a_refund_that_follows_a_refused_receipt_waits_for_it_and_is_booked_after_it(acme: World) -> None:
    number = pushed(acme)
    close_period(acme)
    charge = acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"], 10000)
    acme.settle()
    (item,) = problems(acme)
    assert (acme.status().backlog, acme.status().failed) == (0, 2)

    open_period(acme)
    replayed(acme, item.reference)
    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00", "-100.00"]
    check_all_is_well(acme, number)


# what people do in Deltek meanwhile


def check_of(number: str, amounts: dict[str, str]) -> list[Payment]:
    return [Payment(number, "24001.00", Decimal(amount), wbs2=phase) for phase, amount in amounts.items()]


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_batch_that_deltek_kept_in_part_is_shown_and_written_whole_once_it_is_deleted(
    world: World, mode: Mode
) -> None:
    firm(world, mode, "true")
    number = pushed(world)
    item = refused(world, number, WRITING["the period is closed"])
    (movement,) = world.movements()
    part = check_of(number, {"02": "600.00"})
    world.accountant.record_check("1", date(2026, 11, 20), part, "STRIPE", movement.batch, post=False)

    open_period(world)
    (result,) = replayed(world, item.reference)
    assert result.state == "blocked"
    assert f"Batch {movement.batch} in Deltek holds 600" in result.message
    assert "correct or delete it there, then replay" in result.message

    world.accountant.delete_receipt_file(movement.batch)
    check_finished_once(world, number, sole_problem(world), posted=True)


def test_money_that_was_entered_by_hand_after_the_refusal_is_not_entered_again(acme: World) -> None:
    number = pushed(acme)
    item = refused(acme, number, WRITING["the period is closed"])
    open_period(acme)
    by_hand = check_of(number, PHASES)
    acme.accountant.record_check("9", date(2026, 11, 20), by_hand, "STRIPE")

    (result,) = replayed(acme, item.reference)

    assert result.state == "blocked"
    assert total_received(acme, number) == Decimal("1000.00")


def test_the_split_is_by_what_is_open_when_the_receipt_is_written_not_when_it_was_refused(
    acme: World,
) -> None:
    number = pushed(acme)
    close_period(acme)
    acme.pay(number, 50000)
    acme.settle()
    open_period(acme)
    by_check = check_of(number, {"02": "500.00"})
    acme.accountant.record_check("9", date(2026, 11, 20), by_check, "FIRST")

    replayed(acme, sole_problem(acme).reference)

    assert [spread(one) for one in receipts(acme, number)] == [
        {"02": "500.00"},
        {"02": "100.00", "03": "400.00"},
    ]


def test_a_receipt_on_a_wrong_account_that_deltek_knows_is_shown_once_the_tenant_file_is_right(
    acme: World,
) -> None:
    """Deltek refuses nothing: only the tenant file's correction tells that the receipt is where it must not be."""
    number = pushed(acme)
    filing("111.00", "112.00")(acme)
    acme.pay(number)
    acme.settle()

    filing("112.00", "111.00")(acme)
    (result,) = [one for one in replayed(acme, number) if "receipt" in one.what]

    assert result.state == "blocked"
    assert "112.00" in result.message
