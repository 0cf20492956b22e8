"""The poll of one tenant: what Deltek posted, what changed in its firms and contacts, what Stripe told nobody.

Two polls never run for one tenant at once. A poll works in slices: it stops when its time is used up, its
position committed, and the next slice goes on from there. An idle poll costs the same few calls whatever the
size of the ledger.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from connector import audit, leases
from connector.dispatch import top_up
from connector.errors import HeldBack, SignInRefused, Unavailable
from connector.failures import FailureKind, classify, next_delay
from connector.models import Tenant
from connector.runtime import Runtime
from connector.sync.compare_books import compare_books
from connector.sync.poll_run import PollRun
from connector.sync.sweep_events import sweep_events
from connector.sync.take_in_hubs import take_in_changed_firms
from connector.sync.take_in_postings import take_in_postings
from connector.sync.take_in_receipts import take_in_receipts
from connector.tenants.file import describe_stored

logger = logging.getLogger(__name__)

# A platform kills a worker 30 s after it asked it to end: a slice under way is to come to its own end.
SLICE = timedelta(seconds=20)
# Invoices can be posted ahead of their date; what is dated from start_date on was posted no earlier than this.
POSTED_AHEAD = timedelta(days=31)
# The time zone of PostDate is not documented: every poll reads the last day again.
OVERLAP = timedelta(hours=24)


def poll_tenant(
    runtime: Runtime,
    tenant_id: int,
    read: Callable[[PollRun], bool] | None = None,
    *,
    slice_time: timedelta = SLICE,
) -> bool:
    """One slice of the tenant's poll; False when another poll holds it, or it is paused or held.

    `read` reads what is asked for and says whether that was all; without it, everything that is new.
    """
    run = _begin(runtime, tenant_id, slice_time)
    if run is None:
        return False
    try:
        with audit.acting_as("poll"), leases.kept_by_requests(run.renew, runtime.clock):
            finished = (read or read_news)(run)
        _end(run, finished)
    except Exception as error:  # noqa: BLE001 - classified in connector.failures
        _end_in_failure(run, error)
    finally:
        with runtime.transaction() as session:
            leases.release(session, run.held)
    top_up(runtime, tenant_id)
    return True


def _begin(runtime: Runtime, tenant_id: int, slice_time: timedelta) -> PollRun | None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        tenant = session.get(Tenant, tenant_id)
        if tenant is None or tenant.paused or tenant.blocked:
            return None
        held = leases.take(session, f"tenant {tenant_id} poll", now)
    return None if held is None else PollRun(runtime, tenant, held, now + slice_time)


def read_news(run: PollRun, *, since: datetime | None = None, all_at_once: bool = False) -> bool:
    """What is new on both sides; False when the slice was used up before all was read.

    `all_at_once` does now, too, what otherwise comes round from time to time. Trouble at Deltek keeps nothing of
    Stripe's waiting, nor the other way round.
    """
    try:
        finished = take_in_postings(run, since or read_from(run.tenant), again=since is not None)
        finished = finished and take_in_receipts(run, since)
        if finished:
            take_in_changed_firms(run)
            finished = compare_books(run, at_once=all_at_once)
    finally:
        sweep_events(run.runtime, run.tenant, at_once=all_at_once)
    return finished


def read_from(tenant: Tenant) -> datetime:
    """Where the posting feed is read from: the position less the overlap, or what start_date needs."""
    start = datetime.combine(describe_stored(tenant.description).sync.start_date, time(0), UTC) - POSTED_AHEAD
    return start if tenant.ledger_read_to is None else max(start, tenant.ledger_read_to - OVERLAP)


def _end(run: PollRun, finished: bool) -> None:
    now = run.runtime.clock.now()

    def ended(_: Session, tenant: Tenant) -> None:
        every = describe_stored(tenant.description).sync.poll_every
        tenant.next_poll_at = now + every if finished else now
        tenant.last_poll_problem, tenant.poll_needs_person, tenant.poll_failures = "", False, 0
        if finished:
            tenant.last_poll_at = now

    run.save(ended)


def _end_in_failure(run: PollRun, error: Exception) -> None:
    """The next poll tries again; only a refused sign-in waits for an operator."""
    failure = classify(error)
    if isinstance(error, Unavailable) and not isinstance(error, HeldBack):
        run.runtime.pace(run.tenant, error.system).failed()
    logger.warning("The poll of %s failed: %s", run.tenant.slug, failure.reason)
    now = run.runtime.clock.now()
    with run.runtime.transaction() as session:
        tenant = session.get_one(Tenant, run.tenant.id)
        problem = f"{failure.reason}. {failure.remedy}" if failure.remedy else failure.reason
        if problem != tenant.last_poll_problem:
            audit.write(session, tenant_id=tenant.id, at=now, action="poll failed", summary=problem)
        tenant.last_poll_problem = problem
        tenant.poll_needs_person = failure.kind is not FailureKind.TEMPORARY
        if isinstance(error, SignInRefused):
            tenant.blocked = failure.reason
        every = describe_stored(tenant.description).sync.poll_every
        tenant.poll_failures += 1
        soon = min(every, next_delay(tenant.poll_failures, failure, run.runtime.random))
        tenant.next_poll_at = now + (every if tenant.poll_needs_person else soon)
