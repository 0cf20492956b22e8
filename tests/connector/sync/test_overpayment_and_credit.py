"""What a client pays over an invoice, and the customer's credit at Stripe that pays one: kept on an account of its
own in Deltek, where the tenant file names one, and else one item for a person."""

from connector.sandbox.faults import Fault
from connector.sync.replay import replay_failed
from tests.support.auditing import CREDITS, RECEIVABLE, TODAY
from tests.support.booked import OVERPAYMENTS, booked, chart_accounts, name_in_file, on_account
from tests.support.money import pushed, receipts, spread
from tests.support.settling import (
    assert_all_ties,
    assert_reconciled,
    at_stripe,
    balance,
    checked,
    credited,
    one_phase,
    only_problem,
    polled,
    problems,
)
from tests.support.world import World


def customer(world: World) -> str:
    return str(next(iter(world.stripe_books.table("customer"))))


def overpaid(world: World, amount: int = 105000) -> tuple[str, str]:
    """An invoice of 1000.00 and what the client paid for it: its number and the charge."""
    number = one_phase(world)
    charge = world.pay(number, amount)
    world.settle()
    return number, str(charge["id"])


def replay_all(world: World) -> None:
    replay_failed(world.runtime, world.tenant())
    world.settle()


# more than the invoice


def test_what_exceeds_the_invoice_is_a_second_receipt_on_the_account_for_it(keeping: World) -> None:
    number, _ = overpaid(keeping)

    assert [(one.kind, one.accounts) for one in booked(keeping)] == [
        ("payment", {RECEIVABLE: "1000.00"}),
        ("overpayment", {CREDITS: "50.00"}),
    ]
    assert balance(keeping, number) == "0.00"
    assert_all_ties(keeping)


def test_without_an_account_for_it_the_excess_is_one_item_and_the_invoice_is_settled_all_the_same(
    acme: World,
) -> None:
    number, _ = overpaid(acme)
    assert balance(acme, number) == "0.00"
    problem = only_problem(acme)
    assert f"50.00 USD was paid over invoice {number}" in problem.reason
    assert "overpayment_account" in problem.remedy

    chart_accounts(acme)
    name_in_file(acme, OVERPAYMENTS)
    replay_all(acme)

    assert on_account(acme, CREDITS) == "50.00"
    assert_all_ties(acme)


def test_an_invoice_that_is_paid_twice_is_booked_once_and_the_second_payment_kept(keeping: World) -> None:
    number = one_phase(keeping)
    keeping.stripe_sandbox.dashboard.pay_twice(keeping.stripe_invoice(number)["id"])
    second = list(keeping.stripe_books.table("invoice_payment").values())[-1]
    second["status_transitions"]["paid_at"] += 1
    keeping.settle()

    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "1000.00")
    assert_all_ties(keeping)


def test_a_refund_takes_what_was_paid_too_much_first(keeping: World) -> None:
    number, charge = overpaid(keeping)
    keeping.stripe_sandbox.dashboard.refund(charge, 3000)
    keeping.stripe_sandbox.dashboard.adjust_balance(customer(keeping), 5000)
    keeping.settle()
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "20.00")
    assert_all_ties(keeping)

    refund = keeping.stripe_sandbox.dashboard.refund(charge, 10000)
    keeping.settle()
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("80.00", "0.00")
    assert_all_ties(keeping)

    keeping.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    keeping.settle()
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "20.00")
    assert_all_ties(keeping)


def test_a_refund_by_credit_note_is_of_the_invoice_and_leaves_what_was_paid_over_it(keeping: World) -> None:
    number, _ = overpaid(keeping)
    stripe_invoice = keeping.stripe_invoice(number)["id"]
    keeping.stripe_sandbox.dashboard.credit_note(stripe_invoice, 8000, refund_amount=8000)
    keeping.settle()
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("80.00", "50.00")
    assert problems(keeping) == []

    credited(keeping, number, "80.00")
    polled(keeping)

    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "50.00")
    assert_all_ties(keeping)


