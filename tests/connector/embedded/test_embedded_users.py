"""Any number of users share the servers of a home, and nothing outlives the last."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from connector.embedded import EmbeddedError, Servers, remove, running
from connector.embedded import home as home_module

from .conftest import User, temporary_home

Eventually = Callable[[Callable[[], bool], float], None]
NewUser = Callable[[], User]
NobodyLeft = Callable[[], bool]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for all: every test leaves it to the next, which is much of what is tested here."""
    with temporary_home() as new:
        yield new


def answer(servers: Servers) -> bool:
    """Whether both servers serve."""
    try:
        return _query(servers, "SELECT 1") == 1 and _redis(servers, "PING") is True
    except (psycopg.OperationalError, redis.ConnectionError):
        return False


def _query(servers: Servers, query: str) -> object:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _redis(servers: Servers, *command: str) -> object:
    with redis.Redis.from_url(servers.redis_url, decode_responses=True) as client:
        return client.execute_command(*command)


def _pid(home: Path, name: str) -> int:
    return int((home / f"{name}.lock").read_text())


def test_the_first_user_finds_both_servers_answering(home: Path) -> None:
    with running(home, durable=False) as servers:
        assert _query(servers, "SHOW server_encoding") == "UTF8"
        assert _query(servers, "SELECT lower('ÉCOLE') || current_database()") == "écoleconnector"
        assert _redis(servers, "CONFIG", "GET", "maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_those_who_come_at_once_share_one_pair_of_servers(user: NewUser) -> None:
    crowd = [user() for _ in range(4)]
    assert len({one.servers() for one in crowd}) == 1


def test_the_servers_stay_until_the_last_user_leaves(
    user: NewUser, eventually: Eventually, nobody_left: NobodyLeft
) -> None:
    first, second = user(), user()
    servers = first.servers()
    assert second.servers() == servers
    first.leave()
    assert answer(servers)
    second.leave()
    eventually(nobody_left, 2.0)
    assert not answer(servers)


def test_a_user_who_is_killed_has_left(
    user: NewUser, eventually: Eventually, nobody_left: NobodyLeft
) -> None:
    only = user()
    only.servers()
    only.killed()
    eventually(nobody_left, 2.0)


def test_who_comes_while_the_servers_end_gets_new_ones_with_the_old_data(home: Path) -> None:
    with running(home, durable=False) as servers:
        _query(servers, "CREATE TABLE kept AS SELECT 'invoice' AS word")
        _redis(servers, "SET", "kept", "message")
    for _ in range(3):
        with running(home, durable=False) as servers:
            assert _query(servers, "SELECT word FROM kept") == "invoice"
            assert _redis(servers, "GET", "kept") == "message"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux ends children with their parent")
def test_a_killed_supervisor_leaves_nobody_behind_and_nothing_lost(
    home: Path, user: NewUser, eventually: Eventually, nobody_left: NobodyLeft
) -> None:
    servers = user().servers()
    _query(servers, "CREATE TABLE survivor AS SELECT 'invoice' AS word")
    os.kill(_pid(home, "supervisor"), signal.SIGKILL)
    eventually(nobody_left, 5.0)
    with running(home, durable=False) as servers:
        assert _query(servers, "SELECT word FROM survivor") == "invoice"


def test_a_supervisor_that_is_told_to_end_ends_its_servers_cleanly(
    home: Path, user: NewUser, eventually: Eventually, nobody_left: NobodyLeft
) -> None:
    user().servers()
    os.kill(_pid(home, "supervisor"), signal.SIGTERM)
    eventually(nobody_left, 5.0)
    assert "database system is shut down" in (home / "postgres.log").read_text()


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_server_that_dies_comes_back_where_it_was(home: Path, name: str, eventually: Eventually) -> None:
    with running(home, durable=False) as servers:
        os.kill(_pid(home, name), signal.SIGKILL)
        eventually(lambda: not answer(servers), 5.0)
        eventually(lambda: answer(servers), 10.0)


def test_passwords_are_for_the_owner_alone(home: Path) -> None:
    with running(home, durable=False) as servers:
        assert (home / "servers.json").stat().st_mode & 0o777 == 0o600
        assert (home / "postgres").stat().st_mode & 0o777 == 0o700
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(servers.database_url.replace("connector:", "connector:x", 1))
        with pytest.raises(redis.AuthenticationError):
            _redis(Servers(servers.database_url, servers.redis_url.replace("://:", "://:x")), "PING")


def test_a_home_in_use_is_not_removed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_module, "END_SECONDS", 0.1)
    with running(home, durable=False) as servers:
        with pytest.raises(EmbeddedError, match="is in use: stop what runs there first"):
            remove(home)
        assert answer(servers)
