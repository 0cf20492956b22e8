"""What both books come to, side by side."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.auditor import Sums, sum_books
from tests.support.auditing import CREDITS, Entered, enter
from tests.support.hand_made import HandMade, both


def sums(made: HandMade) -> Sums:
    return sum_books(made.deltek_books, made.stripe_books, made.slug)


def test_the_sums_of_right_books_tie(made: HandMade) -> None:
    paid, part = made.paid(), made.pushed()
    made.dashboard.pay(made.at_stripe(part)["id"], 30000)
    enter(made, f"Stripe payment {made.payment(part)} (pi_1)", Entered("300.00", part), post=False)
    made.refunded(paid, 25000, *both(paid, "-150.00", "-100.00"))
    voided = made.pushed()
    made.accountant.void_invoice(voided, made.today)
    made.dashboard.void(made.at_stripe(voided)["id"])
    made.bill()

    assert sums(made) == Sums(
        billed=Decimal(2000),
        deltek_balance=Decimal(950),
        stripe_open=Decimal(950),
        money_in=Decimal(1300),
        money_back=Decimal(250),
        receipts=Decimal(1050),
        receipt_count=3,
    )
    assert sums(made).tie


def test_what_exceeded_the_invoice_and_went_back_again_is_cash_and_opens_nothing(made: HandMade) -> None:
    number = made.pushed()
    made.dashboard.pay(made.at_stripe(number)["id"], 105000)
    rows = *both(number, "600.00", "400.00"), Entered("50.00", account=CREDITS)
    enter(made, f"Stripe payment {made.payment(number)} (pi_1)", *rows)
    refund = made.dashboard.refund(made.at_stripe(number)["id"], 8000)["id"]
    rows = Entered("-50.00", account=CREDITS), Entered("-30.00", number)
    enter(made, f"Stripe refund {refund} (pi_1)", *rows)

    found = sums(made)
    assert found.tie
    assert [found.money_in, found.money_back, found.stripe_open] == [Decimal(1050), Decimal(80), Decimal(30)]


def test_fees_are_no_receipts_of_money(made: HandMade) -> None:
    made.paid()
    payout = made.dashboard.pay_out()["id"]
    enter(made, f"Stripe payout fees {payout}", Entered("-29.30", wbs1="OH.900", wbs2="", account="741.00"))

    assert sums(made).receipt_count == 1
    assert sums(made).tie


@pytest.mark.parametrize("name", ["deltek_balance", "stripe_open", "money_in", "money_back", "receipts"])
def test_sums_that_differ_do_not_tie(made: HandMade, name: str) -> None:
    made.paid()
    wrong: dict[str, Any] = {name: Decimal(1)}

    assert not replace(sums(made), **wrong).tie
