"""Where a pay link leads, what that costs at Stripe, and whom it never holds up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from connector.models import Invoice, InvoiceState
from connector.sandbox.faults import Fault
from connector.sync.pay_link import (
    MOST_AT_ONCE,
    REMEMBERED_FOR,
    Destination,
    PayLinks,
    PayState,
    new_token,
    pay_link,
)
from connector.tenants import registry
from tests.support.money import pushed
from tests.support.world import World


def linked(world: World) -> tuple[str, str]:
    """An invoice that is open at Stripe, and the token of its pay link."""
    number, token = pushed(world), new_token()
    change(world, number, pay_token=token)
    return number, token


def change(world: World, number: str, **changes: Any) -> None:
    with world.runtime.transaction() as session:
        invoice = session.get_one(Invoice, world.invoice(number).id)
        for name, value in changes.items():
            setattr(invoice, name, value)


def hosted(world: World, number: str) -> str:
    return str(world.stripe_invoice(number)["hosted_invoice_url"])


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The requests that Stripe gets while the block lasts."""
    before, seen = len(world.stripe_books.requests), list[str]()
    yield seen
    seen += [f"{one['method']} {one['path']}" for one in list(world.stripe_books.requests)[before:]]


def test_an_open_invoice_leads_to_stripe_s_page_of_today(acme: World) -> None:
    number, token = linked(acme)
    links = PayLinks(acme.runtime)

    assert links.follow(token) == Destination(PayState.PAYABLE, number, hosted(acme, number))

    acme.stripe_invoice(number)["hosted_invoice_url"] = "https://invoice.stripe.com/i/another"
    acme.clock.turn(timedelta(days=40))
    assert links.follow(token).url == "https://invoice.stripe.com/i/another"


def test_one_that_was_marked_uncollectible_can_still_be_paid(acme: World) -> None:
    number, token = linked(acme)
    acme.stripe_sandbox.dashboard.mark_uncollectible(acme.stripe_invoice(number)["id"])

    assert PayLinks(acme.runtime).follow(token).state is PayState.PAYABLE


def test_a_link_that_is_followed_again_and_again_costs_one_read_in_a_while(acme: World) -> None:
    """Rule 10; Stripe meters reads."""
    number, token = linked(acme)
    links = PayLinks(acme.runtime)

    with counted(acme) as requests:
        followed = {links.follow(token) for _ in range(50)}
    assert len(followed) == 1
    assert requests == [f"GET /v1/invoices/{acme.stripe_invoice(number)['id']}"]

    acme.clock.turn(REMEMBERED_FOR)
    with counted(acme) as requests:
        links.follow(token)
    assert len(requests) == 1


def test_an_event_of_the_invoice_ends_what_was_remembered_of_it(acme: World) -> None:
    number, token = linked(acme)
    links = PayLinks(acme.runtime)
    links.follow(token)

    acme.pay(number, 100)
    acme.settle()
    acme.stripe_invoice(number)["hosted_invoice_url"] = "https://invoice.stripe.com/i/another"

    assert links.follow(token).url == "https://invoice.stripe.com/i/another"


def test_a_paid_invoice_is_told_by_stripe_before_its_event_arrives_and_without_asking_after_it(
    acme: World,
) -> None:
    number, token = linked(acme)
    acme.pay(number)

    assert PayLinks(acme.runtime).follow(token) == Destination(PayState.PAID, number)

    acme.settle()
    with counted(acme) as requests:
        assert PayLinks(acme.runtime).follow(token) == Destination(PayState.PAID, number)
    assert requests == []


def test_one_that_was_voided_at_stripe_is_withdrawn(acme: World) -> None:
    number, token = linked(acme)
    acme.stripe_sandbox.dashboard.void(acme.stripe_invoice(number)["id"])

    assert PayLinks(acme.runtime).follow(token) == Destination(PayState.WITHDRAWN, number)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (InvoiceState.LEFT_ALONE, PayState.WITHDRAWN),
        (InvoiceState.PENDING, PayState.IN_PREPARATION),
        (InvoiceState.BLOCKED, PayState.IN_PREPARATION),
    ],
)
def test_one_that_was_taken_back_from_stripe_costs_no_question_there(
    acme: World, state: InvoiceState, said: PayState
) -> None:
    number, token = linked(acme)
    change(acme, number, state=state, stripe_invoice_id=None, stripe_status="void")

    with counted(acme) as requests:
        found = PayLinks(acme.runtime).follow(token)

    assert (found.state, found.number, requests) == (said, number, [])


