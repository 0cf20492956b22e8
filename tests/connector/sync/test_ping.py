"""`ping`: each thing that a sync needs is one item, and whatever is missing is named. Nothing is written."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connector.models import Credential
from connector.sandbox.stripe.control import audit as stripe_audit
from connector.secret import Secret
from connector.sync.ping import Check, ping
from connector.tenants.secrets import store_secrets
from tests.support.money import both_books, pushed, turn_to
from tests.support.world import World, tenant_file


def asked(world: World) -> list[Check]:
    return list(ping(world.runtime, world.tenant()))


def failing(world: World) -> dict[str, str]:
    return {one.what: one.message for one in asked(world) if one.ok is False}


def with_key(world: World, lacks: list[str]) -> None:
    world.stripe_sandbox.dashboard.add_key("rk_test_narrow", lacks)
    with world.runtime.transaction() as session:
        tenant = world.runtime.tenant_by_slug(session, world.slug)
        store_secrets(
            session,
            world.runtime.vault,
            tenant,
            {"STRIPE_API_KEY": Secret("rk_test_narrow")},
            world.clock.now(),
        )


def test_a_tenant_in_order_passes_every_item_and_nothing_is_written(acme: World) -> None:
    pushed(acme)
    before = both_books(acme), [one.id for one in acme.operations()]

    checks = asked(acme)

    assert [one for one in checks if one.ok is not True] == []
    assert {one.system for one in checks} == {"connector", "Deltek", "Stripe"}
    assert (both_books(acme), [one.id for one in acme.operations()]) == before


def test_a_firm_without_a_posted_invoice_is_told_what_could_not_be_checked(acme: World) -> None:
    assert failing(acme) == {}
    assert [one.what for one in asked(acme) if one.ok is None] == ["posted ledger"]


def deny(*resources: str) -> Callable[[World], None]:
    return lambda world: world.deltek_sandbox.administrator.deny("MLCONNECTOR", resources)


def hide(table: str, column: str) -> Callable[[World], None]:
    return lambda world: world.deltek_sandbox.administrator.hide("MLCONNECTOR", table, [column])


def in_file(old: str, new: str) -> Callable[[World], None]:
    return lambda world: world.apply(tenant_file(world.deltek_url).replace(old, new))


def options(**changes: object) -> Callable[[World], None]:
    return lambda world: world.deltek_sandbox.administrator.set_options(changes)


@pytest.mark.parametrize(
    ("wrong", "item", "says"),
    [
        (deny("PSALedger"), "sign-in and posted ledger", "may not GET PSALedger/IN"),
        (deny("ARReview"), "amounts in AR review", "may not GET ARReview/ARBalance"),
        (deny("DataEntry/in"), "invoice documents", "may not GET DataEntry/in"),
        (deny("project"), "project and client", "may not GET project"),
        (deny("firm"), "project and client", "may not GET firm"),
        (deny("DataEntry/cr"), "company 00: cash receipts", "may not GET DataEntry/crControl"),
        (hide("ARBalance", "OriginalAmt"), "amounts in AR review", "original amounts read as 0.00"),
        (in_file('"STRIPE"', '"STRIPO"'), "company 00: bank code", "no bank code STRIPO"),
        (in_file('."00"]', '."01"]'), "company 01", "Deltek does not show it"),
        (in_file('"USD"', '"CAD"'), "company 00", "Deltek keeps it in USD, the tenant file says CAD"),
        (options(filter_operators="words"), "filters", "try the other deltek.filter_operators"),
        (options(refno_length=5), "receipt fields", "RefNo takes 5 characters"),
        (options(batch_length=20), "receipt fields", "Batch takes 20 characters"),
        (
            lambda world: world.accountant.close_period(202611),
            "company 00: accounting period",
            "202611 is closed",
        ),
        (
            lambda world: world.deltek_sandbox.administrator.change_password("MLCONNECTOR", "other"),
            "sign-in and posted ledger",
            "refused",
        ),
    ],
)
def test_what_is_wrong_in_deltek_is_named_by_item(
    acme: World, wrong: Callable[[World], None], item: str, says: str
) -> None:
    pushed(acme)
    wrong(acme)
    if item.startswith("sign-in"):
        acme.deltek_sandbox.administrator.expire_tokens()
        acme.deltek_sandbox.administrator.revoke_refresh_tokens()

    found = failing(acme)

    assert says in found[item]


def test_the_period_is_that_of_the_tenant_s_day(acme: World) -> None:
    acme.accountant.close_period(202611)
    turn_to(acme, datetime(2026, 12, 1, 4, 30, tzinfo=UTC))  # 23:30 on 30 November in New York

    assert "202611 is closed" in failing(acme)["company 00: accounting period"]


@pytest.mark.parametrize(
    ("lacks", "items"),
    [
        ("charge_read", {"read charges", "read refunds"}),
        ("invoice_read", {"read invoices", "read invoice payments"}),
        ("customer_read", {"read customers"}),
        ("event_read", {"read events"}),
        ("webhook_read", {"read webhook endpoints", "webhook endpoint"}),
    ],
)
def test_what_a_restricted_key_may_not_read_is_named(acme: World, lacks: str, items: set[str]) -> None:
    with_key(acme, [lacks])

    found = failing(acme)

    assert set(found) == items
    assert all("permission" in message for message in found.values())


def test_a_key_that_may_not_read_its_own_account_lacks_nothing_that_matters(acme: World) -> None:
    with_key(acme, ["account_read", "accounts_kyc_basic_read"])

    assert failing(acme) == {}


def test_a_key_that_stripe_does_not_know_is_named(acme: World) -> None:
    with_key(acme, [])
    acme.stripe_sandbox.dashboard.revoke_key("rk_test_narrow")

    assert "Stripe refused the API key" in failing(acme)["API key"]


def test_a_webhook_that_is_disabled_or_lacks_events_is_named(acme: World) -> None:
    (endpoint,) = acme.stripe_books.table("webhook_endpoint").values()
    events = endpoint["enabled_events"]

    endpoint["enabled_events"] = [one for one in events if not one.startswith("refund.")]
    assert failing(acme)["webhook endpoint"].endswith("lacks refund.created, refund.failed, refund.updated")
    endpoint["enabled_events"] = ["*"]
    assert failing(acme) == {}
    endpoint["status"] = "disabled"
    assert "acme is disabled: ml-connector webhook register acme --url" in failing(acme)["webhook endpoint"]


def test_a_missing_credential_is_named_and_the_other_system_still_asked(acme: World) -> None:
    with acme.runtime.transaction() as session:
        session.delete(session.get_one(Credential, (acme.tenant().id, "DELTEK_PASSWORD")))
        acme.runtime.tenant_by_slug(session, "acme").revision += 1

    checks = asked(acme)

    assert failing(acme)["credentials"] == "missing: DELTEK_PASSWORD"
    assert "DELTEK_PASSWORD of tenant acme is missing" in failing(acme)["sign-in and posted ledger"]
    assert [one.ok for one in checks if one.what == "API key"] == [True]


def test_ping_leaves_stripe_untouched_when_deltek_does_not_answer(acme: World) -> None:
    before = stripe_audit(acme.stripe_books)
    acme.deltek_sandbox.administrator.disable_login("MLCONNECTOR")

    assert failing(acme)
    assert stripe_audit(acme.stripe_books) == before


def test_a_webhook_that_was_never_registered_is_named(acme: World) -> None:
    with acme.runtime.transaction() as session:
        session.delete(session.get_one(Credential, (acme.tenant().id, "STRIPE_WEBHOOK_SECRET")))
    acme.stripe_books.table("webhook_endpoint").clear()

    assert failing(acme)["webhook endpoint"].startswith("there is none: ml-connector webhook register acme")
