"""What a payout may be made of beside the payments of invoices: what came to nothing, Stripe's own, others' money."""

from datetime import timedelta

import pytest

from tests.support.auditing import FEES
from tests.support.booked import booked, on_account
from tests.support.money import events
from tests.support.payouts import paid, paid_out, payout_of, said, whats, with_accounts
from tests.support.settling import (
    assert_all_ties,
    assert_reconciled,
    checked,
    one_phase,
    only_problem,
    polled,
    told,
)
from tests.support.world import World, tenant_file


@pytest.fixture
def booking(acme: World) -> World:
    """acme, its tenant file naming accounts for fees and for overpayments."""
    return with_accounts(acme)


# what came to nothing


@pytest.mark.parametrize("paid_by_card_after", [True, False])
def test_a_bank_debit_that_failed_stands_for_nothing_in_its_payout(
    booking: World, paid_by_card_after: bool
) -> None:
    """Stripe enters the debit while it is under way, and takes it off again; the client pays the same intent."""
    paid(booking, "200.00")
    number = one_phase(booking)
    debit = booking.pay(number, method="us_bank_account")
    booking.settle()
    booking.stripe_sandbox.dashboard.settle(debit["id"], succeed=False)
    booking.settle()
    if paid_by_card_after:
        booking.pay(number)
        booking.settle()

    tied = payout_of(booking, paid_out(booking))

    failed = [(one.what, one.amount, one.no_receipt) for one in tied.items if one.no_receipt]
    assert sorted(failed) == [
        ("payment", 100000, "came to nothing: no receipt"),
        ("payment that failed", -100000, "came to nothing: no receipt"),
    ]
    assert (tied.carried, tied.difference, tied.ties) == (0, 0, True)
    assert on_account(booking, FEES) == ("-35.40" if paid_by_card_after else "-6.10")
    assert_all_ties(booking)


def test_a_debit_that_is_paid_out_before_it_fails_is_carried_to_the_next_payout(booking: World) -> None:
    """Its fee is booked with the one, and given back with the other."""
    paid(booking, "200.00")
    debit = booking.pay(one_phase(booking), method="us_bank_account")
    row = booking.stripe_books.table("charge")[debit["id"]]
    row["status"] = "succeeded"  # the stand-in pays out nothing that is under way
    early = booking.stripe_sandbox.dashboard.pay_out()["id"]
    row["status"] = "pending"
    booking.settle()
    assert said(payout_of(booking, early)) == {"payment": "is under way: no receipt before it succeeds"}
    booking.stripe_sandbox.dashboard.settle(debit["id"], succeed=False)
    paid(booking, "2000.00")

    late = payout_of(booking, paid_out(booking))

    tied = payout_of(booking, early)
    assert (tied.carried, tied.fees, tied.ties) == (100000, 610 + 500, True)
    assert (late.carried, late.fees, late.ties) == (-100000, 5830 - 500, True)
    assert on_account(booking, FEES) == "-64.40"
    assert_all_ties(booking)


@pytest.mark.parametrize("end", ["succeeded", "failed"])
def test_a_refund_that_is_paid_out_while_pending_ties_out_however_it_ends(booking: World, end: str) -> None:
    paid(booking, "5000.00")
    charge = booking.pay(one_phase(booking), method="us_bank_account")
    booking.stripe_sandbox.dashboard.settle(charge["id"])
    refund = booking.stripe_sandbox.dashboard.refund(charge["id"])
    booking.settle()
    early = paid_out(booking)
    tied = payout_of(booking, early)
    assert said(tied) == {"refund": "is under way: no receipt before it succeeds"}
    assert (tied.carried, tied.ties) == (-100000, True)

    booking.clock.turn(timedelta(days=3))
    booking.stripe_sandbox.dashboard.settle_refund(refund["id"], end)
    paid(booking, "200.00")
    late = payout_of(booking, paid_out(booking))

    tied = payout_of(booking, early)
    if end == "succeeded":
        assert said(tied) == said(late) == {}
        assert (whats(late), tied.ties, late.ties) == ({"payment": 20000}, True, True)
    else:
        assert said(tied) == {"refund": "came to nothing: no receipt"}
        assert said(late) == {"refund failure": "came to nothing: no receipt"}
        assert (tied.carried, late.carried, tied.ties, late.ties) == (-100000, 100000, True, True)
    assert_all_ties(booking)


