"""Time as a thing that is handed in, so that tests turn it instead of waiting for it."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the product may ask of time."""

    def now(self) -> datetime:
        """The present moment, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""


class SystemClock:
    """The machine's own clock; machines that share a database are expected to run NTP."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
