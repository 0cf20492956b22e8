"""The auditor finds each wrong receipt of a payment: it alone, in clear words."""

from dataclasses import replace
from decimal import Decimal

import pytest

from connector.sandbox.auditor import Kind
from tests.support.auditing import CREDITS, Entered, audited, enter, only, tamper
from tests.support.hand_made import HandMade, both, receipt_file

Rows = list[dict[str, object]]


def paid(made: HandMade) -> str:
    """An invoice of 600.00 and 400.00 on two phases, paid and booked, beyond reproach; its number."""
    number = made.paid()
    assert audited(made) == []
    return number


def amounts(first: str, second: str) -> Rows:
    """Changes of the two rows of a receipt."""
    return [{"Amount": Decimal(first)}, {"Amount": Decimal(second)}]


def total(amount: str) -> dict[str, object]:
    """A change of a receipt's control total."""
    return {"Total": Decimal(amount)}


# one receipt for one payment


def test_a_missing_payment_is_found(made: HandMade) -> None:
    number = paid(made)
    batch = receipt_file(made, number).batch
    made.accountant.undo_posting(batch, "CR")
    made.accountant.delete_receipt_file(batch)

    text = only(made, Kind.MISSING, number)
    assert text == f"No receipt puts 1000.00 USD of payment {made.payment(number)} on it"


def test_a_bank_payment_needs_no_receipt_before_it_succeeded(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], method="us_bank_account")
    assert audited(made) == []

    made.dashboard.settle(made.at_stripe(number)["id"])
    assert only(made, Kind.MISSING, number)


def test_money_reported_to_stripe_is_no_cash_and_needs_no_receipt(made: HandMade) -> None:
    made.dashboard.record_payment(made.at_stripe(made.pushed())["id"], 40000)

    assert audited(made) == []


def test_a_doubled_receipt_is_found(made: HandMade) -> None:
    number = paid(made)
    first = receipt_file(made, number).batch
    comment = f"Stripe payment {made.payment(number)} (pi_1) on invoice {number}"
    second = enter(made, comment, *both(number, "600.00", "400.00"))

    text = only(made, Kind.DOUBLED, number)
    assert text == f"Payment {made.payment(number)} is booked 2 times, by {first} and {second}"


def test_a_payment_in_two_receipts_is_found(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"])
    for row in both(number, "600.00", "400.00"):
        enter(made, f"Stripe payment {made.payment(number)} (pi_1)", row)

    assert "is booked 2 times" in only(made, Kind.DOUBLED, number)


@pytest.mark.parametrize(
    ("first", "whole"), [("600.01", "1000.01"), ("599.99", "999.99"), ("600.001", "1000.001")]
)
def test_a_cent_off_is_found(made: HandMade, first: str, whole: str) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), control=total(whole), rows=[{"Amount": Decimal(first)}])

    text = only(made, Kind.AMOUNT, number)
    assert (
        text
        == f"Receipts put {whole} USD of payment {made.payment(number)} on it, but it brought 1000.00 USD"
    )


def test_rows_that_do_not_sum_to_the_control_total_are_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), rows=[{"Amount": Decimal("600.01")}])

    text = only(made, Kind.CONTROL_TOTAL, number)
    assert text.endswith("its rows sum to 1000.01, its control total is 1000.00")


def test_a_wrong_sign_is_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), control=total("-1000.00"), rows=amounts("-600.00", "-400.00"))

    text = only(made, Kind.SIGN, number)
    assert text.endswith(f"it is over -1000.00, but payment {made.payment(number)} brought money")


@pytest.mark.parametrize("dated", ["2026-11-19", "2026-11-21"])
def test_a_wrong_date_is_found(made: HandMade, dated: str) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), master={"TransDate": f"{dated}T00:00:00.000"})

    text = only(made, Kind.DATE, number)
    assert f"it is dated {dated}" in text
    assert text.endswith("moved money on 2026-11-20")
    assert audited(made, zone=None) == [], "without a zone no date is looked at"


def test_another_currency_is_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), master={"CurrencyCode": "CAD"})

    assert "it is in CAD, but payment" in only(made, Kind.CURRENCY, number)


# one payment for one receipt


def test_a_receipt_without_a_movement_is_found(made: HandMade) -> None:
    number = paid(made)
    rows = Entered("-10.00", account=CREDITS), Entered("10.00", number)
    batch = enter(made, "Stripe payment inpay_made_up (pi_1)", *rows)

    text = only(made, Kind.NO_MOVEMENT, number)
    assert text == (
        f"Receipt {batch} over 0.00 names inpay_made_up, pi_1, by which no money moved for an invoice of this tenant"
    )


