"""The fleet as `make demo` uses it: from Python."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.fleet import Fleet, ReleaseError
from connector.fleet.backoff import Backoff

from .conftest import alive, eventually

Procfile = Callable[..., Path]
QUICK = Backoff(first=0.02, longest=10.0)


class Output(list[tuple[str, str]]):
    """What the fleet's processes wrote."""

    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))

    def times(self, name: str, line: str) -> int:
        return self.count((name, line))


def test_the_release_command_ends_before_anything_else_begins(procfile: Procfile) -> None:
    output = Output()
    path = procfile(
        web="cat released; sleep 60", release="sh -c 'sleep 0.2; echo schema > released; echo done'"
    )
    with Fleet(path, {}, output):
        eventually(lambda: output.times("web", "schema") == 1)
    assert output[0] == ("release", "done")


def test_a_release_command_that_fails_stops_everything(procfile: Procfile, tmp_path: Path) -> None:
    output = Output()
    path = procfile(release="sh -c 'echo no database; exit 3'", web="touch started")
    with pytest.raises(ReleaseError) as failure, Fleet(path, {}, output):
        pass
    assert failure.value.code == 3
    assert output == [("release", "no database")]
    assert not (tmp_path / "started").exists()


def test_processes_get_the_environment_a_port_and_this_pythons_programs(procfile: Procfile) -> None:
    output = Output()
    path = procfile(web="sh -c 'echo $DATABASE_URL $PORT ${PATH%%:*}; sleep 60'")
    with Fleet(path, {"DATABASE_URL": "postgres://somewhere", "PORT": "8123"}, output):
        eventually(lambda: bool(output))
    programs = Path(sys.executable).parent
    assert output == [("web", f"postgres://somewhere 8123 {programs}")]


def test_a_process_that_dies_is_started_again_and_the_others_never_notice(procfile: Procfile) -> None:
    output = Output()
    with Fleet(procfile(web="alive", worker="alive"), {}, output, backoff=QUICK) as fleet:
        eventually(lambda: output.times("web", "up") == output.times("worker", "up") == 1)
        before = fleet.processes
        os.kill(before["web"], signal.SIGKILL)
        eventually(lambda: output.times("web", "up") == 2)
        after = fleet.processes
    assert after["worker"] == before["worker"]
    assert after["web"] != before["web"]
    assert ("fleet", "web ended with code -9, next start in 0.02 s") in output
    assert output.times("worker", "up") == 1


def test_a_process_that_keeps_dying_waits_longer_each_time(procfile: Procfile) -> None:
    output = Output()
    with Fleet(procfile(web="sh -c 'exit 1'"), {}, output, backoff=QUICK):
        eventually(lambda: len(output) >= 5)
    waits = [line.rpartition(" in ")[2] for _, line in output]
    assert waits[:5] == ["0.02 s", "0.04 s", "0.08 s", "0.16 s", "0.32 s"]


def test_no_process_waits_for_ever_and_one_that_ran_well_waits_shortly() -> None:
    backoff = Backoff(first=1.0, longest=30.0)
    assert backoff.following(16.0, ran=29.0) == 30.0
    assert backoff.following(30.0, ran=30.0) == 1.0


def test_what_a_dead_process_started_ends_with_it(procfile: Procfile, tmp_path: Path) -> None:
    output = Output()
    path = procfile(child="alive")
    command = path.read_text().splitlines()[-1].partition(": ")[2]
    path.write_text(f"web: sh -c '{command.replace(chr(39), '')} & echo started; wait'\n")
    with Fleet(path, {}, output, backoff=Backoff(60.0, 60.0)) as fleet:
        eventually(lambda: output.times("web", "up") == 1)
        os.kill(fleet.processes["web"], signal.SIGKILL)
        eventually(lambda: not alive(tmp_path, "child"))


def test_the_end_asks_all_kindly_and_kills_who_does_not_listen(procfile: Procfile, tmp_path: Path) -> None:
    output = Output()
    polite = "sh -c 'trap \"echo goodbye; exit\" TERM; echo up; while :; do sleep 0.05; done'"
    path = procfile(polite=polite, deaf=f"alive {int(signal.SIGTERM)}")
    with Fleet(path, {}, output, grace=0.5):
        eventually(lambda: output.times("polite", "up") == output.times("deaf", "up") == 1)
    assert output.times("polite", "goodbye") == 1
    assert not alive(tmp_path, "deaf")


def test_last_words_are_heard_also_without_a_newline(procfile: Procfile) -> None:
    output = Output()
    with Fleet(procfile(web="printf 'one\\ntwo'"), {}, output, backoff=Backoff(60.0, 60.0)):
        eventually(lambda: len(output) >= 3)
    assert [line for name, line in output if name == "web"] == ["one", "two"]


def test_an_output_that_fails_ends_the_fleet_and_is_reported(procfile: Procfile, tmp_path: Path) -> None:
    def closed(name: str, line: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError), Fleet(procfile(web="alive"), {}, closed) as fleet:
        eventually(lambda: fleet.wait(0.01))
    assert not alive(tmp_path, "web")
