"""The auditor on what is at Stripe: all that must be there, nothing else, and nothing twice."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.auditor import Kind
from connector.sandbox.stripe import customers, invoices
from connector.sandbox.vantagepoint import Invoice, InvoiceLine
from tests.support.auditing import START, Entered, audited, enter, only
from tests.support.hand_made import ANNEX, CLIENT, DATED, OURS, HandMade, both

TEN = (InvoiceLine(ANNEX, Decimal("10.00"), wbs2="02"),)


def test_an_invoice_pushed_twice_is_found(made: HandMade) -> None:
    number = made.pushed()
    again = made.push(f"{number}-2", deltek_invoice=number)

    text = only(made, Kind.PUSHED_TWICE, number)
    assert text == f"It stands 2 times at Stripe: {made.at_stripe(number)['id']} and {again['id']}"


def test_a_stripe_invoice_left_a_draft_is_found(made: HandMade) -> None:
    number = made.bill()
    metadata = OURS | {"deltek_company": "00", "deltek_wbs1": ANNEX, "deltek_invoice": number}
    draft = invoices.create(made.stripe_books, {"customer": made.customer, "metadata": metadata})

    assert only(made, Kind.DRAFT, number) == f"Stripe invoice {draft['id']} is left a draft"


# what must be there


def test_an_invoice_that_was_not_pushed_is_found(made: HandMade) -> None:
    made.pushed()
    number = made.bill()

    assert only(made, Kind.NOT_PUSHED, number) == "1000.00 USD is open in Deltek, but it is not at Stripe"
    assert audited(made, eligible=lambda one: one.key.number != number) == []


def test_an_invoice_of_the_first_day_must_be_there(made: HandMade) -> None:
    number = made.bill(dated=START)

    assert only(made, Kind.NOT_PUSHED, number)
    made.push(number)
    assert audited(made) == []


def test_an_invoice_is_as_old_as_its_first_posting(made: HandMade) -> None:
    number = made.bill(dated=date(2026, 9, 30))
    made.bill({"02": "5.00"}, number=number, dated=DATED)

    assert audited(made) == []


def test_what_need_not_be_pushed_is_not_missed(made: HandMade) -> None:
    old = made.bill(dated=date(2026, 9, 30))
    negative, voided, settled = made.bill({"02": "-10.00"}), made.bill(), made.bill()
    made.check(negative, "-20.00")
    made.check(voided, "-5.00")
    made.accountant.void_invoice(voided, made.today)
    made.check(settled, "1000.00")
    for kind in ("pre_invoice", "statement"):
        made.accountant.issue_document(Invoice(ANNEX, TEN, DATED, kind=kind))
    made.accountant.draft_invoice(Invoice(ANNEX, TEN, DATED))
    made.accountant.accept_invoice(Invoice(ANNEX, TEN, DATED))

    assert audited(made) == []
    assert [(one.kind, one.invoice) for one in audited(made, start_date=None)] == [(Kind.NOT_PUSHED, old)]


# what must not be there


def pushed_wrongly(made: HandMade, number: str, amount: str = "10.00") -> str:
    """The finding on a document that was brought to Stripe and is none for it."""
    made.push(number, [amount])
    return only(made, Kind.FORBIDDEN, number)


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_credit_memo_that_was_pushed_is_found(made: HandMade, direction: str) -> None:
    made.administrator.set_options({"credit_memo_direction": direction})
    number = made.pushed()
    memo = made.accountant.credit_invoice(number, Decimal("150.00"), made.today)
    made.credit_note(number, 15000)

    assert pushed_wrongly(made, memo.number, "150.00").startswith(
        "It is a credit memo, but Stripe invoice in_"
    )


def test_a_credit_memo_that_was_pushed_is_found_when_it_is_closed_too(made: HandMade) -> None:
    number = made.pushed()
    memo = made.accountant.credit_invoice(number, Decimal("150.00"), made.today)
    made.credit_note(number, 15000)
    made.dashboard.pay_out_of_band(made.push(memo.number, ["150.00"])["id"])

    assert only(made, Kind.FORBIDDEN, memo.number).endswith("is paid")


@pytest.mark.parametrize("kind", ["pre_invoice", "statement"])
def test_a_document_of_no_ledger_that_was_pushed_is_found(made: HandMade, kind: Any) -> None:
    document = made.accountant.issue_document(Invoice(ANNEX, TEN, DATED, "PRE1", kind=kind))

    text = pushed_wrongly(made, document.number)
    assert text.startswith(f"It is a {kind.replace('_', '-')}, but Stripe invoice in_")
    assert text.endswith("is open")


def test_an_accepted_invoice_that_was_pushed_before_it_was_posted_is_found(made: HandMade) -> None:
    accepted = made.accountant.accept_invoice(Invoice(ANNEX, TEN, DATED))

    assert pushed_wrongly(made, accepted.number).startswith("It is not posted, but Stripe invoice in_")


def test_a_draft_of_deltek_that_was_pushed_is_found(made: HandMade) -> None:
    made.accountant.draft_invoice(Invoice(ANNEX, TEN, DATED))

    assert pushed_wrongly(made, "<Draft>").startswith("It is not in the ledger, but Stripe invoice in_")


@pytest.mark.parametrize("amounts", [{"02": "-10.00"}, {"02": "10.00", "03": "-10.00"}])
def test_an_invoice_that_is_not_positive_and_was_pushed_is_found(
    made: HandMade, amounts: dict[str, str]
) -> None:
    assert pushed_wrongly(made, made.bill(amounts)).startswith("It is not positive, but Stripe invoice in_")


def test_an_invoice_of_before_the_start_that_was_pushed_is_found(made: HandMade) -> None:
    number = made.pushed(dated=date(2026, 9, 30))

    assert only(made, Kind.FORBIDDEN, number).startswith("It is dated 2026-09-30, before 2026-10-01, but")
    assert audited(made, start_date=None) == []


def test_an_invoice_that_is_no_longer_posted_is_found_unless_it_is_void(made: HandMade) -> None:
    number = made.paid()
    (batch,) = made.deltek_books.billing.files
    made.accountant.undo_posting(batch)
    assert only(made, Kind.FORBIDDEN, number).endswith("is paid")

    other = made.pushed()
    made.accountant.post_invoice_file(batch)
    made.accountant.undo_posting(list(made.deltek_books.billing.files)[-1])
    made.dashboard.void(made.at_stripe(other)["id"])
    assert audited(made) == []


def test_an_invoice_that_is_no_longer_posted_is_over_once_its_money_went_back(made: HandMade) -> None:
    """A paid invoice cannot be voided at Stripe."""
    number = made.paid()
    refund = made.refunded(number, 100000, *both(number, "-600.00", "-400.00"))
    (batch,) = made.deltek_books.billing.files
    made.accountant.undo_posting(batch)
    assert audited(made) == []
    made.accountant.delete_invoice_file(batch)
    assert audited(made) == []

    made.dashboard.settle_refund(refund, "failed")
    enter(made, f"Stripe refund failed {refund}", *both(number, "600.00", "400.00"))
    assert only(made, Kind.FORBIDDEN, number)


def test_an_invoice_of_which_only_a_credit_memo_is_posted_any_more_is_found(made: HandMade) -> None:
    number = made.pushed()
    (batch,) = made.deltek_books.billing.files
    made.accountant.credit_invoice(number, Decimal("150.00"), made.today)
    made.accountant.undo_posting(batch)

    assert only(made, Kind.FORBIDDEN, number).startswith("It is not posted")


# under its name


@pytest.mark.parametrize("suffix", ["-2", "-10", "-00", "-24001-00", "-00-3"])
def test_a_stripe_number_may_have_a_suffix(made: HandMade, suffix: str) -> None:
    number = made.bill()
    made.push(f"{number}{suffix}", deltek_invoice=number)

    assert audited(made) == []


@pytest.mark.parametrize("called", ["X", "{number}X", "{number}-01", "{number}-0", "1{number}", "-2"])
def test_another_number_is_found(made: HandMade, called: str) -> None:
    number = made.bill()
    made.push(called.format(number=number), deltek_invoice=number)

    assert only(made, Kind.NUMBER, number).endswith(f"is called {called.format(number=number)}")


def test_outer_blanks_of_the_key_do_not_count(made: HandMade) -> None:
    """Stripe keeps no blank values in metadata, and takes no outer blanks in a number."""
    made.company("", "111.00")
    number = made.bill(company="", number=" 77")
    del made.push("77", deltek_invoice=number)["metadata"]["deltek_company"]
    made.dashboard.pay(made.latest("invoice"))
    payment = made.latest("invoice_payment", status="paid")
    rows = Entered("600.00", number), Entered("400.00", number, "03")
    enter(made, f"Stripe payment {payment}", *rows, company="")

    assert audited(made) == []


def test_a_client_that_is_two_customers_is_found(made: HandMade) -> None:
    metadata = OURS | {"ml_connector_client": CLIENT}
    customers.create(made.stripe_books, {"metadata": metadata | {"ml_connector_tenant": "another"}})
    assert audited(made) == []

    customers.create(made.stripe_books, {"metadata": metadata})
    assert only(made, Kind.CUSTOMER) == f"Client {CLIENT} is 2 customers at Stripe"


def test_invoices_of_others_at_stripe_are_no_concern(made: HandMade) -> None:
    for metadata in ({}, {"ml_connector_tenant": "another", "deltek_invoice": "9"}):
        made.push(f"F{len(metadata)}")["metadata"] = metadata

    assert audited(made) == []


def test_one_number_on_two_projects_is_two_invoices(made: HandMade) -> None:
    made.project("24009.00", "02", "03")
    number = made.pushed()
    made.bill({"02": "70.00"}, wbs1="24009.00", number=number)
    assert only(made, Kind.NOT_PUSHED, number).startswith("70.00 USD")

    made.push(f"{number}-24009-00", ["70.00"], deltek_wbs1="24009.00", deltek_invoice=number)
    assert audited(made) == []
    line = replace(TEN[0], wbs1="24009.00")
    made.post(line, number=number)
    assert "asks for 10.00 USD less" in only(made, Kind.OVER_REDUCED, number)
