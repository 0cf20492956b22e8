"""Cash receipts over HTTP, against the stand-in that keeps books as Vantagepoint does."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.deltek.answers import AlreadyExists
from connector.deltek.records import ReceiptRow, Wbs
from connector.errors import Blocked, Refused, Unavailable
from connector.sandbox.faults import Fault
from connector.sandbox.vantagepoint import (
    Bank,
)
from connector.tenants.description import ReceiptMode

from .office import MAIN, SECOND, USER, Office


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_receipt_is_written_found_posted_and_found_again(office: Office, mode: ReceiptMode) -> None:
    posted = office.post("100.00", "57.50")
    office.admin.set_receipt_mode("00", mode)
    vantagepoint, receipt = office.vantagepoint, office.receipt(posted.number, "150.10", "-0.10")
    vantagepoint.work_in("00", 202608)
    vantagepoint.write_receipt(receipt, mode)
    waiting = vantagepoint.find_receipt(receipt.batch, mode, receipt.ref_no)
    assert waiting is not None
    assert (waiting.place, waiting.rows) == ("unposted", receipt.rows)
    vantagepoint.post_batch(receipt.batch, receipt.period, "Stripe")
    done = vantagepoint.find_receipt(receipt.batch, mode, receipt.ref_no)
    assert done is not None
    assert (done.place, done.total) == ("posted", Decimal(150))
    (balance,) = vantagepoint.balances(MAIN, posted.number) or []
    assert balance.balance == Decimal("7.5")


@pytest.mark.parametrize("mode", ["files", "single"])
def test_every_row_of_a_receipt_is_found_wherever_it_is(office: Office, mode: ReceiptMode) -> None:
    posted = office.post("100.00")
    office.admin.set_receipt_mode("00", mode)
    rows = (
        ReceiptRow(Wbs(MAIN), posted.number, "111.00", Decimal("60.00")),
        ReceiptRow(Wbs(SECOND), "", "741.00", Decimal("-2.05")),
        ReceiptRow(Wbs(MAIN), "", "225.00", Decimal("-57.95")),
    )
    receipt = replace(office.receipt(posted.number), rows=rows)
    assert receipt.total == 0
    office.vantagepoint.work_in("00", 202608)
    office.vantagepoint.write_receipt(receipt, mode)
    waiting = office.vantagepoint.find_receipt(receipt.batch, mode, receipt.ref_no)
    office.vantagepoint.post_batch(receipt.batch, receipt.period, "Stripe")
    done = office.vantagepoint.find_receipt(receipt.batch, mode, receipt.ref_no)
    assert waiting is not None
    assert done is not None
    assert (waiting.place, waiting.rows) == ("unposted", rows)
    assert (done.place, set(done.rows)) == ("posted", set(rows))
    (balance,) = office.vantagepoint.balances(MAIN, posted.number) or []
    assert balance.balance == Decimal(40)


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_batch_that_exists_is_told_apart(office: Office, mode: ReceiptMode) -> None:
    posted = office.post("100.00")
    office.admin.set_receipt_mode("00", mode)
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, mode)
    with pytest.raises(AlreadyExists, match="already exists and cannot be added"):
        office.vantagepoint.write_receipt(receipt, mode)


@pytest.mark.parametrize("kind", ["after", "disconnect"])
def test_a_write_whose_answer_is_lost_is_found_by_looking(office: Office, kind: Any) -> None:
    posted = office.post("100.00")
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.active_company()
    office.sandbox.faults.add(Fault(kind, "POST", ".*/crControl"))
    with pytest.raises(Unavailable) as raised:
        office.vantagepoint.write_receipt(receipt, "files")
    assert raised.value.outcome_unknown
    found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert found is not None
    assert found.rows == receipt.rows


def test_a_receipt_that_deltek_numbers_itself_is_found(office: Office) -> None:
    posted = office.post("100.00")
    office.admin.add_bank(Bank("STRIPE", "00", "103.00", auto_number=True))
    office.admin.set_receipt_mode("00", "single")
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, "single")
    assert office.vantagepoint.find_receipt(receipt.batch, "single", receipt.ref_no) is not None


def test_a_delayed_posting_is_unposted_until_the_ledger_has_it(office: Office) -> None:
    posted = office.post("100.00")
    office.admin.set_options({"posting_delay": 30})
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    places = []
    for _ in range(2):
        found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
        assert found is not None
        places.append(found.place)
        office.admin.advance_clock(31)
    assert places == ["unposted", "posted"]


def test_undone_posting_is_a_file_again_and_a_deleted_file_is_gone(office: Office) -> None:
    posted = office.post("100.00")
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    office.accountant.undo_posting(receipt.batch, "CR")
    found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert found is not None
    assert found.place == "unposted"
    office.accountant.delete_receipt_file(receipt.batch)
    assert office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ref_no": "R" * 20}, "would be truncated"),
        ({"bank_code": "NONE"}, "NONE"),
        ({"company": "01"}, "01|company"),
        ({"period": 209901}, "eriod"),
        ({"rows": (ReceiptRow(Wbs("99999"), "1", "111.00", Decimal(1)),)}, "99999"),
    ],
)
def test_a_refusal_comes_in_deltek_s_words(office: Office, changes: dict[str, Any], words: str) -> None:
    posted = office.post("100.00")
    receipt = replace(office.receipt(posted.number, "60.00"), **changes)
    with pytest.raises(Refused, match=words) as raised:
        office.vantagepoint.write_receipt(receipt, "files")
    assert "<" not in str(raised.value)
    assert office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no) is None


def test_posting_twice_is_refused(office: Office) -> None:
    receipt = office.receipt(office.post("100.00").number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    with pytest.raises(Refused, match="already been posted"):
        office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")


def test_a_hidden_batch_column_is_no_proof_of_absence(office: Office) -> None:
    receipt = office.receipt(office.post("100.00").number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    office.admin.hide(USER, "PSALedger", ["Batch"])
    with pytest.raises(Blocked, match="Deltek shows no Batch"):
        office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("projects", [True, False])
@pytest.mark.parametrize("paid", ["60.00", "57.95", "10.00"])
def test_a_posted_receipt_is_found_as_it_was_entered_however_a_version_shows_the_ledger(
    office: Office, marked: bool, projects: bool, paid: str
) -> None:
    posted = office.post("100.00")
    office.admin.set_options({"bank_side_marked": marked, "balance_sheet_projects": projects})
    rows = (
        ReceiptRow(Wbs(MAIN), posted.number, "111.00", Decimal(paid)),
        ReceiptRow(Wbs(MAIN), "", "241.00", Decimal("-57.95")),
    )
    receipt = replace(office.receipt(posted.number), rows=rows)
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, receipt.period, "Stripe")
    found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert found is not None
    assert found.place == "posted"
    assert {(row.account, row.invoice, row.amount) for row in found.rows} == {
        ("111.00", posted.number, Decimal(paid)),
        ("241.00", "", Decimal("-57.95")),
    }
    shown = {row.account: row.wbs.wbs1 for row in found.rows}
    assert shown == {"111.00": MAIN, "241.00": MAIN if projects else ""}


def test_flags_are_kept_while_the_file_waits_and_gone_from_the_ledger(office: Office) -> None:
    posted = office.post("100.00")
    rows = (
        ReceiptRow(Wbs(MAIN), posted.number, "111.00", Decimal("60.00"), interest=True),
        ReceiptRow(Wbs(MAIN), posted.number, "111.00", Decimal("5.00"), retainer=True),
    )
    receipt = replace(office.receipt(posted.number), rows=rows)
    office.vantagepoint.write_receipt(receipt, "files")
    waiting = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert waiting is not None
    assert waiting.rows == rows
    office.vantagepoint.post_batch(receipt.batch, receipt.period, "Stripe")
    found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert found is not None
    assert set(found.rows) == {replace(row, interest=False, retainer=False) for row in rows}
    ledger = office.vantagepoint.receipt_rows_of_invoice(posted.number)
    assert sorted((row.amount, row.sub_type) for row in ledger) == [
        (Decimal(-60), ""),
        (Decimal(-5), "R"),
    ]


@pytest.mark.parametrize(
    ("account", "words"),
    [("111.00", "An invoice number is required"), ("999.99", "Account 999.99 is not valid")],
)
def test_a_line_without_an_invoice_needs_an_account_of_its_own(
    office: Office, account: str, words: str
) -> None:
    rows = (ReceiptRow(Wbs(MAIN), "", account, Decimal("60.00")),)
    receipt = replace(office.receipt(office.post("100.00").number), rows=rows)
    with pytest.raises(Refused, match=words):
        office.vantagepoint.write_receipt(receipt, "files")
