"""One writer per subject: a lease in PostgreSQL decides.

It makes a redelivered message, a second beat, a task applied again from Flower and two pressed replays harmless:
whoever finds the subject taken returns. A lease that its holder could not release (killed) runs out.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from connector.clock import Clock
from connector.errors import ConnectorError
from connector.models import Lease

# Longer than the longest single request (5 s to connect, 20 s to read, 5 s waited for the pace); every step of
# a longer piece of work renews it, and every request that leaves while it is held.
LEASE_TIME = timedelta(seconds=60)


class LeaseLost(ConnectorError):
    """The lease ran out while its holder was at work; somebody else may have taken over, so nothing is written."""


@dataclass(frozen=True)
class Held:
    """A lease that this worker took."""

    subject: str
    holder: str


def take(session: Session, subject: str, now: datetime) -> Held | None:
    """The lease on `subject`, or None when somebody holds it."""
    holder = uuid.uuid4().hex
    statement = (
        insert(Lease)
        .values(subject=subject, holder=holder, until=now + LEASE_TIME)
        .on_conflict_do_update(
            index_elements=[Lease.subject],
            set_={"holder": holder, "until": now + LEASE_TIME},
            where=Lease.until <= now,
        )
        .returning(Lease.holder)
    )
    taken = session.execute(statement).scalar_one_or_none()
    return Held(subject, holder) if taken == holder else None


def renew(session: Session, held: Held, now: datetime) -> None:
    """Hold on for another LEASE_TIME, to the end of the transaction at least; raises LeaseLost."""
    statement = (
        update(Lease)
        .where(Lease.subject == held.subject, Lease.holder == held.holder)
        .values(until=now + LEASE_TIME)
        .returning(Lease.subject)
    )
    if session.execute(statement).scalar_one_or_none() is None:
        raise LeaseLost(f"The lease on {held.subject} was lost")


@dataclass
class _Kept:
    renew: Callable[[], None]
    clock: Clock
    renewed_at: datetime


_kept: ContextVar[_Kept | None] = ContextVar("kept_lease", default=None)


@contextmanager
def kept_by_requests(renew: Callable[[], None], clock: Clock) -> Iterator[None]:
    """While the block lasts, `renew` is called before a request leaves, when it is time for it."""
    token = _kept.set(_Kept(renew, clock, clock.now()))
    try:
        yield
    finally:
        _kept.reset(token)


def keep_for_request() -> None:
    """Renew the lease that this thread works under before it waits for an answer again; raises LeaseLost."""
    kept = _kept.get()
    if kept is not None and kept.clock.now() - kept.renewed_at >= LEASE_TIME / 4:
        kept.renew()
        kept.renewed_at = kept.clock.now()


def release(session: Session, held: Held) -> None:
    session.execute(delete(Lease).where(Lease.subject == held.subject, Lease.holder == held.holder))


def is_free(session: Session, subject: str, now: datetime) -> bool:
    taken = select(Lease.subject).where(Lease.subject == subject, Lease.until > now)
    return session.execute(taken).scalar_one_or_none() is None
