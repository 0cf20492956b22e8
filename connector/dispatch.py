"""The tick: finds in the database whatever is due and tells the queues again.

Rules 1 and 8: what Redis lost is found here, and each tenant gets a window of its own, so that one tenant's
flood or outage stands before no other's work.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from connector import inbox, operations
from connector.doorbell import POLLING, Ring
from connector.models import Event, Lease, Operation, Tenant, WorkState
from connector.runtime import Runtime, after_commit

# A message not taken up after this long counts as lost, and is sent again.
UNHEARD_AFTER = timedelta(seconds=60)
WINDOW = 100  # of each tenant's units at once with the workers
POLL_TASK = "polling.poll_tenant"

Unit = TypeVar("Unit", Operation, Event)


def tick(runtime: Runtime) -> None:
    """Send what is due to its queue: polls, operations, events."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        session.execute(delete(Lease).where(Lease.until < now - timedelta(days=1)))
        for tenant in due_polls(session, now):
            ring_poll(session, tenant, now)
    with runtime.transaction() as session:
        for operation in due_operations(session, now):
            operations.ring(session, operation, now)
    with runtime.transaction() as session:
        for event in due_events(session, now):
            inbox.ring(session, event, now)


def top_up(runtime: Runtime, tenant_id: int) -> None:
    """Send what has just become due for this tenant, without waiting for the tick."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        for operation in due_operations(session, now, tenant_id):
            operations.ring(session, operation, now)


def ring_poll(session: Session, tenant: Tenant, now: datetime) -> None:
    """Ask for a poll of the tenant; its next one is due after its own `poll_every`."""
    after_commit(session, Ring(POLL_TASK, tenant.id, POLLING, f"poll-{tenant.slug}-{now:%H%M%S.%f}"))


def due_polls(session: Session, now: datetime) -> Sequence[Tenant]:
    """Tenants whose poll is due, moved on so that the next tick does not find them again at once."""
    statement = (
        select(Tenant)
        .where(Tenant.next_poll_at <= now, ~Tenant.paused, Tenant.blocked == "")
        .with_for_update(skip_locked=True)
    )
    tenants = session.scalars(statement).all()
    for tenant in tenants:
        tenant.next_poll_at = now + UNHEARD_AFTER  # the poll itself sets its next date when it ends
    return tenants


def due_operations(session: Session, now: datetime, tenant_id: int | None = None) -> Sequence[Operation]:
    of_tenant = true() if tenant_id is None else Operation.tenant_id == tenant_id
    return _windowed(session, Operation, now, and_(_ready(now), of_tenant))


def ready_operations(session: Session, now: datetime, tenant_id: int, limit: int) -> Sequence[Operation]:
    """Operations of the tenant that could be done at this moment, whether a queue was told of them or not."""
    due = and_(Operation.state == WorkState.DUE, Operation.due_at <= now, Operation.tenant_id == tenant_id)
    return session.scalars(
        select(Operation).where(due, _ready(now)).order_by(Operation.id).limit(limit)
    ).all()


def _ready(now: datetime) -> ColumnElement[bool]:
    """Nobody works on its subject, and what it waits for is done."""
    before = aliased(Operation)
    free = ~exists().where(Lease.subject == Operation.subject, Lease.until > now)
    done = exists().where(before.id == Operation.waits_for_id, before.state == WorkState.DONE)
    return and_(free, or_(Operation.waits_for_id.is_(None), done))


def due_events(session: Session, now: datetime) -> Sequence[Event]:
    return _windowed(session, Event, now, true())


def _windowed(
    session: Session, model: type[Unit], now: datetime, ready: ColumnElement[bool]
) -> Sequence[Unit]:
    """Due units of active tenants, the oldest of each tenant first, as many as its window still takes."""
    due = and_(model.state == WorkState.DUE, model.due_at <= now)
    unheard = or_(model.rung_at.is_(None), model.rung_at < now - UNHEARD_AFTER)
    with_workers = (
        select(model.tenant_id, func.count().label("units"))
        .where(due, ~unheard)
        .group_by(model.tenant_id)
        .subquery()
    )
    ranked = (
        select(
            model.id,
            func.row_number()
            .over(partition_by=model.tenant_id, order_by=(model.due_at, model.id))
            .label("place"),
            func.coalesce(with_workers.c.units, 0).label("units"),
        )
        .join(Tenant, Tenant.id == model.tenant_id)
        .outerjoin(with_workers, with_workers.c.tenant_id == model.tenant_id)
        .where(due, unheard, ready, ~Tenant.paused, Tenant.blocked == "")
        .subquery()
    )
    statement = (
        select(model)
        .join(ranked, ranked.c.id == model.id)
        # Asked once more of the locked row: another tick may have taken it since.
        .where(ranked.c.place + ranked.c.units <= WINDOW, due, unheard)
        .with_for_update(skip_locked=True, of=model)
    )
    return session.scalars(statement).all()
