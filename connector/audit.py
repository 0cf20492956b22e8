"""The audit trail: one line for everything that was done, readable by an accountant, never changed."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from connector.models import AuditEntry, Customer, Event, Invoice, Operation

_actor: ContextVar[str] = ContextVar("actor", default="ml-connector")


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Whoever acts inside is named in every entry: "poll", "operation 12", "operator jane"."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def write(
    session: Session,
    *,
    tenant_id: int,
    at: datetime,
    action: str,
    summary: str,
    invoice_id: int | None = None,
    refs: Iterable[str | None] = (),
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry. `refs` are the names a person may search by; empty ones are dropped."""
    session.add(
        AuditEntry(
            tenant_id=tenant_id,
            at=at,
            actor=_actor.get(),
            action=action,
            summary=summary,
            invoice_id=invoice_id,
            refs=sorted({ref for ref in refs if ref}),
            detail=dict(detail or {}),
        )
    )


def trail(session: Session, tenant_id: int, reference: str) -> list[AuditEntry]:
    """Everything that belongs to the record that `reference` names, in the order in which it was written.

    An invoice's story includes its client's; an event's is the story of what it tells of.
    """
    mine = select(AuditEntry).where(AuditEntry.tenant_id == tenant_id)
    named = AuditEntry.refs.overlap(_names(session, tenant_id, reference))
    invoices = {entry.invoice_id for entry in session.scalars(mine.where(named))} - {None}
    of_client = and_(
        AuditEntry.invoice_id.is_(None), AuditEntry.refs.overlap(_names_of_clients(session, invoices))
    )
    whole = mine.where(or_(named, AuditEntry.invoice_id.in_(invoices), of_client))
    return list(session.scalars(whole.order_by(AuditEntry.id)))


def _names(session: Session, tenant_id: int, reference: str) -> list[str]:
    """What the reference stands for: an event for its object, a charge for the payment intent behind it."""
    event = select(Event.object_id).where(Event.tenant_id == tenant_id, Event.stripe_event_id == reference)
    of_object = select(Event.raw).where(Event.tenant_id == tenant_id, Event.object_id == reference).limit(1)
    return [
        reference,
        *filter(None, session.scalars(event)),
        *filter(None, (_payment_intent(raw) for raw in session.scalars(of_object))),
    ]


def _payment_intent(raw: bytes) -> str | None:
    named = json.loads(raw).get("data", {}).get("object", {}).get("payment_intent")
    return named if isinstance(named, str) else None


def _names_of_clients(session: Session, invoices: Collection[int | None]) -> list[str]:
    """What the clients of these invoices, and the operations on them, are called in the trail."""
    clients = (
        select(Customer.client_id, Customer.stripe_customer_id, Operation.id)
        .join(Invoice, Invoice.customer_id == Customer.id)
        .outerjoin(Operation, and_(Operation.customer_id == Customer.id, Operation.invoice_id.is_(None)))
        .where(Invoice.id.in_(invoices))
    )
    names: set[str | None] = set()
    for client_id, stripe_id, operation_id in session.execute(clients):
        names |= {client_id, stripe_id, f"op-{operation_id}"}
    return sorted(filter(None, names))
