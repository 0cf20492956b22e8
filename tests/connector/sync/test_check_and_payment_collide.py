"""A check in Deltek and a payment at Stripe for the same invoice."""

from datetime import timedelta

from tests.support.auditing import CREDITS, RECEIVABLE
from tests.support.booked import booked, on_account
from tests.support.money import tied
from tests.support.settling import (
    assert_all_ties,
    at_stripe,
    balance,
    checked,
    one_phase,
    only_problem,
    polled,
    synced,
)
from tests.support.world import World


def collided(world: World, check: str = "1000.00") -> tuple[str, str]:
    """A check came in while a bank debit was under way, which succeeded: the number and the charge."""
    number = one_phase(world)
    charge = world.pay(number, method="us_bank_account")
    world.settle()
    checked(world, (number, check))
    polled(world)
    assert at_stripe(world, number) == ("open", 100000)
    world.clock.turn(timedelta(days=3))
    world.stripe_sandbox.dashboard.settle(charge["id"])
    world.settle()
    return number, str(charge["id"])


def test_a_check_and_a_bank_debit_for_the_same_invoice_are_one_item_until_one_of_them_is_refunded(
    acme: World,
) -> None:
    number, charge = collided(acme)
    problem = only_problem(acme)
    assert "refund the client at Stripe" in problem.remedy

    acme.stripe_sandbox.dashboard.refund(charge, status="succeeded")
    acme.settle()

    assert [one.accounts for one in booked(acme)] == [{RECEIVABLE: "1000.00"}, {RECEIVABLE: "-1000.00"}]
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_with_an_account_for_it_the_debit_that_came_second_is_kept_there_and_goes_back_from_there(
    keeping: World,
) -> None:
    number, charge = collided(keeping)
    assert on_account(keeping, CREDITS) == "1000.00"
    assert balance(keeping, number) == "0.00"

    keeping.stripe_sandbox.dashboard.refund(charge, status="succeeded")
    keeping.settle()
    synced(keeping)

    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "0.00")
    assert_all_ties(keeping)
    assert not tied(keeping).differences


def test_a_refund_of_a_debit_that_is_kept_there_in_part_takes_that_first_and_is_no_difference(
    keeping: World,
) -> None:
    number, charge = collided(keeping, "300.00")
    assert on_account(keeping, CREDITS) == "300.00"

    keeping.stripe_sandbox.dashboard.refund(charge, 50000, status="succeeded")
    keeping.settle()
    synced(keeping)

    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("200.00", "0.00")
    assert_all_ties(keeping)


def test_a_refund_of_a_debit_for_several_invoices_takes_what_is_kept_there_of_one_first(
    keeping: World,
) -> None:
    first, second = one_phase(keeping), one_phase(keeping)
    ids = [keeping.stripe_invoice(number)["id"] for number in (first, second)]
    charge = keeping.stripe_sandbox.dashboard.pay_together(ids, "us_bank_account")
    keeping.settle()
    checked(keeping, (first, "1000.00"))
    polled(keeping)
    keeping.stripe_sandbox.dashboard.settle(charge["id"])
    keeping.settle()
    assert on_account(keeping, CREDITS) == "1000.00"

    refund = keeping.stripe_sandbox.dashboard.refund(charge["id"], 120000, status="succeeded")
    keeping.settle()
    synced(keeping)
    assert (balance(keeping, first), balance(keeping, second)) == ("0.00", "200.00")
    assert on_account(keeping, CREDITS) == "0.00"
    assert_all_ties(keeping)

    keeping.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    keeping.settle()
    assert (balance(keeping, second), on_account(keeping, CREDITS)) == ("0.00", "1000.00")
    assert_all_ties(keeping)
