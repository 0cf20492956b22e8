"""What was paid over an invoice is the customer's credit at Stripe, and stays that when it goes back to the client."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from connector.errors import Blocked, NotFound
from connector.models import Event, Invoice, Movement, Tenant
from connector.money import Money
from connector.sync.movements import OVER_THE_INVOICE
from connector.work import Attempt

# A person's change of the balance: docs.stripe.com/api/customer_balance_transactions/object, type.
BY_A_PERSON = "adjustment"
OVER = Movement.kind.in_(OVER_THE_INVOICE)
# docs.stripe.com/api/refunds/object; those of bank payments begin otherwise than those of cards
REFUNDS = or_(Movement.stripe_id.startswith("re_"), Movement.stripe_id.startswith("pyr_"))


def check_taken_off(attempt: Attempt[Event], what: str, stripe_ids: Sequence[str], since: datetime) -> None:
    """Raises Blocked while nobody has taken off the customer's balance what of this money was its credit, and what of
    that credit was refunded besides since then.

    Call it when the money is booked. That a person took off something else of that amount since is not told apart.
    """
    with attempt.runtime.transaction() as session:
        of_this = Movement.stripe_id.in_(stripe_ids)
        credit = _gone_back(session, attempt.tenant, of_this)
        invoice = session.scalar(
            select(Invoice).join(Movement, Movement.invoice_id == Invoice.id).where(OVER, of_this).limit(1)
        )
        if invoice is None or credit <= 0:
            return
        of_refunds = and_(
            REFUNDS, Movement.moved_at >= since, Movement.invoice_id.in_(_of_its_customer(invoice))
        )
        wanted = _gone_back(session, attempt.tenant, or_(of_this, of_refunds))
    if not _is_taken_off(attempt, invoice, wanted, since):
        raise Blocked(
            f"{Money(credit, invoice.currency)} of {what} was the client's credit at Stripe, which still stands there "
            "or has paid another invoice",
            "Take it off the customer's credit balance at Stripe, then replay (what of that credit was refunded since "
            "must be taken off too); or, where the client is to owe it in another way, replay with --by-hand",
        )


def _gone_back(session: Session, tenant: Tenant, which: ColumnElement[bool]) -> int:
    """What went back of money that was paid over invoices, and did not come again; minor units."""
    amounts = select(func.sum(Movement.amount)).where(Movement.tenant_id == tenant.id, OVER, which)
    return -int(session.scalar(amounts) or 0)


def _of_its_customer(invoice: Invoice) -> Select[int]:
    return select(Invoice.id).where(
        Invoice.customer_id == invoice.customer_id, Invoice.currency == invoice.currency
    )


def _is_taken_off(attempt: Attempt[Event], invoice: Invoice, wanted: int, since: datetime) -> bool:
    stripe, last = attempt.runtime.stripe(attempt.tenant), invoice.former_stripe_ids[-1:]
    try:
        at_stripe = stripe.retrieve_invoice(invoice.stripe_invoice_id or "".join(last))
        moves = list(stripe.credit_moves_since(at_stripe.customer or "", since))
    except NotFound:
        return True  # with a customer that is deleted its balance is gone
    mine = (one.amount for one in moves if (one.kind, one.currency) == (BY_A_PERSON, invoice.currency))
    return sum(mine) >= wanted
