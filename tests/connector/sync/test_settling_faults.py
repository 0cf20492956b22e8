"""Rule 2 for what Deltek settled: whatever fails, and whenever the process dies, there is one reduction at Stripe;
an invoice that is made again is voided once and made once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from connector.sandbox.faults import Fault, Kind
from tests.support.calls import killed_after
from tests.support.money import A_DAY_AND_AN_HOUR, AN_HOUR, NthRequest, killed_at_commit
from tests.support.settling import adjusted, assert_all_ties, checked, credited, one_phase
from tests.support.world import World

A_MINUTE = timedelta(seconds=61)
LATER = (A_MINUTE, AN_HOUR, A_DAY_AND_AN_HOUR)


@dataclass(frozen=True)
class Case:
    """What happens to an invoice of 1,000.00 in Deltek; how its Stripe invoices stand at last: number suffix,
    status, total, what is asked for."""

    happens: Callable[[World, str], object]
    stands: tuple[tuple[str, str, int, int], ...]
    writes: tuple[str, ...]


def check_for(amount: str) -> Callable[[World, str], object]:
    return lambda world, number: checked(world, (number, amount))


CASES = {
    "a part by check": Case(
        check_for("400.00"),
        (("", "open", 100000, 60000),),
        ("/v1/payment_records/report_payment", "/v1/invoices/[^/]+/attach_payment"),
    ),
    "the whole by check": Case(check_for("1000.00"), (("", "paid", 100000, 0),), ("/v1/invoices/[^/]+/pay",)),
    "a credit memo": Case(
        lambda world, number: credited(world, number, "150.00"),
        (("", "open", 100000, 85000),),
        ("/v1/credit_notes",),
    ),
    "a void": Case(
        lambda world, number: world.accountant.void_invoice(number, date(2026, 11, 20)),
        (("", "void", 100000, 100000),),
        ("/v1/invoices/[^/]+/void",),
    ),
    "more charged": Case(
        lambda world, number: adjusted(world, number, "60.00"),
        (("", "void", 100000, 100000), ("-2", "open", 106000, 106000)),
        ("/v1/invoices/[^/]+/void",),
    ),
}


def happened(world: World, case: Case) -> str:
    """An invoice at Stripe to which it has happened, and which the poll has read; its number."""
    number = one_phase(world)
    case.happens(world, number)
    world.clock.turn(timedelta(minutes=5))
    world.poll()
    return number


def assert_settled_once(world: World, number: str, case: Case) -> None:
    ours = [one for one in world.stripe_invoices() if str(one["number"]).startswith(number)]
    found = [(one["number"], one["status"], one["total"], one["amount_remaining"]) for one in ours]
    assert found == [(f"{number}{suffix}", *rest) for suffix, *rest in case.stands]
    notes = [
        one for one in world.stripe_books.table("credit_note").values() if one["invoice"] == ours[0]["id"]
    ]
    assert len(notes) == (case is CASES["a credit memo"])
    assert world.status().backlog == world.status().failed == 0


@pytest.mark.parametrize("kind", ["before", "after", "garbage", "disconnect", "rate_limit"])
@pytest.mark.parametrize("name", CASES)
def test_rule_2_a_fault_at_any_request_leaves_one_reduction(acme: World, name: str, kind: Kind) -> None:
    case, struck, passed = CASES[name], True, 0
    while struck:
        number = happened(acme, case)
        acme.stripe_sandbox.faults.add(NthRequest(kind, passed, seconds=2))

        acme.work()
        struck = not acme.stripe_sandbox.faults.pending
        acme.stripe_sandbox.faults.clear()
        acme.clock.turn(LATER[passed % len(LATER)])
        acme.settle()

        assert_settled_once(acme, number, case)
        passed += 1
    assert passed > 2
    assert_all_ties(acme)


STORED = [(name, path) for name, case in CASES.items() for path in case.writes]


@pytest.mark.parametrize("later", [A_MINUTE, A_DAY_AND_AN_HOUR], ids=["soon", "next day"])
@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize(("name", "path"), STORED, ids=[f"{name} {path}" for name, path in STORED])
def test_rule_2_a_500_that_stripe_keeps_under_the_key_is_asked_again_under_another(
    acme: World, name: str, path: str, kind: Any, later: timedelta
) -> None:
    case = CASES[name]
    number = happened(acme, case)
    acme.stripe_books.crashes.append(Fault(kind, "POST", path))

    acme.work()
    assert not acme.stripe_books.crashes
    acme.clock.turn(later)
    acme.settle()

    assert_settled_once(acme, number, case)


@pytest.mark.parametrize("name", CASES)
def test_rule_2_a_worker_killed_before_any_of_its_commits_leaves_one_reduction(
    acme: World, name: str
) -> None:
    case, alive, passed = CASES[name], False, 0
    while not alive:
        number = happened(acme, case)
        with killed_at_commit(acme, passed) as died:
            acme.work()
        alive = not died()
        acme.clock.turn(LATER[passed % len(LATER)])
        acme.settle()

        assert_settled_once(acme, number, case)
        passed += 1
    assert passed > 3


@pytest.mark.parametrize("requests", range(6))
def test_a_poll_killed_after_any_request_to_deltek_is_made_up_for_by_the_next(
    acme: World, requests: int
) -> None:
    case = CASES["a part by check"]
    number = one_phase(acme)
    case.happens(acme, number)

    with killed_after(acme, "Deltek", requests):
        acme.poll()
    acme.clock.turn(A_MINUTE)
    acme.poll()
    acme.settle()

    assert_settled_once(acme, number, case)
