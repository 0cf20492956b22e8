"""The Stripe webhook endpoint of a tenant: made with the right events, its secret stored, old ones kept for a while."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from connector import audit
from connector.errors import UsageError
from connector.models import Tenant
from connector.runtime import Runtime
from connector.secret import Secret
from connector.stripe_api.events import WEBHOOK_EVENTS
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import WebhookEndpoint
from connector.tenants.secrets import store_secrets, stored_names, webhook_secrets

SECRET = "STRIPE_WEBHOOK_SECRET"  # noqa: S105 - the name of a secret


@dataclass(frozen=True)
class Registered:
    endpoint_id: str
    url: str
    what: str


def register_webhook(runtime: Runtime, tenant: Tenant, url: str) -> Registered:
    """Make the endpoint, unless it stands with these events and its secret is known here.

    Stripe tells an endpoint's secret at its creation only, so one whose secret is unknown, or whose events are
    others, is replaced: the new one is made and its secret stored before the old one is deleted, and the old
    secret is accepted beside the new one for deliveries under way.
    """
    address = _address(url, tenant.slug)
    stripe = runtime.stripe(tenant)
    old = [endpoint for endpoint in stripe.endpoints() if endpoint.url == address]
    with runtime.transaction() as session:
        known = SECRET in stored_names(session, tenant)
    # Two at one address: an earlier run ended between making the one and deleting the other, and whose secret
    # is known here cannot be told.
    if known and len(old) == 1 and _serves(old[0]):
        return Registered(old[0].id, address, "stands already")
    created, secret = stripe.register_endpoint(address, WEBHOOK_EVENTS, f"ml-connector {tenant.slug}")
    _keep(runtime, tenant, secret, created)
    _delete(stripe, old)
    return Registered(
        created, address, "registered, its secret stored" + (", the old one deleted" if old else "")
    )


def _keep(runtime: Runtime, tenant: Tenant, secret: Secret, endpoint_id: str) -> None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        row = runtime.tenant_by_slug(session, tenant.slug)
        before = webhook_secrets(session, runtime.vault, row) if SECRET in stored_names(session, row) else []
        both = ",".join(one.reveal() for one in [secret, *before[:1]])
        store_secrets(session, runtime.vault, row, {SECRET: Secret(both)}, now)
        audit.write(
            session,
            tenant_id=row.id,
            at=now,
            action="registered webhook",
            summary=f"Webhook endpoint {endpoint_id} was registered",
            refs=[endpoint_id],
        )


def _delete(stripe: StripeGateway, old: list[WebhookEndpoint]) -> None:
    for endpoint in old:
        stripe.delete_endpoint(endpoint.id)


def _serves(endpoint: WebhookEndpoint) -> bool:
    return endpoint.status == "enabled" and set(WEBHOOK_EVENTS) <= set(endpoint.events)


def _address(url: str, slug: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--url is {url!r}, but must be an address such as https://connector.example.com")
    path = f"/webhooks/stripe/{slug}"
    if parts.path.rstrip("/") not in ("", path):
        raise UsageError(f"--url ends in {parts.path}, but the receiver of {slug} is {path}")
    return f"{parts.scheme}://{parts.netloc}{path}"
