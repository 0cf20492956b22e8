"""Money that goes back to the client or the bank, and comes again: each time one receipt, and both books agree."""

from datetime import timedelta
from decimal import Decimal

import pytest

from connector.sandbox.stripe.credit_notes import create as create_credit_note
from tests.support.booked import booked
from tests.support.money import pushed, receipts, spread, tied, total_received
from tests.support.settling import (
    assert_all_ties,
    at_stripe,
    balance,
    checked,
    credited,
    one_phase,
    only_problem,
    polled,
    story,
)
from tests.support.world import World


def paid(world: World, amounts: dict[str, str] | None = None) -> tuple[str, str]:
    """An invoice paid by card, its receipt posted: its number and its charge."""
    number = pushed(world, amounts)
    charge = world.pay(number)
    world.settle()
    return number, str(charge["id"])


def paid_together(world: World, *amounts: str) -> tuple[list[str], str]:
    """Invoices paid by one payment, their receipts posted: the numbers and the charge."""
    numbers = [one_phase(world, amount) for amount in amounts]
    ids = [world.stripe_invoice(number)["id"] for number in numbers]
    charge = world.stripe_sandbox.dashboard.pay_together(ids)
    world.settle()
    return numbers, str(charge["id"])


def amounts(world: World, number: str) -> list[str]:
    return [one["amount"] for one in receipts(world, number)]


def test_of_two_invoices_paid_together_a_credit_note_refunds_the_one_that_a_check_paid_too(
    acme: World,
) -> None:
    (first, second), _ = paid_together(acme, "1000.00", "1000.00")
    checked(acme, (first, "1000.00"))
    polled(acme)
    assert (
        "Refund that amount at Stripe (by a credit note on this invoice, where the payment was of several)"
        in (only_problem(acme).remedy)
    )

    stripe_invoice = acme.stripe_invoice(first)["id"]
    acme.stripe_sandbox.dashboard.credit_note(stripe_invoice, 100000, refund_amount=100000)
    acme.settle()
    polled(acme)

    assert (balance(acme, first), balance(acme, second)) == ("0.00", "0.00")
    assert_all_ties(acme)


# disputes


def test_a_dispute_is_booked_back_on_the_phases_of_its_payment_and_again_when_it_is_won(acme: World) -> None:
    number, charge = paid(acme, {"02": "600.00", "03": "400.01"})
    acme.clock.turn(timedelta(days=5))
    dispute = acme.stripe_sandbox.dashboard.dispute(charge, reason="fraudulent")
    acme.settle()
    assert balance(acme, number) == "1000.01"
    assert acme.invoice(number).payment_note == f"dispute {dispute['id']} over 1,000.01 USD is needs_response"
    assert_all_ties(acme)

    acme.clock.turn(timedelta(days=30))
    acme.stripe_sandbox.dashboard.win(dispute["id"])
    acme.settle()

    _, back, again = receipts(acme, number)
    assert spread(back) == {"02": "-600.00", "03": "-400.01"}
    assert spread(again) == {"02": "600.00", "03": "400.01"}
    assert [one["date"] for one in (back, again)] == ["2026-11-25", "2026-12-25"]
    assert [one.kind for one in booked(acme)] == ["payment", "dispute", "dispute reinstated"]
    assert acme.invoice(number).payment_note == ""
    assert_all_ties(acme)


def test_a_dispute_that_is_lost_leaves_the_invoice_open_in_deltek_and_moves_nothing_more(acme: World) -> None:
    number, charge = paid(acme)
    dispute = acme.stripe_sandbox.dashboard.dispute(charge, 25000)
    acme.stripe_sandbox.dashboard.lose(dispute["id"])
    acme.settle()

    assert amounts(acme, number) == ["1000.00", "-250.00"]
    assert balance(acme, number) == "250.00"
    assert at_stripe(acme, number) == ("paid", 0)
    assert acme.invoice(number).payment_note == f"dispute {dispute['id']} over 250.00 USD is lost"
    assert_all_ties(acme)