def test_a_dispute_of_an_overpaid_invoice_takes_from_both_and_gives_both_back(keeping: World) -> None:
    number, charge = overpaid(keeping)
    dispute = keeping.stripe_sandbox.dashboard.dispute(charge)
    keeping.settle()
    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("1000.00", "0.00")
    assert_all_ties(keeping)

    keeping.stripe_sandbox.dashboard.win(dispute["id"])
    keeping.settle()

    assert (balance(keeping, number), on_account(keeping, CREDITS)) == ("0.00", "50.00")
    assert_all_ties(keeping)


# credit that pays a later invoice


def test_credit_from_an_overpayment_pays_the_next_invoice_without_cash(keeping: World) -> None:
    overpaid(keeping)

    second = pushed(keeping, {"02": "200.00", "03": "100.00"})

    assert at_stripe(keeping, second) == ("open", 25000)
    assert balance(keeping, second) == "250.00"
    credit = booked(keeping)[-1]
    assert (credit.kind, credit.accounts) == ("credit applied", {RECEIVABLE: "50.00", CREDITS: "-50.00"})
    assert spread(receipts(keeping, second)[0]) == {"02": "33.33", "03": "16.67"}
    assert on_account(keeping, CREDITS) == "0.00"
    assert_all_ties(keeping)


def test_an_invoice_that_credit_pays_whole_is_closed_on_both_sides(keeping: World) -> None:
    overpaid(keeping, 140000)

    second = one_phase(keeping, "300.00")

    assert at_stripe(keeping, second) == ("paid", 0)
    assert (balance(keeping, second), on_account(keeping, CREDITS)) == ("0.00", "100.00")
    assert_all_ties(keeping)


def test_an_invoice_of_which_credit_leaves_less_than_stripe_charges_is_closed_on_both_sides(
    keeping: World,
) -> None:
    """Stripe makes the rest the customer's debt: the account for credit is below zero by as much."""
    overpaid(keeping, 129999)

    second = one_phase(keeping, "300.00")

    assert at_stripe(keeping, second) == ("paid", 0)
    assert (balance(keeping, second), on_account(keeping, CREDITS)) == ("0.00", "-0.01")
    assert keeping.stripe_books.table("customer")[customer(keeping)]["balance"] == 1
    assert_all_ties(keeping)


def test_of_an_invoice_paid_by_credit_and_card_and_check_the_credit_is_asked_for_once_the_card_is_refunded(
    keeping: World,
) -> None:
    overpaid(keeping, 120000)
    second = one_phase(keeping)
    charge = keeping.pay(second)
    keeping.settle()
    checked(keeping, (second, "1000.00"))
    polled(keeping)
    assert only_problem(keeping).remedy.startswith("Refund that amount at Stripe")

    keeping.stripe_sandbox.dashboard.refund(charge["id"])
    keeping.settle()
    problem = only_problem(keeping)
    assert problem.reason.endswith(
        "credit at Stripe paid it, and Deltek settled the same by other means: 200.00 USD too much"
    )
    assert problem.remedy.startswith(
        "Give the credit back to the customer at Stripe and take it back by hand in Deltek"
    )

    keeping.stripe_sandbox.dashboard.adjust_balance(customer(keeping), -20000)
    checked(keeping, (second, "-200.00"))
    polled(keeping)
    assert (balance(keeping, second), problems(keeping)) == ("0.00", [])


def test_credit_without_an_account_for_it_is_one_item_until_the_account_is_named(acme: World) -> None:
    overpaid(acme)
    second = one_phase(acme, "300.00")
    assert balance(acme, second) == "300.00"
    reasons = [one.reason for one in problems(acme)]
    assert len(reasons) == 2
    assert f"50.00 USD of invoice {second} was paid by the customer's credit at Stripe" in reasons[1]

    chart_accounts(acme)
    name_in_file(acme, OVERPAYMENTS)
    replay_all(acme)

    assert (balance(acme, second), on_account(acme, CREDITS)) == ("250.00", "0.00")
    assert_all_ties(acme)


