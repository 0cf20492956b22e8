"""What a sign-in to Vantagepoint needs and gives, and where the workers share it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connector.secret import Secret

EARLY = timedelta(seconds=60)  # a token this near to its end is renewed before it fails under a request


@dataclass(frozen=True)
class DeltekCredentials:
    """The API user's password and the registered client (Integrations > API Authorization)."""

    password: Secret
    client_id: Secret
    client_secret: Secret


@dataclass(frozen=True)
class Tokens:
    """One answer of the token endpoint; `expires_at` is in UTC."""

    access: Secret
    refresh: Secret | None
    expires_at: datetime

    def lasts(self, now: datetime) -> bool:
        """Whether a request that leaves now can still be answered under this token."""
        return now + EARLY < self.expires_at


class TokenSlot(Protocol):
    """What is known of the session while no other worker may change it."""

    @property
    def tokens(self) -> Tokens | None:
        """The tokens of the last sign-in or refresh, whoever made it."""

    @property
    def refused(self) -> str:
        """Why the last sign-in was refused; empty when it was not. Another try could lock the login."""

    def save(self, tokens: Tokens) -> None:
        """Make these the tokens of every worker."""

    def refuse(self, reason: str) -> None:
        """Remember that the credentials were refused, until a person has corrected them."""


class TokenStore(Protocol):
    """One tenant's session, shared by all workers."""

    def current(self) -> Tokens | None:
        """The tokens as last saved: a cheap read without a lock."""

    def exclusive(self) -> AbstractContextManager[TokenSlot]:
        """Serialises sign-in and refresh across all workers; what was saved or refused stands after the exit,
        also when the body raises."""