def test_an_inquiry_is_shown_while_it_runs_and_moves_no_money(acme: World) -> None:
    number, charge = paid(acme)
    dispute = acme.stripe_sandbox.dashboard.dispute(charge, withdrawn=False)
    acme.settle()
    assert "is warning_needs_response" in acme.invoice(number).payment_note

    acme.stripe_sandbox.dashboard.close_inquiry(dispute["id"])
    acme.settle()

    assert amounts(acme, number) == ["1000.00"]
    assert acme.invoice(number).payment_note == ""
    assert f"Dispute {dispute['id']} over 1,000.00 USD is warning_closed" in story(acme, number)
    assert_all_ties(acme)


def test_an_inquiry_that_becomes_a_dispute_is_booked_when_the_bank_takes_the_money(acme: World) -> None:
    number, charge = paid(acme)
    dispute = acme.stripe_sandbox.dashboard.dispute(charge, withdrawn=False)
    acme.settle()
    assert amounts(acme, number) == ["1000.00"]

    acme.stripe_sandbox.dashboard.withdraw(dispute["id"])
    acme.settle()

    assert amounts(acme, number) == ["1000.00", "-1000.00"]
    assert_all_ties(acme)


def test_a_dispute_that_takes_the_money_in_two_withdrawals_is_a_receipt_for_each(acme: World) -> None:
    number, charge = paid(acme, {"02": "600.00", "03": "400.00"})
    dispute = acme.stripe_sandbox.dashboard.dispute(charge, withdrawn=False)
    acme.stripe_sandbox.dashboard.withdraw(dispute["id"], 33333)
    acme.settle()
    acme.stripe_sandbox.dashboard.withdraw(dispute["id"], 66667)
    acme.settle()
    assert amounts(acme, number) == ["1000.00", "-333.33", "-666.67"]
    assert balance(acme, number) == "1000.00"

    acme.stripe_sandbox.dashboard.win(dispute["id"])
    acme.settle()

    assert balance(acme, number) == "0.00"
    again = receipts(acme, number)[3:]
    assert sum(Decimal(one["amount"]) for one in again) == Decimal("1000.00")
    assert_all_ties(acme)


def test_a_dispute_of_a_payment_of_several_invoices_takes_from_each_its_share_and_gives_it_back(
    acme: World,
) -> None:
    numbers, charge = paid_together(acme, "100.00", "200.00", "0.70")
    dispute = acme.stripe_sandbox.dashboard.dispute(charge)
    acme.settle()
    assert [balance(acme, number) for number in numbers] == ["100.00", "200.00", "0.70"]
    assert_all_ties(acme)

    acme.stripe_sandbox.dashboard.win(dispute["id"])
    acme.settle()

    assert [balance(acme, number) for number in numbers] == ["0.00", "0.00", "0.00"]
    assert_all_ties(acme)


def test_a_dispute_is_shown_until_it_is_over_whatever_else_is_paid_or_disputed(acme: World) -> None:
    number = one_phase(acme)
    disputes = []
    for cents in (40000, 60000):
        charge = acme.pay(number, cents)
        acme.settle()
        disputes.append(acme.stripe_sandbox.dashboard.dispute(charge["id"])["id"])
        acme.settle()
    first, second = disputes
    assert acme.invoice(number).payment_note == (
        f"dispute {first} over 400.00 USD is needs_response; dispute {second} over 600.00 USD is needs_response"
    )

    acme.stripe_sandbox.dashboard.win(second)
    acme.settle()
    assert acme.invoice(number).payment_note == f"dispute {first} over 400.00 USD is needs_response"

    acme.stripe_sandbox.dashboard.win(first)
    acme.settle()
    assert acme.invoice(number).payment_note == ""


def test_of_a_dispute_in_part_each_of_several_invoices_bears_its_share_to_the_cent(acme: World) -> None:
    numbers, charge = paid_together(acme, "100.00", "200.00")
    acme.stripe_sandbox.dashboard.dispute(charge, 10001)
    acme.settle()

    assert [balance(acme, number) for number in numbers] == ["33.34", "66.67"]
    assert_all_ties(acme)


