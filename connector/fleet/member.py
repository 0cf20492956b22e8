"""One process of the fleet: start, end, and when to start again."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from connector.embedded.tether import tether
from connector.fleet.backoff import Backoff
from connector.fleet.stream import Stream


class Member:
    """A command of the Procfile; used by one thread, whose end is its end too (on Linux)."""

    def __init__(
        self, name: str, command: str, directory: Path, environment: Mapping[str, str], backoff: Backoff
    ) -> None:
        self.name = name
        self._command = command
        self._directory = directory
        self._environment = environment
        self._backoff = backoff
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = self._starts_at = self.delay = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it lives; the id of its process group too."""
        return self._process.pid if self._process else None

    def start(self) -> Stream:
        """Starts the command, in a session of its own so that a Ctrl-C reaches the fleet alone."""
        self._process = subprocess.Popen(  # noqa: S603 - the Procfile is the project's own
            # `exec`: the process itself is to be the child that gets the signals, not a shell around it.
            ["/bin/sh", "-c", f"exec {self._command}"],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=tether(signal.SIGTERM),  # noqa: PLW1509 - two system calls, no lock
        )
        self._started_at = time.monotonic()
        if self._process.stdout is None:
            raise AssertionError("Popen was asked for a pipe")
        return Stream(self.name, self._process.stdout)

    def ended(self) -> int | None:
        """The exit code when the process has just ended, told once; its stragglers are ended too."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self.send(signal.SIGKILL)
        self._process = None
        now = time.monotonic()
        self.delay = self._backoff.following(self.delay, ran=now - self._started_at)
        self._starts_at = now + self.delay
        return code

    def is_due(self) -> bool:
        """Whether it is not running, and has waited long enough."""
        return self._process is None and time.monotonic() >= self._starts_at

    def send(self, number: signal.Signals) -> None:
        """Sends the signal to the process and all that it started."""
        if self._process is not None:
            # All may have ended: ESRCH, and EPERM on macOS while they are zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
