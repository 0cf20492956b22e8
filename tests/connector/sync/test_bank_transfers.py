"""Bank transfers: money lands in the customer's cash balance at Stripe, and what it pays there is booked in Deltek."""

import pytest

from connector.sandbox.stripe.events import emit
from tests.support.money import our_files, receipts
from tests.support.settling import (
    assert_all_ties,
    assert_reconciled,
    at_stripe,
    balance,
    checked,
    one_phase,
    only_problem,
    polled,
    story,
    told,
)
from tests.support.world import World, tenant_file


@pytest.fixture
def wired(acme: World) -> World:
    """acme, whose clients may pay by bank transfer."""
    text = tenant_file(acme.deltek_url)
    acme.apply(text.replace('["card", "us_bank_account"]', '["card", "customer_balance"]'))
    return acme


def customer(world: World) -> str:
    return str(next(iter(world.stripe_books.table("customer"))))


def transferred(world: World, amount: int) -> str:
    """A transfer of the customer arrives; the id of the movement in its cash balance."""
    move = world.stripe_sandbox.dashboard.transfer(customer(world), amount)
    world.settle()
    return str(move["id"])


def reversed_by_bank(world: World, move: str) -> None:
    world.stripe_sandbox.dashboard.reverse_transfer(move)
    world.settle()


def test_a_transfer_of_the_whole_amount_is_one_receipt(wired: World) -> None:
    number = one_phase(wired)

    transferred(wired, 100000)

    assert [one["amount"] for one in receipts(wired, number)] == ["1000.00"]
    assert at_stripe(wired, number) == ("paid", 0)
    assert_all_ties(wired)


def test_a_transfer_of_too_little_is_shown_and_booked_once_the_rest_has_come(wired: World) -> None:
    number = one_phase(wired)

    transferred(wired, 60000)
    assert our_files(wired) == []
    assert wired.invoice(number).payment_note.startswith("a bank transfer covers a part only")
    assert_all_ties(wired)

    transferred(wired, 40000)
    assert [one["amount"] for one in receipts(wired, number)] == ["1000.00"]
    assert wired.invoice(number).payment_note == ""
    assert_all_ties(wired)


def test_of_a_transfer_of_too_much_the_rest_stays_in_the_cash_balance_at_stripe(wired: World) -> None:
    number = one_phase(wired)

    move = transferred(wired, 120000)

    assert [one["amount"] for one in receipts(wired, number)] == ["1000.00"]
    told = story(wired, move)
    assert "1,200.00 USD funded" in told
    assert_all_ties(wired)

    second = one_phase(wired, "500.00")
    transferred(wired, 30000)
    assert [one["amount"] for one in receipts(wired, second)] == ["500.00"]
    assert_all_ties(wired)


def test_a_transfer_is_booked_on_the_invoice_that_stripe_chose(wired: World) -> None:
    """Stripe prefers the invoice of the very amount to an older one."""
    older, exact = one_phase(wired), one_phase(wired, "300.00")

    transferred(wired, 30000)

    assert (balance(wired, older), balance(wired, exact)) == ("1000.00", "0.00")
    assert_all_ties(wired)


def test_a_transfer_that_the_bank_takes_back_before_it_paid_anything_leaves_no_receipt(wired: World) -> None:
    number = one_phase(wired)
    move = transferred(wired, 60000)

    reversed_by_bank(wired, move)

    assert our_files(wired) == []
    assert at_stripe(wired, number) == ("open", 100000)
    assert "-600.00 USD funding reversed; the customer's cash balance is 0.00 USD" in story(
        wired, customer(wired)
    )
    assert_all_ties(wired)


def test_a_transfer_that_the_bank_takes_back_after_it_paid_is_booked_where_a_person_entered_it(
    wired: World,
) -> None:
    number = one_phase(wired)
    move = transferred(wired, 100000)
    reversed_by_bank(wired, move)
    problem = only_problem(wired)
    assert "The bank took back a transfer of 1,000.00 USD" in problem.reason
    assert "reversing receipt by hand" in problem.remedy
    assert [one["amount"] for one in receipts(wired, number)] == ["1000.00"]

    checked(wired, (number, "-1000.00"), bank="STRIPE")
    told(wired, problem.reference, f"{number}=-1000.00")
    polled(wired)

    assert balance(wired, number) == "1000.00"
    assert_reconciled(wired)


def test_the_refund_of_a_transfer_is_booked_when_the_client_has_said_where_to(wired: World) -> None:
    number = one_phase(wired)
    transferred(wired, 100000)
    refund = wired.stripe_sandbox.dashboard.refund(wired.stripe_invoice(number)["id"], 25000)
    wired.settle()
    assert refund["status"] == "requires_action"
    assert balance(wired, number) == "0.00"

    wired.stripe_sandbox.dashboard.settle_refund(refund["id"])
    wired.settle()

    assert [one["amount"] for one in receipts(wired, number)] == ["1000.00", "-250.00"]
    assert_all_ties(wired)


@pytest.mark.parametrize("kind", ["return_initiated", "transferred_to_balance", "adjusted_for_overdraft"])
def test_what_else_happens_to_the_cash_balance_is_shown_and_books_nothing(wired: World, kind: str) -> None:
    number = one_phase(wired)
    move = wired.stripe_books.table("customer_cash_balance_transaction")[transferred(wired, 60000)]
    about = {"type": kind, "net_amount": -60000, "ending_balance": 0}
    other = wired.stripe_books.add(
        "customer_cash_balance_transaction",
        {name: value for name, value in move.items() if name not in ("id", "object", "funded")} | about,
    )
    emit(wired.stripe_books, "customer_cash_balance_transaction.created", other)
    wired.settle()

    assert f"-600.00 USD {kind.replace('_', ' ')}" in story(wired, other["id"])
    assert our_files(wired) == []
    assert at_stripe(wired, number) == ("open", 100000)


def test_a_transfer_of_a_foreign_customer_that_the_bank_takes_back_is_nobody_s_business(
    wired: World,
) -> None:
    one_phase(wired)
    stranger = {**wired.stripe_books.table("customer")[customer(wired)], "metadata": {}}
    del stranger["id"]
    foreign = wired.stripe_books.add("customer", stranger)["id"]
    move = wired.stripe_sandbox.dashboard.transfer(foreign, 5000)
    wired.stripe_books.cash[foreign, "usd"] = 0
    reversed_by_bank(wired, move["id"])

    assert_reconciled(wired)
