"""`ml-connector status`."""

from dataclasses import asdict

import click

from connector.cli.output import json_option, show, table
from connector.cli.session import command_runtime
from connector.sync.problems import Problem, problems_of
from connector.sync.status import TenantStatus, all_statuses, status_of


@click.command()
@click.argument("slug", required=False)
@json_option
def status(slug: str | None, as_json: bool) -> None:
    """Counts by state, lag and oldest item, of SLUG or of every tenant; what waits for a person, and why."""
    with command_runtime() as runtime, runtime.transaction() as session:
        now = runtime.clock.now()
        if slug is None:
            found = all_statuses(session, now)
        else:
            found = [status_of(session, runtime.tenant_by_slug(session, slug), now)]
        problems = {
            one.slug: problems_of(session, runtime.tenant_by_slug(session, one.slug))
            for one in found
            if one.failed
        }
    document = {
        "tenants": [
            asdict(one) | {"problems": [asdict(problem) for problem in problems.get(one.slug, [])]}
            for one in found
        ]
    }
    show(as_json, document, lambda: _lines(found, problems))


def _lines(found: list[TenantStatus], problems: dict[str, list[Problem]]) -> None:
    headings = ["tenant", "state", "backlog", "failed", "oldest", "last poll", "invoices", "receipts"]
    rows = [
        [
            one.slug,
            "held" if one.held else "paused" if one.paused else "active",
            one.backlog,
            one.failed,
            _age(one.oldest_seconds),
            _age(one.poll_age_seconds),
            one.invoices_pushed,
            one.receipts_written,
        ]
        for one in found
    ]
    table(headings, rows, right=(2, 3, 6, 7))
    for one in found:
        for reason in filter(None, (one.held, one.poll_problem)):
            click.echo(f"\n{one.slug}: {reason}")
        for problem in problems.get(one.slug, []):
            click.echo(f"\n{one.slug}: {_named(problem)}: {problem.reason}\n    {problem.remedy}")


def _named(problem: Problem) -> str:
    of = f" of invoice {problem.invoice}" if problem.invoice not in ("", problem.reference) else ""
    return f"{problem.reference}, {problem.what}{of}"


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