def test_a_receipt_that_names_nothing_is_found(made: HandMade) -> None:
    number = paid(made)
    enter(made, "by hand", Entered("10.00", number))

    assert only(made, Kind.NO_MOVEMENT, number).endswith("names nothing that moved at Stripe")


def test_a_receipt_that_names_two_payments_is_found(made: HandMade) -> None:
    first, second = paid(made), paid(made)
    names = [made.payment(number) for number in (first, second)]
    file = receipt_file(made, first)
    tamper(file, master={"TransComment": f"Stripe payments {names[0]} and {names[1]}"})

    found = {one.kind: one.text for one in audited(made)}
    assert found.keys() == {Kind.NO_MOVEMENT, Kind.MISSING}
    assert found[Kind.NO_MOVEMENT].endswith(f"names several movements: {names[0]}, {names[1]}")


def test_a_receipt_of_the_connectors_prefix_is_its_own_whoever_entered_it(made: HandMade) -> None:
    number = paid(made)
    file = receipt_file(made, number)
    file.entered_by = "ACCOUNTANT"
    assert audited(made) == []

    tamper(file, master={"TransComment": ""})
    assert Kind.NO_MOVEMENT in {one.kind for one in audited(made)}


def test_a_receipt_of_the_connectors_login_is_its_own_whatever_its_batch(made: HandMade) -> None:
    number = paid(made)
    made.check(number, "0.00")
    made.deltek_books.receipts.files[-1].entered_by = "MLCONNECTOR"

    assert only(made, Kind.NO_MOVEMENT, number).startswith("Receipt CHK1 over 0.00")
    assert audited(made, login="ANOTHER") == []


def test_the_money_of_another_tenant_of_the_account_is_no_reason_for_a_receipt(made: HandMade) -> None:
    paid(made)
    number = made.bill()
    other = made.push(number)
    other["metadata"]["ml_connector_tenant"] = "another"
    made.dashboard.pay(other["id"])
    names = [made.payment(number), made.dashboard.refund(other["id"], 100)["id"]]
    names.append(made.dashboard.dispute(other["id"], 100)["id"])
    assert only(made, Kind.NOT_PUSHED, number)

    enter(made, f"Stripe payment {names[0]} (pi_1)", *both(number, "600.00", "400.00"))
    for name in names[1:]:
        enter(made, f"Stripe refund {name} (pi_1)", Entered("-1.00", number))
    enter(made, "by nothing", Entered("2.00", number))
    found = audited(made)
    assert [one.kind for one in found] == [Kind.NO_MOVEMENT] * 4
    assert all("no money moved for an invoice of this tenant" in one.text for one in found[:3])


def test_a_charge_without_a_payment_intent_stands_for_itself(made: HandMade) -> None:
    number = paid(made)
    payment = made.stripe_books.table("invoice_payment")[made.payment(number)]
    (charge,) = made.stripe_books.table("charge").values()
    charge["payment_intent"] = None
    payment["payment"] = {"type": "charge", "charge": charge["id"]}
    assert audited(made) == []

    refund = made.dashboard.refund(charge["id"], 25000)
    assert only(made, Kind.MISSING, number) == f"No receipt books -250.00 USD by refund {refund['id']}"
    charge["payment_intent"] = "pi_of_the_charge"
    payment["payment"] = {"type": "payment_intent", "payment_intent": "pi_of_the_charge"}
    intents = made.stripe_books.table("payment_intent")
    intents["pi_of_the_charge"] = {**next(iter(intents.values())), "id": "pi_of_the_charge"}
    assert only(made, Kind.MISSING, number), "a refund may name its charge only"


# rows where they belong


def test_a_wrong_invoice_is_found(made: HandMade) -> None:
    number, other = paid(made), made.pushed()
    tamper(receipt_file(made, number), rows=[{"Invoice": other}, {"Invoice": other}])

    text = only(made, Kind.INVOICE, number)
    assert text.endswith(
        f"it puts 600.00 on invoice {other}, but payment {made.payment(number)} is of invoice {number}"
    )


def test_a_row_on_receivables_without_an_invoice_is_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), rows=[{"Invoice": " "}])

    assert "it puts 600.00 on invoice (none)" in only(made, Kind.INVOICE, number)


def test_a_wrong_project_is_found(made: HandMade) -> None:
    number = paid(made)
    made.project("24002.00", "02")
    tamper(receipt_file(made, number), rows=[{"WBS1": "24002.00"}])

    text = only(made, Kind.PROJECT, number)
    assert text.endswith(f"it puts 600.00 on project 24002.00, which invoice {number} does not charge")


