"""`ml-connector webhook`."""

import click

from connector.cli.session import command_tenant
from connector.sync.register_webhook import register_webhook


@click.group()
def webhook() -> None:
    """Stripe's webhook endpoint."""


@webhook.command("register")
@click.argument("slug")
@click.option("--url", required=True, help="https://HOST, or the whole address of the endpoint.")
def register(slug: str, url: str) -> None:
    """Make the Stripe webhook endpoint of SLUG with the right events, and store its secret."""
    with command_tenant(slug) as (runtime, found):
        registered = register_webhook(runtime, found, url)
    click.echo(f"{slug}: {registered.endpoint_id} at {registered.url}: {registered.what}")
