"""What a client asks before each request: may it leave now?"""

from typing import Protocol


class Pace(Protocol):
    """One account's allowance, shared by every worker."""

    def wait(self, endpoint: str = "") -> None:
        """Return when the next request to `endpoint` may leave.

        Raises Unavailable with `retry_after` when that is too far off to be waited for by a worker.
        """

    def pause(self, seconds: float) -> None:
        """The system asked for silence (Retry-After): nobody asks it for `seconds`."""
