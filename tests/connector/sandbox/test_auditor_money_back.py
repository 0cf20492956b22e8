"""The auditor on money that went back, and came again: refunds, refunds that failed, disputes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from connector.sandbox.auditor import Kind
from tests.support.auditing import CREDITS, Entered, audited, enter, only, receipt_of, tamper
from tests.support.hand_made import HandMade, both


def refunded(made: HandMade) -> tuple[str, str]:
    """A paid invoice of which 250.00 was refunded and booked, beyond reproach; its number and the refund."""
    number = made.paid()
    refund = made.refunded(number, 25000, *both(number, "-150.00", "-100.00"))
    assert audited(made) == []
    return number, refund


def amounts(first: str, second: str) -> list[dict[str, object]]:
    """Changes of the two rows of a receipt."""
    return [{"Amount": Decimal(first)}, {"Amount": Decimal(second)}]


# refunds


def test_a_missing_refund_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    batch = receipt_of(made, refund).batch
    made.accountant.undo_posting(batch, "CR")
    made.accountant.delete_receipt_file(batch)

    assert only(made, Kind.MISSING, number) == f"No receipt books -250.00 USD by refund {refund}"


def test_a_doubled_refund_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    enter(made, f"Stripe refund {refund} (pi_1)", *both(number, "-150.00", "-100.00"))

    assert f"Refund {refund} is booked 2 times" in only(made, Kind.DOUBLED, number)


def test_a_second_receipt_over_nothing_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    enter(made, f"Stripe refund {refund} (pi_1)", *both(number, "-1.00", "1.00"))

    assert f"Refund {refund} is booked 2 times" in only(made, Kind.DOUBLED, number)


@pytest.mark.parametrize(("first", "whole"), [("-149.99", "-249.99"), ("-150.01", "-250.01")])
def test_a_refund_that_is_a_cent_off_is_found(made: HandMade, first: str, whole: str) -> None:
    number, refund = refunded(made)
    tamper(receipt_of(made, refund), control={"Total": Decimal(whole)}, rows=[{"Amount": Decimal(first)}])

    text = only(made, Kind.AMOUNT, number)
    assert text == f"Receipts book {whole} USD of -250.00 USD by refund {refund}"


def test_a_refund_booked_as_money_received_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    file = receipt_of(made, refund)
    tamper(file, control={"Total": Decimal(250)}, rows=amounts("150.00", "100.00"))

    text = only(made, Kind.SIGN, number)
    assert text.endswith(f"it is over 250.00, but refund {refund} took money back")


def test_a_refund_taken_from_a_phase_that_got_less_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    tamper(receipt_of(made, refund), rows=amounts("250.00", "-500.00"))

    text = only(made, Kind.WBS, number)
    assert text.startswith("100.00 more of pi_")
    assert text.endswith("was taken from 24001.00|03|  than was put on it")


def test_a_refund_taken_from_beside_the_invoice_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    tamper(receipt_of(made, refund), rows=[{"Account": CREDITS, "Invoice": ""}] * 2)

    text = only(made, Kind.SHARE, number)
    assert text.startswith("-250.00 of pi_")
    assert text.endswith("is left beside it after what went back, of 0.00")


def test_of_a_receipt_with_a_wrong_row_nothing_else_is_said(made: HandMade) -> None:
    number, refund = refunded(made)
    rows = [
        {"Amount": Decimal("-500.00"), "WBS2": "03"},
        {"Amount": Decimal("250.00"), "Account": "112.00"},
    ]
    tamper(receipt_of(made, refund), rows=rows)

    assert "it puts 250.00 on account 112.00" in only(made, Kind.ACCOUNT, number)


def test_the_date_of_a_refund_is_its_own(made: HandMade) -> None:
    number = made.paid()
    made.clock.turn(timedelta(days=3))
    refund = made.refunded(number, 25000, *both(number, "-150.00", "-100.00"))
    assert audited(made) == []
    tamper(receipt_of(made, refund), master={"TransDate": "2026-11-20T00:00:00.000"})

    assert only(made, Kind.DATE, number).endswith("moved money on 2026-11-23")


def test_a_refund_that_waited_for_the_client_is_of_the_day_it_was_made_or_of_the_day_its_money_went(
    made: HandMade,
) -> None:
    number = made.paid()
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 25000, "requires_action")["id"]
    assert audited(made) == []
    made.clock.turn(timedelta(days=3))
    made.dashboard.settle_refund(refund, "succeeded")
    enter(made, f"Stripe refund {refund} (pi_1)", *both(number, "-150.00", "-100.00"), dated=made.today)
    assert audited(made) == []

    tamper(receipt_of(made, refund), master={"TransDate": "2026-11-20T00:00:00.000"})
    assert audited(made) == []
    tamper(receipt_of(made, refund), master={"TransDate": "2026-11-21T00:00:00.000"})
    assert only(made, Kind.DATE, number).endswith("moved money on 2026-11-20")


# refunds that came to nothing


def test_a_refund_that_failed_is_booked_both_ways_or_not_at_all(made: HandMade) -> None:
    number = made.paid()
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 100)["id"]
    made.clock.turn(timedelta(days=12))
    made.dashboard.settle_refund(refund, "failed")
    assert audited(made) == []

    enter(made, f"Stripe refund {refund} (pi_1)", Entered("-1.00", number))
    assert only(made, Kind.MISSING, number) == f"No receipt books 1.00 USD by refund failed {refund}"
    enter(made, f"Stripe refund failed {refund} (pi_1)", Entered("1.00", number))
    assert only(made, Kind.DATE, number).endswith("moved money on 2026-12-02")
    tamper(made.deltek_books.receipts.files[-1], master={"TransDate": "2026-12-02T00:00:00.000"})
    assert audited(made) == []


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_a_refund_that_never_succeeded_is_not_booked(made: HandMade, end: str) -> None:
    number = made.paid()
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 100, "pending")["id"]
    other = made.dashboard.refund(made.at_stripe(number)["id"], 200)["id"]
    enter(made, f"Stripe refund {other} (pi_1)", Entered("-2.00", number))
    assert audited(made) == []
    made.dashboard.settle_refund(refund, end)
    assert audited(made) == []

    enter(made, f"Stripe refund {refund} (pi_1)", Entered("-1.00", number))
    assert f"names {refund}, pi_1, by which no money moved" in only(made, Kind.NO_MOVEMENT, number)


def test_a_failed_refund_that_is_booked_back_twice_is_found(made: HandMade) -> None:
    number, refund = refunded(made)
    made.dashboard.settle_refund(refund, "failed")
    for _ in range(2):
        enter(made, f"Stripe refund failed {refund}", *both(number, "150.00", "100.00"))

    assert f"Refund failed {refund} is booked 2 times" in only(made, Kind.DOUBLED, number)


# several invoices


def paid_together(made: HandMade) -> tuple[str, str, str]:
    """Two invoices of 100.00 and 50.00 that one charge paid, booked; their numbers and the charge."""
    first, second = made.pushed({"02": "100.00"}), made.pushed({"02": "50.00"})
    charge = made.dashboard.pay_together([made.at_stripe(number)["id"] for number in (first, second)])
    for number, amount in ((first, "100.00"), (second, "50.00")):
        enter(made, f"Stripe payment {made.payment(number)} (pi_1)", Entered(amount, number))
    assert audited(made) == []
    return first, second, str(charge["id"])


def test_the_shares_of_a_refund_of_several_invoices_sum_to_it(made: HandMade) -> None:
    first, second, charge = paid_together(made)
    refund = made.dashboard.refund(charge, 9000)["id"]
    for number, amount in ((first, "-60.00"), (second, "-29.99")):
        enter(made, f"Stripe refund {refund} (pi_1) on invoice {number}", Entered(amount, number))

    text = only(made, Kind.AMOUNT, f"{first}, {second}")
    assert text == f"Receipts book -89.99 USD of -90.00 USD by refund {refund}"
    tamper(
        made.deltek_books.receipts.files[-1], control={"Total": Decimal(-30)}, rows=amounts("-30", "0")[:1]
    )
    assert audited(made) == []


@pytest.mark.parametrize(("refund", "shares"), [(9000, ("-39.99", "-50.01")), (15000, ("-99.99", "-50.01"))])
def test_the_shares_of_a_refund_are_within_what_each_invoice_got(
    made: HandMade, refund: int, shares: tuple[str, str]
) -> None:
    first, second, charge = paid_together(made)
    name = made.dashboard.refund(charge, refund)["id"]
    for number, amount in zip((first, second), shares, strict=True):
        enter(made, f"Stripe refund {name} (pi_1) on invoice {number}", Entered(amount, number))

    text = only(made, Kind.SHARE, second)
    assert text.startswith("-0.01 of pi_")
    assert text.endswith("is left on it after what went back, of 50.00")


def test_what_comes_again_comes_to_where_it_was_taken_from(made: HandMade) -> None:
    first, second, charge = paid_together(made)
    refund = made.dashboard.refund(charge, 9000)["id"]
    for number, amount in ((first, "-60.00"), (second, "-30.00")):
        enter(made, f"Stripe refund {refund} (pi_1)", Entered(amount, number))
    made.dashboard.settle_refund(refund, "failed")
    for number, amount in ((first, "59.99"), (second, "30.01")):
        enter(made, f"Stripe refund failed {refund} (pi_1)", Entered(amount, number))

    assert only(made, Kind.SHARE, second).startswith("50.01 of pi_")


def test_a_refund_of_a_payment_that_paid_others_invoices_too_is_for_a_person(made: HandMade) -> None:
    first, second, charge = paid_together(made)
    made.at_stripe(second)["metadata"] = {}
    batch = made.deltek_books.receipts.files[-1].batch
    made.accountant.undo_posting(batch, "CR")
    made.accountant.delete_receipt_file(batch)
    made.accountant.void_invoice(second, made.today)
    assert audited(made) == []

    refund = made.dashboard.refund(charge, 5000)["id"]
    text = only(made, Kind.SHARED, first)
    assert text == (
        f"Receipts book 0.00 USD of -50.00 USD by refund {refund}: the payment paid others' invoices too"
    )
    enter(made, f"Stripe refund {refund} (pi_1)", Entered("-10.00", first))
    assert only(made, Kind.SHARED, first).startswith("Receipts book -10.00 USD")
    file = made.deltek_books.receipts.files[-1]
    tamper(file, control={"Total": Decimal(-60)}, rows=amounts("-60", "0")[:1])
    assert only(made, Kind.AMOUNT, first).startswith("Receipts book -60.00 USD of -50.00 USD")
    tamper(file, control={"Total": Decimal(-50)}, rows=amounts("-50", "0")[:1])
    assert audited(made) == []
    more = made.dashboard.refund(charge, 5001)["id"]
    assert only(made, Kind.MISSING, first) == f"No receipt books -50.01 USD by refund {more}"


# disputes


def booked(made: HandMade, number: str, first: str, second: str, name: str = "") -> str:
    """A receipt for the newest movement of money."""
    named = name or made.latest("balance_transaction")
    comment = f"Stripe dispute {named} (pi_1) on invoice {number}"
    return enter(made, comment, *both(number, first, second), dated=made.today)


def test_a_dispute_that_was_withdrawn_and_won_is_right_with_a_receipt_for_each(made: HandMade) -> None:
    number = made.paid()
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"])["id"]
    booked(made, number, "-600.00", "-400.00")
    assert audited(made) == []

    made.dashboard.win(dispute)
    booked(made, number, "600.00", "400.00")
    assert audited(made) == []


def test_an_inquiry_moves_no_money(made: HandMade) -> None:
    made.dashboard.dispute(made.at_stripe(made.paid())["id"], withdrawn=False)

    assert audited(made) == []


def test_a_dispute_that_is_not_booked_is_found(made: HandMade) -> None:
    number = made.paid()
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"], 25000)["id"]

    assert only(made, Kind.MISSING, number) == f"No receipt books -250.00 USD by dispute {dispute}"


def test_what_a_dispute_took_counts_and_not_what_it_is_over(made: HandMade) -> None:
    number = made.paid()
    made.dashboard.dispute(made.at_stripe(number)["id"])
    made.stripe_books.table("balance_transaction")[made.latest("balance_transaction")]["amount"] = -25000

    assert "No receipt books -250.00 USD" in only(made, Kind.MISSING, number)


def test_a_returned_bank_debit_is_booked_on_the_day_of_its_return(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], method="us_bank_account")
    made.dashboard.settle(made.at_stripe(number)["id"])
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *both(number, "600.00", "400.00"))
    made.clock.turn(timedelta(days=5))
    made.dashboard.return_debit(made.at_stripe(number)["id"])
    assert "No receipt books -1000.00 USD by dispute" in only(made, Kind.MISSING, number)

    booked(made, number, "-600.00", "-400.00")
    assert audited(made) == []
    tamper(made.deltek_books.receipts.files[-1], master={"TransDate": "2026-11-20T00:00:00.000"})
    assert only(made, Kind.DATE, number).endswith("moved money on 2026-11-25")


def test_a_reinstatement_that_is_not_booked_is_found(made: HandMade) -> None:
    number = made.paid()
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"])["id"]
    booked(made, number, "-600.00", "-400.00")
    made.dashboard.win(dispute)

    text = only(made, Kind.MISSING, number)
    assert text == f"No receipt books 1000.00 USD by dispute reinstated {dispute}"


def test_a_reinstatement_booked_twice_is_found(made: HandMade) -> None:
    number = made.paid()
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"])["id"]
    booked(made, number, "-600.00", "-400.00")
    made.dashboard.win(dispute)
    first, second = (booked(made, number, "600.00", "400.00") for _ in range(2))

    text = only(made, Kind.DOUBLED, number)
    assert text == f"Dispute reinstated {dispute} is booked 2 times, by {first} and {second}"


@pytest.mark.parametrize("precise", [True, False])
def test_of_a_dispute_that_took_its_money_twice_receipts_may_name_the_dispute_or_the_movement(
    made: HandMade, precise: bool
) -> None:
    number = made.paid()
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"])["id"]
    names = [made.latest("balance_transaction")]
    made.dashboard.win(dispute)
    names.append(made.latest("balance_transaction"))
    booked(made, number, "600.00", "400.00", f"{names[1]} {dispute}" if precise else dispute)
    made.clock.turn(timedelta(days=1))
    made.dashboard.withdraw(dispute)
    names.append(made.latest("balance_transaction"))
    later = booked(made, number, "-600.00", "-400.00", f"{dispute} {names[2]}" if precise else dispute)
    earlier = booked(made, number, "-600.00", "-400.00", f"{dispute} {names[0]}" if precise else dispute)
    days = (earlier, "2026-11-20"), (later, "2026-11-21")
    for batch, day in days if precise else days[:0]:
        tamper(made.deltek_books.receipts.file(batch), master={"TransDate": f"{day}T00:00:00.000"})

    assert audited(made, **({} if precise else {"zone": None})) == []


def test_after_a_refund_and_a_dispute_of_the_same_money_more_may_be_gone_than_came(made: HandMade) -> None:
    number = made.paid()
    made.refunded(number, 50000, *both(number, "-300.00", "-200.00"))
    made.dashboard.dispute(made.at_stripe(number)["id"], 60000)
    booked(made, number, "-500.00", "-100.00")

    assert audited(made) == []


def test_a_dispute_in_another_currency_than_the_account_counts_in_that_of_the_invoice(made: HandMade) -> None:
    number = made.paid()
    made.stripe_books.exchange_rates["cad"] = "0.7"
    made.at_stripe(number)["currency"] = "cad"
    for table in ("charge", "payment_intent", "invoice_payment"):
        for row in made.stripe_books.table(table).values():
            row["currency"] = "cad"
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"])["id"]
    booked(made, number, "-600.00", "-400.00")
    made.dashboard.win(dispute)
    booked(made, number, "600.00", "400.00")
    for file in made.deltek_books.receipts.files:
        tamper(file, master={"CurrencyCode": "CAD"})

    assert only(made, Kind.CURRENCY, number).endswith("is in CAD, but Deltek billed it in USD")
