"""Queue polling: the tick, and each tenant's poll."""

from celery import shared_task

from connector import dispatch
from connector.sync.poll import poll_tenant as poll
from workers.process import runtime


@shared_task(name="polling.tick")
def tick() -> None:
    """Send whatever is due to its queue."""
    dispatch.tick(runtime())


@shared_task(name="polling.poll_tenant")
def poll_tenant(tenant_id: int) -> None:
    """Read what Deltek posted for the tenant since its last poll."""
    poll(runtime(), tenant_id)
