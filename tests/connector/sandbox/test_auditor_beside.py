"""The auditor on money beside the invoices: what was paid over them, and customers' credit."""

from decimal import Decimal

import pytest

from connector.sandbox.auditor import Kind
from connector.sandbox.vantagepoint.accountant import Payment
from tests.support.auditing import CREDITS, TODAY, Entered, audited, enter, only, receipt_of, tamper
from tests.support.hand_made import HandMade, both

# what was paid over the invoice


def overpaid(made: HandMade) -> tuple[str, str]:
    """An invoice of 1000.00 that was paid with 1050.00, of which only what it took is booked; the payment."""
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], 105000)
    comment = f"Stripe payment {made.payment(number)} (pi_1) on invoice {number}"
    enter(made, comment, *both(number, "600.00", "400.00"))
    return number, made.payment(number)


def test_what_exceeds_the_invoice_is_booked_beside_it(made: HandMade) -> None:
    number, over = overpaid(made)
    text = only(made, Kind.EXCESS, number)
    assert text == f"No receipt books 50.00 USD that payment {over} brought over the invoice"

    enter(made, f"Stripe overpayment {over} (pi_1) on invoice {number}", Entered("50.00", account=CREDITS))
    assert audited(made) == []


def test_one_receipt_may_book_both(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], 105000)
    rows = *both(number, "600.00", "400.00"), Entered("50.00", account=CREDITS)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *rows)

    assert audited(made) == []


def test_an_excess_that_stripe_keeps_beside_the_payments_amount_is_the_last_payments(made: HandMade) -> None:
    """Whether an InvoicePayment's amount holds what exceeded the invoice is documented nowhere."""
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], 40000)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *both(number, "400.00", "0.00")[:1])
    made.dashboard.pay(made.at_stripe(number)["id"], 65000)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *both(number, "200.00", "400.00"))
    made.stripe_books.table("invoice_payment")[made.payment(number)]["amount_paid"] = 60000

    text = only(made, Kind.EXCESS, number)
    assert text == f"No receipt books 50.00 USD that payment {made.payment(number)} brought over the invoice"


def test_the_payment_that_came_last_exceeds_the_invoice_whichever_began_first(made: HandMade) -> None:
    number = made.pushed()
    debit = made.dashboard.pay(made.at_stripe(number)["id"], method="us_bank_account")
    made.dashboard.pay(made.at_stripe(number)["id"], 40000)
    card = made.payment(number)
    enter(made, f"Stripe payment {card} (pi_1)", Entered("400.00", number))
    made.clock.sleep(1)
    made.dashboard.settle(debit["id"])
    (paid,) = (
        one["id"]
        for one in made.stripe_books.table("invoice_payment").values()
        if one["payment"]["payment_intent"] == debit["payment_intent"]
    )
    enter(made, f"Stripe payment {paid} (pi_1)", *both(number, "200.00", "400.00"))

    text = only(made, Kind.EXCESS, number)
    assert text == f"No receipt books 400.00 USD that payment {paid} brought over the invoice"


@pytest.mark.parametrize("last", [0, 1])
def test_of_two_payments_of_one_second_either_may_have_come_last(made: HandMade, last: int) -> None:
    number = made.pushed()
    made.dashboard.pay_twice(made.at_stripe(number)["id"])
    table = made.stripe_books.table("invoice_payment").values()
    names = [one["id"] for one in table if one["status"] == "paid"]
    enter(made, f"Stripe payment {names[1 - last]} (pi_1)", *both(number, "600.00", "400.00"))
    over = enter(made, f"Stripe overpayment {names[last]} (pi_1)", Entered("1000.00", account=CREDITS))
    assert audited(made) == []

    file = made.deltek_books.receipts.file(over)
    tamper(file, control={"Total": Decimal(999)}, rows=[{"Amount": Decimal(999)}])
    assert "Receipts book 999.00 USD" in only(made, Kind.AMOUNT, number)


def test_what_was_noted_at_stripe_was_not_paid_through_it(made: HandMade) -> None:
    number = made.pushed()
    made.note_payment(number, 40000)
    made.check(number, "400.00")
    made.dashboard.pay(made.at_stripe(number)["id"], 70000)
    rows = *both(number, "200.00", "400.00"), Entered("100.00", account=CREDITS)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *rows)

    assert audited(made) == []


def test_an_excess_of_another_amount_is_found(made: HandMade) -> None:
    number, over = overpaid(made)
    enter(made, f"Stripe overpayment {over} (pi_1)", Entered("49.99", account=CREDITS))

    text = only(made, Kind.AMOUNT, number)
    assert text == f"Receipts book 49.99 USD of payment {over} beside the invoice, not 50.00 USD"


