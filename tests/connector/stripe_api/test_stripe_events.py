"""Events are hints, asked for in twenties; endpoints get the product's events in the SDK's version."""

import pytest
import responses
import stripe

from connector.errors import Unavailable
from connector.stripe_api.events import WEBHOOK_EVENTS
from connector.stripe_api.gateway import StripeGateway

from .doubles import API, NOW, NOW_EPOCH, page, sent

EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "invoice_payment.paid",
    "api_version": "2026-09-30.endive",
    "created": NOW_EPOCH,
    "data": {"object": {"id": "inpay_1", "object": "invoice_payment", "amount_paid": 5000}},
}
ENDPOINT = {
    "id": "we_1",
    "object": "webhook_endpoint",
    "url": "https://hooks.example/webhooks/stripe/acme",
    "status": "enabled",
    "enabled_events": ["invoice_payment.paid"],
    "api_version": "2026-10-28.endive",
    "description": "ml-connector",
}


def test_a_missed_event_is_kept_as_stripe_wrote_it(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{API}/v1/events", json=page(EVENT))
    (hint,) = gateway.events_since(NOW, ["invoice_payment.paid"])
    assert (hint.id, hint.type, hint.created) == ("evt_1", "invoice_payment.paid", NOW)
    assert (hint.object_type, hint.object_id) == ("invoice_payment", "inpay_1")
    assert hint.raw == EVENT


def test_an_event_about_something_without_an_id_is_still_an_event(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{API}/v1/events", json=page(EVENT | {"data": {"object": {"object": "balance"}}}))
    (hint,) = gateway.events_since(NOW, ["invoice_payment.paid"])
    assert (hint.object_type, hint.object_id) == ("balance", None)


def test_no_request_names_more_than_twenty_types_and_none_is_forgotten(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{API}/v1/events", json=page())
    assert list(gateway.events_since(NOW, [*WEBHOOK_EVENTS, *WEBHOOK_EVENTS])) == []
    asked = [[value for name, value in sent(call.request) if name.startswith("types")] for call in api.calls]
    assert max(map(len, asked)) <= 20
    assert [kind for types in asked for kind in types] == list(WEBHOOK_EVENTS)


def test_the_products_events_leave_out_those_that_hold_up_billing() -> None:
    assert "invoice.created" not in WEBHOOK_EVENTS
    assert "*" not in WEBHOOK_EVENTS
    assert len(set(WEBHOOK_EVENTS)) == len(WEBHOOK_EVENTS)


def test_an_endpoint_is_registered_in_the_sdks_version_and_its_secret_is_not_shown(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(f"{API}/v1/webhook_endpoints", json=ENDPOINT | {"secret": "whsec_once"})
    endpoint_id, secret = gateway.register_endpoint("https://hooks.example/x", WEBHOOK_EVENTS, "ml-connector")
    assert (endpoint_id, secret.reveal()) == ("we_1", "whsec_once")
    assert "whsec_once" not in repr(secret)
    fields = sent(api.calls[0].request)
    assert ("api_version", stripe.api_version) in fields
    assert [value for name, value in fields if name.startswith("enabled_events")] == list(WEBHOOK_EVENTS)


def test_an_answer_without_the_secret_is_no_registration(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(f"{API}/v1/webhook_endpoints", json=ENDPOINT)
    with pytest.raises(Unavailable) as caught:
        gateway.register_endpoint("https://hooks.example/x", WEBHOOK_EVENTS, "ml-connector")
    assert caught.value.outcome_unknown


def test_endpoints_are_listed_and_deleted(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{API}/v1/webhook_endpoints", json=page(ENDPOINT))
    api.delete(f"{API}/v1/webhook_endpoints/we_1", json={"id": "we_1", "deleted": True})
    (endpoint,) = gateway.endpoints()
    assert (endpoint.id, endpoint.status, endpoint.url) == ("we_1", "enabled", ENDPOINT["url"])
    assert endpoint.events == ("invoice_payment.paid",)
    assert (endpoint.api_version, endpoint.description) == ("2026-10-28.endive", "ml-connector")
    gateway.delete_endpoint(endpoint.id)
