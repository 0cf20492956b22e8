"""Receipts that wait for a person: Deltek's refusals, more money than is open, batches that somebody changed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sync.close_by_hand import close_by_hand
from tests.support.money import (
    blocked,
    our_files,
    pushed,
    receipts,
    replayed,
    total_received,
)
from tests.support.settling import assert_reconciled, only_problem, polled
from tests.support.world import World, tenant_file


def set_up(world: World, **changes: str) -> World:
    world.annex()
    world.set_up(**changes)
    return world


def check(amount: str, phase: str, number: str) -> Payment:
    return Payment(number, "24001.00", Decimal(amount), wbs2=phase)


def close_period(world: World) -> None:
    world.accountant.close_period(202611)


def open_period(world: World) -> None:
    world.accountant.open_period(202611)


def deactivate(world: World) -> None:
    world.accountant.change_project("24001.00|02|", {"Status": "I"})


def activate(world: World) -> None:
    world.accountant.change_project("24001.00|02|", {"Status": "A"})


def lose_bank(world: World) -> None:
    world.apply(tenant_file(world.deltek_url).replace('bank_code = "STRIPE"', 'bank_code = "STRIPO"'))


def find_bank(world: World) -> None:
    world.apply(tenant_file(world.deltek_url))


def shorten(world: World) -> None:
    world.deltek_sandbox.administrator.set_options({"refno_length": 5})


def fit(world: World) -> None:
    world.apply(tenant_file(world.deltek_url, deltek="refno_length = 5"))


def require_approval(world: World) -> None:
    world.deltek_sandbox.administrator.set_options({"approvals": True})


def approve(world: World) -> None:
    world.accountant.approve_receipt_file(our_files(world)[0].batch)


def deny(world: World) -> None:
    world.deltek_sandbox.administrator.deny("MLCONNECTOR", ["POST DataEntry/cr"])


def allow(world: World) -> None:
    world.deltek_sandbox.administrator.deny("MLCONNECTOR", [])


@pytest.mark.parametrize(
    ("wrong", "right", "says", "advises"),
    [
        (close_period, open_period, "Period 202611 is closed", "Open the accounting period"),
        (deactivate, activate, "Project 24001.00|02|  is not active", "Make the project and phase active"),
        (lose_bank, find_bank, "Bank code STRIPO is not valid", "Correct bank_code"),
        (shorten, fit, "would be truncated in table, column 'RefNo'", "deltek.refno_length"),
        (require_approval, approve, "is not approved", "Approve the transaction in Deltek"),
        (deny, allow, "may not POST DataEntry/crControl", "Give its role access"),
    ],
    ids=["closed period", "inactive phase", "bank code", "RefNo too long", "approvals", "rights"],
)
def test_a_refusal_is_one_item_with_deltek_s_own_words_and_replay_finishes_it_after_the_remedy(
    acme: World, wrong: Any, right: Any, says: str, advises: str
) -> None:
    number = pushed(acme)
    wrong(acme)
    acme.pay(number)
    acme.settle()

    (operation,) = blocked(acme)
    assert says.split("  ", maxsplit=1)[0] in operation.reason
    assert advises in operation.remedy
    assert (acme.status().backlog, acme.status().failed) == (0, 1)

    right(acme)
    results = replayed(acme, f"op-{operation.id}")

    assert [one.state for one in results] == ["done"]
    assert [one["posted"] for one in receipts(acme, number)] == [True]
    assert acme.deltek_invoice(number)["balance"] == "0.00"


def test_more_than_was_open_is_blocked_and_nothing_is_written(acme: World) -> None:
    number = pushed(acme)

    acme.stripe_sandbox.dashboard.pay_twice(acme.stripe_invoice(number)["id"])
    acme.settle()

    (operation,) = blocked(acme)
    assert f"1,000.00 USD was paid over invoice {number}" in operation.reason
    assert total_received(acme, number) == Decimal("1000.00")


def test_money_for_an_invoice_that_was_settled_elsewhere_meanwhile_is_not_lost(acme: World) -> None:
    """A payment that finds the invoice marked as paid is the customer's credit at Stripe: a person is told of it."""
    number = pushed(acme)
    acme.stripe_sandbox.dashboard.pay_out_of_band(acme.stripe_invoice(number)["id"])
    acme.settle()

    acme.pay(number, 100000)
    acme.settle()

    (operation,) = blocked(acme)
    assert f"1,000.00 USD was paid over invoice {number}" in operation.reason