def test_an_excess_that_is_put_on_the_invoice_is_found(made: HandMade) -> None:
    _, over = overpaid(made)
    rows = [{"Amount": Decimal("650.00")}]
    tamper(receipt_of(made, over), control={"Total": Decimal("1050.00")}, rows=rows)

    on_it, beside = audited(made)
    assert (on_it.kind, beside.kind) == (Kind.AMOUNT, Kind.EXCESS)
    assert on_it.text.startswith("Receipts put 1050.00 USD")


def test_a_second_payment_of_a_paid_invoice_is_excess_altogether(made: HandMade) -> None:
    number = made.paid()
    made.dashboard.pay(made.at_stripe(number)["id"], 30000)
    assert "No receipt books 300.00 USD" in only(made, Kind.EXCESS, number)

    over = Entered("300.00", account=CREDITS)
    enter(made, f"Stripe overpayment {made.payment(number)}", over)
    assert audited(made) == []
    enter(made, f"Stripe overpayment {made.payment(number)}", over)
    assert "is booked 2 times" in only(made, Kind.DOUBLED, number)


def test_what_went_back_of_an_excess_that_was_booked_is_booked_too(made: HandMade) -> None:
    number, over = overpaid(made)
    enter(made, f"Stripe overpayment {over}", Entered("50.00", account=CREDITS))
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 8000)["id"]
    enter(made, f"Stripe overpayment returned {refund}", Entered("-50.00", account=CREDITS))
    text = only(made, Kind.AMOUNT, number)
    assert text == f"Receipts book -50.00 USD of -80.00 USD by refund {refund}"

    enter(made, f"Stripe refund {refund} (pi_1)", Entered("-30.00", number))
    assert audited(made) == []


def test_more_than_the_excess_cannot_go_back_of_it(made: HandMade) -> None:
    number, over = overpaid(made)
    enter(made, f"Stripe overpayment {over}", Entered("50.00", account=CREDITS))
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 8000)["id"]
    enter(made, f"Stripe overpayment returned {refund}", Entered("-80.00", account=CREDITS))

    assert only(made, Kind.SHARE, number).startswith("-30.00 of pi_")


def test_while_the_excess_is_not_booked_so_much_may_go_back_without_a_receipt(made: HandMade) -> None:
    number, _ = overpaid(made)
    made.dashboard.refund(made.at_stripe(number)["id"], 3000)
    made.dashboard.refund(made.at_stripe(number)["id"], 2000)
    assert [one.kind for one in audited(made)] == [Kind.EXCESS] * 3

    gone = made.dashboard.refund(made.at_stripe(number)["id"], 1000)["id"]
    *_, last = audited(made)
    assert last.kind is Kind.MISSING
    assert last.text == f"No receipt books -10.00 USD by refund {gone}"


def test_what_comes_again_of_an_excess_that_is_not_booked_needs_no_receipt_either(made: HandMade) -> None:
    number, _ = overpaid(made)
    dispute = made.dashboard.dispute(made.at_stripe(number)["id"], 5000)["id"]
    made.dashboard.win(dispute)
    assert [one.kind for one in audited(made)] == [Kind.EXCESS] * 3

    made.dashboard.withdraw(dispute)
    assert [one.kind for one in audited(made)] == [Kind.EXCESS] * 4
    made.dashboard.withdraw(dispute)
    assert [one.kind for one in audited(made)] == [*[Kind.EXCESS] * 4, Kind.MISSING]
    for _ in range(2):
        made.dashboard.win(dispute)
    assert [one.kind for one in audited(made)][-1] is Kind.MISSING


# what Deltek could not take any more


def settled_twice(made: HandMade, first: str, beside: str, check: str = "400.00") -> str:
    """An invoice of 1000.00 that was paid at Stripe while a check came in, booked on it and beside it; its number."""
    number = made.pushed({"02": "1000.00"})
    made.dashboard.pay(made.at_stripe(number)["id"])
    made.check(number, check)
    rows = Entered(first, number), Entered(beside, account=CREDITS)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1) on invoice {number}", *rows)
    return number


def test_what_deltek_could_not_take_any_more_is_kept_beside_the_invoice(made: HandMade) -> None:
    settled_twice(made, "600.00", "400.00")

    assert audited(made) == []


def test_what_went_back_before_it_was_booked_may_have_been_beside_the_invoice(made: HandMade) -> None:
    number = made.pushed({"02": "1000.00"})
    made.dashboard.pay(made.at_stripe(number)["id"])
    rows = Entered("600.00", number), Entered("400.00", account=CREDITS)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1) on invoice {number}", *rows)
    assert [one.kind for one in audited(made)] == [Kind.AMOUNT] * 2

    refund = made.dashboard.refund(made.at_stripe(number)["id"], 40000)["id"]
    enter(made, f"Stripe refund {refund} (pi_1)", Entered("-400.00", account=CREDITS))
    assert audited(made) == []


def test_what_deltek_could_still_take_must_not_be_kept_beside(made: HandMade) -> None:
    number = settled_twice(made, "599.99", "400.01")

    assert [(one.kind, one.invoice) for one in audited(made)] == [(Kind.AMOUNT, number)] * 2


