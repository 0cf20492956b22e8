"""The webhook endpoint: made once, replaced without losing a delivery."""

from typing import Any

import pytest

from connector.errors import Unavailable, UsageError
from connector.stripe_api.events import WEBHOOK_EVENTS
from connector.sync import register_webhook as module
from connector.sync.register_webhook import Registered, register_webhook
from connector.tenants.secrets import webhook_secrets
from tests.support.money import pushed, receipts
from tests.support.world import World

URL = "https://connector.example"


def register(world: World, url: str = URL) -> Registered:
    return register_webhook(world.runtime, world.tenant(), url)


def endpoints(world: World) -> list[dict[str, Any]]:
    return [one for one in world.stripe_books.table("webhook_endpoint").values() if not one.get("deleted")]


def secrets(world: World) -> list[str]:
    with world.runtime.transaction() as session:
        found = webhook_secrets(session, world.runtime.vault, world.tenant())
    return [one.reveal() for one in found]


def works(world: World) -> bool:
    """Whether what Stripe sends to its endpoints now is taken."""
    number = pushed(world)
    world.pay(number, 100)
    sent = len(world.stripe_books.outbox)
    return world.deliver() == sent > 0


def test_registering_makes_one_endpoint_with_the_events_and_keeps_its_secret(acme: World) -> None:
    (endpoint,) = endpoints(acme)

    assert endpoint["url"] == "https://connector.example/webhooks/stripe/acme"
    assert set(endpoint["enabled_events"]) == set(WEBHOOK_EVENTS)
    assert secrets(acme) == acme.stripe_books.secrets[endpoint["id"]]
    assert works(acme)


def test_registering_again_changes_nothing(acme: World) -> None:
    before = endpoints(acme), secrets(acme)

    assert register(acme).what == "stands already"
    assert register(acme, f"{URL}/webhooks/stripe/acme/").what == "stands already"

    assert (endpoints(acme), secrets(acme)) == before


def test_an_endpoint_that_lacks_events_is_replaced_and_the_old_secret_is_kept_beside_the_new(
    acme: World,
) -> None:
    (old,) = endpoints(acme)
    old["enabled_events"] = ["invoice.paid"]
    before = secrets(acme)

    register(acme)

    (new,) = endpoints(acme)
    assert new["id"] != old["id"]
    assert secrets(acme) == [*acme.stripe_books.secrets[new["id"]], *before]
    assert works(acme)


def test_no_more_than_two_secrets_are_kept(acme: World) -> None:
    for _ in range(3):
        endpoints(acme)[0]["status"] = "disabled"
        register(acme)

    assert len(secrets(acme)) == 2
    assert works(acme)


def test_a_registration_that_ended_before_the_secret_was_kept_is_made_good_by_the_next(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints(acme)[0]["enabled_events"] = ["invoice.paid"]

    def end(*_: object) -> None:
        raise Unavailable("Stripe", "killed")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_keep", end)
        with pytest.raises(Unavailable):
            register(acme)
    assert len(endpoints(acme)) == 2

    register(acme)

    assert len(endpoints(acme)) == 1
    assert works(acme)


def test_a_secret_rolled_at_stripe_is_accepted_beside_the_old_one_while_both_are_stored(acme: World) -> None:
    (endpoint,) = endpoints(acme)
    acme.stripe_sandbox.dashboard.roll_secret(endpoint["id"])

    assert works(acme)  # signed with both, and the old one is known


@pytest.mark.parametrize(
    "url", ["connector.example", "ftp://connector.example", "https://connector.example/other", "https://"]
)
def test_an_address_that_is_none_is_a_wrong_usage(acme: World, url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        register(acme, url)


def test_the_receiver_that_was_registered_is_the_one_that_answers(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)
    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00"]
