"""HTTP to one Vantagepoint: paced, bounded in time, never redirected."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests
from requests.auth import AuthBase

from connector.clock import Clock
from connector.errors import Unavailable
from connector.pace import Pace
from connector.secret import Secret

TIMEOUT = (5, 20)  # seconds to connect, seconds between two bytes of the answer
LONGEST_SILENCE = 3600.0  # seconds; whatever Retry-After says, Deltek is asked again after an hour
HOST = re.compile(r"https?://([\w.-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """A request as it is going to be sent. `path` is relative to the API's base and already quoted.

    `changes` says that it may change something at Deltek; then no answer means that the outcome is unknown.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    data: Mapping[str, str] | bytes | None = None
    changes: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Bearer(AuthBase):
    """Signs a request with a token, or with nothing.

    Always handed to `requests`, which would otherwise put a login of ~/.netrc in the header's place.
    """

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class Transport:
    """Sends calls, each thread over its own connections: a `requests.Session` is not made for sharing."""

    def __init__(self, base_url: str, pace: Pace, clock: Clock) -> None:
        self._base_url = base_url.rstrip("/")
        self._pace = pace
        self._clock = clock
        self._threads = threading.local()

    def send(self, call: Call, token: Secret | None = None) -> requests.Response:
        """The answer, whatever its status. Raises Unavailable when there is none, or only a redirect.

        A Retry-After in the answer silences the account for every worker.
        """
        self._pace.wait()
        response = self._answer(call, token)
        if response.is_redirect:
            # Following it would carry the token to wherever it points.
            host = HOST.match(response.headers["Location"])
            raise unanswered(call, f"was redirected to {host[1] if host else 'another path'}, not followed")
        if response.status_code in (429, 503):
            wait = retry_after(response, self._clock.now())
            if wait is not None:
                self._pace.pause(wait)
        elif response.status_code < 500:
            self._pace.answered()
        return response

    def close(self) -> None:
        """Closes the calling thread's connections; those of a thread that ends are closed with it."""
        self._session.close()

    def _answer(self, call: Call, token: Secret | None) -> requests.Response:
        try:
            return self._session.request(
                call.method,
                f"{self._base_url}/{call.path}",
                params=call.params,
                data=call.data,
                headers=call.headers,
                auth=Bearer(token),
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            # ValueError: the library parses a Location even when it does not follow it. Neither text is passed
            # on, for it holds the whole address, query included.
            raise unanswered(call, f"got no answer ({type(error).__name__})") from None

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            self._threads.session = requests.Session()
        session: requests.Session = self._threads.session
        return session


def unanswered(call: Call, what: str) -> Unavailable:
    """The error of a call whose outcome cannot be read from an answer."""
    return Unavailable("Deltek", f"{call} {what}", outcome_unknown=call.changes)


def retry_after(response: requests.Response, now: datetime) -> float | None:
    """Seconds that the answer asks to wait: Retry-After as a number or as an HTTP date (RFC 9110, 10.2.3)."""
    header = response.headers.get("Retry-After", "").strip()
    try:
        seconds = (
            float(header) if header.isdecimal() else (parsedate_to_datetime(header) - now).total_seconds()
        )
    except (TypeError, ValueError):
        return None
    return min(max(0.0, seconds), LONGEST_SILENCE)
