"""`ml-connector ping`."""

from dataclasses import asdict

import click

from connector.cli.output import json_option, show
from connector.cli.session import command_tenant
from connector.sync.ping import Check
from connector.sync.ping import ping as ask

MARKS = {True: "ok  ", False: "FAIL", None: "note"}


@click.command()
@click.argument("slug")
@json_option
@click.pass_context
def ping(context: click.Context, slug: str, as_json: bool) -> int:
    """Sign in to both systems of SLUG and check all that a sync needs. Writes nothing."""
    checks: list[Check] = []
    with command_tenant(slug) as (runtime, found):
        for check in ask(runtime, found):
            checks.append(check)
            if not as_json:
                click.echo(f"{MARKS[check.ok]}  {check.system}: {check.what}: {check.message}")
    failed = [check for check in checks if check.ok is False]
    document = {"slug": slug, "ok": not failed, "checks": [asdict(check) for check in checks]}
    show(
        as_json,
        document,
        lambda: click.echo(f"{len(failed)} of {len(checks)} checks failed" if failed else "all well"),
    )
    return 1 if failed else 0
