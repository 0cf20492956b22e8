"""What waits for a person: each item with its reason and what can be done."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from connector.models import Event, Invoice, InvoiceState, Movement, Operation, Tenant, WorkState

MOST_SHOWN = 200


@dataclass(frozen=True)
class Problem:
    """`reference` is what `replay` takes; several numbers of `invoice` have ", " between them."""

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
        Problem(one.stripe_event_id, _numbers_of(session, one), f"event {one.type}", one.reason, one.remedy)
        for one in session.scalars(events.order_by(Event.id).limit(MOST_SHOWN))
    ]
    return found


def _numbers_of(session: Session, event: Event) -> str:
    """The invoices that the event's object is of, by the payments that are known."""
    told: dict[str, Any] = json.loads(event.raw)["data"]["object"]
    named = [event.object_id, *(told.get(name) for name in ("invoice", "payment_intent", "charge"))]
    ids = [one for one in named if isinstance(one, str) and one]
    numbers = (
        select(Invoice.number)
        .outerjoin(Movement, Movement.invoice_id == Invoice.id)
        .where(
            Invoice.tenant_id == event.tenant_id,
            or_(
                Invoice.stripe_invoice_id.in_(ids),
                Movement.payment_intent.in_(ids),
                Movement.charge.in_(ids),
            ),
        )
    )
    return ", ".join(sorted(set(session.scalars(numbers))))
