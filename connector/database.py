"""The database: its engine, its transactions, and what is told to the queues after a commit."""

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

# A statement of ours that takes longer than this is stuck; a lock waited for longer will not come in time.
STATEMENT_TIMEOUT_MS = 30_000
# A process that froze, or whose machine vanished, would hold its row locks for hours: PostgreSQL notices a lost
# client by its keepalives only. Longer than a sign-in at Deltek, the one request made inside a transaction.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
CONNECT_TIMEOUT_S = 5
POOL_SIZE = 5
POOL_OVERFLOW = 30  # worker threads; connections beyond the pool are closed again when idle


def make_engine(url: str, *, pre_ping: bool = True) -> Engine:
    """An engine whose every wait has an end. Make it after a fork, never before.

    `pre_ping` looks whether a connection still stands before it is used, which costs a statement more each time.
    """
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=10,
        pool_recycle=1800,
        pool_pre_ping=pre_ping,
        hide_parameters=True,  # errors are logged and reported; what was being stored is not
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "ml-connector"},
    )
    event.listen(engine, "connect", _bound_every_statement)
    return engine


def _bound_every_statement(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
    cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_TIMEOUT_MS}")
    cursor.execute("SET timezone = 'UTC'")
    cursor.close()
    connection.commit()
