"""A clock that stands until it is turned, and one that runs."""

import threading
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


class TurnedClock:
    """Implements connector.clock.Clock: sleeping turns it on instead of waiting."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.turn(timedelta(seconds=seconds))

    def turn(self, by: timedelta) -> None:
        with self._lock:
            self._now += by


class RunningClock(TurnedClock):
    """The machine's own time, for tests beside real processes of the product: it cannot be turned."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def turn(self, by: timedelta) -> None:
        raise AssertionError("real time passes by itself")
