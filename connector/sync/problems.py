"""What waits for a person: each item with its reason and what can be done."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.models import Event, Invoice, InvoiceState, Operation, Tenant, WorkState

MOST_SHOWN = 200


@dataclass(frozen=True)
class Problem:
    """`reference` is what `replay` takes."""

    reference: str
    invoice: str
    what: str
    reason: str
    remedy: str


def problems_of(session: Session, tenant: Tenant) -> list[Problem]:
    """The blocked invoices, operations and events of the tenant, oldest first."""
    invoices = select(Invoice).where(Invoice.tenant_id == tenant.id, Invoice.state == InvoiceState.BLOCKED)
    operations = (
        select(Operation, Invoice.number)
        .outerjoin(Invoice, Invoice.id == Operation.invoice_id)
        .where(Operation.tenant_id == tenant.id, Operation.state == WorkState.BLOCKED)
    )
    events = select(Event).where(Event.tenant_id == tenant.id, Event.state == WorkState.BLOCKED)
    found = [
        Problem(one.number, one.number, "invoice", one.reason, one.remedy)
        for one in session.scalars(invoices.order_by(Invoice.id).limit(MOST_SHOWN))
    ]
    found += [
        Problem(f"op-{one.id}", number or "", str(one.kind), one.reason, one.remedy)
        for one, number in session.execute(operations.order_by(Operation.id).limit(MOST_SHOWN))
    ]
    found += [
        Problem(one.stripe_event_id, "", f"event {one.type}", one.reason, one.remedy)
        for one in session.scalars(events.order_by(Event.id).limit(MOST_SHOWN))
    ]
    return found
