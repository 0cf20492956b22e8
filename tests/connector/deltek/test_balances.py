"""ARReview: there or not, filtered or not, with or without its key parameter."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.errors import Blocked, Forbidden

from .support import Deltek

BALANCE = "ARReview/ARBalance"
DETAIL = "ARReview/ARBalanceDetail"
DETAIL_CR = "ARReview/ARBalanceDetailCR"
LEDGER = "PSALedger/IN"


def balance(invoice: str = "1", wbs1: str = "P1", **columns: Any) -> dict[str, Any]:
    row = {"WBS1": wbs1, "Invoice": invoice, "Company": "00", "Balance": 1.5, "OriginalAmt": 2}
    return {**row, "InvoiceDate": "2026-08-01T00:00:00.000", **columns}


def billed(wbs1: str = "P1", invoice: str = "1", group: str = "", amount: float = 10) -> dict[str, Any]:
    return {"WBS1": wbs1, "Invoice": invoice, "BillingGroupWBS1": group, "InvoiceAmount": amount}


def received(wbs1: str = "P1", invoice: str = "1", amount: float = 4) -> dict[str, Any]:
    return {"WBS1": wbs1, "Invoice": invoice, "Amount": amount, "CashReceiptDate": "2026-08-05"}


def test_the_balance_of_an_invoice_is_asked_for_by_project_and_number(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, [balance(), balance("2"), balance(wbs1="P2")])
    rows = deltek.vantagepoint().balances("P1", "1")
    assert rows is not None
    assert [(row.wbs1, row.invoice, row.balance) for row in rows] == [("P1", "1", Decimal("1.5"))]
    query = deltek.query()
    assert (query["filterHash[0][name]"], query["filterHash[0][condition]"]) == ("WBS1", "AND")
    assert query["filterHash[1][value]"] == "1"


def test_a_credit_memo_under_the_invoices_number_is_a_row_of_its_own(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, [balance(), balance(CreditMemoRefNo="9", Balance=-1)])
    rows = deltek.vantagepoint().balances("P1", "1")
    assert rows is not None
    assert [row.credit_memo_ref for row in rows] == ["", "9"]


def test_a_credit_memo_under_its_own_number_is_found_by_the_invoice_that_it_names(deltek: Deltek) -> None:
    memo = balance("9", CreditMemoRefNo="1", Balance=-1, OriginalAmt=-1)
    deltek.answers("GET", BALANCE, [memo, balance(), balance("7", CreditMemoRefNo="2")])
    rows = deltek.vantagepoint().credit_memos_of("1")
    assert rows is not None
    assert [(row.invoice, row.credit_memo_ref, row.balance) for row in rows] == [("9", "1", Decimal(-1))]
    assert deltek.query()["filterHash[0][name]"] == "CreditMemoRefNo"
    assert deltek.query()["filterHash[0][value]"] == "1"
    assert "filterHash[1][name]" not in deltek.query()


def test_an_invoice_without_credit_memos_has_none(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, [])
    assert deltek.vantagepoint().credit_memos_of("1") == []


def test_no_credit_memo_is_no_answer_where_its_reference_is_hidden(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, [balance("9", CreditMemoRefNo="")])
    with pytest.raises(Blocked, match="Deltek shows no CreditMemoRefNo in GET ARReview/ARBalance"):
        deltek.vantagepoint().credit_memos_of("1")


def test_an_invoice_without_a_row_has_no_balance(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, [])
    assert deltek.vantagepoint().balances("P1", "1") == []


def test_a_version_without_ar_review_is_remembered(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, "", status=404)
    vantagepoint = deltek.vantagepoint()
    assert vantagepoint.balances("P1", "1") is None
    assert vantagepoint.balances_dated_since(date(2026, 8, 1)) is None
    assert vantagepoint.credit_memos_of("1") is None
    assert len(deltek.requests) == 2


def test_a_404_for_a_filter_that_finds_nothing_is_no_proof_of_an_older_version(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, "", status=404)
    deltek.answers("GET", BALANCE, [balance()])
    vantagepoint = deltek.vantagepoint()
    assert vantagepoint.balances("P1", "2") == []
    rows = vantagepoint.balances("P1", "1")
    assert rows is not None
    assert len(rows) == 1


def test_balances_since_a_day_come_in_pages(deltek: Deltek) -> None:
    table = [balance(f"{number:03}") for number in range(25)]
    table.insert(3, balance("old", InvoiceDate="2026-07-31T00:00:00.000"))
    deltek.answers_by("GET", BALANCE, lambda query: table[int(query["page"]) * 20 - 20 :][:20])
    pages = deltek.vantagepoint(page_size=20).balances_dated_since(date(2026, 8, 1))
    assert pages is not None
    assert [len(page.rows) for page in pages] == [19, 6]
    assert deltek.query(0)["filterHash[0][value]"] == "2026-07-31T00:00:00Z"
    assert deltek.query(0)["order"] == "Invoice"


def test_without_access_it_is_an_error_not_an_older_version(deltek: Deltek) -> None:
    deltek.answers("GET", BALANCE, "", status=403)
    with pytest.raises(Forbidden):
        deltek.vantagepoint().balances("P1", "1")


def test_billed_rows_are_asked_for_by_the_key_parameter(deltek: Deltek) -> None:
    deltek.answers("GET", DETAIL, [billed(), billed(amount=0.25)])
    rows = deltek.vantagepoint().billed_by_wbs("P1", "1", projects=["P1"])
    assert rows is not None
    assert [row.amount for row in rows] == [Decimal(10), Decimal("0.25")]
    assert deltek.query() == {"ARWBS1InvoiceKey": "P1|1"}


def test_the_name_of_the_key_parameter_is_a_setting(deltek: Deltek) -> None:
    deltek.answers("GET", DETAIL, [billed()])
    deltek.vantagepoint(detail_parameter="WBSInvoice").billed_by_wbs("P1", "1", projects=[])
    assert deltek.query() == {"WBSInvoice": "P1|1"}


def test_a_billing_group_is_found_through_the_ledger(deltek: Deltek) -> None:
    posted = [
        {"Invoice": "1", "WBS1": wbs1, "Period": 202608, "PostSeq": 1, "Amount": 1, "PKey": wbs1}
        for wbs1 in ("P1", "P2", "P3", " ")
    ]
    deltek.answers("GET", LEDGER, posted)
    deltek.answers("GET", DETAIL, [billed(), billed("P2", group="P1"), billed("P3")])
    rows = deltek.vantagepoint().billed_by_wbs("P1", "1")
    assert rows is not None
    assert [(row.wbs.wbs1, row.billing_group_wbs1) for row in rows] == [("P1", ""), ("P2", "P1")]
    assert deltek.query() == {"ARWBS1InvoiceKey": "P1|1,P2|1,P3|1"}


@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_key_parameter_is_replaced_by_a_filter_for_good(deltek: Deltek, status: int) -> None:
    deltek.answers("GET", DETAIL, {"message": "Field ARWBS1InvoiceKey does not exist"}, status=status)
    deltek.answers("GET", DETAIL, [billed(), billed("P2")])
    vantagepoint = deltek.vantagepoint()
    for _ in range(2):
        rows = vantagepoint.billed_by_wbs("P1", "1", projects=[])
        assert rows is not None
        assert [row.wbs.wbs1 for row in rows] == ["P1"]
    assert deltek.query(1)["filterHash[0][name]"] == "Invoice"
    assert len(deltek.requests) == 3


def test_an_ignored_key_parameter_lets_no_foreign_rows_through(deltek: Deltek) -> None:
    everything = [billed(), billed(invoice="2"), billed("P2")]
    deltek.answers("GET", DETAIL, everything)
    rows = deltek.vantagepoint().billed_by_wbs("P1", "1", projects=[])
    assert rows is not None
    assert [(row.wbs.wbs1, row.amount) for row in rows] == [("P1", Decimal(10))]
    assert "ARWBS1InvoiceKey" not in deltek.query(1)


def test_nothing_is_believed_of_the_key_parameter_until_it_has_worked(deltek: Deltek) -> None:
    deltek.answers("GET", DETAIL_CR, [])
    deltek.answers("GET", DETAIL, [billed()])
    vantagepoint = deltek.vantagepoint()
    assert vantagepoint.received_by_wbs("P1", "1", projects=[]) == []
    assert len(deltek.requests) == 2
    assert vantagepoint.billed_by_wbs("P1", "1", projects=[])
    assert vantagepoint.received_by_wbs("P1", "1", projects=[]) == []
    assert len(deltek.requests) == 4


def test_received_rows_are_positive_and_those_of_the_whole_group(deltek: Deltek) -> None:
    deltek.answers("GET", LEDGER, [])
    deltek.answers("GET", DETAIL, [billed(), billed("P2", group="P1")])
    deltek.answers("GET", DETAIL_CR, [received(), received("P2"), received("P9")])
    rows = deltek.vantagepoint().received_by_wbs("P1", "1")
    assert rows is not None
    assert [(row.wbs.wbs1, row.amount, row.received_on) for row in rows] == [
        ("P1", Decimal(4), date(2026, 8, 5)),
        ("P2", Decimal(4), date(2026, 8, 5)),
    ]


def test_the_projects_that_the_caller_knows_save_the_question(deltek: Deltek) -> None:
    deltek.answers("GET", DETAIL_CR, [received(), received("P2")])
    rows = deltek.vantagepoint().received_by_wbs("P1", "1", projects=["P1", "P2"])
    assert rows is not None
    assert [row.wbs.wbs1 for row in rows] == ["P1", "P2"]
    assert deltek.query() == {"ARWBS1InvoiceKey": "P1|1,P2|1"}
    assert len(deltek.requests) == 1


def test_a_version_without_details_has_none(deltek: Deltek) -> None:
    for path in (DETAIL, DETAIL_CR):
        deltek.answers("GET", path, "", status=404)
    vantagepoint = deltek.vantagepoint()
    assert vantagepoint.billed_by_wbs("P1", "1", projects=[]) is None
    assert vantagepoint.received_by_wbs("P1", "1", projects=["P1"]) is None
    assert vantagepoint.billed_by_wbs("P1", "2", projects=[]) is None
    assert len(deltek.requests) == 4


def test_without_access_to_details_it_is_an_error(deltek: Deltek) -> None:
    deltek.answers("GET", DETAIL, "", status=403)
    with pytest.raises(Forbidden):
        deltek.vantagepoint().billed_by_wbs("P1", "1", projects=[])
