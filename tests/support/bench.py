"""The mechanism alone, without the two systems: tenants, units of work, a turned clock and recorded rings."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from connector import inbox, operations
from connector.config import Settings
from connector.models import AuditEntry, Event, Operation, OperationKind, Tenant
from connector.runtime import Runtime
from connector.tenants import registry
from connector.tenants.secrets import store_secrets
from connector.vault import Vault
from connector.work import Attempt
from tests.support.clock import TurnedClock
from tests.support.world import SECRETS, RecordingDoorbell, tenant_file


@dataclass
class Bench:
    """A runtime on a real database whose outside systems are never reached."""

    engine: Engine
    directory: Path
    clock: TurnedClock = field(default_factory=TurnedClock)
    doorbell: RecordingDoorbell = field(default_factory=RecordingDoorbell)

    def __post_init__(self) -> None:
        url = self.engine.url.render_as_string(hide_password=False)
        settings = Settings.from_environment({"DATABASE_URL": url, "CONNECTOR_ALLOW_INSECURE_URLS": "1"})
        self.runtime = Runtime(
            settings, self.engine, Vault([bytes(range(32))]), self.clock, Random(3), self.doorbell
        )

    def tenant(self, slug: str = "acme", **changes: str) -> Tenant:
        """A tenant with its credentials, applied from a file."""
        path = self.directory / f"{slug}.toml"
        text = tenant_file("http://127.0.0.1:9/Sandbox/api", **changes)
        path.write_text(text.replace('"acme"', f'"{slug}"'), "utf-8")
        with self.runtime.transaction() as session:
            registry.apply_file(session, path, allow_insecure_urls=True, now=self.clock.now())
            tenant = self.runtime.tenant_by_slug(session, slug)
            store_secrets(session, self.runtime.vault, tenant, SECRETS, self.clock.now())
        return tenant

    def operation(
        self,
        tenant: Tenant,
        key: str = "receipt 1",
        *,
        subject: str = "",
        waits_for: int | None = None,
        kind: OperationKind = OperationKind.POST_RECEIPT,
    ) -> int:
        """The id of an operation that is due now."""
        planned = Operation(
            tenant_id=tenant.id, kind=kind, key=key, subject=subject or key, waits_for_id=waits_for
        )
        with self.runtime.transaction() as session:
            return operations.plan(session, planned, self.clock.now()).id

    def event(self, tenant: Tenant, event_id: str = "evt_1") -> int:
        """The row id of an event that was received now."""
        with self.runtime.transaction() as session:
            inbox.store(
                session,
                tenant,
                event_id=event_id,
                event_type="invoice.paid",
                object_id="in_1",
                raw=b"{}",
                now=self.clock.now(),
            )
            return session.scalars(select(Event.id).where(Event.stripe_event_id == event_id)).one()

    def perform(self, operation_id: int, use_case: Callable[[Attempt[Operation]], None]) -> bool:
        return operations.perform(self.runtime, operation_id, dict.fromkeys(OperationKind, use_case))

    def fail_to_commit(self, change: Callable[[Session], None]) -> None:
        """Make the change in a transaction whose commit PostgreSQL refuses."""
        with suppress(DBAPIError), self.runtime.transaction() as session:
            change(session)
            session.flush()
            session.execute(text("SELECT 1 / 0"))

    def read(self, operation_id: int) -> Operation:
        with self.runtime.transaction() as session:
            return session.get_one(Operation, operation_id)

    def trail(self) -> list[AuditEntry]:
        with self.runtime.transaction() as session:
            return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
