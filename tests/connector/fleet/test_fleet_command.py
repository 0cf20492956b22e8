"""`python -m connector.fleet`, as a person or make starts and ends it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connector.embedded import remove

from .conftest import alive, eventually

Procfile = Callable[..., Path]
GIVEN = {"DATABASE_URL": "postgres://given", "REDIS_URL": "redis://given"}
FORGOTTEN = {*GIVEN, "DYNO", "CONNECTOR_HOME", "CONNECTOR_SECRET_KEYS", "MAKELEVEL"}
COMMAND = [sys.executable, "-m", "connector.fleet"]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")


@contextmanager
def started(
    directory: Path, command: list[str] = COMMAND, extra: dict[str, str] = GIVEN
) -> Iterator[subprocess.Popen[str]]:
    """The command in `directory`, which knows of services and makes only what `extra` says."""
    environment = {name: value for name, value in os.environ.items() if name not in FORGOTTEN} | extra
    with subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str], text: str) -> str:
    """Reads what the command writes up to the line with `text`."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"it ended without saying {text}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_with_code_0_and_all_its_processes(
    procfile: Procfile, tmp_path: Path, number: signal.Signals
) -> None:
    procfile(web="alive")
    with started(tmp_path) as runner:
        assert said(runner, "up") == "web   | up\n"
        runner.send_signal(number)
        assert runner.wait(10) == 0
    assert not alive(tmp_path, "web")


def test_a_second_ctrl_c_waits_for_nothing(procfile: Procfile, tmp_path: Path) -> None:
    procfile(web=f"alive {int(signal.SIGTERM)}")

    def ended_by_another(runner: subprocess.Popen[str]) -> bool:
        if alive(tmp_path, "web"):
            runner.send_signal(signal.SIGINT)
            return False
        return True

    with started(tmp_path) as runner:
        said(runner, "up")
        eventually(lambda: ended_by_another(runner), 5.0)
        assert runner.wait(10) == 0


@linux_only
def test_killed_it_leaves_nobody_behind(procfile: Procfile, tmp_path: Path) -> None:
    procfile(web="alive")
    with started(tmp_path) as runner:
        said(runner, "up")
        runner.kill()
        eventually(lambda: not alive(tmp_path, "web"), 5.0)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_it_ends_when_the_make_that_started_it_was_killed(procfile: Procfile, tmp_path: Path) -> None:
    procfile(web="alive")
    (tmp_path / "Makefile").write_text(f"run:\n\texec '{sys.executable}' -m connector.fleet\n")
    with started(tmp_path, ["make", "run"]) as make:
        said(make, "up")
        make.kill()
        eventually(lambda: not alive(tmp_path, "web"), 5.0)


def test_the_code_of_a_failed_release_is_its_own(procfile: Procfile, tmp_path: Path) -> None:
    procfile(release="sh -c 'exit 4'", web="alive")
    with started(tmp_path) as runner:
        said(runner, "the release command ended with code 4, nothing was started")
        assert runner.wait(10) == 4


def test_on_heroku_the_embedded_servers_never_stand_in(procfile: Procfile, tmp_path: Path) -> None:
    procfile(web="alive")
    with started(tmp_path, extra={"DYNO": "web.1", "DATABASE_URL": "postgres://given"}) as runner:
        said(runner, "DATABASE_URL and REDIS_URL must be set on Heroku")
        assert runner.wait(10) == 1
    assert not (tmp_path / ".connector").exists()


def test_what_is_given_is_used_and_the_embedded_default_is_the_rest(
    procfile: Procfile, tmp_path: Path
) -> None:
    procfile(web="sh -c 'echo $DATABASE_URL $REDIS_URL $CONNECTOR_SECRET_KEYS; sleep 60'")
    home = tmp_path / "home"
    try:
        with started(
            tmp_path, extra={"DATABASE_URL": "postgres://given", "CONNECTOR_HOME": "home"}
        ) as runner:
            words = said(runner, "redis://").split()
            runner.terminate()
            runner.wait(10)
    finally:
        remove(home)
    assert words[2] == "postgres://given"
    assert words[3].startswith("redis://:")
    assert len(words) == 4  # the keys of an outside database are a person's to keep


def test_the_embedded_database_has_its_keys_and_keeps_them(procfile: Procfile, tmp_path: Path) -> None:
    procfile(web="sh -c 'echo $CONNECTOR_SECRET_KEYS $DATABASE_URL $REDIS_URL; sleep 60'")
    home = tmp_path / ".connector"
    try:
        with started(tmp_path, extra={}) as runner:
            _, _, key, database_url, redis_url = said(runner, "redis://").split()
            assert (home / "secret.keys").stat().st_mode & 0o777 == 0o600
            assert (home / "secret.keys").read_text() == key
            runner.terminate()
            assert runner.wait(10) == 0
    finally:
        remove(home)
    assert database_url.startswith("postgresql://connector:")
    assert redis_url.startswith("redis://:")


def test_a_line_that_is_no_command_is_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: true\nnot a command\n")
    with started(tmp_path) as runner:
        said(runner, "Procfile, line 2 is not `name: command`")
        assert runner.wait(10) == 1
