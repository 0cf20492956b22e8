"""What waited for a person and was seen to by hand, in Deltek or at Stripe, is closed, with a note in the trail."""

from datetime import datetime

from sqlalchemy.orm import Session

from connector import audit
from connector.errors import UsageError
from connector.models import (
    Event,
    Invoice,
    InvoiceState,
    Movement,
    Operation,
    OperationKind,
    Tenant,
    WorkState,
)
from connector.runtime import Runtime
from connector.sync.plan_settlement import SEEN_TO, facts_of
from connector.sync.reading import CLOSED_BY_HAND
from connector.sync.replay import Replayed, events_named, invoices_set_aside, operations_named

CLOSED = "closed by hand"


def close_by_hand(runtime: Runtime, tenant: Tenant, reference: str) -> list[Replayed]:
    """Close every unit of `reference` that waits for a person; a receipt counts as booked from then on.

    Raises UsageError where none does.
    """
    now = runtime.clock.now()
    with audit.acting_as("operator"), runtime.transaction() as session:
        closed = [
            _close_operation(session, tenant, one, now)
            for one in operations_named(session, tenant, reference)
            if one.state is WorkState.BLOCKED
        ]
        closed += [
            _close_event(session, tenant, one, now)
            for one in events_named(session, tenant, reference)
            if one.state is WorkState.BLOCKED
        ]
        closed += [
            _close_invoice(session, tenant, one, now)
            for one in invoices_set_aside(session, tenant, reference)
            if one.state is InvoiceState.BLOCKED
        ]
    if not closed:
        raise UsageError(
            f"Nothing of tenant {tenant.slug} that goes by {reference} waits for a person",
            f"See: ml-connector status {tenant.slug}",
        )
    return closed


def _close_operation(session: Session, tenant: Tenant, operation: Operation, now: datetime) -> Replayed:
    what = f"op-{operation.id} {operation.kind}"
    _note(session, tenant, operation.invoice_id, f"{what} ({operation.reason})", f"op-{operation.id}", now)
    if operation.kind is OperationKind.POST_RECEIPT:
        movement = session.get_one(Movement, operation.movement_id, with_for_update=True)
        movement.by_hand = True
    if operation.kind is OperationKind.PUSH_INVOICE:
        invoice = session.get_one(Invoice, operation.invoice_id, with_for_update=True)
        invoice.state, invoice.reason = InvoiceState.LEFT_ALONE, f"{CLOSED_BY_HAND}: {operation.reason}"
    if operation.kind is OperationKind.SETTLE_INVOICE:
        invoice = session.get_one(Invoice, operation.invoice_id, with_for_update=True)
        operation.progress = {**operation.progress, SEEN_TO: facts_of(session, invoice)}
    _done(operation, now)
    return Replayed(what, str(operation.state), CLOSED)


def _close_event(session: Session, tenant: Tenant, event: Event, now: datetime) -> Replayed:
    _note(session, tenant, None, f"event {event.type} ({event.reason})", event.stripe_event_id, now)
    _done(event, now)
    return Replayed(event.stripe_event_id, str(event.state), CLOSED)


def _close_invoice(session: Session, tenant: Tenant, invoice: Invoice, now: datetime) -> Replayed:
    _note(session, tenant, invoice.id, f"invoice {invoice.number} ({invoice.reason})", invoice.number, now)
    invoice.state, invoice.reason, invoice.remedy = (
        InvoiceState.LEFT_ALONE,
        f"{CLOSED_BY_HAND}: {invoice.reason}",
        "",
    )
    return Replayed(f"invoice {invoice.number}", str(invoice.state), CLOSED)


def _done(unit: Operation | Event, now: datetime) -> None:
    unit.state, unit.finished_at = WorkState.DONE, now
    unit.reason = unit.remedy = ""


def _note(
    session: Session, tenant: Tenant, invoice_id: int | None, what: str, reference: str, now: datetime
) -> None:
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action=CLOSED,
        summary=f"A person has seen to {what}",
        invoice_id=invoice_id,
        refs=[reference],
    )
