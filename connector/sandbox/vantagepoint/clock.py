"""The stand-in's own time, which an operator may set and move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def system_time() -> datetime:
    return datetime.now(UTC)


class SandboxClock:
    """Follows `source` until it is set; from then on it stands still and moves only by `advance`."""

    def __init__(self, source: Callable[[], datetime] = system_time) -> None:
        self._source = source
        self._shift = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The present moment, in UTC."""
        if self._frozen is not None:
            return self._frozen
        return self._source().astimezone(UTC) + self._shift

    def set(self, at: datetime) -> None:
        """Stand still at this moment; one without an offset is taken as UTC."""
        self._frozen = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        step = timedelta(seconds=seconds)
        if self._frozen is None:
            self._shift += step
        else:
            self._frozen += step
