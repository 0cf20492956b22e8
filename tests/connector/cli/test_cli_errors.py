"""Whatever goes wrong, the operator gets one clear line and an exit code, and never a traceback."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from connector import schema
from connector.config import sqlalchemy_url
from connector.database import make_engine
from connector.tenants import registry
from tests.connector.cli.conftest import Command
from tests.support.bench import Bench
from tests.support.world import World, tenant_file

ABOUT_A_TENANT = [
    ("tenant", "secrets"),
    ("tenant", "show"),
    ("tenant", "pause"),
    ("tenant", "resume"),
    ("tenant", "delete", "--yes"),
    ("ping",),
    ("sync",),
    ("status",),
    ("audit", "ID"),
    ("replay", "--failed"),
    ("reconcile",),
    ("webhook", "register", "--url", "https://connector.example"),
]
OTHERS = [("tenant", "list"), ("status",), ("keys", "rotate")]


def about(command: tuple[str, ...], slug: str) -> list[str]:
    """The command's arguments with the slug in its place."""
    words = [word for word in command if word != "ID"]
    return [*words, slug, *(["1001"] if "ID" in command else [])]


@pytest.mark.parametrize("command", ABOUT_A_TENANT, ids=" ".join)
def test_an_unknown_tenant_is_named(ml_connector: Command, command: tuple[str, ...]) -> None:
    line = ml_connector(*about(command, "nobody")).line

    assert line.startswith("ml-connector: There is no tenant nobody")
    assert "tenant list" in line


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Its tables do not stay as they were."""
    return own_database_url


@pytest.fixture
def empty_database(database_url: str) -> str:
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return database_url


@pytest.mark.parametrize("command", [*ABOUT_A_TENANT, *OTHERS, ("tenant", "apply")], ids=" ".join)
def test_every_command_on_a_database_that_is_not_upgraded_says_what_to_run(
    ml_connector: Command, empty_database: str, command: tuple[str, ...]
) -> None:
    line = ml_connector(*(command if command in OTHERS else about(command, "acme"))).line

    assert "The database is empty" in line
    assert "ml-connector db upgrade" in line


def test_db_upgrade_is_what_helps_and_can_be_run_again(ml_connector: Command, empty_database: str) -> None:
    assert ml_connector("db", "upgrade").out == f"The schema is at {schema.head()} (was empty)\n"
    again = ml_connector("db", "upgrade")
    assert (again.code, again.out) == (0, f"The schema is at {schema.head()}\n")


def test_a_database_of_a_later_version_is_said_to_be_one(ml_connector: Command, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert "version 9999" in ml_connector("status").line
    assert "does not know" in ml_connector("db", "upgrade").line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "postgres://u:plant@127.0.0.1:1/x", "does not answer"),
        ("DATABASE_URL", "mysql://plant@127.0.0.1/x", "must begin with postgres://"),
        ("DATABASE_URL", "postgres://u:plant@127.0.0.1:port/x", "must look like"),
        ("REDIS_URL", "http://127.0.0.1", "REDIS_URL must begin with"),
        ("CONNECTOR_SECRET_KEYS", "", "CONNECTOR_SECRET_KEYS is not set"),
        ("CONNECTOR_SECRET_KEYS", "plant", "Key 1 of CONNECTOR_SECRET_KEYS"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL is 'LOUD'"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT is 'XML'"),
        ("SENTRY_DSN", "https://plant", "SENTRY_DSN is not the DSN"),
    ],
)
def test_an_environment_that_cannot_be_meant_is_named_by_its_variable(
    ml_connector: Command, name: str, value: str, said: str
) -> None:
    line = ml_connector("status", **{name: value}).line

    assert said.lower() in line.lower()
    assert "plant" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync",),
        ("sync", "acme", "--since", "yesterday"),
        ("reconcile", "acme", "--since", "2026-13-01"),
        ("replay", "acme"),
        ("replay", "acme", "1001", "--failed"),
        ("tenant", "nonsense"),
        ("nonsense",),
        ("status", "--nonsense"),
        ("webhook", "register", "acme"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_the_usage(ml_connector: Command, arguments: tuple[str, ...]) -> None:
    answer = ml_connector(*arguments)

    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("Usage: ")
    assert "Traceback" not in answer.err


def test_help_explains_every_command(ml_connector: Command) -> None:
    answer = ml_connector("--help")

    assert answer.code == 0
    for command in (
        "db",
        "tenant",
        "ping",
        "sync",
        "status",
        "audit",
        "replay",
        "reconcile",
        "webhook",
        "keys",
    ):
        assert f"\n  {command} " in answer.out
        assert ml_connector(command, "--help").code == 0


@pytest.mark.parametrize("command", [("audit", "acme", "in_nowhere"), ("replay", "acme", "in_nowhere")])
def test_an_id_that_nobody_knows_is_named(
    ml_connector: Command, bench: Bench, command: tuple[str, ...]
) -> None:
    bench.tenant()

    assert "in_nowhere" in ml_connector(*command).line
    as_json = ml_connector(*command, "--json")
    assert (as_json.code, as_json.out) == (1, "")


def test_a_number_that_deltek_does_not_show_is_named(at_acme: World, ml_connector: Command) -> None:
    line = ml_connector("sync", "acme", "--invoice", "0009999").line

    assert "Deltek shows no posted invoice 0009999" in line


@pytest.mark.parametrize("command", [("sync", "acme"), ("reconcile", "acme"), ("replay", "acme", "--failed")])
def test_a_missing_credential_is_named_with_the_command_that_enters_it(
    ml_connector: Command, engine: Engine, tmp_path: Path, command: tuple[str, ...]
) -> None:
    bench = Bench(engine, tmp_path)
    bench.tenant()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM credentials"))

    answer = ml_connector(*command)

    if command[0] == "replay":
        assert (answer.code, answer.out) == (0, "acme: nothing waits for a person\n")
    else:
        line = answer.err.splitlines()[-1]  # before it stand the log's own
        assert (answer.code, answer.out) == (1, "")
        assert "is missing" in line
        assert "ml-connector tenant secrets acme" in line


@pytest.mark.parametrize(
    ("text_", "said"),
    [
        ('slug = "acme"', "deltek is missing"),
        ("slug = ", "is not TOML"),
        (tenant_file("http://127.0.0.1/x") + "\nnonsense = 1\n", "sync.nonsense is not a key of this file"),
    ],
)
def test_a_wrong_tenant_file_is_named_with_its_key(
    ml_connector: Command, tmp_path: Path, text_: str, said: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text_, "utf-8")

    line = ml_connector("tenant", "apply", str(path)).line

    assert "wrong.toml" in line
    assert said in line


def test_a_tenant_file_that_is_not_there_is_named(ml_connector: Command, tmp_path: Path) -> None:
    assert (
        "nowhere.toml cannot be read" in ml_connector("tenant", "apply", str(tmp_path / "nowhere.toml")).line
    )


def test_a_defect_is_one_line_too(
    ml_connector: Command, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyError("sk_test_plant")

    monkeypatch.setattr(registry, "all_tenants", broken)

    line = ml_connector("tenant", "list").line

    assert "unforeseen error (KeyError)" in line
    assert "plant" not in line


def test_a_database_that_goes_away_in_the_midst_is_one_line(
    ml_connector: Command, bench: Bench, database_url: str
) -> None:
    bench.tenant()
    other = make_engine(sqlalchemy_url(database_url))
    with other.begin() as connection:
        connection.execute(text("DROP TABLE events CASCADE"))
    other.dispose()

    assert "the database did not do what it was asked" in ml_connector("status").line


def test_a_paused_and_a_held_tenant_are_not_synced_and_say_why(ml_connector: Command, at_acme: World) -> None:
    ml_connector("tenant", "pause", "acme")
    assert "is paused" in ml_connector("sync", "acme").line
    ml_connector("tenant", "resume", "acme")
    with at_acme.runtime.transaction() as session:
        at_acme.runtime.tenant_by_slug(session, "acme").blocked = "Deltek refused the sign-in"
    assert "Deltek refused the sign-in" in ml_connector("sync", "acme").line
