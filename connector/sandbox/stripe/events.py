"""Events: every change of state, as a snapshot, with the deliveries it is owed.

Source: docs.stripe.com/api/events.
"""

import json
import zlib
from fnmatch import fnmatchcase

import stripe

from connector.sandbox.stripe.access import may
from connector.sandbox.stripe.books import Books, Delivery, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid
from connector.sandbox.stripe.lists import page, within
from connector.sandbox.stripe.presenting import present, view
from connector.sandbox.stripe.routing import PAGING, endpoint

API_VERSION = stripe.api_version
KEPT_DAYS = 30


def emit(books: Books, name: str, row: Object, previous: Object | None = None) -> Object:
    """Records that `row` changed, as it stands now, and owes the event to every endpoint that wants it."""
    caller = books.caller
    event = books.add(
        "event",
        {
            "api_version": API_VERSION,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": caller.request_id, "idempotency_key": caller.idempotency_key},
            "type": name,
        },
    )
    data: Object = {"object": present(books, row)}
    if previous is not None:
        data["previous_attributes"] = previous
    books.snapshots[event["id"]] = zlib.compress(json.dumps(data).encode(), level=1)
    for target in books.table("webhook_endpoint").values():
        if target["status"] == "enabled" and wanted(target, name):
            _owe(books, event, target)
    return event


def revise(books: Books, row: Object, changes: Object, name: str) -> None:
    """Changes the row and emits `name` with what was there before; nothing when nothing changes."""
    previous = {key: row.get(key) for key, value in changes.items() if row.get(key) != value}
    if "metadata" in previous:
        old, new = row["metadata"], changes["metadata"]
        previous["metadata"] = {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}
    if previous:
        row.update(changes)
        emit(books, name, row, previous)


def wanted(target: Object, name: str) -> bool:
    """Whether a webhook endpoint subscribed to this type of event."""
    return name in target["enabled_events"] or "*" in target["enabled_events"]


def _owe(books: Books, event: Object, target: Object) -> None:
    delivery = Delivery(event["id"], target["id"], due=books.clock().timestamp())
    if books.delivery.drop:
        delivery.state = "failed"
    else:
        books.outbox.append(delivery)
    books.deliveries.setdefault(event["id"], []).append(delivery)
    event["pending_webhooks"] += 1
    books.delivery.wake.set()


def delivered(books: Books, event: Object) -> bool:
    """Whether every endpoint that was owed the event has taken it."""
    return all(delivery.state == "delivered" for delivery in books.deliveries.get(event["id"], []))


@endpoint("GET", "/v1/events", "event", f"{PAGING} created type types delivery_success")
def list_events(books: Books, params: Params) -> Object:
    """The events of 30 days; a restricted key sees those of the resources it may read."""
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    if len(params.get("types", [])) > 20:
        raise invalid("Array types exceeded maximum 20 allowed elements.", "types")
    return page(books.table("event"), lambda event: _asked_for(books, event, params), params, "/v1/events")


def _asked_for(books: Books, event: Object, params: Params) -> bool:
    names = params.get("types") or [params.get("type", "*")]
    success = params.get("delivery_success")
    return (
        event["created"] > books.now() - KEPT_DAYS * DAY
        and within(event["created"], params.get("created"))
        and any(fnmatchcase(event["type"], name) for name in names)
        and success in (None, delivered(books, event))
        and _readable(books, event)
    )


def _readable(books: Books, event: Object) -> bool:
    key = books.caller.key
    if key is None or not key.lacks:
        return True
    return may(key, f"{snapshot(books, event)['object']['object']}_read")


def snapshot(books: Books, event: Object) -> Object:
    """The `data` of an event; kept packed, for a busy account has a dozen events for each invoice."""
    data: Object = json.loads(zlib.decompress(books.snapshots[event["id"]]))
    return data


@view("event")
def _view(books: Books, row: Object) -> Object:
    return {"data": snapshot(books, row)}


@endpoint("GET", "/v1/events/{id}", "event")
def retrieve(books: Books, params: Params, id: str) -> Object:
    return books.get("event", id)
