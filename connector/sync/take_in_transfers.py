"""Bank transfers: money in a customer's cash balance, which Stripe applies to invoices as it sees fit.

What it pays arrives as a payment of an invoice, like any other; here is what else can happen to it
(docs.stripe.com/payments/customer-balance).
"""

import json

from sqlalchemy import select

from connector.errors import Blocked
from connector.models import Customer, Event, MovementKind
from connector.money import Money
from connector.stripe_api.records import CashMove
from connector.sync import movements
from connector.sync.entered_by_hand import SAY_WHERE, book_entered
from connector.sync.movements import Moved
from connector.sync.take_in_payments import invoices_of_intent, read_at_stripe, write_down
from connector.work import Attempt


def cash_moved(attempt: Attempt[Event]) -> None:
    """Read the invoices again that it paid or no longer pays; a reversal of spent money waits for a person."""
    event = json.loads(attempt.unit.raw)["data"]["object"]
    if not _is_of_a_client(attempt, event["customer"]):
        attempt.finish()
        return
    move = attempt.runtime.stripe(attempt.tenant).retrieve_cash_move(event["customer"], event["id"])
    if move.kind == "funding_reversed" and move.ending_balance < 0:
        book_entered(attempt, [_taken_back(move)])
        _check_booked(attempt, move)
    named = invoices_of_intent(attempt, move.payment_intent) if move.payment_intent else []
    readings = [read_at_stripe(attempt, one) for one in named]
    with attempt.conclude() as session:
        for reading in readings:
            if reading is not None:
                write_down(attempt, session, reading)
        attempt.note(
            session,
            "bank transfer",
            f"{Money(move.net_amount, move.currency)} {move.kind.replace('_', ' ')}; the customer's cash balance "
            f"is {Money(move.ending_balance, move.currency)}",
            refs=[move.customer, move.id, move.payment_intent, attempt.unit.stripe_event_id],
        )


def _is_of_a_client(attempt: Attempt[Event], customer: str) -> bool:
    """Others of the account receive transfers too, which pay no invoice of ours."""
    with attempt.runtime.transaction() as session:
        mine = select(Customer.id).where(
            Customer.tenant_id == attempt.tenant.id, Customer.stripe_customer_id == customer
        )
        return session.scalar(mine) is not None


def _taken_back(move: CashMove) -> Moved:
    return Moved(
        kind=MovementKind.DISPUTE,
        stripe_id=move.id,
        amount=move.net_amount,
        currency=move.currency,
        moved_at=move.created,
        payment_intent=move.payment_intent or "",
    )


def _check_booked(attempt: Attempt[Event], move: CashMove) -> None:
    """Which of the invoices it paid is unpaid now, Stripe does not tell: a person does."""
    with attempt.runtime.transaction() as session:
        if movements.known_by(session, attempt.tenant, move.id):
            return
    raise Blocked(
        f"The bank took back a transfer of {Money(-move.net_amount, move.currency)} ({move.id}) of customer "
        f"{move.customer} that had paid invoices already",
        "Enter a reversing receipt by hand in Deltek on the invoice it had paid, and collect it again; then "
        + SAY_WHERE,
    )
