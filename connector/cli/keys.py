"""`ml-connector keys`."""

import click

from connector.cli.session import command_runtime
from connector.tenants.rotate_keys import rotate_keys


@click.group()
def keys() -> None:
    """The keys of CONNECTOR_SECRET_KEYS."""


@keys.command("rotate")
def rotate() -> None:
    """Re-encrypt every credential under the first key; after that, the others can go."""
    with command_runtime() as runtime:
        rotated, total = rotate_keys(runtime)
    click.echo(f"{rotated} of {total} credentials re-encrypted; all are under the first key")
