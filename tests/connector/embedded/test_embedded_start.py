"""What a start finds in the home: half-made data, somebody else's process id, another version, a refusal."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from connector.embedded import EmbeddedError, running
from connector.embedded import server as server_module
from connector.embedded.binaries import valkey_server
from connector.embedded.valkey import Valkey

from .conftest import User

Eventually = Callable[[Callable[[], bool], float], None]


def test_the_servers_are_durable_unless_a_test_says_otherwise(home: Path) -> None:
    with running(home) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_an_initdb_that_was_killed_midway_is_done_again(
    home: Path, user: Callable[[], User], eventually: Eventually, nobody_left: Callable[[], bool]
) -> None:
    user()
    eventually(lambda: any((home / "postgres").glob("initdb-*/base/1/*")), 10.0)
    os.kill(int((home / "supervisor.lock").read_text()), signal.SIGKILL)
    eventually(nobody_left, 5.0)
    assert not (home / "postgres" / "data").exists()
    with running(home, durable=False) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not list((home / "postgres").glob("initdb-*"))


def test_the_process_id_of_somebody_else_in_an_old_pid_file_harms_nobody(home: Path) -> None:
    with running(home, durable=False):
        pass
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as somebody:
        with running(home, durable=False):
            (home / "valkey.lock").write_text(str(somebody.pid))
        (home / "postgres" / "data" / "postmaster.pid").write_text(f"{somebody.pid}\n/nowhere\n0\n5432\n")
        with running(home, durable=False):
            pass
        assert somebody.poll() is None
        somebody.communicate(b"\n")


def test_data_of_another_major_version_is_refused_and_kept(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(EmbeddedError, match="belongs to PostgreSQL 16 and this is 18: dump it"),
        running(home),
    ):
        pass
    assert (data / "PG_VERSION").read_text() == "16\n"


def test_a_home_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError) as refusal, running(tmp_path / "file" / "home"):
        pass
    assert "Not a directory" in str(refusal.value)
    assert "set CONNECTOR_HOME to a directory you can write" in str(refusal.value)


def test_a_failing_start_names_the_servers_own_reason(home: Path) -> None:
    (home / "valkey").mkdir(parents=True)
    (home / "valkey" / "appendonlydir").write_text("a file in the way")
    with (
        pytest.raises(EmbeddedError, match=r"valkey did not start: .*appendonlydir.*valkey\.log"),
        running(home),
    ):
        pass


def test_missing_wheels_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedError, match=r"pip install 'ml-connector\[embedded\]'"):
        valkey_server()


def test_a_port_that_somebody_takes_first_is_given_up_for_another(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    free_port = server_module.free_port
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        offers = [somebody.getsockname()[1]]
        monkeypatch.setattr(server_module, "free_port", lambda: offers.pop() if offers else free_port())
        valkey = Valkey(home)
        valkey.start()
        valkey.begin_stop()
        valkey.finish_stop()
        assert valkey.port != somebody.getsockname()[1]
    assert not offers


ABANDON = """
import os, sys
from pathlib import Path
from connector.embedded import server
from connector.embedded.valkey import Valkey
server.tether = lambda number: lambda: None
valkey = Valkey(Path(sys.argv[1]))
valkey.start()
print(valkey.port, flush=True)
os._exit(0)
"""


def test_a_server_that_was_left_behind_is_ended_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    left_behind = int(subprocess.check_output([sys.executable, "-c", ABANDON, str(home)]))
    assert not server_module.port_is_free(left_behind)
    monkeypatch.setattr(server_module, "LEFTOVER_SECONDS", 0.4)
    valkey = Valkey(home)
    valkey.start()
    valkey.begin_stop()
    valkey.finish_stop()
    assert server_module.port_is_free(left_behind)
