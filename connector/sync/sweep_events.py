"""Events that no delivery brought are taken from Stripe's own list, so that a lost webhook loses nothing."""

import json
import logging
from datetime import timedelta

from connector import inbox
from connector.errors import Refused, SignInRefused, Unavailable
from connector.models import Tenant
from connector.runtime import Runtime
from connector.stripe_api.events import WEBHOOK_EVENTS

logger = logging.getLogger(__name__)

# Stripe counts reads (about 10,000 a month are always free): a look every half hour is 1,500.
SWEEP_EVERY = timedelta(minutes=30)
OVERLAP = timedelta(hours=1)
# Stripe keeps events for 30 days.
KEPT_FOR = timedelta(days=30)


def sweep_events(runtime: Runtime, tenant: Tenant, *, at_once: bool = False) -> None:
    """Put into the inbox whatever it lacks; events that cannot be read are no reason to stop a poll."""
    now = runtime.clock.now()
    read_to = tenant.events_read_to
    if read_to is not None and now - read_to < SWEEP_EVERY and not at_once:
        return
    since = max(read_to or tenant.created_at, now - KEPT_FOR) - OVERLAP
    try:
        events = list(runtime.stripe(tenant).events_since(since, WEBHOOK_EVENTS))
    except SignInRefused:
        raise
    except (Refused, Unavailable) as trouble:
        # The position stays: once they can be read, what was missed is still there.
        logger.warning("Stripe's events of %s cannot be read: %s", tenant.slug, trouble.message)
        return
    for event in events:
        with runtime.transaction() as session:
            inbox.store(
                session,
                tenant,
                event_id=event.id,
                event_type=event.type,
                object_id=event.object_id or "",
                raw=json.dumps(event.raw).encode(),
                now=now,
            )
    with runtime.transaction() as session:
        session.get_one(Tenant, tenant.id).events_read_to = now
