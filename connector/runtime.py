"""What a use case is handed: the database, time, chance, the vault, the doorbell, and each tenant's clients."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from connector.clock import Clock, SystemClock
from connector.config import Settings
from connector.deltek.session import DeltekCredentials, DeltekSession
from connector.deltek.vantagepoint import Vantagepoint
from connector.doorbell import Doorbell, Ring, SilentDoorbell
from connector.errors import System, UsageError
from connector.limiter import Limiter
from connector.models import Tenant
from connector.secret import Secret
from connector.stripe_api.gateway import StripeGateway
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe_stored
from connector.tenants.logins import StoredLogin
from connector.tenants.secrets import read_secret
from connector.vault import Vault

logger = logging.getLogger(__name__)


@dataclass
class Runtime:
    """One for each process; safe to share between threads."""

    settings: Settings
    engine: Engine
    vault: Vault
    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    doorbell: Doorbell = field(default_factory=SilentDoorbell)
    _clients: dict[tuple[str, int, int], object] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction; what was put into `after_commit` of it is rung once it is committed."""
        with self._sessions.begin() as session:
            yield session
        self.doorbell.ring(session.info.pop("rings", []))

    def tenant_by_slug(self, session: Session, slug: str) -> Tenant:
        tenant = session.scalar(select(Tenant).where(Tenant.slug == slug))
        if tenant is None:
            raise UsageError(f"There is no tenant {slug}", "`ml-connector tenant list` shows those there are")
        return tenant

    def pace(self, tenant: Tenant, system: System) -> Limiter:
        """The limiter of the tenant's account at `system`; tenants of one Stripe account share theirs."""
        description = describe_stored(tenant.description)
        if system == "Deltek":
            deltek = description.deltek
            account = _digest(f"{deltek.url} {deltek.database} {deltek.username}")
            buckets = [(f"deltek {account}", float(deltek.requests_per_second))]
        else:
            buckets = self._stripe_buckets(tenant, description)
        return Limiter(self.engine, self.clock, self.random, system, buckets)

    def deltek(self, tenant: Tenant) -> Vantagepoint:
        """The tenant's Vantagepoint; raises Blocked when a credential is missing."""
        key = ("deltek", tenant.id, tenant.revision)
        if key not in self._clients:
            self._clients[key] = self._make_deltek(tenant)
        client = self._clients[key]
        assert isinstance(client, Vantagepoint)  # noqa: S101 - narrows the type for the reader and for mypy
        return client

    def stripe(self, tenant: Tenant) -> StripeGateway:
        """The tenant's Stripe account; raises Blocked when the key is missing."""
        key = ("stripe", tenant.id, tenant.revision)
        if key not in self._clients:
            description = describe_stored(tenant.description).stripe
            self._clients[key] = StripeGateway(
                self._secret(tenant, "STRIPE_API_KEY"),
                pace=self.pace(tenant, "Stripe"),
                clock=self.clock,
                account=description.account,
                api_base=self.settings.stripe_api_base,
            )
        client = self._clients[key]
        assert isinstance(client, StripeGateway)  # noqa: S101 - narrows the type for the reader and for mypy
        return client

    def _make_deltek(self, tenant: Tenant) -> Vantagepoint:
        credentials = DeltekCredentials(
            password=self._secret(tenant, "DELTEK_PASSWORD"),
            client_id=self._secret(tenant, "DELTEK_CLIENT_ID"),
            client_secret=self._secret(tenant, "DELTEK_CLIENT_SECRET"),
        )
        session = DeltekSession(
            describe_stored(tenant.description).deltek,
            credentials,
            StoredLogin(self._sessions, self.vault, tenant.id, tenant.login_revision),
            self.pace(tenant, "Deltek"),
            self.clock,
            allow_insecure_urls=self.settings.allow_insecure_urls,
        )
        return Vantagepoint(session)

    def _secret(self, tenant: Tenant, name: str) -> Secret:
        with self.transaction() as session:
            return read_secret(session, self.vault, tenant, name)

    def _stripe_buckets(self, tenant: Tenant, description: TenantDescription) -> list[tuple[str, float]]:
        account = _digest(self._secret(tenant, "STRIPE_API_KEY").reveal())
        rate = float(description.stripe.requests_per_second)
        return [(f"stripe {account}", rate)]


def after_commit(session: Session, ring: Ring) -> None:
    """Have `ring` sent once the transaction of `session` is committed; forgotten when it is not."""
    session.info.setdefault("rings", []).append(ring)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
