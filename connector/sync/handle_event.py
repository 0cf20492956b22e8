"""A Stripe event is a hint: the object it names is read again, and what moved is written down.

Events come at least once, in any order, and some not at all; so nothing here trusts what an event says of an
amount or a status, and an event for what is known already changes nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.dispatch import top_up
from connector.errors import Blocked, Busy, NotFound
from connector.models import Event, Invoice, Movement, MovementKind
from connector.money import split
from connector.stripe_api.customers import TENANT_KEY
from connector.stripe_api.records import InvoicePayment, Refund, StripeInvoice
from connector.sync import movements
from connector.sync.movements import Moved
from connector.sync.push_invoice import NUMBER_KEY
from connector.work import Attempt

# What a refund's status says of its money (docs.stripe.com/refunds); pending and requires_action: not yet moved.
REFUND_MOVED = "succeeded"
REFUND_CAME_BACK = ("failed", "canceled")


@dataclass(frozen=True)
class Reading:
    """An invoice of ours as Stripe had it, and when: nothing that happened after `at` is sure to be in it."""

    at: datetime
    invoice: StripeInvoice
    paid: list[InvoicePayment]


def handle_event(attempt: Attempt[Event]) -> None:
    """Read again what the event names, and write down the money that moved."""
    family = attempt.unit.type.partition(".")[0]
    handler = HANDLERS.get(attempt.unit.type) or HANDLERS.get(family)
    # Some events name no object that could be read (invoice.upcoming has no id; docs.stripe.com/api/events).
    if handler is None or not attempt.unit.object_id:
        attempt.finish()
    else:
        handler(attempt)
    top_up(attempt.runtime, attempt.tenant.id)


def _invoice_changed(attempt: Attempt[Event]) -> None:
    _refresh(attempt, [attempt.unit.object_id])


def _part_of_invoice_changed(attempt: Attempt[Event]) -> None:
    invoice = json.loads(attempt.unit.raw)["data"]["object"].get("invoice")
    named = invoice["id"] if isinstance(invoice, dict) else invoice
    _refresh(attempt, [named] if named else [])


def _intent_changed(attempt: Attempt[Event]) -> None:
    payments = attempt.runtime.stripe(attempt.tenant).payments_of_intent(attempt.unit.object_id)
    _refresh(attempt, sorted({payment.invoice for payment in payments}))


def _refresh(attempt: Attempt[Event], invoice_ids: list[str]) -> None:
    """Bring what we know of the invoices to what Stripe says now."""
    unseen = [one for one in invoice_ids if not _seen_since(attempt, one)]
    read = [reading for one in unseen if (reading := _read(attempt, one))]
    with attempt.conclude() as session:
        for reading in read:
            _write_down(attempt, session, reading)


def _seen_since(attempt: Attempt[Event], invoice_id: str) -> bool:
    """Whether the invoice was read after this event arrived: a burst of events costs one reading (rule 10)."""
    with attempt.runtime.transaction() as session:
        read_at = session.scalar(
            select(Invoice.stripe_read_at).where(
                Invoice.tenant_id == attempt.tenant.id, Invoice.stripe_invoice_id == invoice_id
            )
        )
    noted = attempt.unit.type in NOTES
    return read_at is not None and read_at > attempt.unit.received_at and not noted and attempt.first


def _read(attempt: Attempt[Event], invoice_id: str) -> Reading | None:
    """The invoice and its payments; None for one that is not this tenant's."""
    stripe, began_at = attempt.runtime.stripe(attempt.tenant), attempt.runtime.clock.now()
    try:
        invoice = stripe.retrieve_invoice(invoice_id)
    except NotFound:
        return None  # a draft that was deleted: no money hangs on it
    if invoice.metadata.get(TENANT_KEY) != attempt.tenant.slug:
        return None
    # Money for an invoice that was void or paid by then counts as overpaid only, and is money all the same.
    received = invoice.amount_paid or invoice.amount_overpaid
    return Reading(began_at, invoice, stripe.payments_of_invoice(invoice_id) if received else [])


def _write_down(attempt: Attempt[Event], session: Session, reading: Reading) -> None:
    invoice = _invoice_of(attempt, session, reading.invoice)
    if invoice.stripe_read_at is None or invoice.stripe_read_at <= reading.at:
        _write_status(attempt, session, invoice, reading)
    for payment in reading.paid:
        if moved := movements.payment(payment):
            movements.record(session, attempt.tenant, invoice, moved, attempt.runtime.clock.now())


def _invoice_of(attempt: Attempt[Event], session: Session, at_stripe: StripeInvoice) -> Invoice:
    invoice = session.scalar(
        select(Invoice)
        .where(Invoice.tenant_id == attempt.tenant.id, Invoice.stripe_invoice_id == at_stripe.id)
        .with_for_update()
    )
    if invoice is None:
        # Pushed a moment ago and not yet written down, or lost with an older database and read again by the poll.
        raise Busy(f"Invoice {at_stripe.metadata.get(NUMBER_KEY)} ({at_stripe.id}) is not known here yet")
    return invoice