def test_a_wrong_wbs_is_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), rows=[{"WBS2": "03"}])

    assert only(made, Kind.WBS, number) == "1000.00 is received on 24001.00|03| , which was charged 400.00"


def test_a_wbs_row_may_receive_more_where_the_whole_invoice_does(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), rows=amounts("700.00", "300.00"))
    assert only(made, Kind.WBS, number) == "700.00 is received on 24001.00|02| , which was charged 600.00"

    made.check(number, "0.01")
    assert audited(made) == []


def test_a_wbs_row_may_have_received_what_was_credited_since(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], 60000)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", Entered("600.00", number))
    made.bill({"02": "-200.00"}, number=number)
    made.credit_note(number, 20000)

    assert audited(made) == []


def test_an_account_that_is_not_receivables_is_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), rows=[{"Account": "112.00"}])

    text = only(made, Kind.ACCOUNT, number)
    assert text.endswith("it puts 600.00 on account 112.00, but the A/R account of its company is 111.00")


def test_a_wrong_companys_account_is_found(made: HandMade) -> None:
    number = paid(made)
    made.company("01", "111.01")
    rows = [{"Account": "111.01"}, {"Account": "111.01"}]
    tamper(receipt_file(made, number), control={"Company": "01"}, rows=rows)

    text = only(made, Kind.ACCOUNT, number)
    assert text.endswith(f"it is in company 01, but invoice {number} is of 00")


def test_money_put_beside_the_invoice_is_found(made: HandMade) -> None:
    number = paid(made)
    tamper(receipt_file(made, number), rows=[{"Account": CREDITS, "Invoice": ""}])

    on_it, beside = audited(made)
    assert (on_it.kind, beside.kind) == (Kind.AMOUNT, Kind.AMOUNT)
    assert on_it.text.startswith("Receipts put 400.00 USD")
    assert beside.text.startswith("Receipts book 600.00 USD")


def test_receipts_of_an_invoice_that_is_gone_from_deltek_are_looked_at_all_the_same(made: HandMade) -> None:
    """Its posting undone, its file deleted: only that is found, and of its receipts what is wrong in themselves."""
    number = paid(made)
    (batch,) = made.deltek_books.billing.files
    made.accountant.undo_posting(batch)
    assert only(made, Kind.FORBIDDEN, number)
    made.accountant.delete_invoice_file(batch)
    assert only(made, Kind.FORBIDDEN, number)

    tamper(receipt_file(made, number), rows=[{"WBS1": "24002.00"}])
    assert only(made, Kind.FORBIDDEN, number), "it may have charged a billing group"

    tamper(receipt_file(made, number), rows=[{}, {"WBS1": "24002.00"}])
    assert {one.kind for one in audited(made)} == {Kind.FORBIDDEN, Kind.PROJECT}


def test_one_number_in_two_companies_has_its_receipt_in_each(made: HandMade) -> None:
    made.company("01", "111.01")
    made.project("24009.00", "02")
    first = made.paid()
    made.bill({"02": "70.00"}, wbs1="24009.00", number=first, company="01")
    assert only(made, Kind.NOT_PUSHED, first).startswith("70.00 USD")

    key = {"deltek_company": "01", "deltek_wbs1": "24009.00"}
    second = made.push(f"{first}-01", ["70.00"], **key, deltek_invoice=first)
    made.dashboard.pay(second["id"])
    name = made.latest("invoice_payment", invoice=second["id"], status="paid")
    assert "70.00 USD" in only(made, Kind.MISSING, first)
    row = Entered("70.00", first, "02", "111.01", "24009.00")
    enter(made, f"Stripe payment {name} (pi_1)", row, company="01")
    assert audited(made) == []

    file = made.deltek_books.receipts.files[-1]
    tamper(file, control={"Company": "00"}, rows=[{"Account": "111.00"}])
    assert only(made, Kind.ACCOUNT, first).endswith(f"it is in company 00, but invoice {first} is of 01")


def test_the_connectors_receipts_are_read_whether_posted_or_not(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"])
    rows = both(number, "600.00", "400.00")
    enter(made, f"Stripe payment {made.payment(number)}", *rows, post=False)
    assert audited(made) == []

    file = receipt_file(made, number)
    file.receipt = replace(file.receipt, details=file.receipt.details[:1])
    assert only(made, Kind.CONTROL_TOTAL, number)
