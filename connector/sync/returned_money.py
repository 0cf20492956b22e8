"""Money that went back to the client, by a refund or by the bank, and money of it that came again.

Stripe tells of which payment it went back, and of which invoice only where a credit note names it. Of the rest, what
exceeded the invoices goes first, at Stripe or in Deltek, and then each invoice bears by what is left of the payment on
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from connector.errors import Blocked
from connector.models import Event, Invoice, Movement, MovementKind
from connector.money import split
from connector.sync import movements
from connector.sync.entered_by_hand import SAY_WHERE
from connector.sync.movements import Moved
from connector.sync.plan_settlement import plan_settlement
from connector.sync.plan_write_back import plan_write_back
from connector.sync.revised_at_stripe import Copied
from connector.sync.take_in_payments import Reading, paid_by_intent, read_at_stripe, write_down
from connector.work import Attempt

NOBODY: Mapping[int, int] = {}
REVERSED_BY = {
    MovementKind.REFUND: MovementKind.REFUND_FAILED,
    MovementKind.DISPUTE: MovementKind.DISPUTE_REINSTATED,
    MovementKind.OVERPAYMENT_RETURNED: MovementKind.OVERPAYMENT,
}


@dataclass(frozen=True)
class Paid:
    """What a payment paid: our invoices by their Stripe invoices, and how many others."""

    ours: Mapping[str, int]
    others: int = 0


def make_sure_of_payments(attempt: Attempt[Event], payment_intent: str) -> Paid:
    """Events come in any order: write down whatever the payment paid."""
    if not payment_intent:
        return Paid({})
    readings = [_read_if_ours(attempt, one) for one in paid_by_intent(attempt, payment_intent)]
    with attempt.step() as session:
        ours = {one.invoice.id: write_down(attempt, session, one).id for one in readings if one is not None}
    return Paid(ours, readings.count(None))


def _read_if_ours(attempt: Attempt[Event], stripe_invoice: str) -> Reading | None:
    """A copy that somebody made of an invoice is nobody's: what was paid on it waits for a person."""
    try:
        return read_at_stripe(attempt, stripe_invoice)
    except Copied:
        return None


def went_back(
    attempt: Attempt[Event],
    session: Session,
    what: str,
    returned: Moved,
    paid: Paid,
    named: Mapping[int, int] = NOBODY,
) -> None:
    """One movement for each invoice that the money (all of it: `returned`) went back from; nothing where it is
    written down already. `named` is what Stripe says to be of which invoice."""
    received = movements.received_by(session, attempt.tenant, returned.payment_intent, returned.charge)
    if not received or movements.known_by(session, attempt.tenant, returned.stripe_id):
        return  # a payment that was not for an invoice of ours, or a return that is written down
    if paid.others and sum(named.values()) < -returned.amount:
        raise Blocked(
            f"{what} is of a payment that paid other invoices too, and Stripe tells no shares",
            f"Enter the invoice's part by hand in Deltek, then {SAY_WHERE}",
        )
    for behind, share in _shares(session, what, -returned.amount, received, named):
        over = behind.kind is MovementKind.OVERPAYMENT
        kind = MovementKind.OVERPAYMENT_RETURNED if over else returned.kind
        moved = _moved(kind, returned.stripe_id, -share, behind, returned.moved_at, returned.also)
        _record(attempt, session, behind, moved)


def _shares(
    session: Session, what: str, amount: int, received: Sequence[Movement], named: Mapping[int, int]
) -> list[tuple[Movement, int]]:
    """What goes back of each movement that the payment made; raises Blocked when it is more than is left."""
    places = list({(one.invoice_id, one.kind): one for one in received}.values())
    over = [one for one in places if one.kind is MovementKind.OVERPAYMENT]
    applied = [one for one in places if one.kind is MovementKind.PAYMENT]
    of_its_own = {one.id: named.get(one.invoice_id or 0, 0) for one in applied}
    left = {one.id: movements.left_of(session, one) - of_its_own.get(one.id, 0) for one in places}
    rest = amount - sum(of_its_own.values())
    if min(rest, *left.values()) < 0 or rest > sum(left.values()):
        raise Blocked(
            f"{what} is over more than is left of its payment on the invoices",
            f"Enter its reversing receipts by hand in Deltek, then {SAY_WHERE}",
        )
    beside = {
        one.id: min(left[one.id], max(0, movements.beside_of(session, one) - of_its_own[one.id]))
        for one in applied
    }
    shares = of_its_own
    for its, most in ((over, left), (applied, beside), (applied, left)):
        part = min(rest, sum(most[one.id] for one in its))
        for one, share in _split(part, its, most):
            shares[one.id] = shares.get(one.id, 0) + share
            left[one.id] -= share
        rest -= part
    return [(one, shares[one.id]) for one in (*over, *applied) if shares.get(one.id)]


def _split(amount: int, places: Sequence[Movement], left: dict[int, int]) -> list[tuple[Movement, int]]:
    if not amount:
        return []
    shares = split(amount, [left[one.id] for one in places])
    return list(zip(places, shares, strict=True))


def reverse(
    attempt: Attempt[Event],
    session: Session,
    made: Movement,
    amount: int,
    stripe_id: str,
    moved_at: datetime,
    also: tuple[str, ...] = (),
) -> None:
    """So much (minor units) of what was `made` to go back came again; nothing for what had not gone back."""
    if amount and made.kind in REVERSED_BY:
        moved = _moved(REVERSED_BY[made.kind], stripe_id, amount, made, moved_at, also)
        _record(attempt, session, made, moved)


def _moved(
    kind: MovementKind,
    stripe_id: str,
    amount: int,
    behind: Movement,
    moved_at: datetime,
    also: tuple[str, ...],
) -> Moved:
    return Moved(
        kind=kind,
        stripe_id=stripe_id,
        amount=amount,
        settles=0 if kind in movements.OVER_THE_INVOICE else amount,
        currency=behind.currency,
        moved_at=moved_at,
        payment_intent=behind.payment_intent,
        charge=behind.charge,
        also=also,
    )


def _record(attempt: Attempt[Event], session: Session, behind: Movement, moved: Moved) -> None:
    now = attempt.runtime.clock.now()
    invoice = session.get_one(Invoice, behind.invoice_id, with_for_update=True)
    movements.record(session, attempt.tenant, invoice, moved, now)
    plan_settlement(session, attempt.tenant, invoice, now)
    plan_write_back(session, attempt.tenant, invoice, now)