def _write_status(attempt: Attempt[Event], session: Session, invoice: Invoice, reading: Reading) -> None:
    at_stripe = reading.invoice
    before = (invoice.stripe_status, invoice.stripe_remaining)
    invoice.stripe_status = at_stripe.status
    invoice.stripe_paid, invoice.stripe_remaining = at_stripe.amount_paid, at_stripe.amount_remaining
    invoice.stripe_read_at = reading.at
    noted = NOTES.get(attempt.unit.type, "")
    invoice.payment_note = "" if at_stripe.status == "paid" else noted or invoice.payment_note
    if noted or before != (at_stripe.status, at_stripe.amount_remaining):
        attempt.note(
            session,
            "read invoice from Stripe",
            f"Stripe invoice {at_stripe.id} is {at_stripe.status}" + (f": {noted}" if noted else ""),
            invoice_id=invoice.id,
            refs=[invoice.number, at_stripe.id, attempt.unit.stripe_event_id],
        )


def _refund_changed(attempt: Attempt[Event]) -> None:
    """A refund that succeeded is a movement; one that fails after that is its reversal."""
    _write_down_refunds(
        attempt, [attempt.runtime.stripe(attempt.tenant).retrieve_refund(attempt.unit.object_id)]
    )


def _charge_refunded(attempt: Attempt[Event]) -> None:
    """An endpoint of another making may tell of refunds by their charge only."""
    _write_down_refunds(
        attempt, attempt.runtime.stripe(attempt.tenant).refunds_of_charge(attempt.unit.object_id)
    )


def _write_down_refunds(attempt: Attempt[Event], named: list[Refund]) -> None:
    refunds = [_with_intent(attempt, refund) for refund in named]
    alone = {
        refund.id: _make_sure_of_payments(attempt, refund)
        for refund in refunds
        if refund.status == REFUND_MOVED
    }
    with attempt.conclude() as session:
        for refund in refunds:
            if refund.status == REFUND_MOVED:
                _refunded(attempt, session, refund, alone=alone[refund.id])
            elif refund.status in REFUND_CAME_BACK:
                _refund_came_back(attempt, session, refund)


def _with_intent(attempt: Attempt[Event], refund: Refund) -> Refund:
    """A refund may name its charge only; payments are known by the payment intent behind it."""
    if refund.payment_intent or not refund.charge:
        return refund
    charge = attempt.runtime.stripe(attempt.tenant).retrieve_charge(refund.charge)
    return replace(refund, payment_intent=charge.payment_intent)


def _make_sure_of_payments(attempt: Attempt[Event], refund: Refund) -> bool:
    """Events come in any order: write down whatever the refunded payment paid. True if all of it was ours."""
    if not refund.payment_intent:
        return True
    payments = attempt.runtime.stripe(attempt.tenant).payments_of_intent(refund.payment_intent)
    paid = sorted({payment.invoice for payment in payments if payment.status == "paid"})
    readings = [_read(attempt, invoice_id) for invoice_id in paid]
    with attempt.step() as session:
        for reading in readings:
            if reading is not None:
                _write_down(attempt, session, reading)
    return None not in readings


def _refunded(attempt: Attempt[Event], session: Session, refund: Refund, *, alone: bool) -> None:
    behind = movements.payments_behind(
        session, attempt.tenant, refund.payment_intent or "", refund.charge or ""
    )
    if not behind or movements.of_refund(session, attempt.tenant, refund.id):
        return  # a payment that was not for an invoice of ours, or a refund that is written down
    if not alone:
        raise Blocked(
            f"Refund {refund.id} is of a payment that paid other invoices too, and Stripe tells no shares",
            "Enter the part that belongs to the invoice by hand in Deltek",
        )
    left = [payment.amount - movements.gone_back(session, payment) for payment in behind]
    if refund.amount > sum(left):
        raise Blocked(
            f"Refund {refund.id} is over more than its payment put on the invoices",
            "Enter the part that exceeds it by hand in Deltek",
        )
    for payment, share in zip(behind, split(refund.amount, left), strict=True):
        _record_share(attempt, session, payment, refund, MovementKind.REFUND, -share)


def _refund_came_back(attempt: Attempt[Event], session: Session, refund: Refund) -> None:
    """The reversal of what was booked; a refund that never was booked leaves nothing to reverse."""
    for earlier in movements.of_refund(session, attempt.tenant, refund.id):
        _record_share(attempt, session, earlier, refund, MovementKind.REFUND_FAILED, -earlier.amount)


def _record_share(
    attempt: Attempt[Event],
    session: Session,
    behind: Movement,
    refund: Refund,
    kind: MovementKind,
    amount: int,
) -> None:
    if not amount:
        return
    now = attempt.runtime.clock.now()
    moved_at = now if kind is MovementKind.REFUND_FAILED else refund.created
    moved = Moved(
        kind=kind,
        stripe_id=refund.id,
        amount=amount,
        currency=refund.currency,
        moved_at=moved_at,
        payment_intent=behind.payment_intent,
        charge=behind.charge,
    )
    movements.record(session, attempt.tenant, session.get_one(Invoice, behind.invoice_id), moved, now)


# By type, or else by the family of objects it belongs to.
HANDLERS: dict[str, Callable[[Attempt[Event]], None]] = {
    "invoice": _invoice_changed,
    "invoice_payment": _part_of_invoice_changed,
    "credit_note": _part_of_invoice_changed,
    "payment_intent": _intent_changed,
    "refund": _refund_changed,
    "charge.refund.updated": _refund_changed,
    "charge.refunded": _charge_refunded,
}
NOTES = {
    "payment_intent.processing": "a bank payment is under way; no receipt before it succeeds",
    "payment_intent.payment_failed": "a payment failed",
    "invoice.payment_failed": "a payment failed",
}
