"""One attempt at a unit of work: claimed, committed before anything leaves, and its outcome committed after.

A unit is an operation or an event of the inbox. Whoever may not have it returns without a word: it is done, not
due, or another worker holds its subject.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import audit, leases
from connector.errors import HeldBack, SignInRefused, Unavailable
from connector.failures import Failure, FailureKind, classify, give_up_after, next_delay
from connector.leases import Held, LeaseLost
from connector.models import Event, Operation, Tenant, WorkState
from connector.runtime import Runtime

logger = logging.getLogger(__name__)

Unit = TypeVar("Unit", Operation, Event)


class NotYet(Exception):
    """The work is under way outside; look again after `seconds`."""

    def __init__(self, seconds: float, note: str) -> None:
        super().__init__(note)
        self.seconds = seconds
        self.note = note


@dataclass
class Attempt(Generic[Unit]):
    """What a use case is handed: the unit, its tenant, and the ways to write down what happened."""

    runtime: Runtime
    tenant: Tenant
    unit: Unit
    held: Held
    row_id: int = field(init=False)
    actor: str = field(init=False)

    def __post_init__(self) -> None:
        # Kept apart: a step that fails takes the unit's values with it, until the next step reads them again.
        self.row_id, self.actor = self.unit.id, _actor(self.unit)

    @property
    def first(self) -> bool:
        """Whether nothing can have left before this attempt."""
        return self.unit.attempts == 1

    @property
    def first_attempt_at(self) -> datetime:
        assert self.unit.first_attempt_at is not None  # noqa: S101 - set when the attempt was claimed
        return self.unit.first_attempt_at

    def renew(self) -> None:
        """Hold on to the lease, and nothing else."""
        with self.runtime.transaction() as session:
            leases.renew(session, self.held, self.runtime.clock.now())

    @contextmanager
    def step(self) -> Iterator[Session]:
        """A transaction in the midst of the attempt: keeps the lease, or raises LeaseLost, nothing written."""
        with self.runtime.transaction() as session:
            leases.renew(session, self.held, self.runtime.clock.now())
            session.add(self.unit)
            yield session

    @contextmanager
    def conclude(self) -> Iterator[Session]:
        """The last transaction of the attempt: the outcome and that it is done, together."""
        with self.step() as session:
            yield session
            self.unit.state = WorkState.DONE
            self.unit.reason = self.unit.remedy = ""
            self.unit.failures, self.unit.failing_since = 0, None
            self.unit.finished_at = self.runtime.clock.now()

    def finish(self) -> None:
        """Done, and nothing to write down."""
        with self.conclude():
            pass

    def keep(self) -> None:
        """Renew the lease before a long stretch of requests."""
        with self.step():
            pass

    def note(
        self,
        session: Session,
        action: str,
        summary: str,
        *,
        invoice_id: int | None = None,
        refs: Iterable[str | None] = (),
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an entry of the audit trail under this attempt."""
        audit.write(
            session,
            tenant_id=self.tenant.id,
            at=self.runtime.clock.now(),
            action=action,
            summary=summary,
            invoice_id=invoice_id,
            refs=refs,
            detail=detail,
        )


def attempt(
    runtime: Runtime,
    model: type[Unit],
    row_id: int,
    subject_of: Callable[[Unit], str],
    do: Callable[[Attempt[Unit]], None],
) -> bool:
    """Do one attempt at the unit, if it is due and its subject is free. True if an attempt was made."""
    claimed = _claim(runtime, model, row_id, subject_of)
    if claimed is None:
        return False
    try:
        with audit.acting_as(claimed.actor), leases.kept_by_requests(claimed.renew, runtime.clock):
            _run(claimed, do)
    except LeaseLost:
        logger.warning("%s lost its lease; whoever took over looks first", claimed.actor)
    finally:
        with runtime.transaction() as session:
            leases.release(session, claimed.held)
    return True


def _claim(
    runtime: Runtime, model: type[Unit], row_id: int, subject_of: Callable[[Unit], str]
) -> Attempt[Unit] | None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        unit = session.get(model, row_id)
        if unit is None or not _is_due(session, unit, now):
            return None
        held = leases.take(session, subject_of(unit), now)
        if held is None:
            return None
        # Whoever held the subject a moment ago may have finished this very unit: look again, now alone.
        session.refresh(unit)
        tenant = session.get_one(Tenant, unit.tenant_id)
        if not _is_due(session, unit, now) or tenant.paused or tenant.blocked:
            leases.release(session, held)
            return None
        unit.attempts += 1
        unit.first_attempt_at = unit.first_attempt_at or now
    return Attempt(runtime, tenant, unit, held)


