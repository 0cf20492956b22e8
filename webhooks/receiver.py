"""POST /webhooks/stripe/SLUG: verify, store, ring, answer. Nothing else is done before the 200."""

import logging
from typing import Any

from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from connector import inbox
from connector.errors import ConnectorError
from connector.models import Tenant
from connector.secret import Secret
from connector.stripe_api.signatures import BadSignature, NotAnEvent, verify
from connector.tenants.secrets import webhook_secrets
from webhooks.current import current_runtime

logger = logging.getLogger(__name__)
receiver = Blueprint("receiver", __name__)

Answer = tuple[dict[str, str], int]


@receiver.post("/webhooks/stripe/<slug>")
def receive(slug: str) -> Answer:
    """200 once the event is safely stored; anything else makes Stripe send it again."""
    runtime = current_runtime()
    try:
        with runtime.transaction() as session:
            # PostgreSQL takes no NUL in a text.
            tenant = session.scalar(select(Tenant).where(Tenant.slug == slug.replace("\0", "?")))
            secrets = webhook_secrets(session, runtime.vault, tenant) if tenant else []
        if tenant is None:
            return {"error": "unknown tenant"}, 404
        return _verified(tenant, secrets)
    except ConnectorError as error:
        logger.warning("An event for %s was not taken: %s", slug, error.message)
        return {"error": "the webhook secret of this tenant is missing or cannot be read"}, 503
    except SQLAlchemyError as error:
        logger.warning("An event for %s could not be stored: %s", slug, type(error).__name__)
        return {"error": "the event could not be stored"}, 503


def _verified(tenant: Tenant, secrets: list[Secret]) -> Answer:
    body = request.get_data()
    header = request.headers.get("Stripe-Signature", "")
    try:
        event = verify(body, header, secrets, now=current_runtime().clock.now())
    except BadSignature:
        return {"error": "bad signature"}, 400
    except NotAnEvent:
        return {"error": "not a Stripe event"}, 400
    return _store(tenant, event, body)


def _store(tenant: Tenant, event: dict[str, Any], body: bytes) -> Answer:
    runtime = current_runtime()
    with runtime.transaction() as session:
        new = inbox.store(
            session,
            tenant,
            event_id=event["id"],
            event_type=event["type"],
            object_id=_object_id(event),
            raw=body,
            now=runtime.clock.now(),
        )
    return {"status": "stored" if new else "already stored"}, 200


def _object_id(event: dict[str, Any]) -> str:
    data = event.get("data")
    named = data.get("object") if isinstance(data, dict) else None
    found = named.get("id") if isinstance(named, dict) else None
    return found if isinstance(found, str) else ""
