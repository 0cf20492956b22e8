"""Stripe's events are hints: duplicated, shuffled, dropped or foreign, they end in the same books."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, update

from connector import inbox
from connector.models import Credential, Invoice, Tenant, WorkState
from connector.sandbox.stripe.events import emit
from connector.sync.replay import replay_failed
from connector.tenants.secrets import store_secrets
from connector.use_cases import handle_stored_event
from tests.support.money import events, handle_due, our_files, pushed, receipts, tied, total_received
from tests.support.settling import problems
from tests.support.world import SECRETS, World


def store(world: World, event: dict[str, Any]) -> int:
    """Put an event into the inbox as the receiver would; its row id."""
    with world.runtime.transaction() as session:
        inbox.store(
            session,
            world.tenant(),
            event_id=event["id"],
            event_type=event["type"],
            object_id=event.get("data", {}).get("object", {}).get("id") or "",
            raw=json.dumps(event).encode(),
            now=world.clock.now(),
        )
    return events(world)[-1].id


def waiting(world: World) -> list[Any]:
    return world.stripe_books.outbox


def test_an_event_delivered_three_times_is_one_receipt(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)

    deliveries = list(waiting(acme))
    for _ in range(3):
        waiting(acme)[:] = deliveries
        acme.deliver()
    acme.settle()

    assert total_received(acme, number) == Decimal("1000.00")
    assert len(our_files(acme)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_and_duplicated_deliveries_of_payment_refund_and_failure_come_out_the_same(
    acme: World, seed: int
) -> None:
    number = pushed(acme)
    charge = acme.pay(number, 70000)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 20001)
    second = acme.stripe_sandbox.dashboard.refund(charge["id"], 10000)
    acme.stripe_sandbox.dashboard.settle_refund(second["id"], "failed")
    acme.pay(number)

    deliveries = list(waiting(acme)) * 2
    Random(seed).shuffle(deliveries)
    for delivery in deliveries:
        waiting(acme)[:] = [delivery]
        acme.deliver()
        acme.work()
    acme.settle()

    assert total_received(acme, number) == Decimal("799.99")
    assert acme.deltek_invoice(number)["balance"] == "200.01"
    assert not tied(acme).differences


def test_deliveries_that_never_come_are_found_in_stripe_s_own_list(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 500)
    waiting(acme).clear()

    acme.clock.turn(timedelta(minutes=31))
    acme.poll()
    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00", "-5.00"]


def test_rule_7_eight_threads_on_the_same_events_make_one_receipt(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 4000)
    acme.deliver()
    ids = [event.id for event in events(acme)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda row: handle_stored_event(acme.runtime, row), ids * 8))
    acme.settle()

    assert sorted(one["amount"] for one in receipts(acme, number)) == ["-40.00", "1000.00"]
    assert all(event.state is WorkState.DONE for event in events(acme))


@pytest.mark.parametrize("handled", [False, True], ids=["its event waits", "its event is handled"])
def test_a_payment_made_while_the_invoice_was_being_read_is_neither_lost_nor_put_back(
    acme: World, handled: bool
) -> None:
    """Its event arrives between the reading and the writing down, so the reading proves nothing for it."""
    number = pushed(acme)
    acme.pay(number, 30000)
    acme.deliver()
    stripe = type(acme.runtime.stripe(acme.tenant()))
    read = stripe.payments_of_invoice
    meanwhile: list[Any] = []
    (of_payment,) = [one.id for one in events(acme) if one.type == "invoice_payment.paid"]

    def read_and_be_overtaken(self: Any, invoice_id: str) -> Any:
        found = read(self, invoice_id)
        if not meanwhile:
            acme.clock.turn(timedelta(seconds=1))
            meanwhile.append(acme.pay(number))
            acme.deliver()
            handle_due(acme, at_most=50 if handled else 0)
            acme.clock.turn(timedelta(seconds=1))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stripe, "payments_of_invoice", read_and_be_overtaken)
        handle_stored_event(acme.runtime, of_payment)
    assert meanwhile
    assert acme.invoice(number).stripe_status == ("paid" if handled else "open")
    acme.settle()

    assert total_received(acme, number) == Decimal("1000.00")
    assert acme.invoice(number).stripe_status == "paid"


def test_an_endpoint_that_tells_of_refunds_by_their_charge_only_leads_to_the_same_reversal(
    acme: World,
) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"], 30000)
    with acme.stripe_books.lock:
        acme.stripe_books.outbox[:] = [
            one
            for one in acme.stripe_books.outbox
            if not acme.stripe_books.table("event")[one.event]["type"].startswith("refund.")
        ]
    with acme.runtime.transaction() as session:
        inbox.store(
            session,
            acme.tenant(),
            event_id="evt_by_charge",
            event_type="charge.refunded",
            object_id=charge["id"],
            raw=b'{"data": {"object": {"object": "charge"}}}',
            now=acme.clock.now(),
        )
    acme.settle()

    assert acme.deltek_invoice(number)["balance"] == "300.00"
    assert [movement.amount for movement in acme.movements()] == [100000, -30000]


def test_money_for_invoices_that_are_not_ours_is_left_alone(acme: World) -> None:
    number = pushed(acme)
    for key in list(acme.stripe_invoice(number)["metadata"]):
        if acme.stripe_invoice(number)["metadata"][key] == "acme":
            acme.stripe_invoice(number)["metadata"][key] = "another"

    charge = acme.pay(number)
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()

    assert our_files(acme) == []
    assert (acme.status().backlog, acme.status().failed) == (0, 0)


def test_an_event_for_an_invoice_not_yet_written_down_waits_until_it_is(acme: World) -> None:
    """The push was killed after finalizing: Stripe has the invoice and the client pays before we know its id."""
    number = pushed(acme)
    with acme.runtime.transaction() as session:
        invoice_id = session.merge(acme.invoice(number)).stripe_invoice_id
        session.execute(update(Invoice).values(stripe_invoice_id=None))
    acme.pay(number)
    acme.deliver()
    acme.work()
    assert acme.movements() == []
    assert acme.status().backlog > 0

    with acme.runtime.transaction() as session:
        session.execute(update(Invoice).values(stripe_invoice_id=invoice_id))
    acme.settle()

    assert total_received(acme, number) == Decimal("1000.00")


@pytest.mark.parametrize(
    "event",
    [
        {"id": "evt_1", "type": "something.new", "data": {"object": {"id": "xx_1"}}},
        {"id": "evt_1", "type": "something_without_a_dot", "data": {"object": {"id": "xx_1"}}},
        {"id": "evt_1", "type": "invoice.upcoming", "data": {"object": {"object": "invoice"}}},
        {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_foreign"}}},
        {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {}}},
        {"id": "evt_1", "type": "refund.created", "data": {"object": {}}},
        {"id": "evt_1", "type": "invoice_payment.paid", "data": {"object": {"id": "inpay_1"}}},
        {"id": "evt_1", "type": "v1.invoice_payment.paid", "related_object": {"id": "inpay_1"}},
        {"id": "evt_1", "type": "charge.refunded", "data": {"object": {"id": "ch_1", "refunds": None}}},
        {"id": "evt_1", "type": "account.updated", "data": {"object": {"id": "acct_1"}}},
    ],
    ids=lambda event: f"{event['type']} {event.get('data', {}).get('object')}",
)
def test_events_that_say_nothing_to_us_are_done_without_a_trace(acme: World, event: dict[str, Any]) -> None:
    row = store(acme, event)

    handle_stored_event(acme.runtime, row)

    assert events(acme)[-1].state is WorkState.DONE
    assert acme.movements() == []


@pytest.mark.parametrize("expanded", [False, True])
def test_an_event_in_an_older_shape_still_leads_to_the_invoice(acme: World, expanded: bool) -> None:
    """Amounts and statuses of an event are in the API version of its endpoint and of its moment: not looked at."""
    number = pushed(acme)
    acme.pay(number)
    waiting(acme).clear()
    at_stripe = acme.stripe_invoice(number)["id"]
    named = {"id": at_stripe, "paid": False, "charge": "ch_old"} if expanded else at_stripe

    handle_stored_event(
        acme.runtime,
        store(
            acme,
            {
                "id": "evt_old",
                "type": "invoice_payment.paid",
                "api_version": "2019-05-16",
                "data": {"object": {"id": "inpay_old", "invoice": named, "amount_paid": 1}},
            },
        ),
    )
    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00"]


def test_a_burst_of_events_on_one_payment_is_read_once(acme: World) -> None:
    """Rule 10: what was read after an event arrived need not be read again for it."""
    number = pushed(acme)
    acme.pay(number)
    acme.deliver()
    acme.clock.turn(timedelta(seconds=1))
    acme.stripe_books.requests.clear()
    acme.stripe_books.request_counts.clear()

    acme.settle()

    counts = acme.stripe_books.request_counts
    assert sum(count for name, count in counts.items() if "invoices/" in str(name)) == 1


def test_an_event_of_an_invoice_that_the_key_does_not_find_is_an_item_and_not_a_deleted_draft(
    acme: World,
) -> None:
    """As with a key of another mode or account than the webhook endpoint's."""
    number = pushed(acme)
    acme.pay(number)
    acme.settle()
    emit(acme.stripe_books, "invoice.paid", {**acme.stripe_invoice(number), "id": "in_elsewhere"})
    acme.settle()

    (problem,) = problems(acme)
    assert problem.reason == "Stripe told of invoice in_elsewhere, and finds no such invoice for the API key"
    assert "account and mode (live or test)" in problem.remedy


