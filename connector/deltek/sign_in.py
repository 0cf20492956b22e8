"""Signing in: the password grant, the refresh grant, and what their refusals mean.

Form fields: Deltek PS 1.1 help, "Get an Access Token"; refresh: GO scjalliance/vantagepoint auth.go. No answer is
quoted as it stands, because a gateway's page may repeat the form that was posted.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import requests

from connector.clock import Clock
from connector.deltek.answers import readable
from connector.deltek.tokens import DeltekCredentials, Tokens, TokenSlot, TokenStore
from connector.deltek.transport import Call, Transport, retry_after
from connector.errors import SignInRefused, Unavailable
from connector.secret import Secret
from connector.tenants.description import DeltekDescription

HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
TEMPORARY = ("temporarily_unavailable", "server_error")  # RFC 6749, 4.1.2.1
REMEDY = "Correct it with `ml-connector tenant secrets SLUG`, then `ml-connector tenant resume SLUG`"
REASONS = {
    "invalid_grant": "wrong user name or password, or a disabled login",
    "invalid_client": "wrong client id or client secret",
    "unauthorized_client": "the client may not use the password grant",
    "unsupported_grant_type": "'Allow Password Grant Type' is not ticked for the client",
}


class GrantRefusedError(Exception):
    """The token endpoint read the form and said no. Its text holds no secret."""


class SignIn:
    """Gets tokens for one tenant, one worker at a time."""

    def __init__(
        self,
        description: DeltekDescription,
        credentials: DeltekCredentials,
        store: TokenStore,
        transport: Transport,
        clock: Clock,
    ) -> None:
        self._description = description
        self._credentials = credentials
        self._store = store
        self._transport = transport
        self._clock = clock

    def renew(self, failed: Tokens | None, *, by_password: bool = False) -> Tokens:
        """Tokens other than `failed`: those another worker has got meanwhile, or new ones.

        Raises SignInRefused when the credentials are refused or were before, Unavailable when the token
        endpoint gives no usable answer.
        """
        with self._store.exclusive() as slot:
            if slot.refused:
                raise SignInRefused("Deltek", slot.refused, status=400, remedy=REMEDY)
            held = slot.tokens
            if held and held.lasts(self._clock.now()) and (failed is None or held.access != failed.access):
                return held
            tokens = self._refreshed(None if by_password else held) or self._by_password(slot)
            slot.save(tokens)
            return tokens

    def _refreshed(self, held: Tokens | None) -> Tokens | None:
        if held is None or held.refresh is None:
            return None
        try:
            return self._grant(
                {
                    "grant_type": "refresh_token",
                    "refresh_token": held.refresh.reveal(),
                    "client_id": self._credentials.client_id.reveal(),
                }
            )
        except GrantRefusedError:
            return None

    def _by_password(self, slot: TokenSlot) -> Tokens:
        try:
            return self._grant(
                {
                    "grant_type": "password",
                    "Username": self._description.username,
                    "Password": self._credentials.password.reveal(),
                    "Integrated": "Y" if self._description.integrated else "N",
                    "Client_Id": self._credentials.client_id.reveal(),
                }
            )
        except GrantRefusedError as refusal:
            reason = f"Deltek refused the sign-in of {self._description.username}: {refusal}"
            slot.refuse(reason)
            raise SignInRefused("Deltek", reason, status=400, remedy=REMEDY) from None

    def _grant(self, fields: Mapping[str, str]) -> Tokens:
        form = {
            **fields,
            "database": self._description.database,
            "client_secret": self._credentials.client_secret.reveal(),
        }
        asked_at = self._clock.now()
        # A lost answer costs a refresh token at most, so nobody's outcome is unknown: no `changes`.
        response = self._transport.send(Call("POST", "token", HEADERS, data=form))
        content = _content(response)
        if response.status_code != 200:
            raise self._error(response, content)
        tokens = _tokens(content, asked_at)
        if tokens is None:
            raise self._unavailable(response)
        return tokens

    def _error(self, response: requests.Response, content: dict[str, Any]) -> Exception:
        code = content.get("error")
        if response.status_code not in (400, 401, 403) or not isinstance(code, str) or code in TEMPORARY:
            return self._unavailable(response)
        reason = REASONS.get(code) or self._fit_to_show(code) or "it gave no reason"
        said = self._fit_to_show(str(content.get("error_description") or ""))
        return GrantRefusedError(f"{reason} (Deltek says: {said})" if said else reason)

    def _unavailable(self, response: requests.Response) -> Unavailable:
        text = f"The token endpoint gave no usable answer (status {response.status_code})"
        return Unavailable("Deltek", text, retry_after=retry_after(response, self._clock.now()))

    def _fit_to_show(self, text: str) -> str:
        """The text in one line, or nothing when it repeats a credential in any spelling."""
        given = self._credentials
        values = [secret.reveal() for secret in (given.password, given.client_id, given.client_secret)]
        spellings = {spell(value) for value in values if value for spell in (str, quote, quote_plus)}
        line = readable(text)
        return "" if any(spelling in text or spelling in line for spelling in spellings) else line


def _tokens(content: dict[str, Any], asked_at: datetime) -> Tokens | None:
    access, refresh = content.get("access_token"), content.get("refresh_token")
    if not access or not isinstance(access, str):
        return None
    try:
        expires_at = asked_at + timedelta(seconds=int(content["expires_in"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return Tokens(Secret(access), Secret(str(refresh)) if refresh else None, expires_at)


def _content(response: requests.Response) -> dict[str, Any]:
    try:
        content = json.loads(response.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
