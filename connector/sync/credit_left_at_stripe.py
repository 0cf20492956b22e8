"""What was paid over an invoice is the customer's credit at Stripe, and stays that when it goes back to the client."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from connector.errors import Blocked, NotFound
from connector.models import Event, Invoice, Movement
from connector.money import Money
from connector.sync.movements import OVER_THE_INVOICE
from connector.work import Attempt

# A person's change of the balance: docs.stripe.com/api/customer_balance_transactions/object, type.
BY_A_PERSON = "adjustment"


def check_taken_off(attempt: Attempt[Event], what: str, stripe_ids: Sequence[str], since: datetime) -> None:
    """Raises Blocked while nobody has taken off the customer's balance what of this money was its credit.

    Call it when the money is booked. That a person took off something else of that amount since is not told apart.
    """
    returned = _returned(attempt, stripe_ids)
    if returned is None:
        return
    invoice, credit = returned
    if not _taken_off(attempt, invoice, credit, since):
        raise Blocked(
            f"{credit} of {what} was the client's credit at Stripe, which still stands there or has paid another "
            "invoice",
            "Take it off the customer's credit balance at Stripe, then replay; or, where the client is to owe it in "
            "another way, replay with --by-hand",
        )


def _returned(attempt: Attempt[Event], stripe_ids: Sequence[str]) -> tuple[str, Money] | None:
    """A Stripe invoice that it had been paid over, and how much of it went back and did not come again."""
    with attempt.runtime.transaction() as session:
        over = (
            select(
                func.max(Invoice.stripe_invoice_id), func.max(Movement.currency), func.sum(Movement.amount)
            )
            .join(Invoice, Invoice.id == Movement.invoice_id)
            .where(
                Movement.tenant_id == attempt.tenant.id,
                Movement.stripe_id.in_(stripe_ids),
                Movement.kind.in_(OVER_THE_INVOICE),
            )
        )
        invoice, currency, amount = session.execute(over).one()
    return (invoice, Money(-int(amount), currency)) if invoice and amount < 0 else None


def _taken_off(attempt: Attempt[Event], invoice_id: str, credit: Money, since: datetime) -> bool:
    stripe = attempt.runtime.stripe(attempt.tenant)
    try:
        moves = stripe.credit_moves_since(stripe.retrieve_invoice(invoice_id).customer or "", since)
    except NotFound:
        return True  # with a customer that is deleted its balance is gone
    mine = (one.amount for one in moves if (one.kind, one.currency) == (BY_A_PERSON, credit.currency))
    return sum(mine) >= credit.minor
