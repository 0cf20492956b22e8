"""Do a unit of work again, safely: whatever an earlier attempt may have left is looked for first."""

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from connector import audit
from connector.errors import UsageError
from connector.models import (
    Customer,
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
from connector.sync.poll import poll_tenant
from connector.sync.poll_run import PollRun
from connector.sync.take_in_postings import take_in_invoice_number
from connector.use_cases import handle_stored_event, perform_operation
from connector.work import reopen

# An operator waits at the terminal for it; Deltek's answers for one invoice take seconds.
READING_TIME = timedelta(minutes=10)
# A row's number has 63 bits.
MOST_DIGITS = 18


@dataclass(frozen=True)
class Replayed:
    """What became of one unit."""

    what: str
    state: str
    message: str


def replay(runtime: Runtime, tenant: Tenant, reference: str) -> list[Replayed]:
    """Do again what belongs to `reference`: an invoice number, a Stripe id, a batch, or op-N.

    Of an invoice, what failed is done again; when nothing has, everything is looked at once more. Raises
    UsageError when nothing goes by that name.
    """
    if not reference:
        raise UsageError("ID is empty", "Give an invoice number, a Stripe id, a batch, or op-N")
    with runtime.transaction() as session:
        found = operations_named(session, tenant, reference)
        events = events_named(session, tenant, reference)
        numbers = [one.number for one in invoices_set_aside(session, tenant, reference)]
    if not found and not events and not numbers:
        raise UsageError(
            f"Nothing of tenant {tenant.slug} goes by {reference}",
            f"If Deltek has the invoice: ml-connector sync {tenant.slug} --invoice {reference}",
        )
    failed = [one for one in found if one.state is not WorkState.DONE]
    return do_again(runtime, tenant, failed or found, events, numbers)


def replay_failed(runtime: Runtime, tenant: Tenant) -> list[Replayed]:
    """Do again everything that waits for a person."""
    with runtime.transaction() as session:
        mine = select(Operation).where(Operation.tenant_id == tenant.id, Operation.state == WorkState.BLOCKED)
        found = list(session.scalars(mine.order_by(Operation.id)))
        blocked_events = select(Event).where(Event.tenant_id == tenant.id, Event.state == WorkState.BLOCKED)
        events = list(session.scalars(blocked_events.order_by(Event.id)))
        blocked = select(Invoice.number).where(
            Invoice.tenant_id == tenant.id, Invoice.state == InvoiceState.BLOCKED
        )
        numbers = list(dict.fromkeys(session.scalars(blocked.order_by(Invoice.id))))
    return do_again(runtime, tenant, found, events, numbers)


def do_again(
    runtime: Runtime, tenant: Tenant, found: list[Operation], events: list[Event], numbers: list[str]
) -> list[Replayed]:
    """Read the invoices of `numbers` again, then perform the operations and handle the events."""
    with runtime.transaction() as session:
        numbers = list(dict.fromkeys([*numbers, *_numbers_to_settle(session, found)]))
    results = [_read_again(runtime, tenant, number) for number in numbers]
    with runtime.transaction() as session:
        fresh = [one.id for number in numbers for one in operations_named(session, tenant, number)]
        # As the database has them: a worker may have moved them on since they were looked up.
        for operation in found:
            reopen(session.get_one(Operation, operation.id, with_for_update=True), runtime.clock.now())
        for event in events:
            reopen(session.get_one(Event, event.id, with_for_update=True), runtime.clock.now())
    for operation_id in dict.fromkeys([*(one.id for one in found), *fresh]):
        results += _perform(runtime, tenant, operation_id)
    for event in events:
        handle_stored_event(runtime, event.id)
        with runtime.transaction() as session:
            results.append(_result(event.stripe_event_id, session.get_one(Event, event.id)))
    return results


def _numbers_to_settle(session: Session, found: list[Operation]) -> list[str]:
    """What an invoice is settled by is what Deltek says of it now."""
    settling = [one.invoice_id for one in found if one.kind is OperationKind.SETTLE_INVOICE]
    return list(session.scalars(select(Invoice.number).where(Invoice.id.in_(settling))))


def _perform(runtime: Runtime, tenant: Tenant, operation_id: int) -> list[Replayed]:
    """The operation, after the one it waits for."""
    with runtime.transaction() as session:
        operation = session.get_one(Operation, operation_id)
        before = operation.waits_for_id
        first = session.get_one(Operation, before, with_for_update=True) if before is not None else None
        if first is not None and first.state is WorkState.BLOCKED:
            reopen(first, runtime.clock.now())
        waiting = first is not None and first.state is not WorkState.DONE
    results = _perform(runtime, tenant, before) if waiting and before is not None else []
    with audit.acting_as("operator"):
        perform_operation(runtime, operation_id)
    with runtime.transaction() as session:
        operation = session.get_one(Operation, operation_id)
        results.append(_result(f"op-{operation.id} {operation.kind}", operation))
    return results


def _read_again(runtime: Runtime, tenant: Tenant, number: str) -> Replayed:
    """Read an invoice that was set aside afresh from Deltek."""

    def read(run: PollRun) -> bool:
        take_in_invoice_number(run, number)
        return True

    polled = poll_tenant(runtime, tenant.id, read, slice_time=READING_TIME)
    with runtime.transaction() as session:
        invoices = select(Invoice).where(Invoice.tenant_id == tenant.id, Invoice.number == number)
        states = {invoice.state: invoice.reason for invoice in session.scalars(invoices)}
        problem = session.get_one(Tenant, tenant.id).last_poll_problem
    state = next(iter(states), InvoiceState.BLOCKED)
    if not polled:
        return Replayed(f"invoice {number}", "due", "another poll is under way: try again in a moment")
    return Replayed(f"invoice {number}", str(state), problem or states.get(state, ""))


def _result(what: str, unit: Operation | Event) -> Replayed:
    message = f"{unit.reason}. {unit.remedy}" if unit.remedy else unit.reason
    return Replayed(what, str(unit.state), message)


def operations_named(session: Session, tenant: Tenant, reference: str) -> list[Operation]:
    """Those that go by `reference`: op-N, an invoice number, a Stripe id, a batch, a ClientID."""
    number = reference.removeprefix("op-")
    names = [reference, *_object_of_event(session, tenant, reference)]
    of_customer = select(Customer.id).where(
        Customer.tenant_id == tenant.id,
        or_(Customer.stripe_customer_id == reference, Customer.client_id == reference),
    )
    by_name = [
        Movement.payment_intent.in_(_intents_of_charges(session, tenant, names)),
        Invoice.number == reference,
        Invoice.stripe_invoice_id.in_(names),
        Movement.stripe_id.in_(names),
        Movement.payment_intent.in_(names),
        Movement.charge.in_(names),
        Movement.batch == reference,
        Operation.customer_id.in_(of_customer),
        and_(Invoice.customer_id.in_(of_customer), Operation.state != WorkState.DONE),
    ]
    if reference.startswith("op-") and number.isdecimal() and len(number) <= MOST_DIGITS:
        by_name = [Operation.id == int(number)]
    statement = (
        select(Operation)
        .outerjoin(Invoice, Invoice.id == Operation.invoice_id)
        .outerjoin(Movement, Movement.id == Operation.movement_id)
        .where(Operation.tenant_id == tenant.id, or_(*by_name))
    )
    return list(session.scalars(statement.order_by(Operation.id)))


def _object_of_event(session: Session, tenant: Tenant, reference: str) -> list[str]:
    named = select(Event.object_id).where(Event.tenant_id == tenant.id, Event.stripe_event_id == reference)
    return [one for one in session.scalars(named) if one]


def _intents_of_charges(session: Session, tenant: Tenant, names: list[str]) -> set[str]:
    """Stripe's Dashboard shows charges, but an invoice payment names its payment intent: events name both."""
    told = select(Event.raw).where(
        Event.tenant_id == tenant.id, Event.object_id.in_(names), Event.type.startswith("charge.")
    )
    charges = (json.loads(raw)["data"]["object"] for raw in session.scalars(told))
    return {charge["payment_intent"] for charge in charges if charge.get("payment_intent")}


def events_named(session: Session, tenant: Tenant, reference: str) -> list[Event]:
    """Those that are not done; one that is named itself (evt_…) in any state."""
    named = select(Event).where(
        Event.tenant_id == tenant.id,
        or_(Event.stripe_event_id == reference, Event.object_id == reference),
        Event.state != WorkState.DONE if not reference.startswith("evt_") else Event.state.is_not(None),
    )
    return list(session.scalars(named.order_by(Event.id)))


def invoices_set_aside(session: Session, tenant: Tenant, reference: str) -> list[Invoice]:
    """Those of that number that were blocked or left alone."""
    mine = select(Invoice).where(
        Invoice.tenant_id == tenant.id,
        Invoice.number == reference,
        Invoice.state.in_([InvoiceState.BLOCKED, InvoiceState.LEFT_ALONE]),
    )
    return list(session.scalars(mine))
