"""`ml-connector replay`."""

from dataclasses import asdict

import click

from connector.cli.output import json_option, show
from connector.cli.session import command_tenant
from connector.models import InvoiceState, Tenant, WorkState
from connector.runtime import Runtime
from connector.sync.close_by_hand import close_by_hand
from connector.sync.replay import Replayed, replay_failed
from connector.sync.replay import replay as replay_one
from connector.sync.tell_entered import Entered, tell_entered

STILL_OPEN = {str(WorkState.BLOCKED), str(WorkState.DUE), str(InvoiceState.BLOCKED)}


@click.command()
@click.argument("slug")
@click.argument("id", metavar="ID", required=False)
@click.option("--failed", is_flag=True, help="Everything that waits for a person.")
@click.option("--by-hand", is_flag=True, help="A person has seen to ID in Deltek or Stripe: close it.")
@click.option(
    "--entered",
    multiple=True,
    metavar="NUMBER=AMOUNT",
    help="With --by-hand: the receipt that was entered on an invoice for the event ID, below zero for money that "
    "went back. Once for each invoice.",
)
@json_option
def replay(
    slug: str, id: str | None, failed: bool, by_hand: bool, entered: tuple[str, ...], as_json: bool
) -> int:
    """Do a unit of work of SLUG again, safely. ID: an invoice number, a Stripe id, a batch, or op-N."""
    if (id is None) == (not failed):
        raise click.UsageError("Give either ID or --failed")
    if by_hand and id is None:
        raise click.UsageError("Give the ID of what was done by hand")
    if entered and not by_hand:
        raise click.UsageError("--entered is said with --by-hand")
    receipts = [Entered.parse(one) for one in entered]
    with command_tenant(slug) as (runtime, tenant):
        results = _results(runtime, tenant, id, receipts, by_hand=by_hand)
    document = {"slug": slug, "results": [asdict(one) for one in results]}

    def lines() -> None:
        for one in results:
            click.echo(f"{one.what}: {one.state}" + (f": {one.message}" if one.message else ""))
        if not results:
            click.echo(f"{slug}: nothing waits for a person")

    show(as_json, document, lines)
    return 1 if any(one.state in STILL_OPEN for one in results) else 0


def _results(
    runtime: Runtime, tenant: Tenant, id: str | None, receipts: list[Entered], *, by_hand: bool
) -> list[Replayed]:
    if id is None:
        return replay_failed(runtime, tenant)
    if receipts:
        return tell_entered(runtime, tenant, id, receipts)
    return close_by_hand(runtime, tenant, id) if by_hand else replay_one(runtime, tenant, id)
