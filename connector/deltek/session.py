"""A signed-in session with one Vantagepoint: requests out, records or explained errors back."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import requests

from connector.clock import Clock
from connector.deltek.answers import Record, error_of, records, records_if_any
from connector.deltek.sign_in import REMEDY, SignIn
from connector.deltek.tokens import DeltekCredentials, Tokens, TokenSlot, TokenStore
from connector.deltek.transport import Call, Transport
from connector.errors import SignInRefused
from connector.pace import Pace
from connector.tenants.description import DeltekDescription
from connector.tenants.file import check_url

__all__ = ["DeltekCredentials", "DeltekSession", "TokenSlot", "TokenStore", "Tokens", "path_of"]

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
# A long query goes into the body of a POST that Vantagepoint takes for a GET (GO vantagepoint client.go).
POST_AS_GET = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
    "dvp-postAsGet": "true",
}
LONGEST_QUERY = 1500  # characters


class DeltekSession:
    """Get, post, put and delete under the tenant's API address, signed in as its API user.

    `path` is relative to the API's base and already quoted (see `path_of`). Every method raises SignInRefused,
    Forbidden, NotFound, AlreadyExists or Refused where Deltek says no, Unavailable where it gives no usable answer.
    The constructor raises UsageError for an address that may not be used.
    """

    def __init__(
        self,
        description: DeltekDescription,
        credentials: DeltekCredentials,
        tokens: TokenStore,
        pace: Pace,
        clock: Clock,
        *,
        allow_insecure_urls: bool,
    ) -> None:
        check_url(description, allow_insecure=allow_insecure_urls)
        self.description = description
        self.clock = clock
        self._store = tokens
        self._transport = Transport(description.url, pace, clock)
        self._sign_in = SignIn(description, credentials, tokens, self._transport, clock)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> list[Record]:
        """The records at `path`; numbers with a point are Decimals."""
        query = urlencode(params or {})
        if len(query) <= LONGEST_QUERY:
            call = Call("GET", path, HEADERS, params=params)
        else:
            call = Call("POST", path, POST_AS_GET, data=query.encode())
        return records(call, self._answer(call))

    def post(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> list[Record]:
        """Create; the echo of what was created."""
        call = Call("POST", path, HEADERS, params=params, data=to_json(body).encode(), changes=True)
        return records(call, self._answer(call))

    def put(
        self, path: str, body: Mapping[str, Any] | None = None, params: Mapping[str, str] | None = None
    ) -> list[Record]:
        """Change; the echo where there is one, for Deltek documents none for settings and for posting."""
        data = None if body is None else to_json(body).encode()
        call = Call("PUT", path, HEADERS, params=params, data=data, changes=True)
        return records_if_any(call, self._answer(call))

    def delete(self, path: str) -> None:
        self._answer(Call("DELETE", path, HEADERS, changes=True))

    def close(self) -> None:
        """Closes the calling thread's connections."""
        self._transport.close()

    def _answer(self, call: Call) -> requests.Response:
        response = self._signed(call)
        if not response.ok:
            raise error_of(call, response, self.clock.now())
        return response

    def _signed(self, call: Call) -> requests.Response:
        """The answer under the tokens at hand; after a 401 under newer ones, at last of a fresh sign-in."""
        tokens = self._tokens()
        response = self._transport.send(call, tokens.access)
        for by_password in (False, True):
            if response.status_code != 401:
                return response
            tokens = self._sign_in.renew(tokens, by_password=by_password)
            response = self._transport.send(call, tokens.access)
        if response.status_code == 401:
            text = f"{call} was answered with 401 even after a fresh sign-in"
            raise SignInRefused("Deltek", text, status=401, remedy=REMEDY)
        return response

    def _tokens(self) -> Tokens:
        tokens = self._store.current()
        if tokens and tokens.lasts(self.clock.now()):
            return tokens
        return self._sign_in.renew(None)


def path_of(*segments: str) -> str:
    """The path of these segments, whatever characters a key among them holds."""
    return "/".join(quote(segment, safe="") for segment in segments)


def to_json(value: Any) -> str:
    """JSON in which a Decimal is a number with exactly its digits; the standard encoder wants a float."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(to_json, value)) + "]"
    return json.dumps(value)
