"""A tenant's Deltek tokens: kept encrypted, refreshed by one worker at a time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from connector.deltek.session import Tokens, TokenSlot
from connector.errors import Busy, SignInRefused
from connector.models import DeltekLogin, Tenant
from connector.secret import Secret
from connector.vault import CannotOpen, Vault

NAME = "DELTEK_TOKENS"


class StoredLogin:
    """The TokenStore of `connector.deltek.session`, in PostgreSQL."""

    def __init__(self, sessions: sessionmaker[Session], vault: Vault, tenant_id: int, revision: int) -> None:
        self._sessions = sessions
        self._vault = vault
        self._tenant_id = tenant_id
        self._revision = revision

    def current(self) -> Tokens | None:
        """Asked before every request: one statement, and none to begin or to end a transaction."""
        ours = (Tenant.id == DeltekLogin.tenant_id) & (Tenant.login_revision == self._revision)
        stored = select(DeltekLogin).join(Tenant, ours).where(DeltekLogin.tenant_id == self._tenant_id)
        with self._sessions() as session:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            row = session.scalar(stored)
            return _tokens(self._vault, row) if row else None

    @contextmanager
    def exclusive(self) -> Iterator[TokenSlot]:
        """The row, locked: whoever comes second waits and finds the tokens that the first one got.

        A refusal is kept although it is raised through here, so that no other worker tries the same password.
        Raises Busy when the credentials that this worker has are not the tenant's any more: neither a token nor
        a refusal of them may stand for the new ones.
        """
        with self._sessions.begin() as session:
            session.execute(insert(DeltekLogin).values(tenant_id=self._tenant_id).on_conflict_do_nothing())
            row = session.scalars(
                select(DeltekLogin).where(DeltekLogin.tenant_id == self._tenant_id).with_for_update()
            ).one()
            if self._is_outdated(session):
                raise Busy("The credentials of the tenant have just been changed")
            refusal = None
            try:
                yield StoredSlot(session, self._vault, row)
            except SignInRefused as error:
                refusal = error
        if refusal is not None:
            raise refusal

    def _is_outdated(self, session: Session) -> bool:
        now = session.scalar(select(Tenant.login_revision).where(Tenant.id == self._tenant_id))
        return now != self._revision


class StoredSlot:
    """The locked row, as `connector.deltek.session.TokenSlot`."""

    def __init__(self, session: Session, vault: Vault, row: DeltekLogin) -> None:
        self._session = session
        self._vault = vault
        self._row = row

    @property
    def tokens(self) -> Tokens | None:
        return _tokens(self._vault, self._row)

    @property
    def refused(self) -> str:
        return self._row.refused

    def save(self, tokens: Tokens) -> None:
        content = {"access": tokens.access.reveal(), "refresh": tokens.refresh and tokens.refresh.reveal()}
        self._row.sealed_tokens = self._vault.seal(
            Secret(json.dumps(content)), tenant_id=self._row.tenant_id, name=NAME
        )
        self._row.expires_at = tokens.expires_at
        self._row.refused = ""

    def refuse(self, reason: str) -> None:
        self._row.refused = reason
        self._row.sealed_tokens = None
        tenant = self._session.get(Tenant, self._row.tenant_id)
        if tenant is not None:
            tenant.blocked = reason


def _tokens(vault: Vault, row: DeltekLogin) -> Tokens | None:
    expires_at: datetime | None = row.expires_at
    if row.sealed_tokens is None or expires_at is None:
        return None
    try:
        content = json.loads(vault.open(row.sealed_tokens, tenant_id=row.tenant_id, name=NAME).reveal())
    except CannotOpen:
        return None  # sealed under a key that is gone: the password still signs in
    refresh = Secret(content["refresh"]) if content["refresh"] else None
    return Tokens(access=Secret(content["access"]), refresh=refresh, expires_at=expires_at)
