"""Queue events: what Stripe told us."""

from celery import shared_task

from connector.use_cases import handle_stored_event
from workers.process import runtime


@shared_task(name="events.handle_event")
def handle_event(event_id: int) -> None:
    """Read again what the event names, and write down the money that moved."""
    handle_stored_event(runtime(), event_id)