def _is_due(session: Session, unit: Operation | Event, now: datetime) -> bool:
    if unit.state is not WorkState.DUE or unit.due_at > now:
        return False
    if isinstance(unit, Operation) and unit.waits_for_id is not None:
        before = session.scalar(select(Operation.state).where(Operation.id == unit.waits_for_id))
        return before in (None, WorkState.DONE)
    return True


def _run(claimed: Attempt[Unit], do: Callable[[Attempt[Unit]], None]) -> None:
    try:
        do(claimed)
    except NotYet as later:
        _put_off(claimed, timedelta(seconds=later.seconds), later.note)
    except HeldBack as moment:
        _put_off(claimed, timedelta(seconds=claimed.runtime.random.uniform(1, 5)), moment.message)
    except LeaseLost:
        raise
    except SignInRefused as refusal:
        _hold_tenant(claimed, refusal)
    except Exception as error:  # noqa: BLE001 - the one place where every failure is classified
        if isinstance(error, Unavailable):
            claimed.runtime.pace(claimed.tenant, error.system).failed()
        _fail(claimed, classify(error))


def _put_off(claimed: Attempt[Unit], delay: timedelta, note: str) -> None:
    with _afresh(claimed) as (_, unit):
        unit.due_at = claimed.runtime.clock.now() + delay
        unit.rung_at = None
        unit.reason = note


def _hold_tenant(claimed: Attempt[Unit], refusal: SignInRefused) -> None:
    """No request of this tenant would come through: all its work stays due until an operator has acted."""
    failure = classify(refusal)
    with _afresh(claimed) as (session, unit):
        unit.due_at = claimed.runtime.clock.now()
        unit.rung_at = None
        unit.reason, unit.remedy = failure.reason, failure.remedy
        session.get_one(Tenant, unit.tenant_id).blocked = failure.reason
        claimed.note(
            session,
            "held",
            f"{failure.reason}. {failure.remedy}",
            invoice_id=_invoice_id(unit),
            refs=[_reference(unit)],
        )


def _fail(claimed: Attempt[Unit], failure: Failure) -> None:
    with _afresh(claimed) as (session, unit):
        _settle_failure(claimed.runtime, unit, failure)
        claimed.note(
            session,
            "blocked" if unit.state is WorkState.BLOCKED else "failed, will be tried again",
            f"{unit.reason}. {unit.remedy}" if unit.remedy else unit.reason,
            invoice_id=_invoice_id(unit),
            refs=[_reference(unit)],
        )


@contextmanager
def _afresh(claimed: Attempt[Unit]) -> Iterator[tuple[Session, Unit]]:
    """The unit as the database has it, without what a failed step left in memory; raises LeaseLost."""
    with claimed.runtime.transaction() as session:
        leases.renew(session, claimed.held, claimed.runtime.clock.now())
        yield session, session.get_one(type(claimed.unit), claimed.row_id)


def _settle_failure(runtime: Runtime, unit: Operation | Event, failure: Failure) -> None:
    now = runtime.clock.now()
    unit.reason, unit.remedy = failure.reason, failure.remedy
    unit.failures += 1
    unit.failing_since = unit.failing_since or now
    overdue = now - unit.failing_since > give_up_after(failure)
    if failure.kind is FailureKind.PERSON or overdue:
        unit.state = WorkState.BLOCKED
        if overdue and not unit.remedy:
            unit.remedy = "It has failed for days: see to the outage, then replay"
    else:
        unit.due_at = now + next_delay(unit.failures, failure, runtime.random)
        unit.rung_at = None


def _actor(unit: Operation | Event) -> str:
    return f"operation {unit.id}" if isinstance(unit, Operation) else f"event {unit.stripe_event_id}"


def _invoice_id(unit: Operation | Event) -> int | None:
    return unit.invoice_id if isinstance(unit, Operation) else None


def _reference(unit: Operation | Event) -> str:
    return f"op-{unit.id}" if isinstance(unit, Operation) else unit.stripe_event_id


def reopen(unit: Operation | Event, now: datetime) -> None:
    """Make the unit due again: its time to fail begins anew; what earlier attempts may have left is looked for."""
    unit.state = WorkState.DUE
    unit.due_at = now
    unit.failures = 0
    unit.failing_since = unit.finished_at = unit.rung_at = None
    unit.reason = unit.remedy = ""
