"""GET /metrics: the state of every tenant's work as Prometheus text, counted in the database at each scrape."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from connector.doorbell import CeleryDoorbell
from connector.runtime import Runtime
from connector.sync.status import TenantStatus, all_statuses
from webhooks.current import current_runtime

metrics = Blueprint("metrics", __name__)

GAUGES = {
    "backlog": "Units of work not finished",
    "failed": "Units of work that wait for a person",
    "oldest_seconds": "Age of the oldest unit of work not finished",
    "invoices_pushed": "Invoices that are at Stripe",
    "receipts_written": "Cash receipts that stand in Deltek",
    "poll_age_seconds": "Time since the last whole poll of Deltek",
}


@metrics.get("/metrics")
def scrape() -> Response:
    return Response(_text(current_runtime()), mimetype=CONTENT_TYPE_LATEST)


def _text(runtime: Runtime) -> bytes:
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"ml_connector_{name}", text, ["tenant"], registry=registry)
        for name, text in GAUGES.items()
    }
    with runtime.transaction() as session:
        statuses = all_statuses(session, runtime.clock.now())
    for status in statuses:
        for name, gauge in gauges.items():
            gauge.labels(status.slug).set(_value(status, name))
    if isinstance(runtime.doorbell, CeleryDoorbell):
        unheard = Gauge("ml_connector_unheard_rings", "Messages the broker did not take", registry=registry)
        unheard.set(runtime.doorbell.unheard)
    return generate_latest(registry)


def _value(status: TenantStatus, name: str) -> float:
    value = getattr(status, name)
    return float("nan") if value is None else float(value)
