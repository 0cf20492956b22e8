"""The inbox of Stripe events: stored before they are acknowledged, done only when their handling is done."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from connector.doorbell import EVENTS, RETRIES, Ring
from connector.models import Event, Tenant, WorkState
from connector.runtime import Runtime, after_commit
from connector.work import Attempt, attempt

TASK = "events.handle_event"


def store(
    session: Session,
    tenant: Tenant,
    *,
    event_id: str,
    event_type: str,
    object_id: str,
    raw: bytes,
    now: datetime,
) -> bool:
    """Keep the delivery and ring for it; False for one that is already there."""
    statement = (
        insert(Event)
        .values(
            tenant_id=tenant.id,
            stripe_event_id=event_id,
            type=event_type,
            object_id=object_id,
            raw=raw,
            received_at=now,
            created_at=now,
            due_at=now,
            rung_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Event.tenant_id, Event.stripe_event_id])
        .returning(Event.id)
    )
    row_id = session.execute(statement).scalar_one_or_none()
    if row_id is not None:
        after_commit(session, Ring(TASK, row_id, EVENTS, event_id))
    return row_id is not None


def ring(session: Session, event: Event, now: datetime) -> None:
    event.rung_at = now
    queue = RETRIES if event.failures else EVENTS
    after_commit(session, Ring(TASK, event.id, queue, f"{event.stripe_event_id}.{event.attempts + 1}"))


def handle(runtime: Runtime, row_id: int, use_case: Callable[[Attempt[Event]], None]) -> bool:
    """One attempt at the event, if it is due and nobody is at its object; True if an attempt was made."""
    made = attempt(runtime, Event, row_id, subject_of, use_case)
    if made:
        _ring_next_of_object(runtime, row_id)
    return made


def subject_of(event: Event) -> str:
    """Two events of one object are handled one after the other: the second reads what is newer."""
    return f"tenant {event.tenant_id} event of {event.object_id or event.stripe_event_id}"


def _ring_next_of_object(runtime: Runtime, row_id: int) -> None:
    """An event that found its object taken need not wait for the tick."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        done = session.get_one(Event, row_id)
        waiting = select(Event).where(
            Event.tenant_id == done.tenant_id,
            Event.object_id == done.object_id,
            Event.object_id != "",
            Event.id != row_id,
            Event.state == WorkState.DUE,
            Event.due_at <= now,
        )
        following = session.scalar(waiting.order_by(Event.id).limit(1))
        if following is not None:
            ring(session, following, now)
