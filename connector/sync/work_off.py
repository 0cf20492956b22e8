"""Do a tenant's work here and now, beside whatever workers there are; leases keep them apart."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.dispatch import ready_operations
from connector.models import Event, Tenant, WorkState
from connector.runtime import Runtime
from connector.sync.status import TenantStatus, status_of
from connector.use_cases import handle_stored_event, perform_operation

THREADS = 8
LOOK_AGAIN_SECONDS = 0.5


def work_off(runtime: Runtime, tenant_id: int, report: Callable[[TenantStatus], None]) -> TenantStatus:
    """Work until the backlog is empty, or until nothing more can be done without a person."""
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            now = runtime.clock.now()
            with runtime.transaction() as session:
                tenant = session.get_one(Tenant, tenant_id)
                status = status_of(session, tenant, now)
                operations = [one.id for one in ready_operations(session, now, tenant_id, limit=THREADS * 4)]
                events = _due_events(session, tenant_id, now)
            report(status)
            if not status.backlog or status.held or status.paused:
                return status
            list(pool.map(lambda row: perform_operation(runtime, row), operations))
            list(pool.map(lambda row: handle_stored_event(runtime, row), events))
            if not operations and not events:
                runtime.clock.sleep(LOOK_AGAIN_SECONDS)


def _due_events(session: Session, tenant_id: int, now: datetime) -> list[int]:
    due = select(Event.id).where(
        Event.tenant_id == tenant_id, Event.state == WorkState.DUE, Event.due_at <= now
    )
    return list(session.scalars(due.order_by(Event.id).limit(THREADS * 4)))
