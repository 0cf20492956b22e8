"""Changes in a firm, its contacts or its projects flow on to its Stripe customer at the next poll."""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import NotFound
from connector.models import Customer, Tenant
from connector.sync.align_customer import plan_alignment
from connector.sync.poll_run import PollRun
from connector.sync.read_customer import read_customer

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=24)
# An address has no ModDate of its own, and whether a change of one moves its firm's is not documented; so each
# poll also reads the firm again that was read longest ago.
READ_AGAIN = 1


def take_in_changed_firms(run: PollRun) -> None:
    """Read again the firms that changed, and those whose turn it is."""
    deltek, started = run.runtime.deltek(run.tenant), run.runtime.clock.now()
    with run.runtime.transaction() as session:
        customers = list(session.scalars(select(Customer).where(Customer.tenant_id == run.tenant.id)))
    if customers:
        since = (run.tenant.hubs_read_to or min(one.created_at for one in customers)) - OVERLAP
        for customer in _to_read(deltek, customers, since):
            run.keep()
            _read_again(run, deltek, customer)

    def compared(_: Session, tenant: Tenant) -> None:
        tenant.hubs_read_to = started

    run.save(compared)


def _to_read(deltek: Vantagepoint, customers: list[Customer], since: datetime) -> list[Customer]:
    changes = _changes(deltek, since)
    changed = [one for one in customers if _has_changed(one, changes)]
    oldest = sorted(customers, key=lambda one: one.read_at)[:READ_AGAIN]
    return changed + [one for one in oldest if one not in changed]


def _changes(deltek: Vantagepoint, since: datetime) -> dict[str, str]:
    """The ModDate of every hub record changed since, by the name it has in `Customer.sources`."""
    since = since.astimezone(UTC)
    changes = {f"firm {firm.client_id}": firm.modified for firm in deltek.changed_firms(since)}
    changes |= {f"project {one.wbs1}": one.modified for one in deltek.changed_projects(since)}
    for contact in deltek.changed_contacts(since):
        changes[f"contact {contact.contact_id}"] = contact.modified
        changes[f"contact of {contact.client_id}"] = contact.modified
    return changes


def _has_changed(customer: Customer, changes: dict[str, str]) -> bool:
    if any(changes.get(name, seen) != seen for name, seen in customer.sources.items()):
        return True
    # A contact that was not a source before may be one now.
    seen = max((seen for name, seen in customer.sources.items() if name.startswith("contact ")), default="")
    return changes.get(f"contact of {customer.client_id}", "") > seen


def _read_again(run: PollRun, deltek: Vantagepoint, customer: Customer) -> None:
    try:
        read = read_customer(deltek, run.tenant.slug, customer.client_id, customer.contact_wbs1)
    except NotFound as gone:
        # Its customer stays as it is; the other firms must not wait for it.
        logger.warning("A client of %s cannot be read: %s", run.tenant.slug, gone.message)
        with run.runtime.transaction() as session:
            session.get_one(Customer, customer.id).read_at = run.runtime.clock.now()
        return
    with run.runtime.transaction() as session:
        plan_alignment(session, run.tenant, read, run.runtime.clock.now())
