"""Disputes of an account that settles in another currency: an amount in the payment's currency is never guessed."""

import pytest

from connector.sandbox.stripe import disputes
from connector.sandbox.stripe.events import emit
from tests.support.money import receipts
from tests.support.settling import (
    assert_reconciled,
    balance,
    checked,
    one_phase,
    only_problem,
    polled,
    told,
)
from tests.support.world import World


@pytest.fixture
def in_euros(acme: World) -> World:
    """acme, which bills in dollars; its Stripe account settles in euros."""
    acme.stripe_books.currency = "eur"
    acme.stripe_books.exchange_rates["usd"] = "0.912345"
    return acme


def paid(world: World) -> tuple[str, str]:
    number = one_phase(world)
    charge = world.pay(number)
    world.settle()
    return number, str(charge["id"])


def amounts(world: World, number: str) -> list[str]:
    return [one["amount"] for one in receipts(world, number)]


def reinstated(world: World, dispute: str, amount: int) -> None:
    row = world.stripe_books.table("dispute")[dispute]
    disputes._move(world.stripe_books, row, amount, "dispute_reversal", 0)
    emit(world.stripe_books, "charge.dispute.funds_reinstated", row)
    world.settle()


def test_all_that_is_disputed_is_booked_by_the_amount_of_the_dispute_both_ways(in_euros: World) -> None:
    number, charge = paid(in_euros)
    dispute = in_euros.stripe_sandbox.dashboard.dispute(charge)
    in_euros.settle()
    in_euros.stripe_sandbox.dashboard.win(dispute["id"])
    in_euros.settle()

    assert amounts(in_euros, number) == ["1000.00", "-1000.00", "1000.00"]
    assert_reconciled(in_euros)


def test_a_reinstatement_in_part_is_booked_where_a_person_entered_it(in_euros: World) -> None:
    number, charge = paid(in_euros)
    dispute = in_euros.stripe_sandbox.dashboard.dispute(charge)
    in_euros.settle()
    reinstated(in_euros, dispute["id"], 50000)
    problem = only_problem(in_euros)
    assert problem.reason == (f"Dispute {dispute['id']} moved 456.17 EUR, and Stripe tells no amount in USD")
    assert "--by-hand --entered NUMBER=AMOUNT" in problem.remedy

    checked(in_euros, (number, "500.00"))
    told(in_euros, problem.reference, f"{number}=500.00")
    polled(in_euros)

    assert balance(in_euros, number) == "500.00"
    assert_reconciled(in_euros)


def test_each_of_several_withdrawals_is_booked_where_a_person_entered_it(in_euros: World) -> None:
    number, charge = paid(in_euros)
    dispute = in_euros.stripe_sandbox.dashboard.dispute(charge, withdrawn=False)["id"]
    for amount, entered in ((30000, "-300.00"), (70000, "-700.00")):
        in_euros.stripe_sandbox.dashboard.withdraw(dispute, amount)
        in_euros.settle()
        assert amounts(in_euros, number)[0] == "1000.00"
        checked(in_euros, (number, entered))
        told(in_euros, only_problem(in_euros).reference, f"{number}={entered}")
        polled(in_euros)

    assert balance(in_euros, number) == "1000.00"
    assert_reconciled(in_euros)
