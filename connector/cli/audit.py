"""`ml-connector audit`."""

import click

from connector import audit as audit_trail
from connector.cli.output import json_option, show
from connector.cli.session import command_tenant
from connector.errors import ConnectorError
from connector.models import AuditEntry


@click.command()
@click.argument("slug")
@click.argument("id", metavar="ID")
@json_option
def audit(slug: str, id: str, as_json: bool) -> None:
    """The whole trail of a record of SLUG; ID is a Deltek invoice number or any Stripe id."""
    with command_tenant(slug) as (runtime, found), runtime.transaction() as session:
        entries = audit_trail.trail(session, found.id, id)
    if not entries:
        raise ConnectorError(f"Nothing is known of {id} for tenant {slug}")
    document = {"slug": slug, "id": id, "entries": [_document(entry) for entry in entries]}
    show(as_json, document, lambda: _lines(entries))


def _document(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "summary": entry.summary,
        "refs": entry.refs,
        "detail": entry.detail,
    }


def _lines(entries: list[AuditEntry]) -> None:
    for entry in entries:
        click.echo(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.action}  ({entry.actor})")
        click.echo(f"    {entry.summary}")
        for line in entry.detail.get("lines", []):
            click.echo(f"      {line['amount']:>14}  {line['description']}")
        for row in entry.detail.get("rows", []):
            click.echo(f"      {row['amount']:>14}  {row['wbs']}")
