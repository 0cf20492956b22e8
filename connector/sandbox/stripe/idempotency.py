"""Idempotency keys of the v1 API: the first answer is kept and replayed.

Source: docs.stripe.com/api/idempotent_requests.
"""

import threading
from dataclasses import dataclass

from connector.sandbox.stripe.clock import DAY, Clock
from connector.sandbox.stripe.errors import Refusal

LONGEST_KEY = 255


@dataclass
class Kept:
    """What came in under a key, and what was answered; no status while the first request runs."""

    request: object
    created: int
    status: int | None = None
    body: str = ""


class IdempotencyKeys:
    """The keys of one account, each kept for 24 hours."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def begin(self, key: str, request: object) -> Kept | None:
        """The kept answer to replay, or None when this request is the first.

        Raises 400 when the key came with other parameters, 409 while its first request still runs.
        """
        if len(key) > LONGEST_KEY:
            raise _error(400, f"Idempotency keys can have up to {LONGEST_KEY} characters.")
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or self._clock.seconds() - kept.created >= DAY:
                self._kept[key] = Kept(request, self._clock.seconds())
                return None
        return _replayable(kept, key, request)

    def keep(self, key: str, status: int, body: str) -> None:
        """The answer that later requests with this key get."""
        with self._lock:
            self._kept[key].status, self._kept[key].body = status, body

    def forget(self, key: str) -> None:
        """The execution never began: the key is free again."""
        with self._lock:
            self._kept.pop(key, None)


def _replayable(kept: Kept, key: str, request: object) -> Kept:
    if kept.request != request:
        raise _error(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request.",
        )
    if kept.status is None:
        raise _error(
            409,
            f"There is currently another in-progress request using this Idempotent Key: {key}",
            "idempotency_key_in_use",
        )
    return kept


def _error(status: int, message: str, code: str | None = None) -> Refusal:
    return Refusal(status, message, code=code, kind="idempotency_error", stored=False)
