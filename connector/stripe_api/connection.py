"""The one way out to Stripe: here every request is paced, every answer read and every error translated."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote

import stripe
from stripe import _util as stripe_logging

from connector.clock import Clock
from connector.errors import OutsideError
from connector.pace import Pace
from connector.secret import Secret
from connector.stripe_api.errors import RateLimited, translate, unavailable

Json = dict[str, Any]
R = TypeVar("R")
NOTHING: Mapping[str, object] = MappingProxyType({})

PAGE_SIZE = 100
"""The most that one page of any of Stripe's lists can hold."""

TIMEOUT_SECONDS = (5.0, 20.0)
"""To connect, and between two packets of the answer; stripe-python would wait 80."""

# One for the process: it keeps a session, and so a TLS connection, for each thread. A gateway costs nothing.
_HTTP = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)

# The SDK's telemetry is a switch of the whole process. Its log prints bodies, that is clients' data and the
# secret of a new webhook endpoint; STRIPE_LOG in the environment would send them to standard error.
stripe.enable_telemetry = False
stripe_logging.STRIPE_LOG = None
logging.getLogger("stripe").setLevel(logging.WARNING)


class Connection:
    """One Stripe account, asked with one key. Safe to be used by several threads."""

    def __init__(
        self,
        api_key: Secret,
        *,
        pace: Pace,
        clock: Clock,
        account: str | None = None,
        api_base: str | None = None,
    ) -> None:
        self._client = stripe.StripeClient(
            api_key.reveal(),
            stripe_account=account,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            max_network_retries=0,
            http_client=_HTTP,
        )
        self._pace = pace
        self._clock = clock
        self._account = account
        self._live = api_key.reveal().startswith(("sk_live_", "rk_live_"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self._account!r}, livemode={self._live})"

    @property
    def livemode(self) -> bool:
        """Whether the key is a live one: real money."""
        return self._live

    def _ask(
        self,
        endpoint: str,
        read: Callable[[Json], R],
        params: Mapping[str, object] = NOTHING,
        *,
        of: str = "",
        owner: str = "",
        key: str | None = None,
    ) -> R:
        """The answer of one request, as `read` reads it; raises an OutsideError.

        `endpoint` is method and path, "POST /v1/invoices/{id}/finalize", with `of` in the place of the id and
        `owner` in that of {owner}; the pace counts by it, as Stripe does. `key` is the idempotency key.
        """
        self._pace.wait(endpoint)
        try:
            answer = read(self._send(endpoint, params, {"id": of, "owner": owner}, key))
        except stripe.StripeError as error:
            failure: OutsideError = translate(error, endpoint, self._clock.now())
        except (LookupError, AttributeError, TypeError, ValueError):
            # JSON, but not Stripe's. On some of it the SDK itself stumbles: AttributeError on {"error": "text"}
            # (stripe-python 16.1.0 _api_requestor.py).
            failure = unavailable(endpoint, "an answer that cannot be read")
        else:
            self._pace.answered()
            return answer
        if isinstance(failure, RateLimited):
            self._pace.pause(failure.retry_after or 0.0)
        # Raised out here so that it drags along no exception that holds the request and its Authorization.
        raise failure

    def _send(
        self, endpoint: str, params: Mapping[str, object], ids: Mapping[str, str], key: str | None
    ) -> Json:
        # Not by the SDK's services: they make an object of every row and line, which costs several times as much
        # as all the rest, to be read once and dropped.
        method, _, path = endpoint.partition(" ")
        url = path.format_map({name: quote(value, safe="") for name, value in ids.items()})
        answer = self._client.raw_request(method.lower(), url, **params, idempotency_key=key)
        if not isinstance(answer.data, dict):
            raise TypeError("not an object")
        return answer.data

    def _walk(
        self,
        endpoint: str,
        read: Callable[[Json], R],
        params: Mapping[str, object] = NOTHING,
        *,
        of: str = "",
    ) -> Iterator[R]:
        """Every row of a list, newest first, page by page as they are taken."""
        position: Mapping[str, object] | None = {"limit": PAGE_SIZE}
        while position is not None:
            rows, last = self._ask(endpoint, partial(_page, read), {**params, **position}, of=of)
            yield from rows
            position = {"limit": PAGE_SIZE, "starting_after": last} if last else None


def _page(read: Callable[[Json], R], page: Json) -> tuple[list[R], str | None]:
    """The rows of a page, and the id of the last one if there are more."""
    rows = page["data"]
    return [read(row) for row in rows], rows[-1]["id"] if page["has_more"] else None


def epoch(when: datetime) -> int:
    """One of Stripe's timestamps: whole seconds since 1970, UTC. `when` is aware."""
    return int(when.timestamp())


def moment(seconds: int) -> datetime:
    """The aware UTC datetime of one of Stripe's timestamps."""
    return datetime.fromtimestamp(seconds, UTC)
