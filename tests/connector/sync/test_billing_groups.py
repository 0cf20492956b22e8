"""One number over several projects of a billing group is one invoice, and its receipts go to all of them."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sync.read_invoice import InvoiceReader
from connector.sync.reading import LeftAlone, ReadInvoice, Unclear
from tests.support.deltek import MAIN, NOVEMBER, SECOND, DeltekFirm, line, open_firm
from tests.support.world import World

NUMBER, BATCH = "000000417", "IN417"


@pytest.fixture(params=[True, False], ids=["AR review", "ledger only"])
def firm(request: pytest.FixtureRequest) -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        opened.admin.set_options({"ar_review": request.param})
        opened.bill(line("500.00"), line("70.00", SECOND), number=NUMBER, batch=BATCH)
        yield opened


def test_the_invoice_is_its_main_project_s_and_charges_all(firm: DeltekFirm) -> None:
    (reading,) = firm.read_posting(BATCH)

    assert isinstance(reading, ReadInvoice)
    assert reading.key.wbs1 == MAIN
    assert reading.original.minor == 57000
    assert [(row["wbs1"], row["amount"]) for row in reading.wbs_rows] == [(MAIN, 50000), (SECOND, 7000)]


def test_a_correction_on_one_project_of_the_group_is_part_of_it(firm: DeltekFirm) -> None:
    firm.bill(line("-10.00", SECOND), number=NUMBER, wbs1=MAIN)

    reading = firm.read(NUMBER)

    assert isinstance(reading, ReadInvoice)
    assert [(row["wbs1"], row["amount"]) for row in reading.wbs_rows] == [(MAIN, 50000), (SECOND, 6000)]


@pytest.mark.parametrize("correction", ["-10.00", "10.00"])
def test_a_correction_that_stands_under_another_project_of_the_group_is_no_invoice_of_its_own(
    firm: DeltekFirm, correction: str
) -> None:
    firm.bill(line(correction, SECOND), number=NUMBER, batch="IN499")

    for reading in (*firm.read_posting(BATCH), *firm.read_posting("IN499"), firm.read(NUMBER, SECOND)):
        assert isinstance(reading, ReadInvoice)
        assert reading.key.wbs1 == MAIN
        assert reading.original.minor == 57000 + int(Decimal(correction) * 100)


def test_so_it_is_without_documents(firm: DeltekFirm) -> None:
    firm.admin.set_receipt_mode("00", "single")
    firm.bill(line("10.00", SECOND), number=NUMBER, batch="IN499")
    rows = [row for row in firm.client.posted_rows_of_batch("IN499") if not row.auto_entry]

    reading = InvoiceReader(firm.client, firm.tenant).read_undocumented(NUMBER, SECOND, rows)

    if firm.books.options.ar_review:
        assert isinstance(reading, ReadInvoice)
        assert (reading.key.wbs1, reading.original.minor) == (MAIN, 58000)
    else:
        assert isinstance(reading, Unclear)  # nothing tells the group


def test_an_invoice_of_the_same_number_on_a_foreign_project_stays_apart(firm: DeltekFirm) -> None:
    place = {"WBS1": "24009.00", "WBS2": " ", "Name": "Pool", "ClientID": firm.client_id}
    firm.accountant.add_project({**place, "BillingClientID": firm.client_id})
    firm.bill(line("80.00", "24009.00", " "), number=NUMBER, batch="IN499")

    (group,), (alone,) = firm.read_posting(BATCH), firm.read_posting("IN499")

    assert isinstance(group, ReadInvoice)
    assert isinstance(alone, ReadInvoice)
    assert (group.original.minor, alone.original.minor) == (57000, 8000)


def test_what_was_received_on_one_project_settles_a_part(firm: DeltekFirm) -> None:
    firm.receive(NUMBER, "70.00", wbs1=SECOND)
    reading = firm.read(NUMBER)
    assert isinstance(reading, ReadInvoice)
    assert reading.received == 7000

    firm.receive(NUMBER, "500.00")
    assert isinstance(firm.read(NUMBER), LeftAlone)


def post_group(world: World) -> str:
    world.project("24002.00", world.clients["Riverbend Schools"], ["01"], name="Gym")
    lines = (
        InvoiceLine("24001.00", Decimal("500.00"), wbs2="02"),
        InvoiceLine("24002.00", Decimal("70.00"), wbs2="01"),
    )
    return world.accountant.post_invoice(DeltekInvoice("24001.00", lines, NOVEMBER, number="G-0001")).number


def received(world: World, number: str) -> dict[str, str]:
    """What the posted receipts put on each project."""
    ledger = world.deltek_books.ledger.runs("CR")
    rows = [row for run in ledger for row in run.rows if row.invoice == number]
    totals = {row.wbs.wbs1: Decimal(0) for row in rows}
    for row in rows:
        totals[row.wbs.wbs1] -= row.amount
    return {wbs1: str(total) for wbs1, total in sorted(totals.items())}


@pytest.mark.parametrize("ar_review", [True, False])
def test_a_payment_is_split_over_the_projects_by_what_is_open_on_each(acme: World, ar_review: bool) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = post_group(acme)
    acme.poll()
    acme.settle()

    acme.pay(number, 28500)
    acme.settle()
    assert received(acme, number) == {"24001.00": "250.00", "24002.00": "35.00"}

    acme.pay(number)
    acme.settle()
    assert received(acme, number) == {"24001.00": "500.00", "24002.00": "70.00"}
    acme.poll()
    assert acme.status().failed == 0


def test_a_check_on_one_project_leaves_the_rest_to_be_paid_at_stripe(acme: World) -> None:
    number = post_group(acme)
    acme.poll()
    acme.settle()
    check = Payment(number, "24002.00", Decimal("70.00"), wbs2="01")
    acme.accountant.record_check("C001", NOVEMBER, [check], "FIRST")

    acme.poll()
    acme.settle()

    assert acme.stripe_invoice(number)["amount_remaining"] == 50000
    acme.pay(number)
    acme.settle()
    assert received(acme, number) == {"24001.00": "500.00", "24002.00": "70.00"}
