"""The schema's version: bringing a database to it, and telling whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from connector.errors import ConnectorError, UsageError

MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseAway(ConnectorError):
    """The database does not answer."""


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the database to this version; the revisions before and after.

    Raises DatabaseAway, and UsageError for a database that a later version of the program has upgraded.
    """
    before = current(engine)
    config = _config()
    if before not in {None, *(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())}:
        raise UsageError(
            f"The database is at version {before}, which this version of the program does not know",
            "Install the version of the program that upgraded it",
        )
    with engine.connect() as connection:
        connection.detach()  # what the migrations set for their session stays with it
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, head()


def current(engine: Engine) -> str | None:
    """The revision the database is at; None for an empty one. Raises DatabaseAway."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise DatabaseAway(
            f"The database does not answer ({type(error.orig).__name__})", "Check DATABASE_URL and the server"
        ) from None


def head() -> str:
    """The revision this version of the program needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise AssertionError("the package holds no migration")
    return revision


def require_current(engine: Engine) -> None:
    """Raises UsageError, with the remedy, unless the database is at this version."""
    found = current(engine)
    if found != head():
        raise UsageError(
            f"The database is {'empty' if found is None else f'at version {found}'}, but version {head()} is needed",
            "Run: ml-connector db upgrade",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
