"""Invoices that are not simply charged and paid: retainage released, lines below zero, retainers applied."""

from datetime import date
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from tests.support.money import pushed
from tests.support.settling import (
    TODAY,
    assert_all_ties,
    at_stripe,
    balance,
    one_phase,
    polled,
    problems,
    synced,
)
from tests.support.world import World

RETAINERS = "230.00"


def with_retainage(world: World, amount: str, retainage: str, dated: date) -> str:
    line = InvoiceLine("24001.00", Decimal(amount), wbs2="02", retainage=Decimal(retainage))
    return world.accountant.post_invoice(Invoice("24001.00", (line,), dated, due=date(2026, 12, 2))).number


@pytest.mark.parametrize("contained", [True, False])
@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_that_releases_retainage_is_asked_for_and_paid(
    acme: World, contained: bool, ar_review: bool
) -> None:
    acme.deltek_sandbox.administrator.set_options(
        {"balance_contains_retainage": contained, "ar_review": ar_review}
    )
    withheld = with_retainage(acme, "900.00", "100.00", date(2026, 11, 2))
    released = with_retainage(acme, "100.00", "-100.00", date(2026, 11, 3))
    polled(acme)
    assert [at_stripe(acme, one) for one in (withheld, released)] == [("open", 90000), ("open", 10000)]

    acme.pay(released)
    acme.settle()
    synced(acme)

    assert [at_stripe(acme, one) for one in (withheld, released)] == [("open", 90000), ("paid", 0)]
    assert problems(acme) == []


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_with_lines_below_zero_is_paid_to_the_cent(acme: World, ar_review: bool) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = pushed(acme, {"02": "1000.00", "03": "-200.00"})
    lines = acme.stripe_books.lines[acme.stripe_invoice(number)["id"]]
    assert sorted(one["amount"] for one in lines) == [-20000, 100000]
    assert at_stripe(acme, number) == ("open", 80000)

    acme.pay(number)
    acme.settle()
    synced(acme)

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


@pytest.mark.parametrize("names_its_invoice", [True, False])
def test_a_retainer_that_was_paid_and_is_applied_by_a_receipt_of_nothing_lowers_the_invoice(
    acme: World, names_its_invoice: bool
) -> None:
    """KB91306: a retainer is moved onto an invoice by a cash receipt of 0.00."""
    acme.deltek_books.settings.add_account(RETAINERS, "Retainers", 2)
    retainer = one_phase(acme, "500.00")
    acme.pay(retainer)
    acme.settle()
    number = one_phase(acme)

    onto = Payment(number, "24001.00", Decimal("500.00"), wbs2="02")
    named = retainer if names_its_invoice else ""
    off = Payment(named, "24001.00", Decimal("-500.00"), wbs2="02", account=RETAINERS)
    acme.accountant.record_check("7001", TODAY, [onto, off], "FIRST")
    polled(acme)
    synced(acme)

    assert at_stripe(acme, number) == ("open", 50000)
    assert at_stripe(acme, retainer) == ("paid", 0)
    assert_all_ties(acme)
