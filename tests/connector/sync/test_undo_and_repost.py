"""Undo Posting takes an invoice out of the ledger without a trace; adjustments come under its own number.

No feed tells of an undone posting: the full comparison finds it, at its time or with `ml-connector sync`.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from connector.models import InvoiceState
from connector.sandbox.vantagepoint.billing import InvoiceLine
from tests.support.money import replayed, tied
from tests.support.settling import (
    adjusted,
    assert_all_ties,
    assert_reconciled,
    at_stripe,
    balance,
    batch_of,
    checked,
    one_phase,
    only_problem,
    polled,
    problems,
    story,
    synced,
)
from tests.support.world import World


def undone(world: World, number: str) -> str:
    batch = batch_of(world, number)
    world.accountant.undo_posting(batch)
    return batch


def delete_file(world: World, batch: str) -> None:
    """Somebody deletes the unposted invoice file."""
    with world.deltek_books.lock:
        del world.deltek_books.billing.files[batch]


def stripe_numbers(world: World) -> dict[str, tuple[str, int]]:
    return {one["number"]: (one["status"], one["total"]) for one in world.stripe_invoices()}


# undone


def test_an_undone_invoice_is_void_at_stripe_with_the_next_sync(acme: World) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    undone(acme, number)

    polled(acme)
    assert at_stripe(acme, number) == ("open", 100000)
    synced(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert "its posting was undone in Deltek" in story(acme, number)
    assert acme.status().failed == 0


def test_an_undone_invoice_is_found_when_the_comparison_comes_round(acme: World) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    undone(acme, number)

    for _ in range(12):
        acme.clock.turn(timedelta(minutes=5))
        acme.poll()
    acme.settle()

    assert acme.stripe_invoice(number)["status"] == "void"


def test_an_undone_invoice_whose_file_is_deleted_too_is_void_at_stripe(acme: World) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    delete_file(acme, undone(acme, number))

    synced(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert acme.status().failed == 0


def test_rule_3_an_invoice_that_the_role_may_not_see_any_more_is_not_taken_for_deleted(acme: World) -> None:
    number = one_phase(acme)
    acme.deltek_sandbox.administrator.limit_companies("MLCONNECTOR", ["01"])

    synced(acme)

    assert at_stripe(acme, number) == ("open", 100000)
    assert only_problem(acme).remedy


def test_an_undone_invoice_stays_left_alone_when_it_is_replayed(acme: World) -> None:
    """Its first push was done again, and took the void Stripe invoice for its own."""
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    undone(acme, number)
    synced(acme)

    replayed(acme, number)
    acme.settle()

    assert acme.invoice(number).state is InvoiceState.LEFT_ALONE
    assert_all_ties(acme)


def test_an_undone_invoice_that_is_posted_again_is_made_again(acme: World) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    batch = undone(acme, number)
    synced(acme)
    acme.accountant.post_invoice_file(batch)

    polled(acme)

    assert stripe_numbers(acme)[number] == ("void", 100000)
    assert stripe_numbers(acme)[f"{number}-2"] == ("open", 100000)
    assert_all_ties(acme)


def test_an_invoice_undone_corrected_and_posted_again_is_made_again_as_corrected(acme: World) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    batch = undone(acme, number)
    correct(acme, batch, "1250.00")
    acme.accountant.post_invoice_file(batch)

    polled(acme)

    assert stripe_numbers(acme)[f"{number}-2"] == ("open", 125000)
    acme.pay(f"{number}-2")
    acme.settle()
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def correct(world: World, batch: str, amount: str) -> None:
    """The unposted file's one invoice is over this amount now."""
    with world.deltek_books.lock:
        file = world.deltek_books.billing.file(batch)
        line = InvoiceLine(wbs1="24001.00", wbs2="02", amount=Decimal(amount))
        file.invoices = [replace(file.invoices[0], lines=(line,))]


