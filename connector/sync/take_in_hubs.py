"""Changes in a firm, its contacts or its projects flow on to its Stripe customer at the next poll."""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, HeldBack, NotFound, Refused, SignInRefused, Unavailable
from connector.models import Customer, Tenant
from connector.sync.align_customer import plan_alignment
from connector.sync.poll_run import PollRun
from connector.sync.read_client import plan_reading, try_blocked_again
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
            if not _read_again(run, deltek, customer):
                break

    def compared(_: Session, tenant: Tenant) -> None:
        tenant.hubs_read_to = started

    run.save(compared)


def _to_read(deltek: Vantagepoint, customers: list[Customer], since: datetime) -> list[Customer]:
    changes = _changes(deltek, since)
    by_age = sorted(customers, key=lambda one: one.read_at)
    changed, oldest = [one for one in by_age if _has_changed(one, changes)], by_age[:READ_AGAIN]
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


def _read_again(run: PollRun, deltek: Vantagepoint, customer: Customer) -> bool:
    """False where Deltek did not answer: then the others wait for the next poll, which begins with them."""
    try:
        read = read_customer(deltek, run.tenant.slug, customer.client_id, customer.contact_wbs1)
    except (SignInRefused, HeldBack):
        raise
    except (Refused, Blocked, Unavailable) as error:
        # Deltek gave the lists of what changed just now: this is about the one client.
        logger.warning("A client of %s cannot be read: %s", run.tenant.slug, error.message)
        _put_last(run, customer, is_gone=isinstance(error, NotFound))
        return not isinstance(error, Unavailable)
    now = run.runtime.clock.now()
    with run.runtime.transaction() as session:
        try_blocked_again(session, plan_alignment(session, run.tenant, read, now), now)
    return True


def _put_last(run: PollRun, customer: Customer, *, is_gone: bool) -> None:
    """Its customer stays as it is, and the others do not wait for it; of one deleted there is nothing to show."""
    now = run.runtime.clock.now()
    with run.runtime.transaction() as session:
        kept = session.get_one(Customer, customer.id, with_for_update=True)
        kept.read_at = now
        if not is_gone:
            plan_reading(session, run.tenant, kept, now)
