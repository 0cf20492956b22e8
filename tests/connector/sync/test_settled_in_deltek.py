"""Checks and wires that an accountant records in Deltek: the Stripe invoice asks for no more than is left."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from connector.models import MovementKind
from connector.sandbox.vantagepoint.accountant import Payment
from tests.support.money import our_files, pushed, total_received
from tests.support.settling import (
    TODAY,
    assert_all_ties,
    at_stripe,
    balance,
    checked,
    one_phase,
    only_problem,
    polled,
    requests_that_write,
    story,
    synced,
)
from tests.support.world import World

A_MINUTE = timedelta(minutes=1)


def test_a_check_for_the_whole_closes_the_stripe_invoice_with_the_next_poll(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "1000.00"))

    polled(acme)

    assert at_stripe(acme, number) == ("paid", 0)
    assert acme.stripe_invoice(number)["amount_paid_off_stripe"] == 100000
    assert "1,000.00 USD was received in Deltek by other means" in story(acme, number)
    assert_all_ties(acme)


def test_no_receipt_of_ours_mirrors_a_check(acme: World) -> None:
    """What is marked as paid elsewhere at Stripe comes back as events; none of it is cash."""
    number = one_phase(acme)
    checked(acme, (number, "250.00"))
    polled(acme)
    checked(acme, (number, "750.00"))
    polled(acme)
    synced(acme)

    assert our_files(acme) == []
    assert acme.movements() == []
    assert total_received(acme, number) == Decimal("1000.00")


@pytest.mark.parametrize("parts", [["400.00"], ["0.01"], ["400.00", "599.00"], ["100.00"] * 9])
def test_a_check_for_a_part_lowers_what_stripe_asks_for(acme: World, parts: list[str]) -> None:
    number = one_phase(acme)
    for part in parts:
        checked(acme, (number, part))
        polled(acme)

    left = 100000 - int(sum(map(Decimal, parts)) * 100)
    assert at_stripe(acme, number) == ("open", left)
    assert_all_ties(acme)


def test_several_checks_between_two_polls_are_one_reduction(acme: World) -> None:
    number = one_phase(acme)
    for part in ("100.00", "200.00", "300.00"):
        checked(acme, (number, part))

    polled(acme)

    assert at_stripe(acme, number) == ("open", 40000)
    assert len(acme.stripe_books.table("payment_record")) == 1
    assert_all_ties(acme)


def test_a_part_by_check_and_the_rest_by_card_settle_the_invoice_once(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "400.00"))
    polled(acme)

    acme.pay(number)
    acme.settle()

    assert (balance(acme, number), at_stripe(acme, number)) == ("0.00", ("paid", 0))
    assert [one.amount for one in acme.movements()] == [60000]
    assert_all_ties(acme)


def test_a_part_by_card_and_the_rest_by_check_settle_the_invoice_once(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, 30000)
    acme.settle()
    checked(acme, (number, "700.00"))

    polled(acme)

    assert (balance(acme, number), at_stripe(acme, number)) == ("0.00", ("paid", 0))
    assert_all_ties(acme)


def test_one_check_over_several_invoices_settles_each_by_its_part(acme: World) -> None:
    numbers = [one_phase(acme, amount) for amount in ("100.00", "200.00", "300.00")]
    checked(acme, (numbers[0], "100.00"), (numbers[1], "50.00"), (numbers[2], "300.00"))

    polled(acme)

    assert [at_stripe(acme, one) for one in numbers] == [("paid", 0), ("open", 15000), ("paid", 0)]
    assert_all_ties(acme)


def test_a_check_on_another_project_s_invoice_of_the_same_number_leaves_ours_alone(acme: World) -> None:
    number = one_phase(acme)
    acme.project("24009.00", acme.clients["Riverbend Schools"], ["02"])
    acme.bill({"02": "77.00"}, wbs1="24009.00", number=number)
    payment = Payment(number, "24009.00", Decimal("77.00"), wbs2="02")
    acme.accountant.record_check("88", TODAY, [payment], "FIRST")

    polled(acme)

    assert {(one["total"], one["amount_remaining"]) for one in acme.stripe_invoices()} == {(100000, 100000)}


# more than is owed


def test_a_check_over_the_invoice_closes_it_and_the_rest_is_deltek_s_affair(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "1100.00"))

    polled(acme)

    assert (at_stripe(acme, number), balance(acme, number)) == (("paid", 0), "-100.00")
    assert acme.status().failed == 0


def test_a_check_for_what_was_paid_by_card_too_makes_a_person_refund_it(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    checked(acme, (number, "1000.00"))

    polled(acme)

    problem = only_problem(acme)
    assert "1,000.00 USD too much" in problem.reason
    assert "Refund that amount at Stripe" in problem.remedy

    acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(number)["id"])
    acme.settle()
    polled(acme)
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_check_taken_back_in_deltek_resolves_a_double_payment_too(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    checked(acme, (number, "1000.00"))
    polled(acme)

    checked(acme, (number, "-1000.00"))
    polled(acme)

    assert_all_ties(acme)


# while a payment is on its way


def test_while_a_bank_debit_is_processing_the_stripe_invoice_stays_as_it_is(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, method="us_bank_account")
    acme.settle()
    checked(acme, (number, "1000.00"))

    polled(acme)
    polled(acme)

    assert at_stripe(acme, number) == ("open", 100000)
    assert acme.status().failed == 0


def test_a_bank_debit_that_fails_after_a_check_lets_the_check_close_the_invoice(acme: World) -> None:
    number = one_phase(acme)
    charge = acme.pay(number, method="us_bank_account")
    acme.settle()
    checked(acme, (number, "1000.00"))
    polled(acme)

    acme.stripe_sandbox.dashboard.settle(charge["id"], succeed=False)
    acme.settle()
    polled(acme)

    assert at_stripe(acme, number) == ("paid", 0)
    assert_all_ties(acme)


def test_a_bank_debit_that_succeeds_after_a_check_makes_a_person_refund_it(acme: World) -> None:
    number = one_phase(acme)
    charge = acme.pay(number, method="us_bank_account")
    acme.settle()
    checked(acme, (number, "1000.00"))
    polled(acme)

    acme.stripe_sandbox.dashboard.settle(charge["id"])
    acme.settle()
    polled(acme)

    assert "only 0.00 USD is open" in only_problem(acme).reason
    assert at_stripe(acme, number) == ("paid", 0)


# before the push, and between the reading and the push


def test_what_a_check_settled_before_the_invoice_was_read_is_never_asked_for(acme: World) -> None:
    number = acme.bill({"02": "1000.00"})
    checked(acme, (number, "400.00"))

    acme.poll()
    acme.settle()

    assert at_stripe(acme, number) == ("open", 60000)
    assert acme.stripe_invoice(number)["total"] == 100000
    assert_all_ties(acme)


def whole(world: World, number: str) -> None:
    checked(world, (number, "1000.00"))


def a_part(world: World, number: str) -> None:
    checked(world, (number, "400.00"))


@pytest.mark.parametrize(("pay", "stands"), [(whole, ("paid", 0)), (a_part, ("open", 60000))])
def test_a_check_between_the_reading_and_the_push_is_taken_off_before_the_client_is_written_to(
    world: World, pay: Callable[[World, str], None], stands: tuple[str, int]
) -> None:
    world.annex()
    world.set_up(stripe="send_email = true")
    number = world.bill({"02": "1000.00"})
    world.poll()
    pay(world, number)
    world.clock.turn(A_MINUTE)
    world.poll()

    world.settle()

    assert at_stripe(world, number) == stands
    sent = [one for one in requests_that_write(world) if one.endswith("/send")]
    assert len(sent) == (1 if stands[1] else 0)
    assert_all_ties(world)


def test_a_check_after_the_last_poll_before_the_push_is_taken_off_with_the_next_one(acme: World) -> None:
    number = acme.bill({"02": "1000.00"})
    acme.poll()
    a_part(acme, number)

    acme.settle()
    polled(acme)

    assert at_stripe(acme, number) == ("open", 60000)
    assert_all_ties(acme)


# our own receipts


@pytest.mark.parametrize("post", ["true", "false"])
def test_our_own_receipt_is_no_check_of_somebody_s_whoever_posts_it(world: World, post: str) -> None:
    world.annex()
    world.set_up(post=post)
    number = pushed(world)
    world.pay(number, 40000)
    world.settle()
    polled(world)
    world.accountant.post_receipt_files()
    polled(world)
    synced(world)

    assert at_stripe(world, number) == ("open", 60000)
    assert world.stripe_invoice(number)["amount_paid_off_stripe"] == 0
    assert [one.kind for one in world.movements()] == [MovementKind.PAYMENT]
    assert_all_ties(world)
