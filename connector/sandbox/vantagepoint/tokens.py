"""Signing in: logins, roles, and the tokens of the password and refresh grants.

Sources: Deltek PS 1.1 help, Get an Access Token (form fields, answer); GO scjalliance/vantagepoint auth.go
(refresh grant, field names in any case) and errors_test.go (texts of refusals).
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.sandbox.vantagepoint.clock import SandboxClock
from connector.sandbox.vantagepoint.errors import ApiError, OrderRefused, TokenError
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.wire import Row

DISABLED = "Your login has been disabled.  Please contact your system administrator."
WRONG = "The user name or password is incorrect."


@dataclass
class Role:
    """What a login may do.

    `denied` holds beginnings of resource paths (`ARReview`), with or without a method (`POST DataEntry/cr`);
    `hidden` holds columns by table.
    """

    denied: set[str] = field(default_factory=set)
    hidden: dict[str, set[str]] = field(default_factory=dict)
    closed_periods: bool = False
    companies: set[str] | None = None

    def allows(self, method: str, resource: str) -> bool:
        asked = (resource.lower(), f"{method} {resource}".lower())
        return not any(name.startswith(start.lower()) for start in self.denied for name in asked)

    def mask(self, table: str, row: Row) -> Row:
        """Hidden values come back blank or 0, and nothing says so."""
        hidden = self.hidden.get(table, ())
        return {name: _blank(value) if name in hidden else value for name, value in row.items()}


def _blank(value: object) -> object:
    return "" if isinstance(value, str) else 0


@dataclass
class Login:
    """A user of Vantagepoint and the session state that its requests share."""

    username: str
    password: str = field(repr=False)
    company: str = "00"
    period: int = 0
    disabled: bool = False
    failures: int = 0
    role: Role = field(default_factory=Role)


@dataclass(frozen=True)
class _Token:
    username: str
    expires: datetime


class Tokens:
    """The token endpoint's state: one API client, one database, any number of logins."""

    def __init__(self, options: Options, clock: SandboxClock) -> None:
        self._options = options
        self._clock = clock
        self.client_id = "sandbox-client"
        self.client_secret = "sandbox-client-secret"  # noqa: S105 - opens the stand-in only
        self.database = "C0000000001P_1_SANDBOX"
        self.logins: dict[str, Login] = {}
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, str] = {}

    def add_login(self, username: str, password: str) -> Login:
        login = Login(username, password)
        self.logins[username.upper()] = login
        return login

    def login(self, username: str) -> Login:
        """Raises OrderRefused for an unknown login."""
        try:
            return self.logins[username.upper()]
        except KeyError:
            raise OrderRefused(f"no login {username}") from None

    def grant(self, form: Mapping[str, str]) -> Row:
        """The answer to a token request, or TokenError. Field names in any case."""
        fields = {name.lower(): value for name, value in form.items()}
        kind = fields.get("grant_type", "")
        if kind not in ("password", "refresh_token"):
            raise TokenError("unsupported_grant_type")
        self._check_client(fields)
        login = self._by_password(fields) if kind == "password" else self._by_refresh(fields)
        return self._issue(login)

    def authenticate(self, header: str) -> Login:
        """The login behind an Authorization header. Raises ApiError 401."""
        scheme, _, value = header.partition(" ")
        token = self._access.get(value.strip())
        if scheme.lower() != "bearer" or token is None or token.expires <= self._clock.now():
            raise ApiError(401, "Authorization has been denied for this request.")
        return self.login(token.username)

    def expire_access(self) -> None:
        self._access.clear()

    def revoke_refresh(self) -> None:
        self._refresh.clear()

    def _check_client(self, fields: Mapping[str, str]) -> None:
        given = (fields.get("client_id", ""), fields.get("client_secret", ""))
        if not all(map(_same, given, (self.client_id, self.client_secret))):
            raise TokenError("invalid_client", "Client credentials are invalid.")
        if fields.get("database", "") != self.database:
            raise TokenError("invalid_grant", "The database is not valid.")

    def _by_password(self, fields: Mapping[str, str]) -> Login:
        login = self.logins.get(fields.get("username", "").upper())
        if login is None:
            raise TokenError("invalid_grant", WRONG)
        if login.disabled:
            raise TokenError("invalid_grant", DISABLED)
        if fields.get("integrated", "N").upper() == "Y" or not _same(
            fields.get("password", ""), login.password
        ):
            self._count_failure(login)
            raise TokenError("invalid_grant", WRONG)
        login.failures = 0
        return login

    def _count_failure(self, login: Login) -> None:
        login.failures += 1
        login.disabled = 0 < self._options.lock_after <= login.failures

    def _by_refresh(self, fields: Mapping[str, str]) -> Login:
        value = fields.get("refresh_token", "")
        login = self.logins.get(self._refresh.get(value, ""))
        if login is None or login.disabled:
            raise TokenError("invalid_grant", DISABLED if login else "The refresh token is invalid.")
        if self._options.refresh_single_use:
            del self._refresh[value]
        return login

    def _issue(self, login: Login) -> Row:
        access, refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        seconds = self._options.access_token_seconds
        self._access[access] = _Token(login.username, self._clock.now() + timedelta(seconds=seconds))
        self._refresh[refresh] = login.username.upper()
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": seconds,
            "refresh_token": refresh,
        }


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())
