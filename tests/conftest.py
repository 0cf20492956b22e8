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
from tests.support.world import World, open_world

TEMPLATE = "template_connector"


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


@pytest.fixture
def database_url(servers: Servers, administration: Engine) -> Iterator[str]:
    """A database of this test's own, at the newest schema; a URL as DATABASE_URL takes it."""
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:12]}"
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield _of(servers, name).replace("postgresql+psycopg://", "postgresql://")
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(sqlalchemy_url(database_url))
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
