"""Webhook endpoints: who is told of which events (docs.stripe.com/api/webhook_endpoints)."""

from typing import get_args
from urllib.parse import urlsplit

import stripe

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid, refused
from connector.sandbox.stripe.events import API_VERSION
from connector.sandbox.stripe.lists import page
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

MOST_ENDPOINTS = 16
_PATH = "/v1/webhook_endpoints/{webhook_endpoint}"


@endpoint(
    "POST", "/v1/webhook_endpoints", "webhook", "url enabled_events api_version description metadata connect"
)
def create(books: Books, params: Params) -> Object:
    """The secret is in this answer and in no later one."""
    if len(books.table("webhook_endpoint")) >= MOST_ENDPOINTS:
        raise refused(f"You have reached the maximum of {MOST_ENDPOINTS} test webhook endpoints.")
    _check_url(params["url"])
    row = books.add(
        "webhook_endpoint",
        {
            "api_version": params.get("api_version"),
            "application": None,
            "description": params.get("description") or None,
            "enabled_events": params["enabled_events"],
            "livemode": False,
            "metadata": merged({}, params.get("metadata")),
            "status": "enabled",
            "url": params["url"],
        },
    )
    secret = new_secret(books)
    books.secrets[row["id"]] = [secret]
    return {**row, "secret": secret}


def new_secret(books: Books) -> str:
    """A signing secret."""
    return f"whsec_{books.random_text(32)}"


@endpoint("GET", _PATH, "webhook")
def retrieve(books: Books, params: Params, webhook_endpoint: str) -> Object:
    return books.get("webhook_endpoint", webhook_endpoint)


@endpoint("POST", _PATH, "webhook", "url enabled_events description metadata disabled")
def update(books: Books, params: Params, webhook_endpoint: str) -> Object:
    """The API version is not among the parameters: it is fixed at creation."""
    row = books.get("webhook_endpoint", webhook_endpoint)
    if "url" in params:
        _check_url(params["url"])
    row.update(
        {name: params[name] or None for name in ("url", "enabled_events", "description") if name in params}
    )
    if "metadata" in params:
        row["metadata"] = merged(row["metadata"], params["metadata"])
    if "disabled" in params:
        row["status"] = "disabled" if params["disabled"] else "enabled"
    return row


@endpoint("DELETE", _PATH, "webhook")
def delete(books: Books, params: Params, webhook_endpoint: str) -> Object:
    books.get("webhook_endpoint", webhook_endpoint)
    del books.table("webhook_endpoint")[webhook_endpoint]
    del books.secrets[webhook_endpoint]
    return {"id": webhook_endpoint, "object": "webhook_endpoint", "deleted": True}


@endpoint("GET", "/v1/webhook_endpoints", "webhook", PAGING)
def list_endpoints(books: Books, params: Params) -> Object:
    return page(books.table("webhook_endpoint"), lambda _: True, params, "/v1/webhook_endpoints")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("Not a valid URL", "url", "url_invalid")


def event_types() -> frozenset[str]:
    """Every type of event at the pinned API version."""
    return frozenset(get_args(stripe.Event.__annotations__["type"]))


def version_of(target: Object) -> str:
    """The version in which an endpoint gets its events: its own, else the account's."""
    return str(target["api_version"] or API_VERSION)
