"""Retainage is withheld and not due yet: it is never charged, wherever Deltek counts it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sync.reading import LeftAlone, ReadInvoice, Unclear
from tests.support.deltek import NOVEMBER, DeltekFirm, line, open_firm
from tests.support.world import World

NUMBER, BATCH = "000000417", "IN417"


@pytest.fixture(params=[True, False], ids=["in the balance", "beside the balance"])
def contained(request: pytest.FixtureRequest) -> bool:
    """Whether AR review's amounts contain retainage is documented nowhere."""
    return bool(request.param)


@pytest.fixture(params=[True, False], ids=["AR review", "ledger only"])
def firm(request: pytest.FixtureRequest, contained: bool) -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        opened.admin.set_options({"balance_contains_retainage": contained, "ar_review": request.param})
        yield opened


def withheld(amount: str, retainage: str, wbs2: str = "02") -> InvoiceLine:
    return replace(line(amount, wbs2=wbs2), retainage=Decimal(retainage))


def in_balance(firm: DeltekFirm) -> bool:
    return firm.books.options.balance_contains_retainage and firm.books.options.ar_review


def test_only_what_is_due_is_read_and_what_is_withheld_is_known_where_the_balance_contains_it(
    firm: DeltekFirm,
) -> None:
    firm.bill(withheld("900.00", "100.00"), withheld("90.00", "10.00", "03"), number=NUMBER, batch=BATCH)

    (reading,) = firm.read_posting(BATCH)

    assert isinstance(reading, ReadInvoice)
    assert reading.original.minor == 99000 == sum(one["amount"] for one in reading.lines)
    assert sum(row["amount"] for row in reading.wbs_rows) == 99000
    assert reading.retainage == (11000 if in_balance(firm) else 0)
    assert (reading.credited, reading.received) == (0, 0)


def test_what_a_check_settled_is_counted_without_it(firm: DeltekFirm) -> None:
    firm.bill(withheld("900.00", "100.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "300.00")

    reading = firm.read(NUMBER)

    assert isinstance(reading, ReadInvoice)
    assert (reading.original.minor, reading.received) == (90000, 30000)


def test_once_all_that_is_due_was_received_the_invoice_is_settled(firm: DeltekFirm) -> None:
    firm.bill(withheld("900.00", "100.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "900.00")

    reading = firm.read(NUMBER)

    assert isinstance(reading, LeftAlone)
    assert "settled" in reading.reason


def test_a_correction_may_withhold_too(firm: DeltekFirm) -> None:
    firm.bill(withheld("900.00", "100.00"), number=NUMBER, batch=BATCH)
    firm.bill(withheld("-90.00", "-10.00"), number=NUMBER)

    reading = firm.read(NUMBER)

    assert isinstance(reading, ReadInvoice)
    assert reading.original.minor == 81000
    assert reading.retainage == (9000 if in_balance(firm) else 0)


def test_history_without_a_document_is_told_by_the_ledger_s_retainage_rows(firm: DeltekFirm) -> None:
    del firm.books.settings.companies["01"]
    history = DeltekInvoice("24001.00", (withheld("900.00", "100.00"),), NOVEMBER, number=NUMBER)
    firm.accountant.load_history_invoice(history)

    reading = firm.read(NUMBER)

    assert isinstance(reading, ReadInvoice)
    assert reading.original.minor == 90000
    assert [row["amount"] for row in reading.wbs_rows] == [90000]
    assert reading.retainage == (10000 if in_balance(firm) else 0)


def test_amounts_that_fit_neither_way_wait_for_a_person(firm: DeltekFirm) -> None:
    firm.bill(withheld("900.00", "100.00"), number=NUMBER, batch=BATCH)
    file = firm.books.billing.file(BATCH)
    file.invoices = [replace(file.invoices[0], lines=(withheld("930.00", "100.00"),))]

    reading = firm.read(NUMBER)

    assert isinstance(reading, Unclear)
    assert "Its lines sum to 930.00" in reading.reason


def test_the_client_pays_what_is_due_and_both_books_agree(acme: World, contained: bool) -> None:
    acme.deltek_sandbox.administrator.set_options({"balance_contains_retainage": contained})
    number = acme.accountant.post_invoice(
        DeltekInvoice("24001.00", (withheld("900.00", "100.00"),), NOVEMBER)
    ).number
    acme.poll()
    acme.settle()
    assert acme.stripe_invoice(number)["total"] == 90000

    acme.pay(number)
    acme.settle()

    assert acme.deltek_invoice(number)["balance"] == ("100.00" if contained else "0.00")
    assert acme.invoice(number).retainage == (10000 if contained else 0)
    acme.poll()
    assert acme.status().failed == 0