@pytest.mark.parametrize("told", ["backwards", "twice", "of the end only"])
def test_a_dispute_is_booked_the_same_however_it_is_told_of(acme: World, told: str) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    dispute = acme.stripe_sandbox.dashboard.dispute(charge["id"])
    acme.stripe_sandbox.dashboard.win(dispute["id"])
    outbox = acme.stripe_books.outbox
    outbox[:] = {"backwards": outbox[::-1], "twice": outbox * 2, "of the end only": outbox[-1:]}[told]

    acme.settle()

    assert amounts(acme, number) == ["1000.00", "-1000.00", "1000.00"]
    assert_all_ties(acme)


@pytest.mark.parametrize("way", ["refund", "dispute"])
def test_both_books_agree_where_one_of_several_invoices_bears_nothing_of_what_went_back(
    acme: World, way: str
) -> None:
    numbers, charge = paid_together(acme, "5.00", "20000.00")
    getattr(acme.stripe_sandbox.dashboard, way)(charge, 1000)
    acme.settle()

    assert [balance(acme, number) for number in numbers] == ["0.00", "10.00"]
    assert_all_ties(acme)


# bank debits that are returned


def test_a_returned_bank_debit_opens_the_invoice_again_in_deltek_on_the_day_of_the_return(
    acme: World,
) -> None:
    number = pushed(acme, {"02": "600.00", "03": "400.00"})
    charge = acme.pay(number, method="us_bank_account")
    acme.clock.turn(timedelta(days=4))
    acme.stripe_sandbox.dashboard.settle(charge["id"])
    acme.settle()
    acme.clock.turn(timedelta(days=20))
    acme.stripe_sandbox.dashboard.return_debit(charge["id"])
    acme.settle()

    _, back = receipts(acme, number)
    assert (back["date"], spread(back)) == ("2026-12-14", {"02": "-600.00", "03": "-400.00"})
    assert balance(acme, number) == "1000.00"
    assert acme.invoice(number).payment_note.endswith("over 1,000.00 USD is lost")
    assert_all_ties(acme)


def test_what_a_bank_returned_may_be_paid_by_check_and_nothing_is_left_to_do(acme: World) -> None:
    number = one_phase(acme)
    charge = acme.pay(number, method="us_bank_account")
    acme.stripe_sandbox.dashboard.settle(charge["id"])
    acme.settle()
    acme.stripe_sandbox.dashboard.return_debit(charge["id"])
    acme.settle()

    checked(acme, (number, "1000.00"))
    polled(acme)

    assert balance(acme, number) == "0.00"
    assert at_stripe(acme, number) == ("paid", 0)
    assert acme.stripe_books.table("credit_note") == {}
    assert_all_ties(acme)


# refunds


def test_a_refund_by_credit_note_is_of_the_invoice_that_the_note_is_for(acme: World) -> None:
    numbers, _ = paid_together(acme, "1000.00", "3000.00")
    first = acme.stripe_invoice(numbers[0])["id"]
    acme.stripe_sandbox.dashboard.credit_note(first, 40000, refund_amount=40000)
    acme.settle()
    assert [amounts(acme, number) for number in numbers] == [["1000.00", "-400.00"], ["3000.00"]]

    credited(acme, numbers[0], "400.00")
    polled(acme)

    assert [balance(acme, number) for number in numbers] == ["0.00", "0.00"]
    assert_all_ties(acme)


def test_of_a_refund_that_a_credit_note_names_in_part_the_rest_is_shared(acme: World) -> None:
    numbers, charge = paid_together(acme, "100.00", "300.00")
    acme.stripe_books.delivery.paused = True
    refund = acme.stripe_sandbox.dashboard.refund(charge, 20000)
    linked = {"refund": refund["id"], "amount_refunded": 4000}
    first = acme.stripe_invoice(numbers[0])["id"]
    create_credit_note(acme.stripe_books, {"invoice": first, "amount": 4000, "refunds": [linked]})
    acme.stripe_books.delivery.paused = False
    acme.settle()

    # 40.00 are the first one's; of the other 160.00 they bear 60 and 300 parts.
    assert [amounts(acme, number)[1] for number in numbers] == ["-66.67", "-133.33"]


