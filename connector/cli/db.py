"""`ml-connector db`."""

import click

from connector import schema
from connector.cli.session import command_runtime


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this version. Safe to run at any time, also twice at once."""
    with command_runtime(any_schema=True) as runtime:
        before, after = schema.upgrade(runtime.engine)
    click.echo(f"The schema is at {after}" + ("" if before == after else f" (was {before or 'empty'})"))
