"""A Vantagepoint of canned answers, and the client's surroundings in memory."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
import responses

from connector.deltek.session import DeltekCredentials, DeltekSession, Tokens
from connector.deltek.vantagepoint import Vantagepoint
from connector.secret import Secret
from connector.tenants.description import DeltekDescription

BASE = "https://acme.deltekfirst.com/Acme/api"
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
PASSWORD = "pass word/+&1"
CLIENT_ID = "client-id-7"
CLIENT_SECRET = "client-secret-8"
CREDENTIALS = DeltekCredentials(Secret(PASSWORD), Secret(CLIENT_ID), Secret(CLIENT_SECRET))
ACCESS, REFRESH = "access-token-1", "refresh-token-1"
DESCRIPTION = DeltekDescription(BASE, "C0000000001P_1_ACME000", "MLCONNECTOR", companies={})


@dataclass
class TurnedClock:
    """A clock that tests turn."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class FreePace:
    """Lets every request go at once, and keeps count."""

    waits: int = 0
    pauses: list[float] = field(default_factory=list)

    def wait(self, endpoint: str = "") -> None:
        self.waits += 1

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def answered(self) -> None:
        """Nothing to keep."""


@dataclass
class MemoryTokens:
    """The session's state in memory: the store, and the slot that it hands out."""

    tokens: Tokens | None = None
    refused: str = ""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def current(self) -> Tokens | None:
        return self.tokens

    @contextmanager
    def exclusive(self) -> Iterator["MemoryTokens"]:
        with self._lock:
            yield self

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def refuse(self, reason: str) -> None:
        self.refused = reason


def signed_in(access: str = ACCESS, refresh: str | None = REFRESH, *, seconds: float = 1799) -> MemoryTokens:
    expires_at = NOW + timedelta(seconds=seconds)
    return MemoryTokens(Tokens(Secret(access), Secret(refresh) if refresh else None, expires_at))


def token_answer(access: str, refresh: str | None, *, seconds: int = 1799) -> dict[str, Any]:
    return {"access_token": access, "token_type": "bearer", "expires_in": seconds, "refresh_token": refresh}


class Deltek:
    """Canned answers by method and path, and what the client sent to get them."""

    def __init__(self, mocked: responses.RequestsMock) -> None:
        self._mocked = mocked
        self.clock = TurnedClock()
        self.pace = FreePace()
        self.tokens = signed_in()

    def answers(
        self,
        method: str,
        path: str,
        body: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """The next answer to this request, and to all that follow if it is the last one given."""
        text = body if isinstance(body, str | bytes | Exception) else json.dumps(body)
        self._mocked.add(method, f"{BASE}/{path}", body=text, status=status, headers=dict(headers or {}))

    def answers_by(self, method: str, path: str, server: Callable[[dict[str, str]], Any]) -> None:
        """Answers by what `server` makes of the query parameters."""

        def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
            return 200, {}, json.dumps(server(_query(request)))

        self._mocked.add_callback(method, f"{BASE}/{path}", callback=answer)

    def session(self, **settings: Any) -> DeltekSession:
        description = replace(DESCRIPTION, **settings)
        return DeltekSession(
            description, CREDENTIALS, self.tokens, self.pace, self.clock, allow_insecure_urls=False
        )

    def vantagepoint(self, **settings: Any) -> Vantagepoint:
        return Vantagepoint(self.session(**settings))

    @property
    def requests(self) -> list[requests.PreparedRequest]:
        return [call.request for call in self._mocked.calls]

    @property
    def sent(self) -> list[str]:
        """Method and path of every request, in order."""
        return [f"{request.method} {_path(request)}" for request in self.requests]

    def query(self, number: int = -1) -> dict[str, str]:
        """The query parameters of a request."""
        return _query(self.requests[number])

    def form(self, number: int = -1) -> dict[str, str]:
        """The form fields of a request."""
        fields = parse_qs(_text(self.requests[number]), keep_blank_values=True)
        return {name: value for name, (value,) in fields.items()}

    def json(self, number: int = -1) -> Any:
        """The JSON body of a request, its numbers as the text that was sent."""
        return json.loads(_text(self.requests[number]), parse_float=str, parse_int=str)


def _text(request: requests.PreparedRequest) -> str:
    body = request.body
    assert body is not None
    return body.decode() if isinstance(body, bytes) else str(body)


def _query(request: requests.PreparedRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True))


def _path(request: requests.PreparedRequest) -> str:
    return urlsplit(str(request.url)).path.removeprefix("/Acme/api/")
