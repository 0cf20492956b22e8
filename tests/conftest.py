"""Real servers for every test: one private PostgreSQL and one private Valkey for each test process."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from connector import schema
from connector.config import sqlalchemy_url
from connector.database import make_engine
from connector.embedded import Servers, remove, running
from tests.support.database import empty, end_others
from tests.support.world import World, open_world

TEMPLATE = "template_connector"
KEPT = "kept_connector"


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey, started for this test process and gone after it."""
    home = Path(tempfile.mkdtemp(prefix="ml-connector-tests-"))
    home.chmod(0o711)  # PostgreSQL runs as another user when the tests run as root
    try:
        with running(home, durable=False) as started:
            yield started
    finally:
        remove(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def administration(servers: Servers) -> Iterator[Engine]:
    """A connection that makes databases; the template of all of them is upgraded once."""
    engine = create_engine(sqlalchemy_url(servers.database_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
    template = make_engine(_of(servers, TEMPLATE))
    schema.upgrade(template)
    template.dispose()
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def kept_database(servers: Servers, administration: Engine) -> Iterator[Engine]:
    """The database that the tests of this process use one after the other."""
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {KEPT} TEMPLATE {TEMPLATE}"))
    engine = create_engine(_of(servers, KEPT))
    yield engine
    engine.dispose()


@pytest.fixture
def database_url(kept_database: Engine) -> Iterator[str]:
    """An empty database at the newest schema; a URL as DATABASE_URL takes it."""
    yield _plain(kept_database.url.render_as_string(hide_password=False))
    end_others(kept_database)
    schema.require_current(kept_database)  # who spoils more than rows takes own_database_url
    empty(kept_database)


@pytest.fixture
def own_database_url(servers: Servers, administration: Engine) -> Iterator[str]:
    """As `database_url`, for a test that changes more than rows."""
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:12]}"
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield _plain(_of(servers, name))
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(sqlalchemy_url(database_url), pre_ping=False)
    yield made
    made.dispose()


@pytest.fixture
def world(engine: Engine, servers: Servers, tmp_path: Path) -> Iterator[World]:
    """Both stand-ins and the product between them, the tenant not yet set up."""
    with open_world(engine, servers.redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def acme(world: World) -> World:
    """The world with tenant acme set up, and a client with a project of two phases."""
    world.annex()
    world.set_up()
    return world


def _of(servers: Servers, database: str) -> str:
    return sqlalchemy_url(servers.database_url).rsplit("/", 1)[0] + f"/{database}"


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")
