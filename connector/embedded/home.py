"""The users' side: join the servers of a home, or start them, and leave."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from connector.embedded.errors import EmbeddedError
from connector.embedded.locks import POLL, open_lock, take, taken
from connector.embedded.private import owner_only

USERS_LOCK = "users.lock"
SUPERVISOR_LOCK = "supervisor.lock"
SUPERVISOR_LOG = "supervisor.log"
ADDRESSES = "servers.json"
READY = "ready"  # the supervisor's answer to its starter; any other is an error
START_SECONDS = 180.0
END_SECONDS = 60.0


@dataclass(frozen=True)
class Servers:
    """Where the servers of a home listen; both URLs carry a password."""

    database_url: str
    redis_url: str

    def write(self, home: Path) -> None:
        """Publishes the addresses to the users of `home`, in one step and for its owner only."""
        fresh = home / f"{ADDRESSES}.new"
        with open(fresh, "w", opener=owner_only) as file:
            json.dump(asdict(self), file)
        fresh.replace(home / ADDRESSES)

    @classmethod
    def read(cls, home: Path) -> "Servers | None":
        """The published addresses, or None while there are none."""
        try:
            return cls(**json.loads((home / ADDRESSES).read_text()))
        except FileNotFoundError:
            return None


@contextlib.contextmanager
def running(home: Path, *, durable: bool = True) -> Iterator[Servers]:
    """The PostgreSQL and Valkey that keep their data in `home`, joined if they run already, else started.

    Any number of processes may be inside at once. The servers end within 2 seconds of the last one's leaving,
    also when it was killed. `durable=False` lets a start skip fsync, for tests. Raises EmbeddedError."""
    home = home.absolute()
    with _refusals(home):
        home.mkdir(parents=True, exist_ok=True)
        users = open_lock(home / USERS_LOCK)
    try:
        take(
            users,
            fcntl.LOCK_SH,
            END_SECONDS,
            f"the servers of {home} do not come to their end: see its *.log",
        )
        with _refusals(home):
            servers = _join_or_start(home, durable)
        yield servers
    finally:
        os.close(users)


def remove(home: Path) -> None:
    """Deletes `home` and all that its servers keep, also outside of it; waits for servers that are ending.

    Raises EmbeddedError, and deletes nothing, while somebody is inside `running(home)`."""
    home = home.absolute()
    if not home.exists():
        return
    supervisor = open_lock(home / SUPERVISOR_LOCK)
    try:
        take(supervisor, fcntl.LOCK_EX, END_SECONDS, f"{home} is in use: stop what runs there first")
        shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(home)
    finally:
        os.close(supervisor)


def _join_or_start(home: Path, durable: bool) -> Servers:
    """The addresses, once a supervisor that is alive has published them."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        supervisor = open_lock(home / SUPERVISOR_LOCK)
        try:
            if taken(supervisor, fcntl.LOCK_EX):
                _start(home, supervisor, durable)
        finally:
            os.close(supervisor)
        if servers := Servers.read(home):
            return servers
        time.sleep(POLL)
    raise EmbeddedError(
        f"the servers of {home} are not ready after {START_SECONDS:.0f} seconds: see its *.log"
    )


def _start(home: Path, supervisor: int, durable: bool) -> None:
    """Starts the supervisor, which inherits its lock, and waits until it says READY or why not."""
    (home / ADDRESSES).unlink(missing_ok=True)
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as report:
        try:
            _spawn(home, supervisor, writing, durable)
        finally:
            os.close(writing)
        if not select.select([report], [], [], START_SECONDS)[0]:
            raise EmbeddedError(f"the servers of {home} do not start: see its *.log")
        if (answer := report.read()) != READY:
            raise EmbeddedError(answer or f"the supervisor of {home} ended: see {home / SUPERVISOR_LOG}")


def _spawn(home: Path, supervisor: int, report: int, durable: bool) -> None:
    arguments = [str(home), str(supervisor), str(int(durable))]
    with open(home / SUPERVISOR_LOG, "ab", opener=owner_only) as log:
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "connector.embedded.supervisor", *arguments],
            cwd=Path(__file__).parents[2],  # the package is found there even when it is not installed
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=log,
            pass_fds=(supervisor,),
            start_new_session=True,
            check=False,  # its answer says more than its exit code
        )


@contextlib.contextmanager
def _refusals(home: Path) -> Iterator[None]:
    """The operating system's refusals as one line."""
    try:
        yield
    except OSError as refusal:
        raise EmbeddedError(
            f"cannot keep servers in {home}: {refusal.strerror} ({refusal.filename}); "
            "set CONNECTOR_HOME to a directory you can write, or DATABASE_URL and REDIS_URL"
        ) from refusal
