"""Legal answers that differ from those most often given: a version, a role or a proxy between makes them so."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from requests import Response

from connector.deltek.receipts import Receipts
from connector.deltek.session import DeltekSession
from connector.deltek.transport import Call
from connector.errors import NotFound, Refused, Unavailable
from connector.stripe_api.customers import Customers
from connector.stripe_api.events import Events
from connector.stripe_api.records import EventHint
from connector.sync.poll import poll_tenant
from connector.sync.post_receipt import POSTING_OVERDUE_AFTER
from connector.sync.reconcile import reconcile
from tests.support.money import pushed, tied
from tests.support.world import World

Rows = list[dict[str, Any]]
Answer = Callable[[str, dict[str, str], Rows], Rows]


@pytest.fixture
def deltek_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Have what Deltek answers to a GET changed on its way."""
    whole = DeltekSession.get

    def install(answer: Answer) -> None:
        def get(session: DeltekSession, path: str, params: dict[str, str] | None = None) -> Rows:
            return answer(path, params or {}, whole(session, path, params))

        monkeypatch.setattr(DeltekSession, "get", get)

    return install


def test_a_404_for_contacts_that_are_not_there_blocks_nothing(
    acme: World, deltek_answers: Callable[[Answer], None]
) -> None:
    def answer(path: str, params: dict[str, str], rows: Rows) -> Rows:
        if path == "contact" and not rows and "filterHash[0][name]" in params:
            raise NotFound("Deltek", "No contact was found", status=404)
        return rows

    deltek_answers(answer)
    number = pushed(acme)

    assert acme.stripe_invoice(number)["status"] == "open"


def test_a_feed_in_another_order_than_asked_for_loses_nothing_when_slices_end_midway(
    world: World, deltek_answers: Callable[[Answer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.annex()
    world.set_up(deltek="page_size = 10")
    for day in range(12):
        world.bill({"02": "100.00", "03": "5.00"})
        world.clock.turn(timedelta(days=3 if day == 3 else 0, minutes=1))
    newest_first: Rows = []

    def answer(path: str, params: dict[str, str], rows: Rows) -> Rows:
        if path != "PSALedger/IN" or params.get("order") != "PostDate" or params["pageSize"] == "1000":
            return rows
        newest_first[:] = world.runtime.deltek(world.tenant())._ledger._session.get(
            path, {**params, "page": "1", "pageSize": "1000"}
        )[::-1]
        first, size = int(params["page"]) - 1, int(params["pageSize"])
        return newest_first[first * size : (first + 1) * size]

    deltek_answers(answer)
    quick = DeltekSession._answer

    def slow(session: DeltekSession, call: Call) -> Response:
        world.clock.turn(timedelta(seconds=1.5))
        return quick(session, call)

    monkeypatch.setattr(DeltekSession, "_answer", slow)
    for _ in range(40):
        poll_tenant(world.runtime, world.tenant().id)
        world.clock.turn(timedelta(minutes=1))
    world.settle()

    assert world.status().invoices_pushed == 12


def test_an_offset_row_with_no_invoice_and_no_number_stops_nothing(
    acme: World, deltek_answers: Callable[[Answer], None]
) -> None:
    deltek_answers(
        lambda path, _, rows: (
            [{**row, "Invoice": row["Invoice"] or None} for row in rows] if path == "PSALedger/IN" else rows
        )
    )

    assert acme.stripe_invoice(pushed(acme))["status"] == "open"


def test_a_firm_that_deltek_fails_to_give_blocks_its_own_invoices_only(
    acme: World, deltek_answers: Callable[[Answer], None]
) -> None:
    bad = acme.clients["Riverbend Schools"]
    other = acme.project("24002.00", acme.client("Otter Creek", "ap@otter.example"), ["02"])
    mine, theirs = acme.bill({"02": "100.00"}), acme.bill({"02": "50.00"}, wbs1=other)

    def answer(path: str, params: dict[str, str], rows: Rows) -> Rows:
        if path == f"firm/{bad}/address":
            raise Refused("Deltek", "Object reference not set to an instance of an object.", status=500)
        return rows

    deltek_answers(answer)
    acme.poll()
    acme.work()

    assert acme.stripe_invoice(theirs)["status"] == "open"
    assert acme.invoice(mine).state == "blocked"


def test_events_that_cannot_be_listed_stop_no_poll(acme: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> Iterator[EventHint]:
        raise Unavailable("Stripe", "GET /v1/events: an answer that cannot be read")

    monkeypatch.setattr(Events, "events_since", unreadable)
    number = pushed(acme)

    assert acme.stripe_invoice(number)["status"] == "open"
    assert (acme.status().backlog, acme.status().poll_problem) == (0, "")


def test_where_customers_cannot_be_searched_they_are_listed(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsearchable(*_: object) -> list[object]:
        raise Unavailable("Stripe", "GET /v1/customers/search: 404, not JSON", status=404)

    monkeypatch.setattr(Customers, "_search", unsearchable)

    assert acme.stripe_invoice(pushed(acme))["status"] == "open"


def test_a_refund_that_names_its_charge_only_is_booked(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.settle()
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.stripe_books.table("refund")[refund["id"]]["payment_intent"] = None
    acme.settle()

    assert [movement.amount for movement in acme.movements()] == [100000, -100000]


def test_a_batch_that_deltek_takes_and_never_posts_becomes_one_blocked_item(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = pushed(acme)
    acme.pay(number)
    monkeypatch.setattr(Receipts, "post", lambda *_: None)
    acme.deliver()
    acme.work()
    for _ in range(3):
        acme.clock.turn(POSTING_OVERDUE_AFTER)
        acme.work()

    (blocked,) = [one for one in acme.operations() if one.state == "blocked"]
    assert "has not posted it" in blocked.reason
    assert (acme.status().backlog, acme.status().failed) == (0, 1)


def test_one_company_spelled_in_two_ways_ties_out(
    acme: World, deltek_answers: Callable[[Answer], None]
) -> None:
    deltek_answers(
        lambda path, _, rows: [{**row, "Company": ""} for row in rows] if "inControl" in path else rows
    )
    number = pushed(acme)
    acme.pay(number)
    acme.settle()

    assert not tied(acme).differences


def test_a_poll_that_needs_a_person_is_not_hurried(
    acme: World, deltek_answers: Callable[[Answer], None]
) -> None:
    def answer(path: str, params: dict[str, str], rows: Rows) -> Rows:
        if path == "PSALedger/IN":
            raise Refused("Deltek", "The role has no access", status=400)
        return rows

    deltek_answers(answer)
    acme.poll()

    assert acme.status().failed == 1
    assert acme.tenant().next_poll_at - acme.clock.now() == timedelta(minutes=5)


def test_a_dispute_of_which_no_event_came_is_named_by_reconcile(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.settle()
    dispute = acme.stripe_sandbox.dashboard.dispute(charge["id"])

    (named,) = reconcile(acme.runtime, acme.tenant(), None).differences
    assert any(dispute["id"] in note for note in named.notes)

    acme.settle()
    assert reconcile(acme.runtime, acme.tenant(), None).differences == []
