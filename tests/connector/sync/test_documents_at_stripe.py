"""What people do to an invoice at Stripe that is no cash: no receipt, but shown until Deltek has it too."""

from datetime import date
from decimal import Decimal

import pytest

from connector.sandbox.stripe.events import emit
from connector.sandbox.vantagepoint.accountant import Payment
from connector.stripe_api.events import WEBHOOK_EVENTS
from connector.sync import handle_event
from tests.support.auditing import CREDITS, TODAY
from tests.support.booked import booked, chart_accounts
from tests.support.money import our_files, receipts, tied
from tests.support.settling import (
    assert_all_ties,
    at_stripe,
    balance,
    checked,
    one_phase,
    polled,
    problems,
    story,
    synced,
)
from tests.support.world import World


def at(world: World, number: str) -> str:
    return str(world.stripe_invoice(number)["id"])


def told_by_reconcile(world: World, number: str) -> str:
    """What reconcile says about the invoice, nothing else waiting for anybody."""
    assert (world.status().backlog, world.status().failed) == (0, 0), problems(world)
    (found,) = [one for one in tied(world).differences if one.number == number]
    return "; ".join(found.notes)


def credited_in_deltek(world: World, number: str, amount: str) -> None:
    world.accountant.credit_invoice(number, Decimal(amount), TODAY)
    polled(world)


# no cash: out of band, payment records


def test_what_somebody_marked_as_paid_outside_stripe_is_shown_until_its_receipt_is_entered(
    acme: World,
) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.pay_out_of_band(at(acme, number))
    acme.settle()
    told = told_by_reconcile(acme, number)
    assert told.startswith("1,000.00 USD was credited or marked as paid elsewhere at Stripe")
    assert "enter the credit memo or the receipt in Deltek" in told

    checked(acme, (number, "1000.00"))
    polled(acme)

    assert our_files(acme) == []
    assert_all_ties(acme)


