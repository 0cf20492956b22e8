"""The schema: upgraded from nothing, twice, twice at once; and the models say what the migrations made."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from connector import schema
from connector.database import STATEMENT_TIMEOUT_MS
from connector.errors import UsageError
from connector.models import Base
from connector.schema import DatabaseAway
from connector.vault import new_key


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Its tables do not stay as they were."""
    return own_database_url


@pytest.fixture
def empty(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine


def test_an_empty_database_is_brought_to_this_version_and_the_second_time_changes_nothing(
    empty: Engine,
) -> None:
    assert schema.upgrade(empty) == (None, schema.head())
    assert schema.upgrade(empty) == (schema.head(), schema.head())
    schema.require_current(empty)
    assert {"tenants", "operations", "audit_entries"} <= set(inspect(empty).get_table_names())


def test_two_releases_that_start_at_once_upgrade_one_after_the_other(empty: Engine) -> None:
    # Two processes, as two releases are; Alembic itself works with one upgrade in a process at a time.
    environment = os.environ | {
        "DATABASE_URL": empty.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "REDIS_URL": "redis://127.0.0.1:1",
        "CONNECTOR_SECRET_KEYS": new_key(),
    }
    command = [sys.executable, "-m", "connector", "db", "upgrade"]
    releases = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [release.communicate(timeout=60) for release in releases]

    assert [err for _, err in said] == ["", ""]
    assert all(out.startswith(f"The schema is at {schema.head()}") for out, _ in said)
    schema.require_current(empty)


def test_the_models_and_the_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_schema_can_be_taken_down_and_built_up_again(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415 - the product itself never goes down

    config = schema._config()
    with engine.connect() as connection:
        connection.detach()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert schema.upgrade(engine) == (None, schema.head())


@pytest.mark.parametrize(("version", "said"), [(None, "is empty"), ("0000", "at version 0000")])
def test_a_database_of_another_version_is_refused_with_the_remedy(
    engine: Engine, version: str | None, said: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if version:
            connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": version})

    with pytest.raises(UsageError, match=said) as refused:
        schema.require_current(engine)
    assert refused.value.remedy == "Run: ml-connector db upgrade"


def test_a_database_of_a_later_version_is_not_touched(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UsageError, match="9999"):
        schema.upgrade(engine)


def test_a_database_that_is_away_is_said_to_be() -> None:
    engine = create_engine("postgresql+psycopg://u:plant@127.0.0.1:1/x", connect_args={"connect_timeout": 2})

    for question in (schema.current, schema.upgrade, schema.require_current):
        with pytest.raises(DatabaseAway) as away:
            question(engine)
        assert "plant" not in away.value.explained
    engine.dispose()


def test_an_upgrade_leaves_no_setting_of_its_own_behind(empty: Engine) -> None:
    schema.upgrade(empty)

    with empty.connect() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "0"
        assert (
            connection.execute(text("SHOW statement_timeout")).scalar() == f"{STATEMENT_TIMEOUT_MS // 1000}s"
        )
        assert connection.execute(text("SHOW timezone")).scalar() == "UTC"


@pytest.fixture
def revisions() -> list[str]:
    return sorted(path.name for path in Path(schema.MIGRATIONS, "versions").glob("[0-9]*.py"))


def test_migrations_are_numbered_in_their_order_so_that_two_heads_cannot_stand_side_by_side(
    revisions: list[str],
) -> None:
    numbers = [re.match(r"(\d{4})_[a-z_]+\.py$", name) for name in revisions]

    assert [int(match[1]) for match in numbers if match] == list(range(1, len(revisions) + 1))
    assert schema.head() == revisions[-1][:4]
