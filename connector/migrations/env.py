"""What Alembic runs for each command: on the connection it was handed, one upgrade at a time."""

from alembic import context
from sqlalchemy import Connection, text

from connector.models import Base

# Any number; the same in every process, so that two releases that start together upgrade one after the other.
UPGRADE_LOCK = 7_206_311


def run() -> None:
    connection: Connection = context.config.attributes["connection"]
    # A migration of a large table takes its time, and so does waiting for the one that came first.
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
    # A migration that cannot have its lock soon gives up, instead of queueing every other query behind it.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
        connection.commit()


run()
