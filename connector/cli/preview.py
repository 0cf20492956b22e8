"""`ml-connector preview`."""

import click

from connector.errors import ConnectorError


@click.command()
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, hidden=True)
def preview(slug: str, as_json: bool) -> None:
    """Comes in a later version: what a sync of SLUG would do, invoice by invoice."""
    raise ConnectorError(
        "preview comes in a later version",
        f"Until then: ml-connector ping {slug} checks both systems, writing nothing",
    )
