"""One server program as a child of the supervisor: port, start, readiness, revival and end."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from connector.embedded.account import Account
from connector.embedded.errors import EmbeddedError
from connector.embedded.locks import open_lock, sign, take, taken
from connector.embedded.private import owner_only
from connector.embedded.tether import tether

# A PGPORT or a locale of the person's shell means nothing to the servers.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
PORTS_TRIED = 5
READY_SECONDS = 120.0  # a recovery after a crash takes its time
LEFTOVER_SECONDS = 10.0
REVIVAL_SECONDS = 1.0


class Server(ABC):
    """A server with its data below `home`.

    Its lock file holds the process id, and the process and all its children inherit the lock. So while the
    lock is held that process is ours, and once it is free nothing of it is alive: no process of somebody else
    can be taken for it."""

    name: ClassVar[str]
    stop_signals: ClassVar[tuple[signal.Signals, ...]]  # from the kindest to the last
    stop_seconds: ClassVar[float] = 10.0  # for each of them

    def __init__(self, home: Path, account: Account) -> None:
        self.home = home
        self.account = account
        self.port = 0
        self._lock = open_lock(home / f"{self.name}.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._launched_at = 0.0

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find the server, with its password."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes the data ready for `command`, at each try to start, when nothing of the server is alive."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments, which everybody on the machine can read."""

    @abstractmethod
    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether `process` answers clients."""

    def directory(self) -> Path:
        """The working directory of the program."""
        return self.home

    def settings(self) -> bytes:
        """What the program reads on its standard input."""
        return b""

    def start(self) -> None:
        """Ends what an earlier supervisor left, starts the server on a free port and waits until it answers.

        Raises EmbeddedError if it does not come up."""
        self._end_leftover()
        for _ in range(PORTS_TRIED):
            self.prepare()
            self.port = free_port()
            process = self._launch()
            if self._comes_up(process):
                return
            if port_is_free(self.port):  # else somebody was quicker to take it
                break
        raise EmbeddedError(f"{self.name} did not start: {self._last_words()} (see {self._log})")

    def revive(self) -> bool:
        """Starts the server again, on its old port, if it ended; at most once in `REVIVAL_SECONDS`."""
        ended = self._process is not None and self._process.poll() is not None
        if not ended or time.monotonic() < self._launched_at + REVIVAL_SECONDS:
            return False
        self._launch()
        return True

    def begin_stop(self) -> None:
        """Asks the server to end; `finish_stop` waits for it."""
        if self._process is not None:
            self._process.send_signal(self.stop_signals[0])

    def finish_stop(self) -> None:
        """Waits for the end of the server, and asks less and less kindly."""
        if self._process is None:
            return
        for sterner in (*self.stop_signals[1:], signal.SIGKILL):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self.stop_seconds)
                return
            self._process.send_signal(sterner)
        self._process.wait()

    @property
    def _log(self) -> Path:
        return self.home / f"{self.name}.log"

    def _launch(self) -> subprocess.Popen[bytes]:
        self._launched_at = time.monotonic()
        with open(self._log, "ab", opener=owner_only) as log, tempfile.TemporaryFile() as settings:
            settings.write(self.settings())
            settings.seek(0)
            self._process = subprocess.Popen(  # noqa: S603
                self.command(),
                cwd=self.directory(),
                env=ENVIRONMENT,
                stdin=settings,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                preexec_fn=self._tie(self.stop_signals[0]),  # noqa: PLW1509 - one thread
                **self.account.popen_options(),
            )
        return self._process

    def _tie(self, signal_number: signal.Signals) -> Callable[[], None]:
        """A `preexec_fn`: ties the child to this process, and puts its id into the lock that it inherits."""
        tie, lock = tether(signal_number), self._lock

        def tie_and_sign() -> None:
            tie()
            sign(lock)

        return tie_and_sign

    def _comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while process.poll() is None:
            if self.is_ready(process):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return False

    def _end_leftover(self) -> None:
        """Waits until nothing of an earlier server lives: Linux has told it to end, elsewhere we do."""
        for sterner in (*self.stop_signals, signal.SIGKILL):
            with contextlib.suppress(EmbeddedError):
                take(self._lock, fcntl.LOCK_EX, LEFTOVER_SECONDS / 4, "")
                return
            self._signal_leftover(sterner)
        refusal = f"an earlier {self.name} in {self.home} does not end: end it by hand"
        take(self._lock, fcntl.LOCK_EX, LEFTOVER_SECONDS, refusal)

    def _signal_leftover(self, signal_number: signal.Signals) -> None:
        written = os.pread(self._lock, 20, 0)
        if written and not taken(self._lock, fcntl.LOCK_EX):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(written), signal_number)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        named = [line for line in lines if "FATAL" in line or "Failed" in line or "Warning" in line]
        return (named or lines or ["it said nothing"])[-1]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
