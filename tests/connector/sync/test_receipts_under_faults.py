"""Rule 2: whatever fails on the way of a payment to Deltek, and whenever it goes on, there is one receipt for it."""

import pytest

from connector.leases import LEASE_TIME
from connector.models import WorkState
from connector.sandbox.faults import Fault, Kind
from connector.use_cases import perform_operation
from tests.support.money import (
    A_DAY_AND_AN_HOUR,
    AN_HOUR,
    NOW,
    NthRequest,
    both_books,
    handle_due,
    killed_at_commit,
    our_files,
    pushed,
    receipt_operations,
    receipts,
    tied,
)
from tests.support.world import World

LATER = (NOW, AN_HOUR, A_DAY_AND_AN_HOUR)


def pay_a_dollar(world: World, number: str) -> None:
    world.pay(number, 100)
    world.deliver()


def post_receipt(world: World) -> None:
    perform_operation(world.runtime, receipt_operations(world)[-1].id)


def assert_receipts_of_a_dollar(world: World, number: str, expected: int) -> None:
    found = receipts(world, number)
    assert [(one["amount"], one["posted"]) for one in found] == [("1.00", True)] * expected


@pytest.mark.parametrize(
    ("kind", "first"),
    [("before", 0), ("after", 1), ("after", 2), ("garbage", 0), ("disconnect", 2), ("rate_limit", 1)],
)
def test_a_fault_at_any_request_to_deltek_costs_time_and_never_a_second_receipt(
    acme: World, kind: Kind, first: int
) -> None:
    """Each request is struck in its turn; nothing, an hour or more than a day passes after it."""
    number, struck, passed = pushed(acme), True, 0
    while struck:
        pay_a_dollar(acme, number)
        handle_due(acme)
        acme.deltek_sandbox.faults.add(NthRequest(kind, passed, seconds=2))

        post_receipt(acme)
        struck = not acme.deltek_sandbox.faults.pending
        acme.deltek_sandbox.faults.clear()
        acme.clock.turn(LATER[(first + passed) % len(LATER)])
        acme.settle()

        passed += 1
        assert_receipts_of_a_dollar(acme, number, passed)
    assert passed > 10
    assert not tied(acme).differences


@pytest.mark.parametrize("kind", ["before", "garbage", "disconnect", "rate_limit"])
def test_a_fault_at_any_request_to_stripe_loses_no_payment(acme: World, kind: Kind) -> None:
    number, struck, passed = pushed(acme), True, 0
    while struck:
        pay_a_dollar(acme, number)
        acme.stripe_sandbox.faults.add(NthRequest(kind, passed, seconds=2))

        handle_due(acme)
        struck = not acme.stripe_sandbox.faults.pending
        acme.stripe_sandbox.faults.clear()
        acme.clock.turn(LATER[passed % len(LATER)])
        acme.settle()

        passed += 1
        assert_receipts_of_a_dollar(acme, number, passed)
    assert passed >= 3


def test_a_request_so_slow_that_the_lease_runs_out_writes_nothing_twice(acme: World) -> None:
    acme.deltek_sandbox.faults._sleep = acme.clock.sleep
    number, struck, passed = pushed(acme), True, 0
    while struck:
        pay_a_dollar(acme, number)
        handle_due(acme)
        acme.deltek_sandbox.faults.add(NthRequest("slow", passed, seconds=90))

        post_receipt(acme)
        struck = not acme.deltek_sandbox.faults.pending
        acme.deltek_sandbox.faults.clear()
        acme.settle()

        passed += 1
        assert_receipts_of_a_dollar(acme, number, passed)
    assert passed > 10


def test_a_worker_killed_before_any_of_its_commits_leaves_a_question_that_is_answered_by_looking(
    acme: World,
) -> None:
    number, alive, passed = pushed(acme), False, 0
    while not alive:
        pay_a_dollar(acme, number)
        handle_due(acme)
        with killed_at_commit(acme, passed) as died:
            post_receipt(acme)
        alive = not died()
        acme.clock.turn(LATER[passed % len(LATER)])
        acme.settle()

        passed += 1
        assert_receipts_of_a_dollar(acme, number, passed)
    assert passed > 5


def test_rule_6_a_worker_killed_in_the_midst_of_an_event_leaves_it_due(acme: World) -> None:
    number, alive, passed = pushed(acme), False, 0
    while not alive:
        pay_a_dollar(acme, number)
        with killed_at_commit(acme, passed) as died:
            handle_due(acme)
        alive = not died()
        acme.clock.turn(LEASE_TIME)
        acme.settle()

        passed += 1
        assert_receipts_of_a_dollar(acme, number, passed)
    assert passed > 3


def test_an_outage_of_many_requests_ends_with_one_receipt_for_each_payment(acme: World) -> None:
    numbers = [pushed(acme) for _ in range(3)]
    for number in numbers:
        acme.pay(number)
    acme.deltek_sandbox.faults.add(Fault("before", path="(?!.*/token).*", times=30, status=503))

    acme.settle(rounds=100)

    assert [acme.deltek_invoice(number)["balance"] for number in numbers] == ["0.00"] * 3
    assert len(our_files(acme)) == 3


def test_nothing_is_lost_when_the_database_comes_back_without_the_outcome(acme: World) -> None:
    """The receipt was written and posted, but its row says that it never was."""
    number = pushed(acme)
    acme.pay(number)
    acme.settle()
    before = both_books(acme)
    with acme.runtime.transaction() as session:
        operation = session.merge(receipt_operations(acme)[-1])
        operation.state, operation.attempts, operation.progress = WorkState.DUE, 0, {}
        movement = session.merge(acme.movements()[-1])
        movement.rows, movement.written_at, movement.posted_at = [], None, None

    acme.settle()

    assert both_books(acme) == before
    assert len(receipts(acme, number)) == 1