def test_what_is_kept_beside_is_all_of_the_rest(made: HandMade) -> None:
    number = settled_twice(made, "600.00", "399.99")

    assert [(one.kind, one.invoice) for one in audited(made)] == [(Kind.AMOUNT, number)] * 2


def test_what_was_kept_beside_goes_back_from_there_and_comes_again_to_there(made: HandMade) -> None:
    number = settled_twice(made, "600.00", "400.00")
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 50000)["id"]
    enter(made, f"Stripe overpayment returned {refund}", Entered("-400.00", account=CREDITS))
    enter(made, f"Stripe refund {refund} (pi_1)", Entered("-100.00", number))
    assert audited(made) == []

    made.dashboard.settle_refund(refund, "failed")
    enter(made, f"Stripe refund failed {refund} (pi_1)", Entered("500.00", number))
    text = only(made, Kind.SHARE, number)
    assert text.startswith("1000.00 of pi_")
    assert text.endswith("is left on it after what went back, of 600.00")


def test_credit_that_deltek_could_not_take_stays_credit(made: HandMade) -> None:
    number, credit = credited(made)
    made.check(number, "600.00")
    made.check(number, "300.00", "03")
    rows = Entered("100.00", number, "03"), Entered("-100.00", account=CREDITS)
    enter(made, f"Stripe credit applied {credit} ({credit}) on invoice {number}", *rows)

    assert {one.kind for one in audited(made)} == {Kind.NOT_REDUCED}


# credit


def credited(made: HandMade) -> tuple[str, str]:
    """An invoice of 1000.00 of which the customer's credit paid 200.00, and the entry that did; nothing booked."""
    made.stripe_books.table("customer")[made.customer]["balance"] = -20000
    number = made.pushed()
    return number, made.latest("customer_balance_transaction", type="applied_to_invoice")


def moved(amount: str, number: str) -> tuple[Entered, Entered]:
    """Rows that move credit to the invoice."""
    opposite = str(-Decimal(amount))
    return Entered(amount, number), Entered(opposite, account=CREDITS)


def test_credit_that_paid_an_invoice_is_booked_without_cash(made: HandMade) -> None:
    number, credit = credited(made)
    text = only(made, Kind.CREDIT, number)
    assert text == f"No receipt books credit applied {credit}: 200.00 USD settled the invoice"

    comment = f"Stripe credit applied {credit} ({credit}) on invoice {number}"
    enter(made, comment, *moved("200.00", number))
    assert audited(made) == []
    enter(made, comment, *moved("200.00", number))
    assert "is booked 2 times" in only(made, Kind.DOUBLED, number)


def test_credit_booked_as_cash_is_found(made: HandMade) -> None:
    number, credit = credited(made)
    enter(made, f"Stripe credit applied {credit}", Entered("200.00", number))

    text = only(made, Kind.AMOUNT, number)
    assert text == f"Receipts book 0.00 USD of credit applied {credit} beside the invoice, not -200.00 USD"


def test_credit_the_wrong_way_round_is_found(made: HandMade) -> None:
    number, credit = credited(made)
    enter(made, f"Stripe credit applied {credit}", *moved("-200.00", number))

    assert only(made, Kind.SIGN, number).endswith(f"but credit applied {credit} brought money")


def test_credit_given_back_by_a_void_is_booked_both_ways_or_not_at_all(made: HandMade) -> None:
    number, credit = credited(made)
    made.dashboard.void(made.at_stripe(number)["id"])
    made.accountant.void_invoice(number, made.today)
    assert audited(made) == []

    enter(made, f"Stripe credit applied {credit}", *moved("200.00", number))
    given_back = made.latest("customer_balance_transaction", type="unapplied_from_invoice")
    assert f"credit applied {given_back}" in only(made, Kind.MISSING, number)
    enter(made, f"Stripe credit applied {given_back}", *moved("-200.00", number))
    assert audited(made) == []


def test_the_credit_of_others_is_no_concern(made: HandMade) -> None:
    number, _ = credited(made)
    made.at_stripe(number)["metadata"] = {}
    made.accountant.void_invoice(number, made.today)

    assert audited(made) == []


def test_what_a_person_moved_from_beside_onto_the_invoice_is_in_its_place(made: HandMade) -> None:
    number = made.pushed({"02": "1000.00"})
    made.dashboard.pay(made.at_stripe(number)["id"], 40000)
    rows = Entered("100.00", number), Entered("300.00", account=CREDITS)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1) on invoice {number}", *rows)
    assert [one.kind for one in audited(made)] == [Kind.AMOUNT] * 2

    onto = Payment(number, "24001.00", Decimal(300), wbs2="02")
    off = Payment("", "24001.00", Decimal(-300), wbs2="02", account=CREDITS)
    made.accountant.record_check("1001", TODAY, [onto, off], "FIRST")
    assert audited(made) == []
