"""Homes for real servers, and users of them in processes of their own."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from connector.embedded import Servers, remove
from connector.embedded.locks import open_lock, taken

USER = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from connector.embedded import running
with running(Path(sys.argv[1]), durable=False) as servers:
    print(json.dumps(asdict(servers)), flush=True)
    sys.stdin.read()
"""


class User:
    """A process inside `running(home)`, until it is told to leave."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def servers(self) -> Servers:
        """What it was given; waits for it."""
        assert self.process.stdout is not None
        return Servers(**json.loads(self.process.stdout.readline()))

    def leave(self) -> None:
        self.process.communicate()

    def killed(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home that every user of the machine could reach, deleted with all that its servers keep."""
    above = Path(tempfile.mkdtemp())
    above.chmod(0o711)
    yield above / "home"
    remove(above / "home")
    shutil.rmtree(above)


@pytest.fixture
def home() -> Iterator[Path]:
    """A new home."""
    with temporary_home() as new:
        yield new


@pytest.fixture
def user(home: Path) -> Iterator[Callable[[], User]]:
    """Makes users of `home`; those that are left at the end leave."""
    with ExitStack() as leaving:

        def enter() -> User:
            one = User(home)
            leaving.callback(one.killed)
            return one

        yield enter


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float], None]:
    """Waits for a condition, up to a number of seconds."""

    def wait(condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.01)

    return wait


@pytest.fixture
def nobody_left(home: Path) -> Callable[[], bool]:
    """Whether no process of this home lives: each of them, and each of their children, would hold a lock."""

    def check() -> bool:
        return all(_free(home / f"{name}.lock") for name in ("supervisor", "postgres", "valkey"))

    return check


def _free(path: Path) -> bool:
    descriptor = open_lock(path)
    try:
        return taken(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)
