"""Money whose place Stripe does not tell is booked where a person entered it in Deltek."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.errors import Blocked
from connector.models import Event, Invoice, Movement, MovementKind
from connector.money import Money
from connector.sync import movements
from connector.sync.movements import Moved
from connector.sync.plan_settlement import plan_settlement
from connector.sync.plan_write_back import plan_write_back
from connector.work import Attempt

SAY_WHERE = "`ml-connector replay` the event with --by-hand --entered NUMBER=AMOUNT"


def book_entered(attempt: Attempt[Event], money: Sequence[Moved]) -> None:
    """Write down what a person entered for the event: of `money`, the first that nothing is written down of.

    Each amount of `money` is all that moved, in minor units. Raises Blocked for receipts that cannot be of it, which
    are forgotten then.
    """
    if not attempt.unit.entered:
        return
    with attempt.step() as session:
        unknown = (one for one in money if not movements.known_by(session, attempt.tenant, one.stripe_id))
        moved, entered = next(unknown, None), _entered(session, attempt.unit)
        attempt.unit.entered = {}
        objection = _objection(moved, sum(entered.values())) if moved else None
        if moved and not objection:
            _write_down(attempt, session, moved, entered)
    if objection:
        raise objection


def _write_down(attempt: Attempt[Event], session: Session, moved: Moved, entered: dict[Invoice, int]) -> None:
    """A movement for each invoice, which counts as booked from the start."""
    now = attempt.runtime.clock.now()
    for invoice, amount in entered.items():
        its_own = replace(_of_a_payment(session, invoice, moved), amount=amount)
        movement = movements.record(session, attempt.tenant, invoice, its_own, now)
        if movement is not None:
            movement.by_hand = True
            _note(attempt, session, movement, invoice)
        plan_settlement(session, attempt.tenant, invoice, now)
        plan_write_back(session, attempt.tenant, invoice, now)


def _entered(session: Session, event: Event) -> dict[Invoice, int]:
    return {
        session.get_one(Invoice, int(invoice_id), with_for_update=True): amount
        for invoice_id, amount in event.entered.items()
    }


def _objection(moved: Moved, entered: int) -> Blocked | None:
    if entered * moved.amount >= 0 and abs(entered) <= abs(moved.amount):
        return None
    return Blocked(
        f"{moved.stripe_id} moved {Money(moved.amount, moved.currency)}, and receipts of "
        f"{Money(entered, moved.currency)} cannot be of it",
        f"Name each receipt as it stands in Deltek, below zero for money that went back: {SAY_WHERE}",
    )


def _of_a_payment(session: Session, invoice: Invoice, moved: Moved) -> Moved:
    """A bank transfer that was taken back names no payment: it is the newest one of the invoice."""
    if moved.payment_intent or moved.charge:
        return moved
    paid = select(Movement).where(Movement.invoice_id == invoice.id, Movement.kind == MovementKind.PAYMENT)
    newest = session.scalar(paid.order_by(Movement.id.desc()).limit(1))
    return replace(moved, payment_intent=newest.payment_intent, charge=newest.charge) if newest else moved


def _note(attempt: Attempt[Event], session: Session, movement: Movement, invoice: Invoice) -> None:
    attempt.note(
        session,
        "entered by hand",
        f"A person entered {movement.money} on invoice {invoice.number} for {movement.stripe_id}",
        invoice_id=invoice.id,
        refs=[invoice.number, movement.stripe_id, movement.payment_intent, attempt.unit.stripe_event_id],
    )