def test_credit_that_somebody_gave_at_stripe_comes_from_the_same_account(keeping: World) -> None:
    """What it was given for, the firm books itself: the account is short by it until then."""
    one_phase(keeping)
    keeping.stripe_sandbox.dashboard.adjust_balance(customer(keeping), -8000)

    second = one_phase(keeping, "300.00")

    assert (balance(keeping, second), on_account(keeping, CREDITS)) == ("220.00", "-80.00")
    assert_all_ties(keeping)


def test_a_void_in_deltek_of_an_invoice_that_credit_paid_in_part_gives_the_credit_back(
    keeping: World,
) -> None:
    overpaid(keeping)
    second = one_phase(keeping, "300.00")
    keeping.accountant.void_invoice(second, TODAY)

    polled(keeping)
    keeping.settle()

    assert at_stripe(keeping, second)[0] == "void"
    assert (balance(keeping, second), on_account(keeping, CREDITS)) == ("0.00", "50.00")
    assert [one.accounts for one in booked(keeping)[-2:]] == [
        {RECEIVABLE: "50.00", CREDITS: "-50.00"},
        {RECEIVABLE: "-50.00", CREDITS: "50.00"},
    ]
    assert_all_ties(keeping)


def test_a_void_in_deltek_of_an_invoice_that_credit_paid_whole_waits_for_a_person(keeping: World) -> None:
    """Stripe voids no invoice that is paid, and what was no payment cannot be refunded."""
    overpaid(keeping, 140000)
    second = one_phase(keeping, "300.00")
    keeping.accountant.void_invoice(second, TODAY)

    polled(keeping)

    assert "Deltek settled the same by other means: 300.00 USD too much" in only_problem(keeping).reason
    assert at_stripe(keeping, second) == ("paid", 0)


# the customer is deleted


def test_money_is_booked_all_the_same_after_the_customer_whose_credit_paid_a_part_was_deleted(
    keeping: World,
) -> None:
    one_phase(keeping)
    keeping.stripe_sandbox.dashboard.adjust_balance(customer(keeping), -20000)
    number = one_phase(keeping)
    charge = keeping.pay(number)
    keeping.settle()

    keeping.stripe_sandbox.dashboard.delete_customer(customer(keeping))
    keeping.stripe_sandbox.dashboard.refund(charge["id"])
    keeping.settle()

    assert [one.kind for one in booked(keeping)] == ["credit applied", "payment", "refund"]
    assert balance(keeping, number) == "800.00"
    assert on_account(keeping, CREDITS) == "-200.00"
    assert_reconciled(keeping)


def test_credit_of_a_customer_that_was_deleted_before_it_was_read_is_told_by_the_invoice(
    keeping: World,
) -> None:
    one_phase(keeping)
    gone = customer(keeping)
    keeping.stripe_sandbox.dashboard.adjust_balance(gone, -20000)
    number = keeping.bill({"02": "1000.00"})
    keeping.poll()
    keeping.stripe_sandbox.faults.add(
        Fault("before", "GET", "/v1/customers/[^/]+/balance_transactions", times=99)
    )
    keeping.work()
    keeping.stripe_sandbox.faults.clear()
    keeping.stripe_sandbox.dashboard.delete_customer(gone)
    keeping.settle()
    keeping.pay(number)
    keeping.settle()

    assert [(one.kind, one.accounts) for one in booked(keeping)] == [
        ("credit applied", {RECEIVABLE: "200.00", CREDITS: "-200.00"}),
        ("payment", {RECEIVABLE: "800.00"}),
    ]
    assert balance(keeping, number) == "0.00"
    assert_reconciled(keeping)
