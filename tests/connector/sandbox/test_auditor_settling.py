"""The auditor on what Stripe asks for: no more than is open in Deltek, and no less."""

from decimal import Decimal

import pytest

from connector.sandbox.auditor import Kind
from connector.sandbox.stripe import credit_notes
from connector.sandbox.vantagepoint import InvoiceLine
from tests.support.auditing import Entered, audited, enter, only
from tests.support.hand_made import ANNEX, DATED, HandMade, both

# by money


def test_a_check_that_stripe_was_told_of_is_right(made: HandMade) -> None:
    part, whole = made.pushed(), made.pushed()
    made.check(part, "300.00")
    made.note_payment(part, 30000)
    made.check(whole, "600.00")
    made.check(whole, "400.00", "03")
    made.dashboard.pay_out_of_band(made.at_stripe(whole)["id"])

    assert audited(made) == []


def test_a_stripe_invoice_left_open_after_a_check_is_found(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "600.00")
    made.check(number, "400.00", "03")

    text = only(made, Kind.NOT_REDUCED, number)
    invoice = made.at_stripe(number)["id"]
    assert text == f"Stripe invoice {invoice} asks for 1000.00 USD that is settled in Deltek"


def test_a_check_that_was_noted_a_cent_short_is_found(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "300.00")
    made.note_payment(number, 29999)

    assert "asks for 0.01 USD that is settled in Deltek" in only(made, Kind.NOT_REDUCED, number)


def test_while_a_bank_payment_is_on_its_way_a_check_may_wait(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "300.00")
    made.dashboard.pay(made.at_stripe(number)["id"], method="us_bank_account")
    assert audited(made) == []

    made.dashboard.settle(made.at_stripe(number)["id"], succeed=False)
    assert "asks for 300.00 USD" in only(made, Kind.NOT_REDUCED, number)


def test_a_check_may_settle_what_a_refund_took_back(made: HandMade) -> None:
    number = made.paid()
    made.refunded(number, 20000, *both(number, "-120.00", "-80.00"))
    made.check(number, "120.00")
    made.check(number, "80.00", "03")

    assert audited(made) == []


def test_what_stripe_still_asks_for_may_be_open_though_a_check_settled_what_went_back(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], 50000)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", Entered("500.00", number))
    made.refunded(number, 20000, Entered("-200.00", number))
    made.check(number, "200.00")
    assert audited(made) == []

    made.check(number, "0.01")
    assert "asks for 0.01 USD that is settled" in only(made, Kind.NOT_REDUCED, number)


def test_more_settled_in_deltek_than_was_charged_makes_nothing_open(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "1200.00")

    assert "asks for 1000.00 USD that is settled" in only(made, Kind.NOT_REDUCED, number)


def test_a_check_that_came_beside_a_payment_leaves_nothing_to_reduce(made: HandMade) -> None:
    number = made.paid()
    made.check(number, "1000.00")

    assert audited(made) == []


def test_what_others_book_on_another_account_or_invoice_settles_nothing(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "300.00", account="741.00")
    made.check("UNKNOWN", "300.00")
    made.company("01", "111.00")
    made.deltek_books.settings.company("00").ar_account = "111.00"

    assert audited(made) == []


def test_a_check_that_waits_to_be_posted_settles_nothing(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "300.00")
    made.accountant.undo_posting(made.deltek_books.receipts.files[-1].batch, "CR")

    assert audited(made) == []


def test_an_invoice_closed_for_a_check_that_bounced_is_for_a_person(made: HandMade) -> None:
    number = made.pushed()
    made.check(number, "1000.00")
    made.dashboard.pay_out_of_band(made.at_stripe(number)["id"])
    assert audited(made) == []

    made.check(number, "-1000.00")
    text = only(made, Kind.CLOSED, number)
    assert text.endswith("asks for 1000.00 USD less than is open in Deltek")


# by documents


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_credit_memo_is_followed_by_a_credit_note(made: HandMade, direction: str) -> None:
    made.administrator.set_options({"credit_memo_direction": direction})
    number = made.pushed()
    made.accountant.credit_invoice(number, Decimal("150.00"), made.today)
    assert "asks for 150.00 USD that is settled" in only(made, Kind.NOT_REDUCED, number)

    made.credit_note(number, 15000)
    assert audited(made) == []


def test_a_credit_memo_moved_to_its_invoice_by_a_receipt_of_zero_counts_once(made: HandMade) -> None:
    made.administrator.set_options({"credit_memo_direction": "own"})
    number = made.pushed()
    memo = made.accountant.credit_invoice(number, Decimal("150.00"), made.today)
    made.credit_note(number, 15000)
    made.check(number, "150.00")
    made.check(memo.number, "-150.00")

    assert audited(made) == []


