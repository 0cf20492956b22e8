"""The fleet: the release command first, then every other process, each for itself, until told to stop."""

import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.fleet.backoff import Backoff
from connector.fleet.errors import ReleaseError
from connector.fleet.member import Member
from connector.fleet.procfile import RELEASE, read_procfile
from connector.fleet.stream import Stream

POLL_SECONDS = 0.1
Output = Callable[[str, str], None]


class Fleet:
    """Runs a Procfile inside a `with` block, which begins when the release command has succeeded.

    `environment` is added to this process's own. `output` gets the name of a process and one line of it, from
    the fleet's thread. A process that ends is started again after a growing delay, `backoff`; at the end all
    get SIGTERM, and `grace` seconds later SIGKILL. Entering raises ReleaseError."""

    def __init__(
        self,
        procfile: Path,
        environment: Mapping[str, str],
        output: Output,
        *,
        grace: float = 30.0,
        backoff: Backoff | None = None,
    ) -> None:
        variables = _environment(environment)
        self._members = {
            name: Member(name, command, procfile.absolute().parent, variables, backoff or Backoff())
            for name, command in read_procfile(procfile).items()
        }
        self._release = self._members.pop(RELEASE, None)
        self._output = output
        self._grace = grace
        self._selector = selectors.DefaultSelector()
        # Plain flags: an Event has a lock, and a signal handler that waits for it would wait for ever.
        self._stopping = self._killing = False
        self._begun = threading.Event()
        # The kernel ties the processes to the thread that started them: one thread starts all, and stays.
        self._thread = threading.Thread(target=self._run, name="fleet")
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._begun.wait()
            self._raise_failure()
        except BaseException:
            self._finish()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        if error is None:
            self._raise_failure()

    @property
    def processes(self) -> dict[str, int]:
        """The process ids of those that run at this moment, by name."""
        return {name: pid for name, member in self._members.items() if (pid := member.pid) is not None}

    def wait(self, seconds: float) -> bool:
        """Waits for the end of the fleet; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Begins to end the fleet. For signal handlers too: it only sets a flag."""
        self._stopping = True

    def kill(self) -> None:
        """Ends the fleet without waiting for anything. For signal handlers too."""
        self._stopping = self._killing = True

    def _finish(self) -> None:
        self.stop()
        self._thread.join()
        self._selector.close()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._run_release()
            for member in self._members.values():
                self._start(member)
            self._begun.set()
            while not self._stopping:
                self._pump()
                self._tend()
        except BaseException as failure:  # noqa: BLE001 - raised again in the thread that runs the `with` block
            self._failure = failure
        finally:
            self._end_all()
            self._begun.set()

    def _run_release(self) -> None:
        if self._release is None:
            return
        self._start(self._release)
        while not self._stopping:
            self._pump()
            code = self._release.ended()
            if code is not None:
                self._pump()
                if code != 0:
                    raise ReleaseError(code)
                return

    def _start(self, member: Member) -> None:
        if not self._stopping:
            stream = member.start()
            self._selector.register(stream.pipe, selectors.EVENT_READ, stream)

    def _pump(self) -> None:
        """Hands on what the processes wrote; waits a moment when there is nothing."""
        for key, _ in self._selector.select(POLL_SECONDS):
            stream: Stream = key.data
            for line in stream.lines():
                self._say(stream.name, line)
            if stream.ended:
                self._drop(stream)

    def _say(self, name: str, line: str) -> None:
        try:
            self._output(name, line)
        except Exception as failure:  # noqa: BLE001 - raised again at the end of the `with` block
            self._failure, self._output, self._stopping = failure, _discard, True

    def _drop(self, stream: Stream) -> None:
        self._selector.unregister(stream.pipe)
        stream.pipe.close()

    def _tend(self) -> None:
        for member in self._members.values():
            code = member.ended()
            if code is not None:
                self._say("fleet", f"{member.name} ended with code {code}, next start in {member.delay:g} s")
            if member.is_due():
                self._start(member)

    def _end_all(self) -> None:
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while self._living() and time.monotonic() < deadline and not self._killing:
            self._pump()
        self._signal_all(signal.SIGKILL)
        while self._living():
            self._pump()
        self._drain()

    def _signal_all(self, number: signal.Signals) -> None:
        for member in self._living():
            member.send(number)

    def _living(self) -> list[Member]:
        everyone = [*self._members.values(), *([self._release] if self._release else [])]
        for member in everyone:
            member.ended()
        return [member for member in everyone if member.pid is not None]

    def _drain(self) -> None:
        """The last words, which are in the pipes by now; a pipe that somebody else still holds is left."""
        while self._selector.get_map() and self._selector.select(0):
            self._pump()
        for key in list(self._selector.get_map().values()):
            self._drop(key.data)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The processes' environment: this Python's programs come first, and lines appear as they are written."""
    inherited = {"PORT": "8000", "PYTHONUNBUFFERED": "1"} | os.environ | dict(extra)
    programs = str(Path(sys.executable).parent)
    return inherited | {"PATH": os.pathsep.join([programs, inherited.get("PATH", os.defpath)])}


def _discard(name: str, line: str) -> None:
    """Nobody listens any more."""
