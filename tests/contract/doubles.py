"""What the samples of Deltek's answers are read with: a session that is signed in, and its surroundings."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

from connector.deltek.session import DeltekCredentials, Tokens, TokenSlot
from connector.secret import Secret
from connector.tenants.description import DeltekDescription

BASE = "https://acme.deltekfirst.com/Acme/api"


NOW = datetime(2024, 5, 1, tzinfo=UTC)


DESCRIPTION = DeltekDescription(BASE, "C0000000001P_1_ACME000", "ADMIN", companies={})


Answers = Callable[..., None]


CREDENTIALS = DeltekCredentials(Secret("password"), Secret("client"), Secret("secret"))


class Surroundings:
    """Clock, pace and a session that is signed in, as far as reading a sample needs them."""

    tokens: Tokens | None = Tokens(Secret("access"), None, NOW + timedelta(hours=1))
    refused = ""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None: ...

    def wait(self, endpoint: str = "") -> None: ...

    def pause(self, seconds: float) -> None: ...

    def answered(self) -> None: ...

    def current(self) -> Tokens | None:
        return self.tokens

    def exclusive(self) -> AbstractContextManager[TokenSlot]:
        return nullcontext(self)

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def refuse(self, reason: str) -> None:
        self.refused = reason
