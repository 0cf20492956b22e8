"""`ml-connector sandbox`."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector.sandbox.rehearsal import Rehearsal


@click.command()
@click.option(
    "--deltek-port", default=8081, show_default=True, help="Where the stand-in for Vantagepoint listens."
)
@click.option("--stripe-port", default=8082, show_default=True, help="Where the stand-in for Stripe listens.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("sandbox"),
    show_default=True,
    help="Where the tenant file and the environment for it are written.",
)
def sandbox(deltek_port: int, stripe_port: int, directory: Path) -> None:
    """Serve stand-ins of both systems with an example firm, for a rehearsal without real credentials."""
    from connector.sandbox.rehearsal import rehearsal  # noqa: PLC0415 - no other command needs the stand-ins

    with rehearsal(deltek_port=deltek_port, stripe_port=stripe_port) as standing:
        tenant, environment = _write_files(standing, directory)
        click.echo(f"Vantagepoint: {standing.deltek_url}\nStripe:       {standing.stripe.url}\n")
        click.echo("In another terminal:")
        for command in (
            f"set -a; . {environment}; set +a",
            "ml-connector db upgrade",
            f"ml-connector tenant apply {tenant}",
            "ml-connector tenant secrets harlow-finch --from-env",
            "ml-connector sync harlow-finch --wait",
        ):
            click.echo(f"  {command}")
        click.echo("\nCtrl-C ends it; what was invoiced and paid is forgotten then.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("ended", err=True)


def _write_files(standing: "Rehearsal", directory: Path) -> tuple[Path, Path]:
    directory.mkdir(parents=True, exist_ok=True)
    tenant, environment = directory / "harlow-finch.toml", directory / "environment"
    tenant.write_text(standing.tenant_file(post=True, poll_every="1m"), "utf-8")
    settings = standing.environment | standing.secrets
    environment.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()), "utf-8")
    environment.chmod(0o600)
    return tenant, environment