def test_a_check_entered_by_hand_for_the_same_money_blocks_the_receipt(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.record_check(
        "9", date(2026, 11, 20), [check("600.00", "02", number), check("400.00", "03", number)], "STRIPE"
    )

    acme.pay(number)
    acme.settle()

    assert "only 0.00 USD is open" in blocked(acme)[0].reason
    assert our_files(acme) == []


def test_a_credit_memo_that_leaves_less_open_than_was_paid_blocks_the_receipt(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.credit_invoice(number, Decimal("200.00"), date(2026, 11, 20))

    acme.pay(number)
    acme.settle()

    assert "only 800.00 USD is open" in blocked(acme)[0].reason
    assert our_files(acme) == []


def test_what_goes_back_of_a_payment_that_a_person_booked_is_entered_by_hand_too(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.record_check("9", date(2026, 11, 20), [check("1000.00", "02", number)], "STRIPE")
    charge = acme.pay(number)
    acme.settle()
    close_by_hand(acme.runtime, acme.tenant(), only_problem(acme).reference)
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()
    problem = only_problem(acme)
    assert problem.remedy.endswith(
        "enter by hand what went back of it, then `ml-connector replay` it with --by-hand"
    )

    acme.accountant.record_check("10", date(2026, 11, 20), [check("-1000.00", "02", number)], "STRIPE")
    close_by_hand(acme.runtime, acme.tenant(), problem.reference)
    polled(acme)

    assert acme.deltek_invoice(number)["balance"] == "1000.00"
    assert_reconciled(acme)


# what an accountant does to a batch


def test_a_batch_that_the_accountant_deletes_is_never_written_again(world: World) -> None:
    set_up(world, post="false")
    number = pushed(world)
    world.pay(number)
    world.settle()

    world.accountant.delete_receipt_file(our_files(world)[0].batch)
    (result,) = [one for one in replayed(world, number) if "receipt" in one.what]

    assert result.state == "blocked"
    assert "Deltek has it no more" in result.message
    assert result.message.endswith("then `ml-connector replay` it with --by-hand")
    assert our_files(world) == []


def test_a_batch_deleted_while_its_posting_was_refused_is_never_written_again(acme: World) -> None:
    number = pushed(acme)
    require_approval(acme)
    acme.pay(number)
    acme.settle()

    acme.accountant.delete_receipt_file(our_files(acme)[0].batch)
    (result,) = [one for one in replayed(acme, number) if "receipt" in one.what]

    assert "Deltek has it no more" in result.message
    assert our_files(acme) == []


def test_a_posting_that_the_accountant_undid_is_posted_again_only_when_asked_for(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)
    acme.settle()

    acme.accountant.undo_posting(our_files(acme)[0].batch, "CR")
    acme.poll()
    acme.settle()

    assert [one["posted"] for one in receipts(acme, number)] == [False]


def test_a_batch_that_the_accountant_altered_is_not_posted(acme: World) -> None:
    number = pushed(acme)
    require_approval(acme)
    acme.pay(number)
    acme.settle()
    batch = our_files(acme)[0].batch
    acme.accountant.alter_receipt_file(batch, 0, {"Amount": 1})
    acme.accountant.approve_receipt_file(batch)

    (result,) = [one for one in replayed(acme, number) if "receipt" in one.what]

    assert result.state == "blocked"
    assert "Somebody changed the batch in Deltek" in result.message
    assert [one["posted"] for one in receipts(acme, number)] == [False]
