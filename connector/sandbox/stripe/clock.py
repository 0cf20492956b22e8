"""The time of the sandbox, which its operator may set."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

DAY = 86_400


def system_time() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Follows `source` until it is set; then it stands, and moves only when told."""

    def __init__(self, source: Callable[[], datetime] = system_time) -> None:
        self._source = source
        self._standing: datetime | None = None
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self._standing or self._source()

    def seconds(self) -> int:
        """Unix time in whole seconds, as Stripe writes every time."""
        return int(self().timestamp())

    def set(self, at: datetime | None) -> None:
        """Stands at `at`, a time with a zone; None lets it follow its source again."""
        with self._lock:
            self._standing = at

    def advance(self, seconds: float) -> None:
        """Moves on by `seconds` from now, and stands there."""
        with self._lock:
            self._standing = self() + timedelta(seconds=seconds)
