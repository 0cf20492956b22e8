"""Procfiles of small Python processes that hold a lock for as long as they live."""

import fcntl
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.embedded.locks import open_lock, taken

LIVING = """
import fcntl, os, signal, sys, time
lock = open(sys.argv[0] + ".lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.write(str(os.getpid()))
lock.flush()
for number in sys.argv[1:]:
    signal.signal(int(number), signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def alive(directory: Path, name: str) -> bool:
    """Whether the process `name` of the Procfile in `directory`, or a child of it, lives."""
    descriptor = open_lock(directory / f"{name}.lock")
    try:
        return not taken(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


@pytest.fixture
def procfile(tmp_path: Path) -> Callable[..., Path]:
    """Writes a Procfile; `"alive"` stands for a process that says `up` and lives until it is ended, and
    `"alive 15"` for one that ignores signal 15."""
    script = tmp_path / "living.py"
    script.write_text(LIVING)

    def write(**commands: str) -> Path:
        lines = [f"{name}: {_command(name, command)}" for name, command in commands.items()]
        path = tmp_path / "Procfile"
        path.write_text("\n".join(["# what runs", "", *lines]))
        return path

    def _command(name: str, command: str) -> str:
        if command.split(maxsplit=1)[0] != "alive":
            return command
        (tmp_path / name).write_text(LIVING)
        return " ".join([f"'{sys.executable}'", name, *command.split()[1:]])

    return write
