"""`ml-connector tenant`."""

import os
import sys
from pathlib import Path

import click

from connector.cli.output import json_option, say, show, table
from connector.cli.session import command_runtime, command_tenant
from connector.errors import ConnectorError, UsageError
from connector.secret import Secret
from connector.tenants import registry
from connector.tenants.file import describe_stored
from connector.tenants.secrets import NAMES, store_secrets, stored_names

LINE_ENDS = "\r\n"  # come along when a secret is taken from a file


@click.group()
def tenant() -> None:
    """The tenants: Deltek firms, each with its Vantagepoint and its Stripe account."""


@tenant.command("apply")
@click.argument("file", type=click.Path(path_type=Path))
def apply_(file: Path) -> None:
    """Create or update the tenant that FILE describes, and print what changes."""
    with command_runtime() as runtime, runtime.transaction() as session:
        applied = registry.apply_file(
            session, file, allow_insecure_urls=runtime.settings.allow_insecure_urls, now=runtime.clock.now()
        )
    for key, old, new in applied.changes:
        click.echo(f"{applied.slug}: {key}: {old} -> {new}")
    if applied.created:
        click.echo(f"{applied.slug}: created. Next: ml-connector tenant secrets {applied.slug}")
    elif not applied.changes:
        click.echo(f"{applied.slug}: nothing to change")


@tenant.command("secrets")
@click.argument("slug")
@click.option("--from-env", is_flag=True, help=f"Take {', '.join(NAMES)} from the environment.")
def secrets(slug: str, from_env: bool) -> None:
    """Store the credentials of SLUG, encrypted. Asks for each; an empty answer leaves one as it is."""
    with command_tenant(slug) as (runtime, found):
        with runtime.transaction() as session:
            stored = stored_names(session, found)
        given = _from_environment() if from_env else _asked(stored)
        if not given and not stored:
            raise UsageError(f"No credential of tenant {slug} was given", f"They are: {', '.join(NAMES)}")
        with runtime.transaction() as session:
            current = runtime.tenant_by_slug(session, slug)
            changed = store_secrets(session, runtime.vault, current, given, runtime.clock.now())
            missing = [name for name in NAMES if name not in stored_names(session, current)]
    click.echo(f"{slug}: stored {', '.join(changed)}" if changed else f"{slug}: nothing to change")
    if missing:
        say(f"{slug}: still missing: {', '.join(missing)}")


@tenant.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Every tenant."""
    with command_runtime() as runtime, runtime.transaction() as session:
        rows = [
            {
                "slug": one.slug,
                "state": _state(one.paused, one.blocked),
                "deltek": describe_stored(one.description).deltek.url,
            }
            for one in registry.all_tenants(session)
        ]
    show(
        as_json,
        {"tenants": rows},
        lambda: table(
            ["tenant", "state", "Deltek"], [[row["slug"], row["state"], row["deltek"]] for row in rows]
        ),
    )


@tenant.command("show")
@click.argument("slug")
@json_option
def show_(slug: str, as_json: bool) -> None:
    """What is known of SLUG: its file, and which credentials are stored (never their values)."""
    with command_tenant(slug) as (runtime, found), runtime.transaction() as session:
        document = {
            "slug": found.slug,
            "state": _state(found.paused, found.blocked),
            "reason": found.blocked,
            "secrets": stored_names(session, found),
            "description": found.description,
        }

    def lines() -> None:
        click.echo(f"{slug}: {document['state']}" + (f": {found.blocked}" if found.blocked else ""))
        _tree(found.description)
        click.echo(f"secrets stored: {', '.join(map(str, document['secrets'])) or 'none'}")

    show(as_json, document, lines)


@tenant.command("pause")
@click.argument("slug")
def pause(slug: str) -> None:
    """Ask nothing more of either system for SLUG; Stripe's events go on being stored."""
    with command_tenant(slug) as (runtime, _), runtime.transaction() as session:
        registry.pause(session, runtime.tenant_by_slug(session, slug), runtime.clock.now())
    click.echo(f"{slug}: paused")


@tenant.command("resume")
@click.argument("slug")
def resume(slug: str) -> None:
    """Go on with SLUG, after a pause or after a sign-in that was refused."""
    with command_tenant(slug) as (runtime, _), runtime.transaction() as session:
        registry.resume(session, runtime.tenant_by_slug(session, slug), runtime.clock.now())
    click.echo(f"{slug}: resumed")


@tenant.command("delete")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(slug: str, yes: bool) -> None:
    """Remove SLUG, its credentials, and its records here, the audit trail included. Nothing outside changes."""
    with command_tenant(slug) as (runtime, _):
        if not (yes or click.confirm(f"Delete tenant {slug} with its whole audit trail?", err=True)):
            raise ConnectorError("Nothing was deleted")
        with runtime.transaction() as session:
            registry.delete(session, runtime.tenant_by_slug(session, slug))
    click.echo(f"{slug}: deleted")


def _from_environment() -> dict[str, Secret]:
    given = {name: os.environ.get(name, "").strip(LINE_ENDS) for name in NAMES}
    return {name: Secret(value) for name, value in given.items() if value}


def _asked(stored: list[str]) -> dict[str, Secret]:
    given = {}
    for name in NAMES:
        kept = " (stored; empty keeps it)" if name in stored else ""
        answer = _answer(f"{name}{kept}")
        if answer.strip(LINE_ENDS):
            given[name] = Secret(answer.strip(LINE_ENDS))
    return given


def _answer(question: str) -> str:
    """What is typed unseen at a terminal, or the next line of what is piped in."""
    if sys.stdin.isatty():
        return str(click.prompt(question, default="", hide_input=True, show_default=False, err=True))
    return sys.stdin.readline()


def _state(paused: bool, blocked: str) -> str:
    if blocked:
        return "held"
    return "paused" if paused else "active"


def _tree(content: dict[str, object], indent: str = "  ") -> None:
    for key, value in content.items():
        if isinstance(value, dict):
            click.echo(f"{indent}{key}:")
            _tree(value, indent + "  ")
        else:
            click.echo(f"{indent}{key} = {registry.shown(value)}")