def test_a_draft_that_was_deleted_is_no_item(acme: World) -> None:
    draft = {**acme.stripe_invoice(pushed(acme)), "id": "in_deleted", "status": "draft"}
    for kind in ("invoice.finalization_failed", "invoice.deleted"):
        emit(acme.stripe_books, kind, draft)
    acme.settle()

    assert (acme.status().backlog, acme.status().failed) == (0, 0)


def test_events_that_wait_for_one_and_the_same_thing_are_all_done_once_it_is_there(acme: World) -> None:
    """Each tells of money of its own: none may stand for another because a credential is missing for all of them."""
    numbers = [pushed(acme) for _ in range(2)]
    with acme.runtime.transaction() as session:
        session.execute(delete(Credential).where(Credential.name == "STRIPE_API_KEY"))
        session.execute(update(Tenant).values(revision=Tenant.revision + 1))
    for number in numbers:
        acme.pay(number)
    acme.deliver()
    acme.work()
    assert {one.reason for one in problems(acme)} == {
        "The credential STRIPE_API_KEY of tenant acme is missing"
    }

    key = {"STRIPE_API_KEY": SECRETS["STRIPE_API_KEY"]}
    with acme.runtime.transaction() as session:
        store_secrets(session, acme.runtime.vault, session.merge(acme.tenant()), key, acme.clock.now())
    replay_failed(acme.runtime, acme.tenant())
    acme.settle()

    assert [total_received(acme, number) for number in numbers] == [Decimal("1000.00")] * 2
    assert problems(acme) == []