@pytest.mark.parametrize(
    "token", ["", "x", "x" * 31, "x" * 33, "x" * 100_000, "x" * 31 + "\0", "x" * 31 + "ä", "' OR 1=1 --"]
)
def test_what_is_no_token_is_unknown(acme: World, token: str) -> None:
    linked(acme)

    assert PayLinks(acme.runtime).follow(token) == Destination(PayState.UNKNOWN)


def test_a_token_of_no_invoice_is_unknown(acme: World) -> None:
    linked(acme)

    assert PayLinks(acme.runtime).follow(new_token()) == Destination(PayState.UNKNOWN)


@pytest.mark.parametrize("kind", ["before", "garbage", "disconnect", "rate_limit"])
def test_while_stripe_is_away_the_client_may_come_again_and_nothing_is_remembered(
    acme: World, kind: Any
) -> None:
    number, token = linked(acme)
    links = PayLinks(acme.runtime)
    acme.stripe_sandbox.faults.add(Fault(kind, path="/v1/invoices/.*", status=503, seconds=40))

    found = links.follow(token)
    assert (found.state, found.number) == (PayState.AWAY, number)
    assert found.retry_after == (40 if kind == "rate_limit" else 60)

    acme.clock.turn(timedelta(seconds=found.retry_after))
    assert links.follow(token).state is PayState.PAYABLE


def test_an_outage_of_stripe_s_is_not_asked_about_by_every_visitor(acme: World) -> None:
    _, token = linked(acme)
    links = PayLinks(acme.runtime)
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/invoices/.*", status=503, times=100))

    found = {links.follow(token).state for _ in range(30)}

    (fault,) = acme.stripe_sandbox.faults.pending
    assert found == {PayState.AWAY}
    assert 100 - fault.times < 10


def test_a_refused_key_is_no_visitor_s_business(acme: World) -> None:
    _, token = linked(acme)
    links = PayLinks(acme.runtime)
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/invoices/.*", status=401))

    assert links.follow(token).state is PayState.AWAY
    assert acme.tenant().blocked == ""


def test_one_that_stripe_does_not_know_is_a_matter_for_the_firm_not_for_the_client(acme: World) -> None:
    number, token = linked(acme)
    change(acme, number, stripe_invoice_id="in_of_another_account")

    found = PayLinks(acme.runtime).follow(token)

    assert (found.state, found.retry_after) == (PayState.AWAY, 900)


def test_a_paused_and_a_held_tenant_ask_stripe_nothing(acme: World) -> None:
    _, token = linked(acme)
    links = PayLinks(acme.runtime)
    with acme.runtime.transaction() as session:
        registry.pause(session, acme.runtime.tenant_by_slug(session, "acme"), acme.clock.now())
    with counted(acme) as requests:
        paused = links.follow(token)
    with acme.runtime.transaction() as session:
        tenant = acme.runtime.tenant_by_slug(session, "acme")
        tenant.paused, tenant.blocked = False, "Deltek refused the password"
    with counted(acme) as more:
        held = links.follow(token)

    assert (paused.state, held.state, requests, more) == (PayState.AWAY, PayState.AWAY, [], [])
    assert paused.retry_after == held.retry_after > 0


def test_rule_8_no_more_than_a_few_visitors_wait_for_stripe_at_once(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The threads that they would wait in are those that take Stripe's events in."""
    _, token = linked(acme)
    links = PayLinks(acme.runtime)
    every_one_asks, all_have_asked = Barrier(MOST_AT_ONCE + 1), Barrier(MOST_AT_ONCE + 1)

    def stand_still(_: float) -> None:
        every_one_asks.wait(10)
        all_have_asked.wait(10)

    monkeypatch.setattr(acme.stripe_sandbox.faults, "_sleep", stand_still)
    acme.stripe_sandbox.faults.add(Fault("slow", path="/v1/invoices/.*", seconds=1, times=MOST_AT_ONCE))
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        waiting = [pool.submit(links.follow, token) for _ in range(MOST_AT_ONCE)]
        every_one_asks.wait(10)
        turned_away = links.follow(token)
        all_have_asked.wait(10)
        served = [one.result().state for one in waiting]

    assert turned_away.state is PayState.AWAY
    assert 0 < turned_away.retry_after <= 10
    assert served == [PayState.PAYABLE] * MOST_AT_ONCE
    assert links.follow(token).state is PayState.PAYABLE


def test_an_address_is_made_of_the_public_address_and_the_token(acme: World) -> None:
    number, token = linked(acme)
    invoice = acme.invoice(number)

    assert pay_link("https://pay.example/", invoice) == f"https://pay.example/pay/{token}"
    assert pay_link("https://pay.example", invoice) == f"https://pay.example/pay/{token}"
    assert pay_link(None, invoice) is None


def test_tokens_hold_24_random_bytes_and_are_never_the_same() -> None:
    tokens = {new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert {len(one) for one in tokens} == {32}
