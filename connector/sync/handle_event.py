"""A Stripe event is a hint: the object it names is read again, and what moved is written down.

Events come at least once, in any order, and some not at all; so nothing here trusts what an event says of an
amount or a status, and an event for what is known already changes nothing.
"""

import json
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from connector.dispatch import top_up
from connector.models import Event, Invoice, WorkState
from connector.sync.revised_at_stripe import Unplaced
from connector.sync.take_in_disputes import dispute_changed
from connector.sync.take_in_payments import Reading, read_at_stripe, write_down
from connector.sync.take_in_payouts import payout_changed
from connector.sync.take_in_refunds import charge_refunded, refund_changed
from connector.sync.take_in_transfers import cash_moved
from connector.work import Attempt, reopen


def handle_event(attempt: Attempt[Event]) -> None:
    """Read again what the event names, and write down the money that moved."""
    kind = attempt.unit.type
    handler = (
        HANDLERS.get(kind) or HANDLERS.get(kind.rpartition(".")[0]) or HANDLERS.get(kind.partition(".")[0])
    )
    # Some events name no object that could be read (invoice.upcoming has no id; docs.stripe.com/api/events).
    if handler is None or not attempt.unit.object_id:
        attempt.finish()
    elif handler in OF_MONEY_BACK and (waiting := _waiting_for_a_person(attempt)):
        _let_look_again(attempt, waiting)
    else:
        handler(attempt)
    top_up(attempt.runtime, attempt.tenant.id)


def _waiting_for_a_person(attempt: Attempt[Event]) -> str:
    """The other event of the same object that waits for a person; empty where none does."""
    return _blocked(attempt, Event.object_id == attempt.unit.object_id)


def _blocked(attempt: Attempt[Event], which: ColumnElement[bool]) -> str:
    with attempt.runtime.transaction() as session:
        others = select(Event.stripe_event_id).where(
            Event.tenant_id == attempt.tenant.id,
            Event.id != attempt.row_id,
            Event.state == WorkState.BLOCKED,
            which,
        )
        return session.scalar(others.order_by(Event.id).limit(1)) or ""


def _let_look_again(attempt: Attempt[Event], waiting: str) -> None:
    """One object is one item: the event that waits reads it again in place of this one."""
    with attempt.conclude() as session:
        mine = select(Event).where(Event.tenant_id == attempt.tenant.id, Event.stripe_event_id == waiting)
        reopen(session.scalars(mine.with_for_update()).one(), attempt.runtime.clock.now())
        _note_left(
            attempt, session, waiting, f"of {attempt.unit.object_id} waits for a person, and looks again"
        )


def _note_left(attempt: Attempt[Event], session: Session, waiting: str, why: str) -> None:
    refs = [waiting, attempt.unit.object_id, attempt.unit.stripe_event_id]
    attempt.note(session, "left to an earlier event", f"{waiting} {why}", refs=refs)


def _invoice_changed(attempt: Attempt[Event]) -> None:
    _refresh(attempt, [attempt.unit.object_id])


def _part_of_invoice_changed(attempt: Attempt[Event]) -> None:
    invoice = json.loads(attempt.unit.raw)["data"]["object"].get("invoice")
    named = invoice["id"] if isinstance(invoice, dict) else invoice
    _refresh(attempt, [named] if named else [])


def _intent_changed(attempt: Attempt[Event]) -> None:
    """Events come in any order: what is told of a payment that has come by now is not said any more."""
    payments = attempt.runtime.stripe(attempt.tenant).payments_of_intent(attempt.unit.object_id)
    _refresh(
        attempt,
        sorted({one.invoice for one in payments}),
        is_awaited=any(one.status == "open" for one in payments),
    )


def _refresh(attempt: Attempt[Event], invoice_ids: list[str], *, is_awaited: bool = True) -> None:
    """Bring what we know of the invoices to what Stripe says now.

    One invoice that can stand for none of ours is one item, by however many events Stripe tells of it and its payment:
    whichever of them is done again reads the same. What an event tells beside it is never left to another.
    """
    try:
        _bring_up_to_date(attempt, invoice_ids, is_awaited=is_awaited)
    except Unplaced as trouble:
        waiting = _blocked(attempt, Event.reason == trouble.message) if len(invoice_ids) == 1 else ""
        if not waiting:
            raise
        with attempt.conclude() as session:
            _note_left(attempt, session, waiting, "waits for a person for the same reason")


def _bring_up_to_date(attempt: Attempt[Event], invoice_ids: list[str], *, is_awaited: bool) -> None:
    unseen = [one for one in invoice_ids if not _seen_since(attempt, one)]
    read = list(_read(attempt, unseen))
    with attempt.conclude() as session:
        for reading in read:
            write_down(attempt, session, reading, NOTES.get(attempt.unit.type) if is_awaited else None)


def _read(attempt: Attempt[Event], invoice_ids: Iterable[str]) -> Iterator[Reading]:
    """Each that is ours, and what stands in its place once somebody edited it: of a revision no event may tell."""
    for reading in (read_at_stripe(attempt, one) for one in invoice_ids):
        if reading is not None:
            yield reading
            if reading.invoice.revised_by:
                yield from _read(attempt, [reading.invoice.revised_by])


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


# By type, or else by the family of objects it belongs to.
HANDLERS: dict[str, Callable[[Attempt[Event]], None]] = {
    "invoice": _invoice_changed,
    "invoice_payment": _part_of_invoice_changed,
    "credit_note": _part_of_invoice_changed,
    "payment_intent": _intent_changed,
    "refund": refund_changed,
    "charge.refund.updated": refund_changed,
    "charge.refunded": charge_refunded,
    "charge.dispute": dispute_changed,
    "customer_cash_balance_transaction": cash_moved,
    "payout": payout_changed,
}
OF_MONEY_BACK = (refund_changed, charge_refunded, dispute_changed)
NOTES = {
    "payment_intent.processing": "a bank payment is under way; no receipt before it succeeds",
    "payment_intent.payment_failed": "a payment failed",
    "payment_intent.partially_funded": "a bank transfer covers a part only, and waits for the rest",
    "invoice.payment_failed": "a payment failed",
    "invoice.payment_action_required": "the client has to confirm a payment with the bank",
    "invoice.overdue": "the due date has passed",
}
