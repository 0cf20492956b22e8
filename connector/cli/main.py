"""`ml-connector`: the commands, and how an error becomes one clear line and an exit code."""

import logging
import sys

import click
import sentry_sdk
from sqlalchemy.exc import SQLAlchemyError

from connector import __version__
from connector.cli.audit import audit
from connector.cli.db import db
from connector.cli.keys import keys
from connector.cli.ping import ping
from connector.cli.preview import preview
from connector.cli.reconcile import reconcile
from connector.cli.replay import replay
from connector.cli.sandbox import sandbox
from connector.cli.status import status
from connector.cli.sync import sync
from connector.cli.tenant import tenant
from connector.cli.webhook import webhook
from connector.errors import ConnectorError
from connector.logs import without_credentials

logger = logging.getLogger(__name__)

PROBLEM = 1
WRONG_USAGE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ml-connector")
def cli() -> None:
    """Posted Deltek Vantagepoint invoices become Stripe invoices; money that moved at Stripe becomes Deltek
    cash receipts. Exit codes: 0 done, 1 it found or met a problem, 2 wrong usage."""


for command in (db, tenant, ping, preview, sync, status, audit, replay, reconcile, webhook, keys, sandbox):
    cli.add_command(command)


def main() -> None:
    """Run the command line; never shows a traceback."""
    sys.exit(_run())


def _run() -> int:
    try:
        code = cli.main(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return WRONG_USAGE
    except click.Abort:
        return _problem("interrupted")
    except click.ClickException as error:
        return _problem(error.format_message())
    except ConnectorError as error:
        return _problem(error.explained)
    except SQLAlchemyError as error:
        return _problem(
            f"the database did not do what it was asked ({type(error).__name__}). Check DATABASE_URL"
        )
    except OSError as error:
        return _problem(str(error))
    except Exception as error:
        sentry_sdk.capture_exception(error)
        logger.debug("An unforeseen error", exc_info=error)
        return _problem(f"an unforeseen error ({type(error).__name__}); LOG_LEVEL=DEBUG shows where")
    return code if isinstance(code, int) else 0


def _problem(text: str, code: int = PROBLEM) -> int:
    click.echo(f"ml-connector: {without_credentials(text)}", err=True)
    return code
