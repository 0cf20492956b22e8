"""What Stripe says of an invoice of ours is read, and the money that came through Stripe for it written down.

Rule 5: receipts follow money objects. What was paid out of band, by a payment record or by a credit note moved no
money of Stripe's.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.errors import Blocked, Busy, NotFound
from connector.models import Event, Invoice, Movement, MovementKind, Tenant
from connector.stripe_api.customers import TENANT_KEY
from connector.stripe_api.records import InvoicePayment, StripeInvoice
from connector.sync import movements
from connector.sync.invoice_at_stripe import NUMBER_KEY
from connector.sync.movements import Moved, credit_of
from connector.sync.payment_note import with_awaited
from connector.sync.plan_settlement import OWED, plan_settlement
from connector.sync.plan_write_back import plan_write_back
from connector.sync.revised_at_stripe import beside, copied_from, find_invoice, revised_by, take_for_ours
from connector.work import Attempt


@dataclass(frozen=True)
class Reading:
    """An invoice of ours as Stripe had it, and when: nothing that happened after `at` is sure to be in it.

    `revised` is what it stands in the place of, where that is not known here yet.
    """

    at: datetime
    invoice: StripeInvoice
    paid: list[InvoicePayment]
    credit: list[Moved]
    revised: list[StripeInvoice] = field(default_factory=list)


def read_at_stripe(attempt: Attempt[Event], invoice_id: str) -> Reading | None:
    """The invoice and what paid it; None for one that is not this tenant's."""
    stripe, began_at = attempt.runtime.stripe(attempt.tenant), attempt.runtime.clock.now()
    try:
        invoice = stripe.retrieve_invoice(invoice_id)
    except NotFound as missing:
        if _tells_of_a_draft(attempt.unit):
            return None  # it was deleted: no money hangs on it
        raise Blocked(
            f"Stripe told of invoice {invoice_id}, and finds no such invoice for the API key",
            "Store a key of the account and mode (live or test) that the webhook endpoint belongs to, with "
            "'ml-connector tenant secrets', then replay",
        ) from missing
    if invoice.revises and invoice.status == "draft":
        return None  # it may never stand in the place of the one that is edited
    revised = revised_by(attempt, invoice)
    if not _is_ours(attempt, invoice, revised):
        return None
    # Money for an invoice that was void or paid by then counts as overpaid only, and is money all the same.
    received = invoice.amount_paid or invoice.amount_overpaid
    if not revised and (original := copied_from(attempt, invoice)):
        if invoice.status in ("draft", "void") and not received:
            return None
        raise beside(invoice, original)
    paid = stripe.payments_of_invoice(invoice_id) if received else []
    credit = [moved for one in (*reversed(revised), invoice) for moved in credit_of(stripe, one)]
    return Reading(began_at, invoice, paid, credit, revised)


def _tells_of_a_draft(event: Event) -> bool:
    told = json.loads(event.raw)["data"]["object"]
    return event.type == "invoice.deleted" or (told.get("object"), told.get("status")) == ("invoice", "draft")


def _is_ours(attempt: Attempt[Event], invoice: StripeInvoice, revised: Sequence[StripeInvoice]) -> bool:
    """By the name that it carries, or what it revises; whether Stripe copies metadata is not documented."""
    known = bool(invoice.revises) and not revised
    return known or any(one.metadata.get(TENANT_KEY) == attempt.tenant.slug for one in (invoice, *revised))


def write_down(
    attempt: Attempt[Event], session: Session, reading: Reading, note: str | None = None
) -> Invoice:
    """Keep what Stripe says of the invoice, and every movement that is not known yet.

    `note` is what the event says of a payment that has not come (None: nothing).
    """
    invoice = _invoice_of(attempt.tenant, session, reading)
    if reading.revised:
        take_for_ours(attempt, session, invoice, reading.invoice, reading.revised)
    for moved in [*_payments(session, invoice, reading), *reading.credit]:
        movements.record(session, attempt.tenant, invoice, moved, attempt.runtime.clock.now())
    is_current = invoice.stripe_invoice_id == reading.invoice.id
    if is_current and (invoice.stripe_read_at is None or invoice.stripe_read_at <= reading.at):
        _write_status(attempt, session, invoice, reading, note)
    now, asks_anew = attempt.runtime.clock.now(), bool(reading.revised)
    plan_settlement(session, attempt.tenant, invoice, now, reopened=asks_anew)
    plan_write_back(session, attempt.tenant, invoice, now)
    return invoice


def invoices_of_intent(attempt: Attempt[Event], payment_intent: str) -> list[str]:
    payments = attempt.runtime.stripe(attempt.tenant).payments_of_intent(payment_intent)
    return sorted({payment.invoice for payment in payments})


def paid_by_intent(attempt: Attempt[Event], payment_intent: str) -> list[str]:
    """The invoices that it paid: one that it was only meant for bears nothing of what goes back."""
    payments = attempt.runtime.stripe(attempt.tenant).payments_of_intent(payment_intent)
    return sorted({payment.invoice for payment in payments if payment.status == "paid"})


