"""Events: what is recorded, who may read it, and how it reaches the webhook endpoints."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import flask
import pytest
import stripe

from connector.sandbox.serving import serve
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.events import API_VERSION
from connector.sandbox.stripe.webhooks import event_types
from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, opened, refusal


@dataclass
class Receiver:
    """A webhook receiver that answers as told."""

    url: str = ""
    status: int = 200
    bodies: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body in self.bodies]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    app, receiver = flask.Flask(__name__), Receiver()

    @app.post("/webhook")
    def webhook() -> tuple[str, int]:
        receiver.bodies.append(flask.request.get_data(as_text=True))
        receiver.signatures.append(flask.request.headers["Stripe-Signature"])
        receiver.arrived.set()
        return "", receiver.status

    with serve(app) as serving:
        receiver.url = f"{serving.url}/webhook"
        yield receiver


def subscribe(shop: Shop, receiver: Receiver, *types: str, **params: Any) -> stripe.WebhookEndpoint:
    return shop.api.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": list(types or ["*"]), **params}  # type: ignore[typeddict-item]
    )


def test_a_paid_invoice_leaves_the_trail_that_stripe_leaves(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(5000).id)
    assert shop.event_types() == [
        "customer.created",
        "invoice.created",
        "invoice.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    assert set(shop.event_types()) <= event_types()


def test_an_event_is_a_snapshot(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    (finalized,) = shop.api.v1.events.list({"type": "invoice.finalized"}).data
    shown = finalized.to_dict()
    assert (shown["data"]["object"]["id"], shown["data"]["object"]["status"]) == (invoice.id, "open")
    assert (shown["api_version"], shown["created"]) == (API_VERSION, NOW)
    assert shown["request"]["id"].startswith("req_")
    assert shop.api.v1.events.retrieve(finalized.id).id == finalized.id


def test_an_event_names_the_idempotency_key_of_its_cause(shop: Shop) -> None:
    shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "make-one"})
    (event,) = shop.api.v1.events.list().data
    assert event.to_dict()["request"]["idempotency_key"] == "make-one"


def test_events_are_listed_by_type_types_and_time(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(5000).id)
    listed = shop.api.v1.events.list
    assert {event.type for event in listed({"type": "invoice.*", "limit": 100}).data} == {
        "invoice.created",
        "invoice.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    }
    two = listed({"types": ["invoice.paid", "charge.succeeded"]}).data
    assert [event.type for event in two] == ["invoice.paid", "charge.succeeded"]
    assert listed({"created": {"gt": NOW}}).data == []
    newer = listed({"ending_before": two[1].id, "limit": 100}).data
    assert newer[-1].type == "payment_intent.succeeded"
    with refusal(400, param="types"):
        listed({"type": "invoice.paid", "types": ["invoice.paid"]})
    with refusal(400, param="types"):
        listed({"types": ["invoice.paid"] * 21})


def test_events_are_listed_for_thirty_days(shop: Shop) -> None:
    shop.customer()
    shop.books.clock.advance(30 * DAY)
    assert shop.api.v1.events.list().data == []


def test_a_restricted_key_sees_the_events_of_what_it_may_read(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(5000).id)
    shop.dashboard.add_key("rk_test_reader", lacks=["invoice_read"])
    seen = {event.type for event in shop.client("rk_test_reader").v1.events.list({"limit": 100}).data}
    assert seen == {
        "customer.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    }


def test_an_event_arrives_signed(shop: Shop, receiver: Receiver) -> None:
    endpoint = subscribe(shop, receiver, "customer.created", api_version=API_VERSION)
    shop.books.clock.set(None)
    made = shop.customer()
    assert shop.sandbox.courier.deliver() == 1
    event = stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], str(endpoint.secret))
    assert (event.type, event.to_dict()["data"]["object"]["id"]) == ("customer.created", made.id)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], "whsec_other")


def test_an_event_is_rendered_in_the_version_of_its_endpoint(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, api_version="2025-03-31.basil")
    shop.customer()
    shop.sandbox.courier.deliver()
    assert json.loads(receiver.bodies[0])["api_version"] == "2025-03-31.basil"
    assert shop.api.v1.events.list().data[0].api_version == API_VERSION


def test_only_what_was_subscribed_is_delivered(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "invoice.paid", "charge.succeeded")
    shop.dashboard.pay(shop.invoice(5000).id)
    shop.sandbox.courier.deliver()
    assert receiver.types == ["charge.succeeded", "invoice.paid"]


def test_what_was_not_taken_is_tried_again_until_it_is(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    receiver.status = 400
    shop.customer()
    assert shop.sandbox.courier.deliver() == 0
    assert shop.sandbox.courier.deliver() == 0
    assert len(receiver.bodies) == 1
    (missed,) = shop.api.v1.events.list({"delivery_success": False}).data
    assert missed.pending_webhooks == 1
    receiver.status = 200
    shop.books.clock.advance(61)
    assert shop.sandbox.courier.deliver() == 1
    assert [json.loads(body)["id"] for body in receiver.bodies] == [missed.id] * 2
    assert receiver.signatures[0] != receiver.signatures[1]
    assert shop.api.v1.events.list({"delivery_success": False}).data == []
    assert [event.id for event in shop.api.v1.events.list({"delivery_success": True}).data] == [missed.id]


def test_in_the_end_stripe_gives_up(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    receiver.status = 500
    shop.customer()
    for _ in range(6):
        shop.sandbox.courier.deliver(also_later=True)
    assert len(receiver.bodies) == 4
    assert len(shop.api.v1.events.list({"delivery_success": False}).data) == 1


def test_a_receiver_that_is_away_misses_nothing_for_good(shop: Shop, receiver: Receiver) -> None:
    endpoint = subscribe(shop, receiver)
    shop.api.v1.webhook_endpoints.update(endpoint.id, {"url": "http://127.0.0.1:9/"})
    shop.customer()
    assert shop.sandbox.courier.deliver() == 0
    shop.api.v1.webhook_endpoints.update(endpoint.id, {"url": receiver.url})
    assert shop.sandbox.courier.deliver(also_later=True) == 1


def test_a_disabled_endpoint_loses_the_event(shop: Shop, receiver: Receiver) -> None:
    endpoint = subscribe(shop, receiver)
    shop.customer()
    disabled = shop.api.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    shop.sandbox.courier.deliver()
    assert (disabled.status, receiver.bodies) == ("disabled", [])
    shop.api.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
    assert shop.sandbox.courier.deliver(also_later=True) == 0


def test_webhooks_never_leave_this_machine(shop: Shop, receiver: Receiver) -> None:
    endpoint = subscribe(shop, receiver)
    shop.api.v1.webhook_endpoints.update(endpoint.id, {"url": "https://connector.example/webhook"})
    shop.customer()
    assert shop.sandbox.courier.deliver() == 0


def test_the_operator_duplicates_shuffles_and_drops(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.operate("delivery", {"copies": 3, "shuffle": True})
    names = [shop.customer(f"{n}@client.example").id for n in range(4)]
    shop.operate("events/deliver")
    assert len(receiver.bodies) == 12
    assert {json.loads(body)["data"]["object"]["id"] for body in receiver.bodies} == set(names)
    shop.operate("delivery", {"drop": True})
    lost = shop.customer("lost@client.example")
    shop.operate("delivery", {"drop": False})
    assert shop.operate("events/deliver") == {"delivered": 0}
    (missed,) = shop.api.v1.events.list({"delivery_success": False, "types": ["customer.created"]}).data
    assert missed.to_dict()["data"]["object"]["id"] == lost.id


def test_a_rolled_secret_signs_beside_the_old_one_until_that_is_retired(
    shop: Shop, receiver: Receiver
) -> None:
    endpoint = subscribe(shop, receiver)
    rolled = shop.operate("roll_secret", {"endpoint": endpoint.id})["secret"]
    shop.customer()
    shop.sandbox.courier.deliver()
    for secret in (str(endpoint.secret), rolled):
        assert stripe.WebhookSignature.verify_header(receiver.bodies[0], receiver.signatures[0], secret, None)
    only = shop.operate("roll_secret", {"endpoint": endpoint.id, "keep_old": False})["secret"]
    shop.customer("b@client.example")
    shop.sandbox.courier.deliver()
    assert stripe.WebhookSignature.verify_header(receiver.bodies[1], receiver.signatures[1], only, None)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(receiver.bodies[1], receiver.signatures[1], rolled, None)


def test_in_the_background_events_arrive_by_themselves_unless_paused(receiver: Receiver) -> None:
    with opened(deliver=True) as shop:
        shop.operate("delivery", {"paused": True})
        subscribe(shop, receiver)
        shop.customer()
        assert receiver.bodies == []
        shop.operate("delivery", {"paused": False})
        assert receiver.arrived.wait(10)
        assert receiver.types == ["customer.created"]


def test_the_secret_of_an_endpoint_is_told_once(shop: Shop, receiver: Receiver) -> None:
    made = subscribe(shop, receiver, "invoice.paid", description="connector", metadata={"tenant": "acme"})
    assert str(made.secret).startswith("whsec_")
    found = shop.api.v1.webhook_endpoints.retrieve(made.id).to_dict()
    assert "secret" not in found
    assert found == {name: value for name, value in made.to_dict().items() if name != "secret"}
    changed = shop.api.v1.webhook_endpoints.update(
        made.id, {"enabled_events": ["invoice.paid", "refund.created"]}
    )
    assert changed.enabled_events == ["invoice.paid", "refund.created"]
    assert shop.api.v1.webhook_endpoints.delete(made.id).deleted is True
    assert shop.api.v1.webhook_endpoints.list().data == []


def test_an_account_has_at_most_sixteen_endpoints(shop: Shop, receiver: Receiver) -> None:
    for _ in range(16):
        subscribe(shop, receiver)
    with refusal(400):
        subscribe(shop, receiver)


def test_an_endpoint_needs_a_url_and_events_that_exist(shop: Shop, receiver: Receiver) -> None:
    with refusal(400, param="url", error_code="url_invalid"):
        subscribe(shop, Receiver(url="nowhere"))
    with refusal(400, param="enabled_events[0]"):
        subscribe(shop, receiver, "invoice.invented")