@pytest.mark.parametrize("voided_first", [True, False])
def test_an_invoice_that_is_undone_and_void_at_stripe_is_made_again_whichever_came_first(
    acme: World, voided_first: bool
) -> None:
    """It stayed void for good, and only `reconcile` told: whoever corrects an invoice may begin at Stripe."""
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    batch = batch_of(acme, number)
    if voided_first:
        acme.stripe_sandbox.dashboard.void(acme.stripe_invoice(number)["id"])
        polled(acme)
    undone(acme, number)
    synced(acme)
    assert acme.invoice(number).state is InvoiceState.LEFT_ALONE

    acme.accountant.post_invoice_file(batch)
    polled(acme)

    assert at_stripe(acme, f"{number}-2") == ("open", 100000)
    assert_all_ties(acme)


def test_an_invoice_undone_and_posted_again_unseen_stays_as_it_is(acme: World) -> None:
    number = one_phase(acme)
    acme.accountant.post_invoice_file(undone(acme, number))

    polled(acme)
    synced(acme)

    assert stripe_numbers(acme) == {number: ("open", 100000)}
    assert_all_ties(acme)


def test_undone_again_and_again_each_posting_has_a_stripe_invoice_of_its_own(acme: World) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    for _ in range(2):
        batch = undone(acme, number)
        synced(acme)
        acme.accountant.post_invoice_file(batch)
        polled(acme)

    assert {name: one[0] for name, one in stripe_numbers(acme).items() if name.startswith(number)} == {
        number: "void",
        f"{number}-2": "void",
        f"{number}-3": "open",
    }
    assert acme.invoice(number).state is InvoiceState.PUSHED
    assert_all_ties(acme)


@pytest.mark.parametrize("paid", [100000, 30000])
def test_an_invoice_undone_after_a_payment_makes_a_person_decide_and_posted_again_it_is_as_before(
    acme: World, paid: int
) -> None:
    number, settled = one_phase(acme), one_phase(acme, "5.00")
    acme.pay(settled)  # shows that AR review lists settled invoices too
    acme.pay(number, paid)
    acme.settle()
    batch = undone(acme, number)

    synced(acme)
    problem = only_problem(acme)
    assert "posting was undone in Deltek, but money has come in" in problem.reason
    assert "Post it again in Deltek" in problem.remedy
    assert at_stripe(acme, number)[1] == 100000 - paid

    acme.accountant.post_invoice_file(batch)
    synced(acme)

    assert acme.status().failed == 0, problems(acme)
    assert at_stripe(acme, number)[1] == 100000 - paid
    assert_all_ties(acme)


@pytest.mark.parametrize("paid", [100000, 30000])
def test_an_invoice_undone_after_a_payment_is_done_with_once_that_is_refunded_and_the_rest_credited(
    acme: World, paid: int
) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    acme.pay(number, paid)
    acme.settle()
    undone(acme, number)
    synced(acme)
    assert "refund what was paid and credit the rest at Stripe" in only_problem(acme).remedy

    dashboard, stripe_id = acme.stripe_sandbox.dashboard, acme.stripe_invoice(number)["id"]
    dashboard.refund(stripe_id)
    if paid < 100000:
        dashboard.credit_note(stripe_id, 100000 - paid)
    polled(acme)
    synced(acme)

    assert at_stripe(acme, number)[1] == 0
    assert balance(acme, number) == "0.00"
    assert_reconciled(acme)


def test_an_invoice_undone_while_a_bank_debit_is_processing_stays_until_the_bank_has_answered(
    acme: World,
) -> None:
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    charge = acme.pay(number, method="us_bank_account")
    acme.settle()
    undone(acme, number)
    synced(acme)
    assert at_stripe(acme, number) == ("open", 100000)

    acme.stripe_sandbox.dashboard.settle(charge["id"], succeed=False)
    acme.settle()
    synced(acme)

    assert acme.stripe_invoice(number)["status"] == "void"


# adjustments