def test_a_refund_that_is_linked_to_a_credit_note_later_is_moved_to_its_invoice_by_hand(acme: World) -> None:
    numbers, charge = paid_together(acme, "1000.00", "1000.00")
    refund = acme.stripe_sandbox.dashboard.refund(charge, 20000)
    acme.settle()
    linked = {"refund": refund["id"], "amount_refunded": 20000}
    first = acme.stripe_invoice(numbers[0])["id"]
    create_credit_note(acme.stripe_books, {"invoice": first, "amount": 20000, "refunds": [linked]})
    acme.settle()
    assert [amounts(acme, number)[1] for number in numbers] == ["-100.00", "-100.00"]
    (told,) = tied(acme).differences
    assert "200.00 USD was credited at Stripe after it was paid" in told.notes[0]

    checked(acme, (numbers[0], "-100.00"), (numbers[1], "100.00"))
    credited(acme, numbers[0], "200.00")
    polled(acme)

    assert [balance(acme, number) for number in numbers] == ["0.00", "0.00"]
    assert_all_ties(acme)


def test_the_refund_of_a_payment_of_one_invoice_asks_stripe_for_no_credit_notes(acme: World) -> None:
    _, charge = paid(acme)
    acme.stripe_books.requests.clear()
    acme.stripe_sandbox.dashboard.refund(charge, 1000)
    acme.settle()

    assert not [one for one in acme.stripe_books.requests if "credit_notes" in one["path"]]


@pytest.mark.parametrize("end", ["succeeded", "failed", "canceled"])
def test_a_refund_that_waits_for_the_client_is_booked_only_if_it_succeeds(acme: World, end: str) -> None:
    number, charge = paid(acme)
    refund = acme.stripe_sandbox.dashboard.refund(charge, 40000, "requires_action")
    acme.settle()
    assert amounts(acme, number) == ["1000.00"]
    assert_all_ties(acme)

    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], end)
    acme.settle()

    assert amounts(acme, number) == (["1000.00", "-400.00"] if end == "succeeded" else ["1000.00"])
    assert_all_ties(acme)


def test_a_refund_that_waited_is_dated_on_the_day_its_money_left(acme: World) -> None:
    _, charge = paid(acme)
    refund = acme.stripe_sandbox.dashboard.refund(charge, status="requires_action")
    acme.settle()
    acme.clock.turn(timedelta(days=20))
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "succeeded")
    acme.settle()

    assert [one.day for one in booked(acme)] == ["2026-11-20", "2026-12-10"]
    assert_all_ties(acme)


def test_a_refund_told_of_late_is_dated_on_its_day(acme: World) -> None:
    _, charge = paid(acme)
    acme.stripe_sandbox.dashboard.refund(charge)
    acme.clock.turn(timedelta(days=2))
    acme.settle()

    assert [one.day for one in booked(acme)] == ["2026-11-20", "2026-11-20"]


def test_a_refund_that_failed_before_anybody_told_of_it_leaves_no_receipt(acme: World) -> None:
    number, charge = paid(acme)
    refund = acme.stripe_sandbox.dashboard.refund(charge, 40000)
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    del acme.stripe_books.outbox[:-1]
    acme.settle()

    assert amounts(acme, number) == ["1000.00"]
    assert_all_ties(acme)


def test_a_refund_that_fails_after_it_succeeded_gives_each_invoice_its_share_back(acme: World) -> None:
    numbers, charge = paid_together(acme, "100.00", "200.00")
    refund = acme.stripe_sandbox.dashboard.refund(charge, 10001)
    acme.settle()
    assert [balance(acme, number) for number in numbers] == ["33.34", "66.67"]
    assert_all_ties(acme)

    acme.clock.turn(timedelta(days=9))
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    acme.settle()

    assert [total_received(acme, number) for number in numbers] == [Decimal("100.00"), Decimal("200.00")]
    assert_all_ties(acme)
