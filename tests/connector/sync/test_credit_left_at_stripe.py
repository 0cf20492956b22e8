"""What was paid over an invoice is the customer's credit at Stripe too: a refund gives it back and leaves that."""

from datetime import timedelta

from connector.sandbox.stripe.events import emit
from connector.sync.close_by_hand import close_by_hand
from tests.support.auditing import CREDITS
from tests.support.booked import on_account
from tests.support.money import replayed
from tests.support.settling import assert_all_ties, balance, one_phase, only_problem, problems
from tests.support.world import World


def customer(world: World) -> str:
    return str(next(iter(world.stripe_books.table("customer"))))


def overpaid(world: World) -> tuple[str, str]:
    """An invoice of 1000.00 for which 1200.00 were paid: its number and the charge."""
    number = one_phase(world)
    charge = world.pay(number, 120000)
    world.settle()
    return number, str(charge["id"])


def refunded(world: World, charge: str, amount: int) -> str:
    world.clock.turn(timedelta(hours=1))
    refund = world.stripe_sandbox.dashboard.refund(charge, amount)
    world.settle()
    return str(refund["id"])


def taken_off(world: World, amount: int) -> None:
    """A person lowers the customer's credit at Stripe, a while later."""
    world.clock.turn(timedelta(minutes=5))
    world.stripe_sandbox.dashboard.adjust_balance(customer(world), amount)


def test_a_refund_of_what_was_overpaid_is_booked_and_an_item_until_the_credit_is_taken_off(
    keeping: World,
) -> None:
    number, charge = overpaid(keeping)
    refund = refunded(keeping, charge, 20000)
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "0.00")
    problem = only_problem(keeping)
    assert problem.reason == (
        f"200.00 USD of refund {refund} was the client's credit at Stripe, which still stands there or has paid "
        "another invoice"
    )
    assert problem.remedy.startswith("Take it off the customer's credit balance at Stripe, then replay")
    assert problem.invoice == number

    replayed(keeping, problem.reference)
    assert only_problem(keeping) == problem

    taken_off(keeping, 20000)
    replayed(keeping, problem.reference)
    assert_all_ties(keeping)


def test_only_what_came_from_the_credit_is_asked_for(keeping: World) -> None:
    number, charge = overpaid(keeping)
    refunded(keeping, charge, 120000)
    assert only_problem(keeping).reason.startswith("200.00 USD of refund")
    taken_off(keeping, 20000)
    replayed(keeping, only_problem(keeping).reference)

    assert balance(keeping, number) == "1000.00"
    assert_all_ties(keeping)


def test_each_refund_wants_its_credit_taken_off(keeping: World) -> None:
    _, charge = overpaid(keeping)
    for amount in (5000, 15000):
        refunded(keeping, charge, amount)
        assert only_problem(keeping).reason.startswith(f"{amount / 100:.2f} USD of refund")
        taken_off(keeping, amount)
        replayed(keeping, only_problem(keeping).reference)

    assert_all_ties(keeping)


def test_what_is_taken_off_once_does_not_stand_for_two_refunds(keeping: World) -> None:
    _, charge = overpaid(keeping)
    refunded(keeping, charge, 10000)
    refunded(keeping, charge, 10000)
    first, second = [one.reference for one in problems(keeping)]
    taken_off(keeping, 10000)
    replayed(keeping, second)
    replayed(keeping, first)
    assert only_problem(keeping).reference == first

    taken_off(keeping, 10000)
    replayed(keeping, first)
    assert_all_ties(keeping)


def test_a_refund_of_overpaid_money_that_fails_leaves_nothing_to_take_off(keeping: World) -> None:
    _, charge = overpaid(keeping)
    refund = refunded(keeping, charge, 20000)
    keeping.stripe_sandbox.dashboard.settle_refund(refund, "failed")
    keeping.settle()

    assert on_account(keeping, CREDITS) == "200.00"
    assert_all_ties(keeping)


def test_credit_that_a_person_says_to_have_seen_to_is_not_asked_for_again(keeping: World) -> None:
    _, charge = overpaid(keeping)
    refund = refunded(keeping, charge, 20000)
    close_by_hand(keeping.runtime, keeping.tenant(), only_problem(keeping).reference)
    emit(keeping.stripe_books, "refund.updated", keeping.stripe_books.table("refund")[refund])
    keeping.settle()

    assert problems(keeping) == []


def test_a_dispute_of_overpaid_money_asks_for_the_credit_once_it_is_lost(keeping: World) -> None:
    _, charge = overpaid(keeping)
    dispute = keeping.stripe_sandbox.dashboard.dispute(charge)["id"]
    keeping.settle()
    assert problems(keeping) == []

    keeping.stripe_sandbox.dashboard.lose(dispute)
    keeping.settle()
    assert only_problem(keeping).reason.startswith(f"200.00 USD of dispute {dispute}")

    taken_off(keeping, 20000)
    replayed(keeping, only_problem(keeping).reference)
    assert_all_ties(keeping)


def test_a_lost_dispute_that_waited_for_a_person_asks_for_the_credit_when_it_is_booked(
    keeping: World,
) -> None:
    number, charge = overpaid(keeping)
    refund = refunded(keeping, charge, 50000)
    close_by_hand(keeping.runtime, keeping.tenant(), only_problem(keeping).reference)
    dispute = keeping.stripe_sandbox.dashboard.dispute(charge)["id"]
    keeping.settle()
    assert "is over more than is left" in only_problem(keeping).reason
    keeping.stripe_sandbox.dashboard.lose(dispute)
    keeping.stripe_sandbox.dashboard.settle_refund(refund, "failed")
    keeping.settle()

    replayed(keeping, only_problem(keeping).reference)
    keeping.settle()
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("1000.00", "0.00")
    assert only_problem(keeping).reason.startswith(f"200.00 USD of dispute {dispute}")

    taken_off(keeping, 20000)
    replayed(keeping, only_problem(keeping).reference)
    assert_all_ties(keeping)


def test_with_a_deleted_customer_its_credit_is_gone(keeping: World) -> None:
    _, charge = overpaid(keeping)
    keeping.stripe_sandbox.dashboard.delete_customer(customer(keeping))
    refunded(keeping, charge, 20000)

    assert_all_ties(keeping)