def test_a_check_that_somebody_recorded_at_stripe_is_shown_until_its_receipt_is_entered(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.record_payment(at(acme, number), 40000)
    acme.settle()
    assert "400.00 USD was credited or marked as paid elsewhere" in told_by_reconcile(acme, number)

    acme.pay(number)
    acme.settle()
    assert [one["amount"] for one in receipts(acme, number)] == ["600.00"]
    checked(acme, (number, "400.00"))
    polled(acme)

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


# credit notes


def test_a_credit_note_of_somebody_at_stripe_is_shown_until_its_memo_is_entered_and_reduces_once(
    acme: World,
) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.credit_note(at(acme, number), 20000)
    acme.settle()
    assert "200.00 USD was credited" in told_by_reconcile(acme, number)

    credited_in_deltek(acme, number, "200.00")

    assert at_stripe(acme, number) == ("open", 80000)
    assert our_files(acme) == []
    assert_all_ties(acme)


def test_a_credit_note_that_somebody_took_back_leaves_nothing(acme: World) -> None:
    number = one_phase(acme)
    note = acme.stripe_sandbox.dashboard.credit_note(at(acme, number), 20000)
    acme.settle()
    acme.stripe_sandbox.dashboard.void_credit_note(note["id"])
    acme.settle()

    assert at_stripe(acme, number) == ("open", 100000)
    assert_all_ties(acme)


def test_a_credit_note_after_payment_that_refunds_is_a_refund_and_its_memo_is_asked_for(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.credit_note(at(acme, number), 20000, refund_amount=20000)
    acme.settle()
    assert [one.kind for one in booked(acme)] == ["payment", "refund"]
    assert "200.00 USD was credited at Stripe after it was paid: enter a credit memo in Deltek" in (
        told_by_reconcile(acme, number)
    )

    credited_in_deltek(acme, number, "200.00")

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_credit_note_after_payment_that_is_paid_back_elsewhere_is_shown_until_deltek_has_both(
    acme: World,
) -> None:
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.credit_note(at(acme, number), 30000, out_of_band_amount=30000)
    acme.settle()
    assert [one.kind for one in booked(acme)] == ["payment"]
    assert "300.00 USD was credited at Stripe after it was paid" in told_by_reconcile(acme, number)

    checked(acme, (number, "-300.00"))
    credited_in_deltek(acme, number, "300.00")

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_credit_note_after_payment_that_gives_credit_is_shown_until_it_is_booked_in_deltek(
    acme: World,
) -> None:
    """Deltek takes a credit memo up to what is open: what is the client's credit is moved off the invoice first."""
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.credit_note(at(acme, number), 20000, credit_amount=20000)
    acme.settle()
    assert [one.kind for one in booked(acme)] == ["payment"]
    assert "200.00 USD was credited at Stripe after it was paid" in told_by_reconcile(acme, number)

    chart_accounts(acme)
    moved = [
        Payment(number, "24001.00", Decimal("-200.00"), wbs2="02"),
        Payment("", "24001.00", Decimal("200.00"), wbs2="02", account=CREDITS),
    ]
    acme.accountant.record_check("8001", TODAY, moved, "FIRST")
    credited_in_deltek(acme, number, "200.00")

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


# void, uncollectible, overdue


def test_an_invoice_voided_by_somebody_at_stripe_is_shown_until_it_is_voided_in_deltek(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.void(at(acme, number))
    acme.settle()
    assert "the Stripe invoice is void: void or write it off in Deltek too, or collect it" in (
        told_by_reconcile(acme, number)
    )

    acme.accountant.void_invoice(number, TODAY)
    synced(acme)

    assert len(acme.stripe_invoices()) == 1
    assert_all_ties(acme)


def test_an_uncollectible_invoice_is_shown_and_its_payment_is_booked_all_the_same(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.mark_uncollectible(at(acme, number))
    acme.settle()
    assert "the Stripe invoice is uncollectible" in told_by_reconcile(acme, number)

    acme.pay(number)
    acme.settle()

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_an_uncollectible_invoice_that_is_written_off_in_deltek_is_closed_at_stripe(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.mark_uncollectible(at(acme, number))
    acme.settle()

    credited_in_deltek(acme, number, "1000.00")

    assert at_stripe(acme, number)[0] in ("void", "paid")
    assert_all_ties(acme)


def test_an_invoice_that_is_overdue_is_shown_so_and_nothing_is_booked(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.overdue(at(acme, number))
    acme.settle()

    assert acme.invoice(number).payment_note == "the due date has passed"
    assert "the due date has passed" in story(acme, number)
    assert our_files(acme) == []


# what is heard of


def test_a_failed_payment_is_shown_until_the_client_pays_in_another_way(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.decline(at(acme, number))
    acme.settle()
    assert acme.invoice(number).payment_note == "a payment failed"

    acme.pay(number)
    acme.settle()

    assert acme.invoice(number).payment_note == ""
    assert_all_ties(acme)


@pytest.mark.parametrize("told", ["in order", "backwards"])
def test_a_part_payment_by_bank_debit_is_not_shown_as_under_way_once_it_succeeded(
    acme: World, told: str
) -> None:
    number = one_phase(acme)
    charge = acme.pay(number, 40000, method="us_bank_account")
    if told == "in order":
        acme.settle()
        assert acme.invoice(number).payment_note.startswith("a bank payment is under way")
    acme.stripe_sandbox.dashboard.settle(charge["id"])
    acme.stripe_books.outbox.reverse()
    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["400.00"]
    assert acme.invoice(number).payment_note == ""


@pytest.mark.parametrize("kind", ["charge.succeeded", "charge.failed", "charge.updated"])
def test_what_a_charge_does_is_told_by_its_payment_and_needs_nothing(kind: str) -> None:
    """Invoice payments name the invoice and the amount; a charge names neither."""
    assert kind in WEBHOOK_EVENTS
    assert not {kind, "charge"} & set(handle_event.HANDLERS)


def test_part_payments_in_any_number_are_a_receipt_each_on_the_day_of_each(acme: World) -> None:
    number = one_phase(acme)
    for cents in (1, 33333, 41666, 25000):
        acme.pay(number, cents)
        acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["0.01", "333.33", "416.66", "250.00"]
    assert {one["date"] for one in receipts(acme, number)} == {date(2026, 11, 20).isoformat()}
    assert_all_ties(acme)


def test_news_of_the_document_alone_books_nothing_and_a_payment_to_be_confirmed_is_shown(acme: World) -> None:
    number = one_phase(acme)
    row = acme.stripe_books.table("invoice")[at(acme, number)]
    for kind in ("invoice.sent", "invoice.finalization_failed", "invoice.deleted"):
        emit(acme.stripe_books, kind, row)
    acme.settle()
    assert_all_ties(acme)

    emit(acme.stripe_books, "invoice.payment_action_required", row)
    acme.settle()

    assert acme.invoice(number).payment_note == "the client has to confirm a payment with the bank"
    assert our_files(acme) == []