def test_an_adjustment_down_is_a_credit_note(acme: World) -> None:
    number = one_phase(acme)
    adjusted(acme, number, "-60.00")

    polled(acme)

    assert stripe_numbers(acme) == {number: ("open", 100000)}
    assert at_stripe(acme, number) == ("open", 94000)
    assert_all_ties(acme)


def test_an_adjustment_up_makes_the_stripe_invoice_again(acme: World) -> None:
    number = one_phase(acme)
    adjusted(acme, number, "60.00")

    polled(acme)

    assert stripe_numbers(acme) == {number: ("void", 100000), f"{number}-2": ("open", 106000)}
    assert "more is charged under its number now" in story(acme, number)
    acme.pay(f"{number}-2")
    acme.settle()
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


@pytest.mark.parametrize("paid", [100000, 30000])
def test_an_adjustment_up_after_a_payment_makes_a_person_decide(acme: World, paid: int) -> None:
    number = one_phase(acme)
    acme.pay(number, paid)
    acme.settle()
    batch = adjusted(acme, number, "60.00")

    polled(acme)

    problem = only_problem(acme)
    assert "Deltek charges 60.00 USD more" in problem.reason
    assert "under a number of its own" in problem.remedy
    assert at_stripe(acme, number)[1] == 100000 - paid
    assert [one.number for one in tied(acme).differences] == [number]

    acme.accountant.undo_posting(batch)
    synced(acme)
    assert_all_ties(acme)


def test_an_adjustment_up_after_a_check_for_a_part_makes_a_person_decide(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "400.00"))
    polled(acme)
    adjusted(acme, number, "60.00")

    polled(acme)

    assert "Deltek charges 60.00 USD more" in only_problem(acme).reason


def test_an_adjustment_down_after_a_part_payment_lowers_the_rest(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, 30000)
    acme.settle()
    adjusted(acme, number, "-60.00")

    polled(acme)

    assert at_stripe(acme, number) == ("open", 64000)
    assert_all_ties(acme)


def test_an_adjustment_down_after_the_whole_was_paid_makes_a_person_give_it_back(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    adjusted(acme, number, "-60.00")

    polled(acme)
    assert "60.00 USD too much" in only_problem(acme).reason

    acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(number)["id"], 6000)
    acme.settle()
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_adjustments_up_and_down_between_two_polls_are_one_change(acme: World) -> None:
    number = one_phase(acme)
    for amount in ("60.00", "-100.00", "15.00"):
        adjusted(acme, number, amount)

    polled(acme)

    assert at_stripe(acme, number) == ("open", 97500)
    assert len(stripe_numbers(acme)) == 1
    assert_all_ties(acme)


def test_an_adjustment_down_and_up_again_takes_the_credit_note_back(acme: World) -> None:
    number = one_phase(acme)
    adjusted(acme, number, "-60.00")
    polled(acme)
    adjusted(acme, number, "60.00")

    polled(acme)

    assert at_stripe(acme, number) == ("open", 100000)
    assert_all_ties(acme)


def test_an_invoice_of_a_project_that_has_another_key_now_is_not_pushed_twice(acme: World) -> None:
    number = one_phase(acme)
    stripe_id = acme.stripe_invoice(number)["id"]
    acme.accountant.delete_invoice_file(undone(acme, number))
    acme.accountant.delete_project("24001.00")
    acme.project("24001.10", acme.clients["Riverbend Schools"], ["02"])
    acme.bill({"02": "1000.00"}, wbs1="24001.10", number=number)

    synced(acme)

    assert stripe_numbers(acme)[number] == ("open", 100000)
    assert f"{number}-24001-10" not in stripe_numbers(acme)
    told = [one for one in problems(acme) if one.what == "invoice"]
    assert [one.reason for one in told] == [
        "It stands at Stripe for project 24001.00 already, which Deltek does not show any more"
    ]

    acme.stripe_sandbox.dashboard.void(stripe_id)
    synced(acme)
    replayed(acme, number)
    acme.settle()

    assert [status for status, _ in stripe_numbers(acme).values()] == ["void", "open"]
    assert_all_ties(acme)
