"""A poll under way: whose it is, and how it keeps its lease while it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from connector import leases
from connector.leases import Held
from connector.models import Tenant
from connector.runtime import Runtime


@dataclass
class PollRun:
    """A poll that holds its tenant's lease."""

    runtime: Runtime
    tenant: Tenant
    held: Held
    ends_at: datetime

    def renew(self) -> None:
        """Hold on to the lease; raises LeaseLost."""
        with self.runtime.transaction() as session:
            leases.renew(session, self.held, self.runtime.clock.now())

    def keep(self) -> bool:
        """Renew the lease; False when the slice is used up. Raises LeaseLost."""
        self.renew()
        return self.runtime.clock.now() < self.ends_at

    def save(self, change: Callable[[Session, Tenant], None]) -> None:
        """Commit a change of the tenant's positions, the lease renewed in the same transaction."""
        with self.runtime.transaction() as session:
            leases.renew(session, self.held, self.runtime.clock.now())
            change(session, session.get_one(Tenant, self.tenant.id))