def test_an_over_reduced_stripe_invoice_is_found(made: HandMade) -> None:
    number = made.pushed()
    made.accountant.credit_invoice(number, Decimal("150.00"), made.today)
    made.credit_note(number, 20000)

    text = only(made, Kind.OVER_REDUCED, number)
    assert text.endswith("asks for 50.00 USD less than is open in Deltek")


def test_a_payment_noted_at_stripe_that_nobody_received_is_found(made: HandMade) -> None:
    number = made.pushed()
    made.note_payment(number, 10000)

    assert "asks for 100.00 USD less" in only(made, Kind.OVER_REDUCED, number)


def test_a_credit_note_that_was_taken_back_reduces_nothing(made: HandMade) -> None:
    number = made.pushed()
    note = made.credit_note(number, 20000)
    assert only(made, Kind.OVER_REDUCED, number)

    credit_notes.void(made.stripe_books, {}, note)
    assert audited(made) == []


def test_what_somebody_else_reduced_at_stripe_is_not_the_connectors(made: HandMade) -> None:
    number, other = made.pushed(), made.pushed()
    made.credit_note(number, 15000, {})
    made.note_payment(number, 10000, {})
    assert audited(made) == []

    made.credit_note(number, 1)
    assert "asks for 250.01 USD less" in only(made, Kind.OVER_REDUCED, number)
    made.accountant.credit_invoice(number, Decimal("0.01"), made.today)
    made.credit_note(other, 100)
    assert "asks for 1.00 USD less" in only(made, Kind.OVER_REDUCED, other)


def test_what_somebody_else_took_back_at_stripe_excuses_nothing(made: HandMade) -> None:
    number = made.pushed()
    note = made.credit_note(number, 15000, {})
    credit_notes.void(made.stripe_books, {}, note)
    made.credit_note(number, 100)

    assert "asks for 1.00 USD less" in only(made, Kind.OVER_REDUCED, number)


def test_charges_that_went_up_are_found(made: HandMade) -> None:
    number = made.pushed()
    made.bill({"02": "50.00"}, number=number)

    assert "asks for 50.00 USD less" in only(made, Kind.OVER_REDUCED, number)


def test_an_invoice_written_off_at_stripe_is_still_open_on_both_sides(made: HandMade) -> None:
    made.dashboard.mark_uncollectible(made.at_stripe(made.pushed())["id"])

    assert audited(made) == []


# void


def test_what_is_void_in_deltek_is_void_at_stripe(made: HandMade) -> None:
    number = made.pushed()
    made.accountant.void_invoice(number, made.today)
    assert "asks for 1000.00 USD that is settled" in only(made, Kind.NOT_REDUCED, number)

    made.dashboard.void(made.at_stripe(number)["id"])
    assert audited(made) == []


def test_what_is_void_at_stripe_alone_is_found(made: HandMade) -> None:
    number = made.pushed()
    invoice = made.at_stripe(number)["id"]
    made.dashboard.void(invoice)
    text = only(made, Kind.VOID, number)
    assert text == f"Stripe invoice {invoice} is void, but 1000.00 USD is open in Deltek"

    made.check(number, "1000.00")
    assert audited(made) == [], "nothing is to be collected any more"


def test_one_that_was_voided_and_made_again_under_a_suffix_is_right(made: HandMade) -> None:
    number = made.pushed()
    made.bill({"02": "50.00"}, number=number)
    made.dashboard.void(made.at_stripe(number)["id"])
    again = made.push(f"{number}-2", ["600.00", "450.00"], deltek_invoice=number)
    assert audited(made) == []

    made.dashboard.void(again["id"])
    assert f"{again['id']} is void, but 1050.00 USD" in only(made, Kind.VOID, number)


def test_a_payment_that_reached_a_void_invoice_is_beside_it(made: HandMade) -> None:
    number = made.pushed()
    debit = made.dashboard.pay(made.at_stripe(number)["id"], method="us_bank_account")
    made.at_stripe(number)["status"] = "void"
    made.accountant.void_invoice(number, made.today)
    made.dashboard.settle(debit["id"])

    assert "No receipt books 1000.00 USD" in only(made, Kind.EXCESS, number)


# the total


@pytest.mark.parametrize(
    "amounts", [["600.00"], ["600.00", "400.01"], ["600.00", "399.99"], ["600.00", "400.00", "1000.00"]]
)
def test_a_total_that_differs_by_a_line_or_a_cent_is_found(made: HandMade, amounts: list[str]) -> None:
    number = made.bill()
    made.push(number, amounts)

    text = only(made, Kind.TOTAL, number)
    total = sum(Decimal(amount) for amount in amounts)
    assert text.endswith(f"is over {total} USD, but Deltek charged 1000.00")


