"""`python -m connector.fleet`: every process of ./Procfile, until SIGTERM or Ctrl-C; twice: at once."""

import os
import signal
import sys
import time
from pathlib import Path

from connector.embedded.services import backing_services
from connector.errors import ConnectorError
from connector.fleet.console import Console
from connector.fleet.errors import ReleaseError
from connector.fleet.fleet import Fleet
from connector.fleet.procfile import read_procfile

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCH_SECONDS = 0.5
IMPATIENT_SECONDS = 0.5  # what comes sooner is the same wish, delivered by make and by the terminal


def main() -> int:
    """Runs the fleet; returns the exit code."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        _run(Path("Procfile"))
    except ReleaseError as failure:
        sys.stderr.write(f"{failure.explained}\n")
        return failure.code if failure.code > 0 else 1
    except (ConnectorError, OSError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    finally:
        _ignore_signals()
    return 0


def _run(procfile: Path) -> None:
    parent = os.getppid()
    console = Console(sys.stdout, read_procfile(procfile))
    with backing_services(os.environ) as services:
        fleet = Fleet(procfile, services, console)
        _obey_signals(fleet)
        with fleet:
            while not fleet.wait(WATCH_SECONDS):
                if _deserted(parent):
                    fleet.stop()


def _obey_signals(fleet: Fleet) -> None:
    first: list[float] = []

    def stop(number: int, _: object) -> None:
        fleet.stop()
        first.append(time.monotonic())
        if number == signal.SIGINT and first[-1] - first[0] > IMPATIENT_SECONDS:
            fleet.kill()

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def _ignore_signals() -> None:
    """All has ended: a late Ctrl-C changes the exit code no more."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _deserted(parent: int) -> bool:
    """Whether the make that started us is gone: it cannot tell us when it was killed."""
    return "MAKELEVEL" in os.environ and os.getppid() != parent


if __name__ == "__main__":
    sys.exit(main())