def through_stripe(payments: Iterable[InvoicePayment]) -> list[InvoicePayment]:
    """Those by which money came through Stripe, oldest first.

    A payment record is money that moved elsewhere: a cheque noted at Stripe.
    """
    moved = (
        one for one in payments if one.status == "paid" and one.amount_paid and one.kind != "payment_record"
    )
    return sorted(moved, key=lambda one: (one.paid_at or one.created, one.id))


def _invoice_of(tenant: Tenant, session: Session, reading: Reading) -> Invoice:
    at_stripe = reading.invoice
    invoice = find_invoice(session, tenant, [one.id for one in (at_stripe, *reading.revised)])
    if invoice is None:
        # Pushed a moment ago and not yet written down, or lost with an older database and read again by the poll.
        raise Busy(f"Invoice {at_stripe.metadata.get(NUMBER_KEY)} ({at_stripe.id}) is not known here yet")
    return invoice


def _payments(session: Session, invoice: Invoice, reading: Reading) -> Iterator[Moved]:
    """The payments that are not known yet; of each, what went to the invoice and what exceeded it."""
    paid = through_stripe(reading.paid)
    known = select(Movement).where(
        Movement.invoice_id == invoice.id,
        Movement.kind.in_(movements.RECEIVED),
        Movement.stripe_id.in_([one.id for one in paid]),
    )
    recorded = list(session.scalars(known))
    ids = {one.stripe_id for one in recorded}
    over_known = sum(one.amount for one in recorded if one.kind is MovementKind.OVERPAYMENT)
    fresh = [one for one in paid if one.id not in ids]
    excess = _excess(reading.invoice, paid)
    over = _latest_first(fresh, excess.within - over_known)
    for payment in fresh:
        applied = (payment.amount_paid or 0) - over.get(payment.id, 0)
        if applied:
            yield _moved(MovementKind.PAYMENT, payment, applied)
        if payment.id in over:
            yield _moved(MovementKind.OVERPAYMENT, payment, over[payment.id], settles=0)
    if paid and excess.beside > over_known:
        yield _moved(MovementKind.OVERPAYMENT, paid[-1], excess.beside - over_known, settles=0)


@dataclass(frozen=True)
class Excess:
    """What exceeded the invoice: `within` the amounts of its payments, or `beside` them."""

    within: int = 0
    beside: int = 0


def _excess(invoice: StripeInvoice, paid: Sequence[InvoicePayment]) -> Excess:
    """Whether a payment's `amount_paid` holds what exceeded the invoice is not documented, so the sums tell.

    Raises Busy while the invoice and its payments, which are two answers of Stripe's, do not fit together.
    """
    over = sum(one.amount_paid or 0 for one in paid) - invoice.paid_through_stripe
    if over == 0 or (over < 0 and not invoice.amount_overpaid):
        return Excess(beside=invoice.amount_overpaid)
    if over == invoice.amount_overpaid:
        return Excess(within=over)
    raise Busy(f"The payments of {invoice.id} are changing at this moment")


def _latest_first(fresh: Sequence[InvoicePayment], excess: int) -> dict[str, int]:
    """The excess of each payment: the latest exceeded what the earlier ones had left."""
    over: dict[str, int] = {}
    for payment in reversed(fresh):
        share = min(excess, payment.amount_paid or 0)
        if share > 0:
            over[payment.id] = share
            excess -= share
    return over


def _moved(kind: MovementKind, payment: InvoicePayment, amount: int, settles: int | None = None) -> Moved:
    return Moved(
        kind=kind,
        stripe_id=payment.id,
        amount=amount,
        settles=settles,
        currency=payment.currency,
        moved_at=payment.paid_at or payment.created,
        payment_intent=payment.payment_intent or "",
        charge=payment.charge or "",
    )


def _write_status(
    attempt: Attempt[Event], session: Session, invoice: Invoice, reading: Reading, note: str | None
) -> None:
    at_stripe = reading.invoice
    before = (invoice.stripe_status, invoice.stripe_remaining)
    came_in = at_stripe.amount_paid > invoice.stripe_paid or at_stripe.status not in OWED
    invoice.stripe_status = at_stripe.status
    invoice.stripe_paid, invoice.stripe_remaining = at_stripe.amount_paid, at_stripe.amount_remaining
    invoice.stripe_read_at = reading.at
    awaited = note if at_stripe.status in OWED else None
    invoice.payment_note = with_awaited(invoice.payment_note, "" if came_in and not awaited else awaited)
    if note or before != (at_stripe.status, at_stripe.amount_remaining):
        attempt.note(
            session,
            "read invoice from Stripe",
            f"Stripe invoice {at_stripe.id} is {at_stripe.status}" + (f": {note}" if note else ""),
            invoice_id=invoice.id,
            refs=[invoice.number, at_stripe.id, attempt.unit.stripe_event_id],
        )
