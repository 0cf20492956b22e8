"""The auditor on receipts of payout fees."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.auditor import Kind
from tests.support.auditing import FEES, Entered, audited, enter, only, tamper
from tests.support.hand_made import HandMade, both


def paid_out(made: HandMade) -> str:
    """A payment of 1000.00 by card, with Stripe's fee of 29.30, is paid out; the payout."""
    made.paid()
    return str(made.dashboard.pay_out()["id"])


def fees(made: HandMade, payout: str, amount: str, **about: Any) -> str:
    row = Entered(amount, wbs1="OH.900", wbs2="", account=about.pop("account", FEES))
    invoice = about.pop("invoice", "")
    return enter(made, f"Stripe payout fees {payout} ({payout})", row._replace(invoice=invoice), **about)


def test_the_fees_of_a_payout_are_booked_once_if_at_all(made: HandMade) -> None:
    payout = paid_out(made)
    assert audited(made) == []

    first = fees(made, payout, "-29.30")
    assert audited(made) == []
    second = fees(made, payout, "-29.30")
    assert only(made, Kind.DOUBLED) == f"The fees of {payout} are booked by {first} and {second}"


@pytest.mark.parametrize("amount", ["-29.29", "-29.31", "29.30"])
def test_fees_of_another_amount_are_found(made: HandMade, amount: str) -> None:
    fees(made, paid_out(made), amount)

    assert only(made, Kind.AMOUNT).endswith(f"is over {amount}, but Stripe kept 29.30")


@pytest.mark.parametrize(("account", "invoice"), [("111.00", ""), (FEES, "7")])
def test_fees_on_receivables_are_found(made: HandMade, account: str, invoice: str) -> None:
    fees(made, paid_out(made), "-29.30", account=account, invoice=invoice)

    assert only(made, Kind.ACCOUNT, invoice).endswith("puts -29.30 on receivables")


def test_fees_of_another_day_are_found(made: HandMade) -> None:
    fees(made, paid_out(made), "-29.30", dated=date(2026, 11, 22))

    assert only(made, Kind.DATE).endswith("is dated 2026-11-22, but the payout is of 2026-11-20")
    assert audited(made, zone=None) == []


def test_fees_whose_rows_do_not_sum_to_the_control_total_are_found(made: HandMade) -> None:
    fees(made, paid_out(made), "-29.30")
    tamper(made.deltek_books.receipts.files[-1], control={"Total": Decimal(-29)})

    assert only(made, Kind.CONTROL_TOTAL).endswith("sums to -29.30, its control total is -29.00")


def test_fees_of_an_unknown_payout_are_found(made: HandMade) -> None:
    fees(made, "po_made_up", "-1.00")

    assert only(made, Kind.NO_MOVEMENT).endswith("is of po_made_up, but Stripe has no such payout")


def test_fees_of_a_company_without_money_in_the_payout_are_found(made: HandMade) -> None:
    made.company("01", "111.01")
    fees(made, paid_out(made), "-29.30", company="01")

    assert only(made, Kind.AMOUNT).endswith("but Stripe kept 0.00")


@pytest.mark.parametrize(("amount", "right"), [("-29.30", True), ("-34.30", True), ("-34.31", False)])
def test_a_fee_that_belongs_to_no_payment_may_be_any_companys(
    made: HandMade, amount: str, right: bool
) -> None:
    made.paid()
    made.dashboard.charge_fee(500)
    fees(made, str(made.dashboard.pay_out()["id"]), amount)

    assert [one.kind for one in audited(made)] == ([] if right else [Kind.AMOUNT])


def test_the_fees_of_a_charge_without_a_payment_intent_are_those_of_its_company(made: HandMade) -> None:
    """The fee of the dispute of it too."""
    number = made.paid()
    (charge,) = made.stripe_books.table("charge").values()
    payment = made.stripe_books.table("invoice_payment")[made.payment(number)]
    payment["payment"] = {"type": "charge", "charge": charge["id"]}
    charge["payment_intent"] = None
    made.dashboard.dispute(charge["id"], 10000)
    entry = made.latest("balance_transaction")
    enter(made, f"Stripe dispute {entry} (pi_1)", *both(number, "-60.00", "-40.00"))
    payout = str(made.dashboard.pay_out()["id"])
    fees(made, payout, "-44.30")
    assert audited(made) == []

    tamper(made.deltek_books.receipts.files[-1], control={"Total": Decimal(-44)}, rows=[{"Amount": -44}])
    assert only(made, Kind.AMOUNT).endswith("Stripe kept 44.30")


@pytest.mark.parametrize("amount", ["0.00", "-59.30"])
def test_the_fees_of_a_payment_of_others_invoices_too_may_be_anybodys(made: HandMade, amount: str) -> None:
    number = made.pushed()
    foreign = made.push("F1")
    foreign["metadata"] = {}
    made.dashboard.pay_together([made.at_stripe(number)["id"], foreign["id"]])
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *both(number, "600.00", "400.00"))
    fees(made, str(made.dashboard.pay_out()["id"]), amount)

    assert [one.kind for one in audited(made)] == ([] if amount == "0.00" else [Kind.AMOUNT])
