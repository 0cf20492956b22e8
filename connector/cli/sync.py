"""`ml-connector sync`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

from connector.cli.output import json_option, say, show
from connector.cli.session import command_tenant
from connector.errors import Busy, ConnectorError
from connector.models import Tenant
from connector.runtime import Runtime
from connector.sync.poll import poll_tenant, read_news
from connector.sync.poll_run import PollRun
from connector.sync.status import TenantStatus, status_of
from connector.sync.take_in_postings import take_in_invoice_number
from connector.sync.work_off import work_off

WHOLE_POLL = timedelta(hours=24)
OTHER_POLL_SECONDS = 120.0
PATIENT_POLLS = 60
PATIENCE_SECONDS = 5.0


@click.command()
@click.argument("slug")
@click.option("--invoice", "number", help="Read this invoice number only.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Read again what was posted since this day.")
@click.option("--wait", is_flag=True, help="Show progress until the backlog is empty.")
@json_option
def sync(slug: str, number: str | None, since: datetime | None, wait: bool, as_json: bool) -> int:
    """Poll SLUG now: read what Deltek posted and what Stripe told nobody."""
    with command_tenant(slug) as (runtime, found):
        _poll_now(runtime, found, number, since, patient=wait)
        if wait:
            status = work_off(runtime, found.id, _Progress())
        else:
            with runtime.transaction() as session:
                status = status_of(session, runtime.tenant_by_slug(session, slug), runtime.clock.now())
    show(as_json, status, lambda: click.echo(_summary(status)))
    return 1 if status.held or status.poll_problem else 0


def _poll_now(
    runtime: Runtime, found: Tenant, number: str | None, since: datetime | None, *, patient: bool
) -> None:
    """One poll; with `patient`, again while what stands in its way may pass by itself."""
    if found.paused:
        raise ConnectorError(
            f"Tenant {found.slug} is paused", f"Run: ml-connector tenant resume {found.slug}"
        )
    if found.blocked:
        raise ConnectorError(
            f"Tenant {found.slug} is held: {found.blocked}",
            f"Correct it, then: ml-connector tenant secrets {found.slug}, or tenant resume {found.slug}",
        )
    posted_since = since.replace(tzinfo=UTC) if since else None
    seen: list[int] = []

    def read(run: PollRun) -> bool:
        if number is None:
            return read_news(run, since=posted_since, all_at_once=True)
        seen[:] = [take_in_invoice_number(run, number)]
        return True

    problem = _polled(runtime, found, read, patient=patient)
    if problem:
        raise ConnectorError(f"The poll of {found.slug} failed: {problem}")
    if seen == [0]:
        raise ConnectorError(
            f"Deltek shows no posted invoice {number}",
            "Write the number with its leading zeros, and make sure that it is posted",
        )


def _polled(runtime: Runtime, found: Tenant, read: Callable[[PollRun], bool], *, patient: bool) -> str:
    """What stood in the way of the poll; nothing when it came through."""
    for _ in range(PATIENT_POLLS if patient else 1):
        _when_free(runtime, found, lambda: poll_tenant(runtime, found.id, read, slice_time=WHOLE_POLL))
        with runtime.transaction() as session:
            tenant = runtime.tenant_by_slug(session, found.slug)
        if not tenant.last_poll_problem or tenant.poll_needs_person or tenant.blocked:
            break
        if patient:
            say(f"{found.slug}: {tenant.last_poll_problem}; trying again")
            runtime.clock.sleep(PATIENCE_SECONDS)
    return tenant.last_poll_problem


def _when_free(runtime: Runtime, found: Tenant, poll: Callable[[], bool]) -> None:
    """Two polls never run for one tenant at once: wait for the other to end."""
    waited = 0.0
    while not poll():
        if waited == 0.0:
            say(f"{found.slug}: another poll is under way, or was killed: waiting for it, a minute at most")
        if waited >= OTHER_POLL_SECONDS:
            raise Busy(
                f"Another poll of {found.slug} has been under way for {waited:.0f} s", "Try again later"
            )
        runtime.clock.sleep(0.5)
        waited += 0.5


class _Progress:
    """Says a line to standard error whenever the counts change."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, status: TenantStatus) -> None:
        line = f"{status.slug}: {status.backlog} to do, {status.invoices_pushed} invoices at Stripe, "
        line += f"{status.receipts_written} receipts in Deltek, {status.failed} wait for a person"
        if line != self._said:
            say(line)
            self._said = line


def _summary(status: TenantStatus) -> str:
    text = f"{status.slug}: {status.invoices_pushed} invoices at Stripe, {status.receipts_written} receipts in Deltek"
    if status.backlog:
        text += f", {status.backlog} units of work to do"
    if status.failed:
        text += f", {status.failed} wait for a person (ml-connector status {status.slug})"
    return text
