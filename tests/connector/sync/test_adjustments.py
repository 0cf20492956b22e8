"""A number that was posted several times: what was added, taken off, voided or undone under it (KB109307)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from connector.deltek.records import ArBalance
from connector.models import InvoiceState
from connector.sandbox.faults import Fault
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sync.reading import LeftAlone, Reading, ReadInvoice, Unclear
from tests.support.deltek import INTERIORS, NOVEMBER, DeltekFirm, line, open_firm
from tests.support.world import World

NUMBER, BATCH, LATER = "000000417", "IN417", "IN499"
KINDS: dict[str, dict[str, Any]] = {
    "AR review": {},
    "AR review of open items": {"ar_review_lists_paid": False},
    "ledger only": {"ar_review": False},
    "ledger with its sign turned": {"ar_review": False, "ledger_invoice_sign": "negative"},
}


@pytest.fixture
def firm() -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        yield opened


@pytest.fixture(params=KINDS)
def any_firm(request: pytest.FixtureRequest, firm: DeltekFirm) -> DeltekFirm:
    firm.admin.set_options(KINDS[request.param])
    return firm


def understood(reading: Reading) -> ReadInvoice:
    assert isinstance(reading, ReadInvoice), reading
    return reading


def amounts(reading: Reading) -> list[int]:
    return [one["amount"] for one in understood(reading).lines]


def correct(firm: DeltekFirm, *given: str, **changes: Any) -> None:
    """Post a correction under the invoice's number."""
    firm.bill(*map(line, given), number=NUMBER, batch=LATER, **changes)


@pytest.mark.parametrize(("correction", "total"), [("60.00", 56000), ("-60.00", 44000)])
def test_a_correction_is_part_of_the_invoice_whichever_posting_is_read(
    any_firm: DeltekFirm, correction: str, total: int
) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(any_firm, correction)

    for reading in (
        any_firm.read(NUMBER),
        *any_firm.read_posting(BATCH),
        *any_firm.read_posting(LATER),
    ):
        assert amounts(reading) == [50000, total - 50000]
        assert understood(reading).original.minor == total


