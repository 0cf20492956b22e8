"""What else decides whether an invoice may go to Stripe: its amounts, its client, its currency."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sync.read_invoice import InvoiceReader
from connector.sync.reading import LeftAlone, Reading, ReadInvoice, Unclear
from tests.support.deltek import MAIN, NOVEMBER, USER, DeltekFirm, line, open_firm

NUMBER, BATCH = "000000417", "IN417"


@pytest.fixture
def firm() -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        yield opened


def only(readings: list[Reading]) -> Reading:
    (reading,) = readings
    return reading


def test_rule_4_an_amount_of_half_a_cent_waits_for_a_person(firm: DeltekFirm) -> None:
    firm.bill(line("500.005"), number=NUMBER, batch=BATCH)

    reading = only(firm.read_posting(BATCH))

    assert isinstance(reading, Unclear)
    assert reading.reason == "500.005 cannot be expressed in USD without rounding"
    assert reading.remedy == "Correct the amount in Deltek, then replay"


def test_an_amount_that_stripe_cannot_charge_in_its_currency_waits_for_a_person(firm: DeltekFirm) -> None:
    company = replace(firm.tenant.deltek.companies["00"], currency="ISK")
    firm.tenant = replace(firm.tenant, deltek=replace(firm.tenant.deltek, companies={"00": company}))
    firm.bill(line("500.50"), number=NUMBER, batch=BATCH, currency="ISK")

    reading = only(firm.read_posting(BATCH))

    assert isinstance(reading, Unclear)
    assert reading.reason == "Stripe cannot charge 500.50 ISK"


def test_a_pre_invoice_is_left_alone(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    rows = [replace(row, pre_invoice=True) for row in firm.client.posted_rows_of_batch(BATCH)]
    reader = InvoiceReader(firm.client, firm.tenant)
    (document,) = reader.documents(BATCH)

    reading = reader.read_document(document, rows)

    assert isinstance(reading, LeftAlone)
    assert "pre-invoice" in reading.reason
    undocumented = reader.read_undocumented(NUMBER, MAIN, [row for row in rows if not row.auto_entry])
    assert isinstance(undocumented, LeftAlone)
    assert "pre-invoice" in undocumented.reason


def test_an_invoice_without_a_billing_client_waits_for_a_person(firm: DeltekFirm) -> None:
    firm.admin.set_options({"ar_review": False})
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.accountant.change_project(f"{MAIN}| | ", {"ClientID": "", "BillingClientID": ""})

    reading = only(firm.read_posting(BATCH))

    assert isinstance(reading, Unclear)
    assert reading.reason == f"Deltek names no billing client for project {MAIN}"


def history(firm: DeltekFirm) -> None:
    invoice = DeltekInvoice(MAIN, (line("500.00"), line("20.00", wbs2="03")), NOVEMBER, number=NUMBER)
    firm.accountant.load_history_invoice(invoice)


@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_without_the_details_of_ar_review_the_ledger_tells_what_was_billed_where(
    firm: DeltekFirm, sign: str
) -> None:
    firm.admin.set_options({"ledger_invoice_sign": sign})
    history(firm)
    firm.admin.hide(USER, "ARBalanceDetail", ["InvoiceAmount"])

    reading = firm.read(NUMBER)

    assert isinstance(reading, ReadInvoice)
    assert {row["wbs2"]: row["amount"] for row in reading.wbs_rows} == {"02": 50000, "03": 2000}


def test_where_neither_tells_all_is_billed_on_the_project(firm: DeltekFirm) -> None:
    history(firm)
    firm.admin.hide(USER, "ARBalanceDetail", ["InvoiceAmount"])
    firm.admin.hide(USER, "PSALedger", ["Amount", "TransactionAmount"])

    reading = firm.read(NUMBER)

    assert isinstance(reading, ReadInvoice)
    assert [(row["wbs1"], row["amount"]) for row in reading.wbs_rows] == [(MAIN, 52000)]
