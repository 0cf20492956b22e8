"""The posting feed, and what stands behind it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .support import Deltek

SINCE = datetime(2026, 8, 31, 12, tzinfo=UTC)


def ledger_row(invoice: str = "000000001", **columns: Any) -> dict[str, Any]:
    return {
        "Invoice": invoice,
        "WBS1": "P1",
        "Batch": "IN1",
        "Period": 202608,
        "PostSeq": 1,
        "PKey": invoice,
        "Amount": 10.5,
        "PostDate": "2026-08-31T13:00:00.000",
        **columns,
    }


def detail_row(invoice: str, wbs1: str, amount: float) -> dict[str, Any]:
    return {"Batch": "IN1", "Invoice": invoice, "WBS1": wbs1, "WBS2": " ", "WBS3": " ", "Amount": amount}


def test_the_feed_asks_for_what_was_posted_since_oldest_first(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [ledger_row(), ledger_row("", AutoEntry="Y", PKey="offset")])
    (page,) = deltek.vantagepoint().posted_invoices(SINCE)
    assert [row.invoice for row in page] == ["000000001", ""]
    query = deltek.query()
    assert (query["order"], query["page"], query["pageSize"]) == ("PostDate", "1", "200")
    assert query["filterHash[0][value]"] == "2026-08-31T12:00:00Z"
    assert query["filterHash[0][type]"] == "datetime"


def test_the_feed_works_where_post_date_is_not_shown(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [{**ledger_row(), "PostDate": None}])
    (page,) = deltek.vantagepoint().posted_invoices(SINCE)
    assert page[0].post_date is None


def test_the_feed_of_receipts_is_asked_for_like_that_of_invoices(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/CR", [ledger_row(Amount=-4, Batch="CHK1")])
    (page,) = deltek.vantagepoint().posted_receipts(SINCE)
    assert [(row.batch, row.invoice, row.amount) for row in page] == [("CHK1", "000000001", Decimal(-4))]
    query = deltek.query()
    assert (query["order"], query["filterHash[0][name]"]) == ("PostDate", "PostDate")
    assert query["filterHash[0][value]"] == "2026-08-31T12:00:00Z"


def test_the_feed_of_receipts_is_read_to_its_last_page(deltek: Deltek) -> None:
    rows = [ledger_row(str(number), Amount=-number) for number in range(1, 31)]
    deltek.answers_by(
        "GET",
        "PSALedger/CR",
        lambda query: rows[(int(query["page"]) - 1) * 12 : int(query["page"]) * 12],
    )
    found = [row.invoice for page in deltek.vantagepoint(page_size=12).posted_receipts(SINCE) for row in page]
    assert found == [row["Invoice"] for row in rows]


def test_credit_memos_are_found_by_the_number_that_they_refer_to(deltek: Deltek) -> None:
    memo = ledger_row("000000009", Amount=-5, CreditMemoRefNo="000000001", PKey="memo")
    deltek.answers("GET", "PSALedger/IN", [memo, ledger_row()])
    (row,) = deltek.vantagepoint().posted_memo_rows_of("000000001")
    assert (row.invoice, row.credit_memo_ref, row.amount) == ("000000009", "000000001", Decimal(-5))
    assert deltek.query()["filterHash[0][name]"] == "CreditMemoRefNo"
    assert deltek.query()["filterHash[0][value]"] == "000000001"


def test_the_rows_of_an_invoice_are_those_of_its_number_alone(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [ledger_row(), ledger_row("000000002")])
    rows = deltek.vantagepoint().posted_rows_of_invoice("000000001")
    assert [(row.invoice, row.amount) for row in rows] == [("000000001", Decimal("10.5"))]
    assert deltek.query()["filterHash[0][name]"] == "Invoice"
    assert deltek.query()["filterHash[0][value]"] == "000000001"


def test_the_rows_of_a_batch_are_asked_for_by_batch(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [ledger_row(), ledger_row(PKey="2", Batch="IN2")])
    rows = deltek.vantagepoint(filter_operators="words").posted_rows_of_batch("IN1")
    assert [row.batch for row in rows] == ["IN1"]
    assert deltek.query()["filterHash[0][opp]"] == "eq"


def test_the_receipts_of_an_invoice_have_the_ledgers_sign(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/CR", [ledger_row(Amount=-4), ledger_row("000000002", PKey="2")])
    (row,) = deltek.vantagepoint().receipt_rows_of_invoice("000000001")
    assert row.amount == Decimal(-4)


def test_a_batch_of_documents_takes_three_calls(deltek: Deltek) -> None:
    deltek.answers("GET", "DataEntry/inControl/IN1", [{"Batch": "IN1", "Company": "00"}])
    deltek.answers(
        "GET",
        "DataEntry/inMaster/IN1",
        [
            {"Batch": "IN1", "Invoice": "1", "WBS1": "P1", "TransDate": "2026-08-01", "Posted": "Y"},
            {
                "Batch": "IN1",
                "Invoice": "2",
                "WBS1": "P2",
                "TransDate": "2026-08-02",
                "DueDate": "2026-09-01",
            },
        ],
    )
    lines = [detail_row("1", "P1", 10), detail_row("2", "P2", 20), detail_row("2", "P3", 5)]
    deltek.answers("GET", "DataEntry/inDetail/IN1", lines)
    first, second = deltek.vantagepoint().documents("IN1")
    assert (first.company, first.invoice, first.posted, first.due_date) == ("00", "1", True, None)
    assert second.due_date == date(2026, 9, 1)
    assert [line.amount for line in second.lines] == [Decimal(20), Decimal(5)]
    assert len(deltek.requests) == 3
    assert all(deltek.query(number) == {} for number in range(3))


def test_lines_of_a_number_on_two_projects_go_to_their_own(deltek: Deltek) -> None:
    deltek.answers("GET", "DataEntry/inControl/IN1", {"Batch": "IN1"})
    masters = [{"Invoice": "1", "WBS1": wbs1, "TransDate": "2026-08-01"} for wbs1 in ("P1", "P2")]
    deltek.answers("GET", "DataEntry/inMaster/IN1", masters)
    lines = [detail_row("1", "P2", 2), detail_row("1", "P1", 1), detail_row("1", "P9", 9)]
    deltek.answers("GET", "DataEntry/inDetail/IN1", lines)
    first, second = deltek.vantagepoint().documents("IN1")
    assert [line.amount for line in first.lines] == [1, 9]
    assert [line.amount for line in second.lines] == [2]


def test_an_unknown_batch_has_no_documents(deltek: Deltek) -> None:
    deltek.answers("GET", "DataEntry/inControl/IN1", {"message": "Record not found"}, status=404)
    deltek.answers("GET", "DataEntry/inControl/IN2", [])
    assert deltek.vantagepoint().documents("IN1") == []
    assert deltek.vantagepoint().documents("IN2") == []
    assert len(deltek.requests) == 2


def test_a_batch_whose_files_are_gone_has_no_documents(deltek: Deltek) -> None:
    deltek.answers("GET", "DataEntry/inControl/IN1", [{"Batch": "IN1"}])
    deltek.answers("GET", "DataEntry/inMaster/IN1", [])
    assert deltek.vantagepoint().documents("IN1") == []


def test_a_batch_id_is_quoted_in_the_path(deltek: Deltek) -> None:
    deltek.answers("GET", "DataEntry/inControl/A%2FB%20%7C", [])
    assert deltek.vantagepoint().documents("A/B |") == []
