"""The tasks: each name does one use case with the row it is told of, in the queue that is its own."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.world import World
from workers import events, invoices, polling, receipts


@pytest.fixture(autouse=True)
def runtime(acme: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime of a worker process is the one of the test."""
    for module in (events, invoices, polling, receipts):
        monkeypatch.setattr(module, "runtime", lambda: acme.runtime)


def rung(world: World) -> dict[str, list[int]]:
    """What was rung, by task; forgotten afterwards, as a queue forgets what it handed on."""
    found: dict[str, list[int]] = {}
    for ring in world.doorbell.rings:
        found.setdefault(ring.task, []).append(ring.row_id)
    world.doorbell.rings.clear()
    return found


TASKS: dict[str, Callable[[int], Any]] = {
    "polling.poll_tenant": polling.poll_tenant,
    "events.handle_event": events.handle_event,
    "invoices.read_client": invoices.read_client,
    "invoices.align_customer": invoices.align_customer,
    "invoices.push_invoice": invoices.push_invoice,
    "receipts.post_receipt": receipts.post_receipt,
}


def do_all(world: World) -> set[str]:
    """Do what was rung, as workers would, until nothing is; the names of the tasks."""
    done: set[str] = set()
    while told := rung(world):
        for name, row_ids in told.items():
            done.add(name)
            for row_id in row_ids:
                TASKS[name](row_id)
    return done


def test_from_one_tick_on_every_task_rings_for_the_next_until_the_receipt_stands(acme: World) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    polling.tick()
    assert do_all(acme) == {"polling.poll_tenant", "invoices.align_customer", "invoices.push_invoice"}

    acme.pay(number)
    acme.deliver()
    assert do_all(acme) == {"events.handle_event", "receipts.post_receipt"}
    assert acme.deltek_invoice(number)["balance"] == "0.00"


def test_rule_7_a_task_applied_again_from_flower_does_nothing_twice(acme: World) -> None:
    number = acme.bill({"02": "1200.00"})
    polling.tick()
    do_all(acme)
    acme.pay(number)
    acme.deliver()
    do_all(acme)
    before = sum(acme.stripe_books.request_counts.values())

    for operation in acme.operations():
        for task in (invoices.push_invoice, receipts.post_receipt, invoices.align_customer):
            task(operation.id)

    assert sum(acme.stripe_books.request_counts.values()) == before
    assert len(acme.deltek_invoice(number)["receipts"]) == 1


def test_a_task_for_a_row_that_is_gone_ends_quietly(acme: World) -> None:
    for task in TASKS.values():
        task(999_999)
    assert acme.doorbell.rings == []