def test_a_wrong_total_is_found_after_it_was_paid_too(made: HandMade) -> None:
    number = made.bill()
    made.push(number, ["600.00"])
    made.dashboard.pay(made.at_stripe(number)["id"])
    enter(made, f"Stripe payment {made.payment(number)}", *both(number, "360.00", "240.00"))

    assert only(made, Kind.TOTAL, number)


def test_a_total_may_be_what_was_charged_before_a_posting_was_undone(made: HandMade) -> None:
    number = made.bill()
    made.bill({"02": "50.00"}, number=number)
    made.push(number, ["600.00", "450.00"])
    made.dashboard.pay(made.at_stripe(number)["id"])
    enter(made, f"Stripe payment {made.payment(number)}", *both(number, "650.00", "400.00"))
    assert audited(made) == []

    made.accountant.undo_posting(list(made.deltek_books.billing.files)[-1])
    assert audited(made) == []
    made.accountant.delete_invoice_file(list(made.deltek_books.billing.files)[-1])
    assert only(made, Kind.TOTAL, number)


def test_a_row_may_have_received_what_was_charged_before_a_posting_was_undone(made: HandMade) -> None:
    number = made.pushed()
    made.bill({"02": "50.00", "03": "-50.00"}, number=number)
    made.dashboard.pay(made.at_stripe(number)["id"])
    enter(made, f"Stripe payment {made.payment(number)}", *both(number, "650.00", "350.00"))
    assert audited(made) == []

    made.accountant.undo_posting(list(made.deltek_books.billing.files)[-1])
    assert audited(made) == []


def test_a_discount_that_was_undone_since_may_have_received_less_than_nothing(made: HandMade) -> None:
    number = made.bill({"02": "700.00"})
    made.bill({"03": "-100.00"}, number=number)
    made.push(number, ["700.00", "-100.00"])
    made.dashboard.pay(made.at_stripe(number)["id"])
    enter(made, f"Stripe payment {made.payment(number)}", *both(number, "700.00", "-100.00"))
    assert audited(made) == []

    made.accountant.undo_posting(list(made.deltek_books.billing.files)[-1])
    assert only(made, Kind.CLOSED, number).endswith("asks for 100.00 USD less than is open in Deltek")


def test_a_total_may_be_explained_by_a_credit_note_alone(made: HandMade) -> None:
    """A posting that was undone, and its file deleted, has left no other trace."""
    number = made.bill()
    made.push(number, ["600.00", "600.00"])
    assert only(made, Kind.TOTAL, number)

    made.credit_note(number, 20000)
    assert audited(made) == []


def test_a_payment_noted_at_stripe_does_not_explain_a_total(made: HandMade) -> None:
    number = made.bill()
    made.push(number, ["600.00", "600.00"])
    made.note_payment(number, 20000)

    assert only(made, Kind.TOTAL, number)


# what counts as charged


def test_retainage_is_not_charged_yet(made: HandMade) -> None:
    line = InvoiceLine(ANNEX, Decimal("900.00"), wbs2="02", retainage=Decimal("100.00"))
    number = made.post(line)
    made.push(number, ["900.00"])
    assert audited(made) == []

    made.administrator.set_options({"balance_contains_retainage": True})
    assert audited(made) == []


def test_offsets_with_an_invoice_number_are_no_charges(made: HandMade) -> None:
    made.administrator.set_options({"wip_offsets": True})
    made.pushed()

    assert audited(made) == []


def test_a_company_of_one_currency_need_not_name_it(made: HandMade) -> None:
    made.pushed(currency=" ")

    assert audited(made) == []


def test_an_invoice_may_be_in_another_currency_than_its_company(made: HandMade) -> None:
    number = made.pushed(currency="CAD")
    assert only(made, Kind.CURRENCY, number).endswith("is in USD, but Deltek billed it in CAD")

    made.at_stripe(number)["currency"] = "cad"
    assert audited(made) == []


def test_a_posting_that_was_undone_and_posted_again_is_right(made: HandMade) -> None:
    number = made.pushed()
    (batch,) = made.deltek_books.billing.files
    made.accountant.undo_posting(batch)
    assert only(made, Kind.FORBIDDEN, number)

    made.accountant.post_invoice_file(batch)
    assert audited(made) == []


def test_a_row_of_a_billing_group_is_charged_on_its_own_project(made: HandMade) -> None:
    made.project("24002.00", "05")
    annex, garage = (
        InvoiceLine(ANNEX, Decimal(600), wbs2="02"),
        InvoiceLine("24002.00", Decimal(400), wbs2="05"),
    )
    number = made.post(annex, garage, dated=DATED)
    made.push(number)
    made.dashboard.pay(made.at_stripe(number)["id"])
    rows = Entered("600.00", number), Entered("400.00", number, "05", wbs1="24002.00")
    enter(made, f"Stripe payment {made.payment(number)}", *rows)

    assert audited(made) == []