def test_a_bank_transfer_taken_back_is_tied_to_the_receipt_that_a_person_entered(acme: World) -> None:
    """Stripe takes from the account what the client's cash balance lacks."""
    text = tenant_file(acme.deltek_url)
    acme.apply(text.replace('["card", "us_bank_account"]', '["card", "customer_balance"]'))
    number, customer = one_phase(acme), next(iter(acme.stripe_books.table("customer")))
    transfer = acme.stripe_sandbox.dashboard.transfer(customer, 100000)
    acme.settle()
    reversal = acme.stripe_sandbox.dashboard.reverse_transfer(transfer["id"])["id"]
    paid(acme, "200.00")
    payout = paid_out(acme)
    missing = f"is of a bank transfer that was taken back, and {reversal} has no receipt yet"
    assert said(payout_of(acme, payout)) == {"dispute": missing}

    checked(acme, (number, "-1000.00"), bank="STRIPE")
    told(acme, only_problem(acme).reference, f"{number}=-1000.00")
    polled(acme)

    tied = payout_of(acme, payout)
    assert [sum(one.amount for one in item.receipts) for item in tied.items] == [20000, -100000, 100000]
    assert (said(tied), tied.ties) == ({}, True)
    assert_reconciled(acme)


# Stripe's own


@pytest.mark.parametrize(("kind", "category"), [("tax_fee", "tax"), ("network_cost", "network_cost")])
def test_whatever_stripe_charges_for_itself_is_among_the_fees(
    booking: World, kind: str, category: str
) -> None:
    paid(booking)
    booking.stripe_sandbox.dashboard.adjust(-140, kind, category)

    tied = payout_of(booking, paid_out(booking))

    assert (tied.fees, tied.difference, tied.ties) == (3070, 0, True)
    assert on_account(booking, FEES) == "-30.70"
    assert_all_ties(booking)


def test_a_reserve_is_no_fee_and_is_carried_to_the_payout_that_has_it(booking: World) -> None:
    paid(booking)
    booking.stripe_sandbox.dashboard.adjust(-20000, "reserved_funds", "risk_reserved_funds")
    first = payout_of(booking, paid_out(booking))
    booking.stripe_sandbox.dashboard.adjust(20000, "reserved_funds", "risk_reserved_funds")
    second = payout_of(booking, paid_out(booking))

    held = {"risk reserved funds": "is held by Stripe or given free again: no fee, and no receipt"}
    assert said(first) == said(second) == held
    assert (first.amount, first.carried, first.ties) == (77070, -20000, True)
    assert (second.amount, second.carried, second.ties) == (20000, 20000, True)
    assert on_account(booking, FEES) == "-29.30"


def test_what_stripe_adjusts_without_a_reason_that_is_known_is_named_and_is_the_difference(
    booking: World,
) -> None:
    paid(booking)
    booking.stripe_sandbox.dashboard.adjust(-20000, "adjustment", "other_adjustment")

    tied = payout_of(booking, paid_out(booking))

    assert said(tied) == {"other adjustment": "is of no invoice of this tenant"}
    assert (tied.difference, tied.ties) == (-20000, False)


# others' money, and what is not known


def test_money_that_is_of_no_invoice_of_ours_is_named_and_what_is_left_of_it_is_the_difference(
    booking: World,
) -> None:
    """Neither its money nor its fee is in Deltek."""
    paid(booking)
    foreign = one_phase(booking, "70.00")
    booking.stripe_invoice(foreign)["metadata"] = {}
    booking.pay(foreign)
    booking.settle()

    tied = payout_of(booking, paid_out(booking))

    assert [item.note for item in tied.items if item.note] == ["is of no invoice of this tenant"]
    assert (tied.fees, tied.difference, tied.ties) == (2930, 7000 - 233, False)
    assert on_account(booking, FEES) == "-29.30"


def test_a_payment_that_is_not_known_yet_keeps_no_fees_from_being_booked(booking: World) -> None:
    """What Stripe says of the invoice tells whose money it is; its receipt comes with its own event."""
    paid(booking, "200.00")
    booking.pay(one_phase(booking))
    with booking.stripe_books.lock:
        held_back = list(booking.stripe_books.outbox)
        booking.stripe_books.outbox.clear()
    payout = booking.stripe_sandbox.dashboard.pay_out()["id"]
    booking.deliver()
    booking.work()

    assert all(one.finished_at for one in events(booking) if one.type.startswith("payout."))
    tied = payout_of(booking, payout)
    assert said(tied) == {"payment": "is of an invoice of this tenant, and has no receipt yet"}
    assert (tied.fees, tied.difference, tied.ties) == (3540, 100000, False)
    assert on_account(booking, FEES) == "-35.40"

    with booking.stripe_books.lock:
        booking.stripe_books.outbox.extend(held_back)
    booking.settle()
    assert payout_of(booking, payout).ties
    assert sorted(one.kind for one in booked(booking)) == ["payment", "payment", "payout fees"]
    assert_all_ties(booking)


def test_fees_that_wait_to_be_booked_are_said_to_wait(booking: World) -> None:
    paid(booking)
    payout = booking.stripe_sandbox.dashboard.pay_out()["id"]

    tied = payout_of(booking, payout)

    assert (tied.fee_note, tied.fees_reported) == ("29.30 USD are not booked", 0)
    assert (tied.difference, tied.ties) == (-2930, False)
    booking.settle()
    assert payout_of(booking, payout).ties
