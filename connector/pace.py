"""What a client asks before each request: may it leave now?"""

from datetime import timedelta
from typing import Protocol

# Who asks for a longer silence than this (Retry-After) has miscounted; it is asked again after it.
LONGEST_SILENCE = timedelta(days=1)


class Pace(Protocol):
    """One account's allowance, shared by every worker."""

    def wait(self, endpoint: str = "") -> None:
        """Return when the next request to `endpoint` may leave.

        Raises Unavailable with `retry_after` when that is too far off to be waited for by a worker.
        """

    def answered(self) -> None:
        """The account gave a usable answer: whatever trouble it was in is over."""

    def pause(self, seconds: float) -> None:
        """The system asked for silence (Retry-After): nobody asks it for `seconds`."""
