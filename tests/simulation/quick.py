"""The product's runtime without what costs the database two statements a request, and has tests of its own:
the pace of an account and the stored sign-in. So a history takes half of the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connector import leases
from connector.deltek.session import DeltekCredentials, DeltekSession, Tokens
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import System
from connector.limiter import Limiter
from connector.models import Tenant
from connector.runtime import Runtime
from connector.tenants.file import describe_stored
from tests.support.world import SECRETS


class Unhurried(Limiter):
    """Lets every request go at once; what is at work keeps its lease all the same."""

    def wait(self, endpoint: str = "") -> None:
        leases.keep_for_request()

    def answered(self) -> None:
        """Nothing is kept."""

    def pause(self, seconds: float) -> None:
        """Nobody waits."""

    def failed(self) -> None:
        """Nothing is kept."""


@dataclass
class Remembered:
    """Implements connector.deltek.session.TokenStore and its slot for one process."""

    tokens: Tokens | None = None
    refused: str = ""

    def current(self) -> Tokens | None:
        return self.tokens

    @contextmanager
    def exclusive(self) -> Iterator["Remembered"]:
        yield self

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def refuse(self, reason: str) -> None:
        self.refused = reason


class QuickRuntime(Runtime):
    def __post_init__(self) -> None:
        super().__post_init__()
        self._login = Remembered()
        self._sessions_at_deltek: list[DeltekSession] = []

    def close(self) -> None:
        for session in self._sessions_at_deltek:
            session.close()

    def pace(self, tenant: Tenant, system: System) -> Limiter:
        return Unhurried(self.engine, self.clock, self.random, system, [])

    def _make_deltek(self, tenant: Tenant) -> Vantagepoint:
        credentials = DeltekCredentials(
            password=SECRETS["DELTEK_PASSWORD"],
            client_id=SECRETS["DELTEK_CLIENT_ID"],
            client_secret=SECRETS["DELTEK_CLIENT_SECRET"],
        )
        session = DeltekSession(
            describe_stored(tenant.description).deltek,
            credentials,
            self._login,
            self.pace(tenant, "Deltek"),
            self.clock,
            allow_insecure_urls=True,
        )
        self._sessions_at_deltek.append(session)
        return Vantagepoint(session)
