"""Refunds: of one that succeeded the money went back, and of one that fails after that it came again."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from connector.models import Event, MovementKind
from connector.stripe_api.records import Refund
from connector.sync import movements
from connector.sync.credit_left_at_stripe import check_taken_off
from connector.sync.entered_by_hand import book_entered
from connector.sync.movements import Moved
from connector.sync.returned_money import Paid, make_sure_of_payments, reverse, went_back
from connector.work import Attempt

# Refund statuses of money that came again, if it had left (docs.stripe.com/refunds).
REFUND_CAME_BACK = ("failed", "canceled")


def refund_changed(attempt: Attempt[Event]) -> None:
    """A refund that succeeded is a movement; one that fails after that is its reversal."""
    _take_in_refunds(
        attempt, [attempt.runtime.stripe(attempt.tenant).retrieve_refund(attempt.unit.object_id)]
    )


def charge_refunded(attempt: Attempt[Event]) -> None:
    """An endpoint of another making may tell of refunds by their charge only."""
    _take_in_refunds(
        attempt, attempt.runtime.stripe(attempt.tenant).refunds_of_charge(attempt.unit.object_id)
    )


def _take_in_refunds(attempt: Attempt[Event], refunds: Sequence[Refund]) -> None:
    moved = [one for one in refunds if one.money_went_back]
    paid = {one.id: make_sure_of_payments(attempt, one.payment_intent or "") for one in moved}
    left_at = {one.id: _left_at(attempt, one, paid[one.id]) for one in moved}
    shares = {one.id: _named_by_credit_notes(attempt, one, paid[one.id]) for one in moved}
    came_back = {one.id: _came_back_at(attempt, one) for one in refunds if one.status in REFUND_CAME_BACK}
    news = _not_known(attempt, moved)
    book_entered(attempt, [_refunded(one, left_at[one.id]) for one in moved])
    with attempt.step() as session:
        for refund in refunds:
            if refund in moved:
                what, back = f"Refund {refund.id}", _refunded(refund, left_at[refund.id])
                went_back(attempt, session, what, back, paid[refund.id], shares[refund.id])
            elif refund.status in REFUND_CAME_BACK:
                # One that never was booked leaves nothing to reverse.
                for made in movements.known_by(session, attempt.tenant, refund.id):
                    reverse(attempt, session, made, -made.amount, refund.id, came_back[refund.id])
    for refund in news:
        check_taken_off(attempt, f"refund {refund.id}", [refund.id], refund.created)
    attempt.finish()


def _not_known(attempt: Attempt[Event], moved: Sequence[Refund]) -> list[Refund]:
    """What a person closed is not asked about again by a later event; one that waits looks again."""
    with attempt.runtime.transaction() as session:
        return [
            one
            for one in moved
            if not attempt.first or not movements.known_by(session, attempt.tenant, one.id)
        ]


def _left_at(attempt: Attempt[Event], refund: Refund, paid: Paid) -> datetime:
    """When its money left the balance: one that waited for the client, or for money, did so after it was asked for."""
    entry = refund.balance_transaction
    if entry is None or not paid.ours:
        return refund.created
    return max(refund.created, attempt.runtime.stripe(attempt.tenant).retrieve_balance_entry(entry).created)


def _came_back_at(attempt: Attempt[Event], refund: Refund) -> datetime:
    """One that was canceled before its money had left names no entry of the balance."""
    entry = refund.failure_balance_transaction
    if entry is None:
        return attempt.runtime.clock.now()
    return attempt.runtime.stripe(attempt.tenant).retrieve_balance_entry(entry).created


def _named_by_credit_notes(attempt: Attempt[Event], refund: Refund, paid: Paid) -> dict[int, int]:
    """What of the refund is whose, by invoice of ours, as far as credit notes tell (docs.stripe.com/api/credit_notes/
    object, refunds). Of a payment of one invoice, and of no more than that, there is nothing to ask."""
    intent, charge = refund.payment_intent or "", refund.charge or ""
    with attempt.runtime.transaction() as session:
        received = movements.received_by(session, attempt.tenant, intent, charge)
    if len(received) + paid.others < 2:
        return {}
    stripe, named = attempt.runtime.stripe(attempt.tenant), defaultdict[int, int](int)
    for stripe_invoice, invoice_id in paid.ours.items():
        for note in stripe.credit_notes_of_invoice(stripe_invoice):
            if note.status == "issued" and refund.id in note.refunds:
                named[invoice_id] += note.refunds[refund.id]
    return dict(named)


def _refunded(refund: Refund, moved_at: datetime) -> Moved:
    return Moved(
        kind=MovementKind.REFUND,
        stripe_id=refund.id,
        amount=-refund.amount,
        currency=refund.currency,
        moved_at=moved_at,
        payment_intent=refund.payment_intent or "",
        charge=refund.charge or "",
    )
