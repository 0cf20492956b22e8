"""Rule 1: PostgreSQL is the truth, and Redis may vanish at any moment."""

import contextlib

import requests
from sqlalchemy import select

from connector.models import Event
from tests.end_to_end.books import differences
from tests.end_to_end.product import Product, eventually


def test_rule_1_what_a_killed_redis_took_with_it_is_found_again_without_a_person(product: Product) -> None:
    numbers = [product.bill(wbs1) for wbs1 in product.firm(4)]
    product.slow_down(0.1)
    for name in ("beat", "worker"):
        product.start(name)
    eventually(lambda: bool(product.world.stripe_invoices()), "the first draft is at Stripe", product.state)

    product.broker.kill()
    product.broker.come_back()
    product.broker.forget_everything()

    product.full_speed()
    product.pushed(len(numbers))
    assert differences(product.world) == []


def test_rule_1_without_redis_events_are_stored_and_found_when_it_is_back(product: Product) -> None:
    number = product.bill(*product.firm(1))
    product.world.poll()
    product.world.work()
    product.broker.kill()
    product.start("web")
    web = f"http://127.0.0.1:{product.port}"
    eventually(lambda: answers(f"{web}/healthz"), "the web process answers", product.state)

    product.world.pay(number)
    eventually(lambda: len(stored(product)) >= 2, "the events are stored", product.state)
    assert answers(f"{web}/readyz"), "Redis down is not the receiver's trouble"

    product.broker.come_back()
    for name in ("beat", "worker"):
        product.start(name)
    product.receipts(1)
    assert differences(product.world) == []


def answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(url, timeout=5).status_code == 200
    return False


def stored(product: Product) -> list[str]:
    with product.world.runtime.transaction() as session:
        return list(session.scalars(select(Event.stripe_event_id)))
