"""Rule 2 at Stripe: whatever happens to whichever request, and whenever the process dies, there is in the end one
customer, one finalized invoice, no draft, and the amount that Deltek billed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.faults import Fault
from tests.support.calls import counted, killed_after
from tests.support.world import World

SOON, NEXT_DAY = timedelta(seconds=61), timedelta(hours=25)
REQUESTS = {
    "search customer": ("GET", "/v1/customers/search"),
    "create customer": ("POST", "/v1/customers"),
    "create invoice": ("POST", "/v1/invoices"),
    "add lines": ("POST", "/v1/invoices/in_[^/]+/add_lines"),
    "finalize": ("POST", "/v1/invoices/in_[^/]+/finalize"),
    "send": ("POST", "/v1/invoices/in_[^/]+/send"),
}
FAULTS: dict[str, dict[str, Any]] = {
    "503 before": {"kind": "before", "status": 503},
    "500 after": {"kind": "after"},
    "429": {"kind": "rate_limit", "seconds": 7},
    "garbage": {"kind": "garbage"},
    "disconnect": {"kind": "disconnect"},
}


def bill_and_poll(world: World) -> str:
    world.set_up(stripe="send_email = true")
    world.annex()
    number = world.bill({"02": "1200.00", "03": "345.67"})
    world.poll()
    return number


def assert_all_is_there_once(world: World, number: str) -> None:
    (customer,) = world.stripe_books.table("customer").values()
    (invoice,) = world.stripe_invoices()
    assert (invoice["number"], invoice["status"], invoice["total"]) == (number, "open", 154567)
    assert invoice["customer"] == customer["id"]
    assert len(world.stripe_books.lines[invoice["id"]]) == 2
    assert world.status().backlog == world.status().failed == 0


@pytest.mark.parametrize(
    ("fault", "later"),
    [*((fault, SOON) for fault in FAULTS), ("500 after", NEXT_DAY), ("disconnect", NEXT_DAY)],
)
@pytest.mark.parametrize("request_name", REQUESTS)
def test_rule_2_a_fault_at_any_request_leaves_one_customer_and_one_invoice(
    world: World, request_name: str, fault: str, later: timedelta
) -> None:
    number = bill_and_poll(world)
    method, path = REQUESTS[request_name]
    world.stripe_sandbox.faults.add(Fault(method=method, path=path, **FAULTS[fault]))

    world.work()
    assert not world.stripe_sandbox.faults.pending
    world.clock.turn(later)
    world.settle()

    assert_all_is_there_once(world, number)


@pytest.mark.parametrize("later", [SOON, NEXT_DAY], ids=["soon", "next day"])
@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize("request_name", [name for name in REQUESTS if name != "search customer"])
def test_rule_2_a_500_that_stripe_keeps_under_the_key_is_asked_again_under_another(
    world: World, request_name: str, kind: Any, later: timedelta
) -> None:
    number = bill_and_poll(world)
    method, path = REQUESTS[request_name]
    world.stripe_books.crashes.append(Fault(kind, method, path))

    world.work()
    assert not world.stripe_books.crashes
    world.clock.turn(later)
    world.settle()

    assert_all_is_there_once(world, number)


@pytest.mark.parametrize("later", [SOON, NEXT_DAY], ids=["soon", "next day"])
@pytest.mark.parametrize("requests", range(7))
def test_rule_2_a_process_killed_after_any_request_leaves_one_customer_and_one_invoice(
    world: World, requests: int, later: timedelta
) -> None:
    number = bill_and_poll(world)

    with killed_after(world, "Stripe", requests):
        world.work()
    world.clock.turn(later)
    world.settle()

    assert_all_is_there_once(world, number)


@pytest.mark.parametrize("later", [SOON, NEXT_DAY], ids=["soon", "next day"])
def test_a_search_that_is_behind_does_not_double_the_customer(world: World, later: timedelta) -> None:
    number = bill_and_poll(world)
    world.stripe_books.search_delay = timedelta(days=9).total_seconds()
    world.stripe_sandbox.faults.add(Fault("disconnect", "POST", "/v1/customers"))

    world.work()
    world.clock.turn(later)
    world.settle()

    assert_all_is_there_once(world, number)


@pytest.mark.parametrize("requests", range(18))
def test_a_poll_killed_after_any_request_to_deltek_is_made_up_for_by_the_next(
    acme: World, requests: int
) -> None:
    numbers = [acme.bill({"02": f"{amount}.00"}) for amount in (100, 200)]

    with killed_after(acme, "Deltek", requests):
        acme.poll()
    acme.clock.turn(SOON)
    acme.poll()
    acme.settle()

    assert sorted((one["number"], one["total"]) for one in acme.stripe_invoices()) == [
        (numbers[0], 10000),
        (numbers[1], 20000),
    ]
    assert len(acme.stripe_books.table("customer")) == 1


def struck_again_and_again(world: World) -> None:
    for _ in range(3):
        world.stripe_sandbox.faults.add(Fault("before", status=503, times=2))
        world.work()
        world.clock.turn(timedelta(hours=12))


def cut_off_for_two_hours(world: World) -> None:
    world.stripe_sandbox.faults.add(Fault("disconnect", times=4))
    for _ in range(4):
        world.work()
        world.clock.turn(timedelta(minutes=30))


@pytest.mark.parametrize("outage", [struck_again_and_again, cut_off_for_two_hours])
def test_an_outage_of_hours_costs_only_time(world: World, outage: Callable[[World], None]) -> None:
    number = bill_and_poll(world)

    outage(world)
    world.settle()

    assert_all_is_there_once(world, number)


def test_retry_after_of_stripe_is_waited_for(world: World) -> None:
    bill_and_poll(world)
    world.stripe_sandbox.faults.add(Fault("rate_limit", "POST", "/v1/customers", seconds=90))

    world.work()
    refused_at = world.clock.now()
    with counted(world, "Stripe") as asked:
        world.clock.turn(timedelta(seconds=80))
        world.work()
        assert world.clock.now() - refused_at < timedelta(seconds=90)
    assert asked == []
    (waiting, _) = world.operations()
    assert waiting.due_at >= refused_at + timedelta(seconds=90)
    assert "rate limit" in waiting.reason


def test_what_was_lost_with_the_database_is_found_again_and_nothing_doubled(
    acme: World, another_database: Callable[[], None]
) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    acme.poll()
    acme.settle()
    acme.clock.turn(NEXT_DAY)

    another_database()
    acme.set_up()
    acme.poll()
    acme.settle()

    assert_all_is_there_once(acme, number)
    assert acme.invoice(number).stripe_invoice_id == acme.stripe_invoice(number)["id"]


def test_a_draft_of_a_lost_database_is_finished_and_not_doubled(
    acme: World, another_database: Callable[[], None]
) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    acme.poll()
    with killed_after(acme, "Stripe", 3):
        acme.work()
    assert [one["status"] for one in acme.stripe_invoices()] == ["draft"]
    acme.clock.turn(NEXT_DAY)

    another_database()
    acme.set_up()
    acme.poll()
    acme.settle()

    assert_all_is_there_once(acme, number)


def test_a_lost_customer_is_found_again_though_the_first_look_fails(
    acme: World, another_database: Callable[[], None]
) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    acme.poll()
    acme.settle()
    acme.clock.turn(NEXT_DAY)

    another_database()
    acme.set_up()
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", "GET", "/v1/customers/search", status=503))
    with counted(acme, "Stripe") as asked:
        acme.settle()

    assert_all_is_there_once(acme, number)
    assert "POST /v1/invoices" not in asked
