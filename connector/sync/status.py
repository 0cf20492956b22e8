"""Where each tenant stands: what is not finished, what waits for a person, and how old the oldest of it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

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


@dataclass(frozen=True)
class TenantStatus:
    """`backlog` counts units of work not finished, `failed` those that wait for a person."""

    slug: str
    paused: bool
    held: str  # why nothing at all is done for the tenant
    backlog: int
    failed: int
    oldest_seconds: float | None
    poll_age_seconds: float | None
    poll_problem: str
    invoices_pushed: int
    invoices_pending: int
    invoices_blocked: int
    invoices_left_alone: int
    receipts_written: int
    receipts_open: int


def all_statuses(session: Session, now: datetime) -> list[TenantStatus]:
    return [
        status_of(session, tenant, now) for tenant in session.scalars(select(Tenant).order_by(Tenant.slug))
    ]


def status_of(session: Session, tenant: Tenant, now: datetime) -> TenantStatus:
    by_state = dict(
        session.execute(
            select(Invoice.state, func.count()).where(Invoice.tenant_id == tenant.id).group_by(Invoice.state)
        ).all()
    )
    written = _count(
        session, select(Movement.id).where(Movement.tenant_id == tenant.id, Movement.written_at.is_not(None))
    )
    to_book = select(Operation.id).where(
        Operation.tenant_id == tenant.id,
        Operation.kind == OperationKind.POST_RECEIPT,
        Operation.state != WorkState.DONE,
    )
    oldest = _oldest(session, tenant)
    return TenantStatus(
        slug=tenant.slug,
        paused=tenant.paused,
        held=tenant.blocked,
        backlog=_backlog(session, tenant),
        failed=_failed(session, tenant) + by_state.get(InvoiceState.BLOCKED, 0),
        oldest_seconds=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        poll_age_seconds=None if tenant.last_poll_at is None else (now - tenant.last_poll_at).total_seconds(),
        poll_problem=tenant.last_poll_problem,
        invoices_pushed=by_state.get(InvoiceState.PUSHED, 0),
        invoices_pending=by_state.get(InvoiceState.PENDING, 0),
        invoices_blocked=by_state.get(InvoiceState.BLOCKED, 0),
        invoices_left_alone=by_state.get(InvoiceState.LEFT_ALONE, 0),
        receipts_written=written,
        receipts_open=_count(session, to_book),
    )


def _backlog(session: Session, tenant: Tenant) -> int:
    operations = select(Operation.id).where(
        Operation.tenant_id == tenant.id, Operation.state == WorkState.DUE, ~_waits_for_blocked(tenant)
    )
    events = select(Event.id).where(Event.tenant_id == tenant.id, Event.state == WorkState.DUE)
    first_poll = tenant.last_poll_at is None and not tenant.paused and not tenant.poll_needs_person
    return _count(session, operations) + _count(session, events) + int(first_poll)


def _failed(session: Session, tenant: Tenant) -> int:
    operations = select(Operation.id).where(
        Operation.tenant_id == tenant.id,
        or_(
            Operation.state == WorkState.BLOCKED,
            and_(Operation.state == WorkState.DUE, _waits_for_blocked(tenant)),
        ),
    )
    events = select(Event.id).where(Event.tenant_id == tenant.id, Event.state == WorkState.BLOCKED)
    held = int(bool(tenant.blocked)) + int(tenant.poll_needs_person and not tenant.blocked)
    return _count(session, operations) + _count(session, events) + held


def _waits_for_blocked(tenant: Tenant) -> ColumnElement[bool]:
    """Nothing can be done for it before a person has seen to an operation that it waits for, however far off."""
    blocked = (
        select(Operation.id)
        .where(Operation.tenant_id == tenant.id, Operation.state == WorkState.BLOCKED)
        .cte("behind_blocked", recursive=True)
    )
    behind = blocked.union(
        select(Operation.id)
        .join(blocked, Operation.waits_for_id == blocked.c.id)
        .where(Operation.state == WorkState.DUE)
    )
    return and_(Operation.waits_for_id.is_not(None), Operation.waits_for_id.in_(select(behind.c.id)))


def _oldest(session: Session, tenant: Tenant) -> datetime | None:
    oldest = [
        session.scalar(
            select(func.min(model.created_at)).where(
                model.tenant_id == tenant.id, model.state == WorkState.DUE
            )
        )
        for model in (Operation, Event)
    ]
    return min((moment for moment in oldest if moment is not None), default=None)


def _count(session: Session, statement: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0