def test_the_first_posting_dates_the_invoice_and_the_newest_says_when_it_is_due(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(firm, "60.00", dated=date(2026, 11, 9), due=date(2026, 12, 24))

    reading = understood(firm.read(NUMBER))

    assert (reading.invoice_date, reading.due_date) == (NOVEMBER, date(2026, 12, 24))
    assert reading.batch == BATCH


def test_a_correction_without_a_due_date_leaves_the_invoice_s(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(firm, "-60.00", due=None)

    assert understood(firm.read(NUMBER)).due_date == date(2026, 12, 2)


def test_several_corrections_and_their_wbs_rows_are_summed(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), line("40.00", wbs2="03"), number=NUMBER, batch=BATCH)
    correct(any_firm, "-60.00")
    any_firm.bill(line("5.00", wbs2="03"), line("1.00"), number=NUMBER)

    reading = understood(any_firm.read(NUMBER))

    assert {row["wbs2"]: row["amount"] for row in reading.wbs_rows} == {"02": 44100, "03": 4500}
    assert sum(amounts(reading)) == reading.original.minor == 48600


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_credit_memos_are_no_lines_but_settle(any_firm: DeltekFirm, direction: str) -> None:
    any_firm.admin.set_options({"credit_memo_direction": direction})
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    any_firm.credit(NUMBER, "120.00")
    correct(any_firm, "60.00")

    reading = understood(any_firm.read(NUMBER))

    assert amounts(reading) == [50000, 6000]
    assert (reading.credited, reading.received) == (12000, 0)


def test_corrections_that_cancel_each_other_leave_the_invoice_as_it_was(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(any_firm, "60.00")
    any_firm.bill(line("-60.00"), number=NUMBER)

    assert understood(any_firm.read(NUMBER)).original.minor == 50000


def test_offsets_of_work_in_progress_are_no_part_of_it(any_firm: DeltekFirm) -> None:
    any_firm.admin.set_options({"wip_offsets": True})
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(any_firm, "60.00")

    assert amounts(any_firm.read(NUMBER)) == [50000, 6000]


def test_what_was_voided_is_left_alone_whichever_posting_is_read(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    any_firm.accountant.void_invoice(NUMBER, NOVEMBER, LATER)

    for reading in (any_firm.read(NUMBER), *any_firm.read_posting(BATCH), *any_firm.read_posting(LATER)):
        assert isinstance(reading, LeftAlone)
        assert "voided" in reading.reason


def test_a_void_after_a_receipt_or_a_credit_leaves_nothing_to_push(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    any_firm.receive(NUMBER, "100.00")
    any_firm.credit(NUMBER, "120.00")
    any_firm.accountant.void_invoice(NUMBER, NOVEMBER)

    assert isinstance(any_firm.read(NUMBER), LeftAlone)


def test_a_negative_invoice_of_its_own_is_left_alone(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("-500.00"), number=NUMBER, batch=BATCH)

    (reading,) = any_firm.read_posting(BATCH)

    assert isinstance(reading, LeftAlone)
    assert reading.reason == "Its amount is negative: a reversal or a credit"


def test_a_correction_whose_posting_was_undone_does_not_count(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(any_firm, "60.00")
    any_firm.accountant.undo_posting(LATER)

    assert amounts(any_firm.read(NUMBER)) == [50000]


def test_an_invoice_posted_again_counts_once_and_as_it_is_now(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(any_firm, "-60.00")
    any_firm.accountant.undo_posting(BATCH)
    file = any_firm.books.billing.file(BATCH)
    file.invoices = [replace(file.invoices[0], lines=(line("480.00"),))]
    any_firm.books.clock.advance(3600)
    any_firm.accountant.post_invoice_file(BATCH)

    reading = understood(any_firm.read(NUMBER))

    assert sorted(amounts(reading)) == [-6000, 48000]
    assert reading.batch == BATCH  # a posting that charged: it tells the ledger's sign


def test_an_invoice_whose_every_posting_was_undone_waits_for_a_person(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    any_firm.accountant.undo_posting(BATCH)

    reading = any_firm.read(NUMBER)

    assert isinstance(reading, Unclear)
    assert "no posting" in reading.reason


@pytest.mark.parametrize("kind", list(KINDS)[:3])
def test_without_documents_the_whole_is_one_sum(firm: DeltekFirm, kind: str) -> None:
    del firm.books.settings.companies["01"]
    firm.admin.set_options(KINDS[kind])
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(firm, "-60.00")
    firm.admin.set_receipt_mode("00", "single")

    reading = understood(firm.read(NUMBER))

    assert amounts(reading) == [44000]
    assert "one sum" in reading.summarised
    assert [row["amount"] for row in reading.wbs_rows] == [44000]


def test_where_one_posting_has_no_document_the_whole_is_one_sum(firm: DeltekFirm) -> None:
    firm.accountant.load_history_invoice(
        DeltekInvoice("24001.00", (line("500.00"),), NOVEMBER, number=NUMBER)
    )
    correct(firm, "60.00")

    for reading in (firm.read(NUMBER), *firm.read_posting(LATER)):
        assert amounts(reading) == [56000]
        assert "one sum" in understood(reading).summarised


def test_lines_that_are_not_what_ar_review_says_wait_for_a_person(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(firm, "60.00")
    file = firm.books.billing.file(LATER)
    file.invoices = [replace(file.invoices[0], lines=(line("50.00"),))]

    reading = firm.read(NUMBER)

    assert isinstance(reading, Unclear)
    assert reading.reason == "Its lines sum to 550.00, but its original amount in AR is 560.00"


def test_an_original_amount_that_knows_the_first_posting_only_is_seen_through(firm: DeltekFirm) -> None:
    """Whether OriginalAmt counts further postings is documented nowhere; ledger and balance agree without it."""
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    correct(firm, "60.00")
    asked = firm.client.balances

    def first_only(wbs1: str, number: str) -> list[ArBalance]:
        return [replace(row, original=Decimal("500.00")) for row in asked(wbs1, number) or []]

    with patch.object(firm.client, "balances", first_only):
        assert amounts(firm.read(NUMBER)) == [50000, 6000]
        assert [amounts(one) for one in firm.read_posting(BATCH)] == [[50000, 6000]]


def test_the_number_of_another_company_is_no_posting_of_it(any_firm: DeltekFirm) -> None:
    any_firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    any_firm.bill(line("900.00", INTERIORS), number=NUMBER, company="01")
    correct(any_firm, "60.00")

    assert amounts(any_firm.read(NUMBER)) == [50000, 6000]
    assert amounts(any_firm.read(NUMBER, INTERIORS, "01")) == [90000]


def test_an_invoice_that_is_wholly_open_is_understood_without_the_ledger(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    before = len(firm.requests())

    firm.read_posting(BATCH)

    asked = firm.requests()[before:]
    assert asked.count("GET ARReview/ARBalance") == 2  # the invoice, and the credit memos that name it
    assert asked.count("GET PSALedger/IN") == 1  # this test's own, in place of the posting feed
    assert "GET PSALedger/CR" not in asked


# the whole way


def posted(world: World, amount: str, *, number: str = "", batch: str = "") -> str:
    invoice = DeltekInvoice("24001.00", (line(amount),), NOVEMBER, number=number, due=date(2026, 12, 2))
    return world.accountant.post_invoice(invoice, batch).number


def at_stripe(world: World) -> dict[str, int]:
    return {one["number"]: one["total"] for one in world.stripe_invoices()}


@pytest.mark.parametrize("ar_review", [True, False])
@pytest.mark.parametrize("correction", ["60.00", "-60.00"])
def test_an_invoice_corrected_before_the_poll_is_pushed_once_as_corrected(
    acme: World, ar_review: bool, correction: str
) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = posted(acme, "500.00")
    posted(acme, correction, number=number)

    acme.poll()
    acme.settle()

    assert at_stripe(acme) == {number: 50000 + int(Decimal(correction) * 100)}
    assert acme.status().failed == 0
    acme.pay(number)
    acme.settle()
    assert acme.deltek_invoice(number)["balance"] == "0.00"


@pytest.mark.parametrize("correction", ["60.00", "-60.00"])
def test_an_invoice_corrected_while_stripe_is_down_is_pushed_as_corrected(
    acme: World, correction: str
) -> None:
    number = posted(acme, "500.00")
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/customers.*", status=503))
    acme.work()
    acme.clock.turn(timedelta(minutes=5))
    posted(acme, correction, number=number)

    acme.poll()
    acme.settle()

    assert at_stripe(acme) == {number: 50000 + int(Decimal(correction) * 100)}
    assert acme.invoice(number).state is InvoiceState.PUSHED
