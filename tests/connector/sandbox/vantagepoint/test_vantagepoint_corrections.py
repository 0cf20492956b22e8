"""What happens to an invoice after it was posted: adjusted, undone, posted again, deleted, credited."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint import Invoice, OrderRefused, Payment

from .doubles import NOW, PHASE, TODAY, WBS1, Api, Json, Office, clause, line

LATER = NOW + timedelta(days=40)
NUMBER, OTHER = "000000001", "24002.00"


def balances(api: Api, **query: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Original and balance by project and invoice."""
    rows = api.rows("ARReview/ARBalance", **query)
    return {(row["WBS1"], row["Invoice"]): (row["OriginalAmt"], row["Balance"]) for row in rows}


def charges(api: Api, number: str = NUMBER) -> list[Json]:
    return api.rows("PSALedger/IN", **clause(0, "Invoice", number))


def of_other_company(amount: str, number: str) -> Invoice:
    return Invoice(OTHER, (line(amount, wbs1=OTHER, wbs2=""),), TODAY, number, company="01")


@pytest.mark.parametrize(
    ("amounts", "owed"), [(("20.00", "5.50"), 125.5), (("-30.00",), 70.0), (("20.00", "-50.00"), 70.0)]
)
def test_an_adjustment_is_a_later_posting_of_the_same_number(
    api: Api, office: Office, amounts: tuple[str, ...], owed: float
) -> None:
    office.post("100.00")
    office.post(*amounts, number=NUMBER, dated=LATER.date(), at=LATER)
    assert balances(api) == {(WBS1, NUMBER): (owed, owed)}
    rows = charges(api)
    assert [row["Amount"] for row in rows] == [100.0, *map(float, amounts)]
    assert {(row["Batch"], row["Period"], row["PostDate"][:10]) for row in rows[1:]} == {
        ("IN000002", 202609, "2026-09-12")
    }
    assert api.rows("ARReview/ARBalance")[0]["InvoiceDate"] == "2026-08-03T00:00:00.000"
    (master,) = api.rows("DataEntry/inMaster/IN000002")
    assert (master["Invoice"], master["TransDate"], master["IsCreditMemo"]) == (
        NUMBER,
        "2026-09-12T00:00:00.000",
        "N",
    )


def test_an_adjustment_that_is_undone_and_deleted_was_never_there(api: Api, office: Office) -> None:
    office.post("100.00")
    office.post("-30.00", number=NUMBER)
    office.accountant.undo_posting("IN000002")
    assert balances(api) == {(WBS1, NUMBER): (100.0, 100.0)}
    office.accountant.delete_invoice_file("IN000002")
    office.accountant.void_invoice(NUMBER, TODAY)
    assert balances(api) == {(WBS1, NUMBER): (0.0, 0.0)}
    assert [row["Amount"] for row in charges(api)] == [100.0, -100.0]


def test_an_undone_posting_comes_again_in_a_run_of_its_own(api: Api, office: Office) -> None:
    office.post("100.00")
    office.accountant.undo_posting("IN000001")
    assert (balances(api), charges(api)) == ({}, [])
    office.accountant.post_invoice_file("IN000001", LATER)
    (row,) = charges(api)
    assert (row["Batch"], row["PostSeq"], row["PostDate"][:10]) == ("IN000001", 2, "2026-09-12")
    assert balances(api) == {(WBS1, NUMBER): (100.0, 100.0)}


def test_what_was_paid_meanwhile_counts_again_when_the_invoice_is_posted_again(
    api: Api, office: Office
) -> None:
    office.post("100.00")
    office.accountant.record_check("1", TODAY, [Payment(NUMBER, WBS1, Decimal(40), PHASE)], bank="STRIPE")
    office.accountant.undo_posting("IN000001")
    assert balances(api) == {}
    office.accountant.post_invoice_file("IN000001")
    assert balances(api) == {(WBS1, NUMBER): (100.0, 60.0)}


def test_an_undone_file_is_deleted_and_its_number_is_free(api: Api, office: Office) -> None:
    office.post("100.00")
    office.accountant.undo_posting("IN000001")
    office.accountant.delete_invoice_file("IN000001")
    assert api.ask("GET", "DataEntry/inControl/IN000001").status_code == 404
    assert api.rows("DataEntry/inLanding") == []
    assert api.rows(f"InteractiveDetail/{WBS1}/InvoiceMaster") == []
    office.post("90.00", number=NUMBER)
    assert balances(api) == {(WBS1, NUMBER): (90.0, 90.0)}
    assert office.post("5.00").number == "000000002"


def test_a_posted_file_is_not_deleted(api: Api, office: Office) -> None:
    office.post("100.00")
    with pytest.raises(OrderRefused, match="IN000001 is posted"):
        office.accountant.delete_invoice_file("IN000001")
    assert "no invoice file" in api.order("delete_invoice_file", batch="NONE").json()["error"]
    assert balances(api) == {(WBS1, NUMBER): (100.0, 100.0)}


def test_a_reversal_that_is_undone_leaves_the_invoice_as_it_was(api: Api, office: Office) -> None:
    office.post("100.00")
    office.accountant.void_invoice(NUMBER, TODAY, batch="REV")
    office.accountant.undo_posting("REV")
    assert balances(api) == {(WBS1, NUMBER): (100.0, 100.0)}
    office.accountant.delete_invoice_file("REV")
    assert balances(api) == {(WBS1, NUMBER): (100.0, 100.0)}


def test_a_number_in_two_companies_is_two_invoices(api: Api, office: Office) -> None:
    office.post("100.00", number="7")
    office.accountant.post_invoice(of_other_company("50.00", "7"))
    rows = api.rows("ARReview/ARBalance", order="Company")
    assert [(row["Company"], row["WBS1"], row["Invoice"], row["Balance"]) for row in rows] == [
        ("00", WBS1, "7", 100.0),
        ("01", OTHER, "7", 50.0),
    ]
    paid = [Payment("7", OTHER, Decimal(20))]
    office.accountant.record_check("1", TODAY, paid, bank="STRIPE01", company="01")
    assert balances(api) == {(WBS1, "7"): (100.0, 100.0), (OTHER, "7"): (50.0, 30.0)}
    assert {row["Org"] for row in charges(api, "7")} == {"00", "01"}


def test_the_project_decides_which_of_two_invoices_is_credited_voided_or_due(
    api: Api, office: Office
) -> None:
    office.post("100.00", number="7", due=None)
    office.accountant.post_invoice(of_other_company("50.00", "7"))
    api.order("credit_invoice", number="7", wbs1=OTHER, amount="10.00", dated="2026-08-04")
    on_other = api.rows("ARReview/ARBalance", **clause(0, "WBS1", OTHER))
    assert sorted(row["Balance"] for row in on_other) == [-10.0, 50.0]
    office.accountant.change_due_date("7", date(2026, 10, 1), WBS1)
    office.accountant.void_invoice("7", TODAY, wbs1=WBS1)
    assert balances(api)[WBS1, "7"] == (0.0, 0.0)
    assert api.rows("DataEntry/inMaster/IN000001")[0]["DueDate"] == "2026-10-01T00:00:00.000"
    assert api.rows("DataEntry/inMaster/IN000002")[0]["DueDate"] == ""
    with pytest.raises(OrderRefused, match="cannot be used again"):
        office.post("1.00", number="7")
    with pytest.raises(OrderRefused, match="no invoice 7 NONE"):
        office.accountant.void_invoice("7", TODAY, wbs1="NONE")


def test_a_billing_group_is_paid_adjusted_and_credited_project_by_project(api: Api, office: Office) -> None:
    office.post(lines=(line("60.00"), line("40.00", wbs1=OTHER, wbs2="")))
    adjusted = (line("-10.00", wbs1=OTHER, wbs2=""),)
    office.post(lines=adjusted, number=NUMBER, at=LATER)
    assert balances(api) == {(WBS1, NUMBER): (60.0, 60.0), (OTHER, NUMBER): (30.0, 30.0)}
    paid = [Payment(NUMBER, WBS1, Decimal(15), PHASE), Payment(NUMBER, OTHER, Decimal(5))]
    office.accountant.record_check("1", TODAY, paid, bank="STRIPE")
    assert balances(api) == {(WBS1, NUMBER): (60.0, 45.0), (OTHER, NUMBER): (30.0, 25.0)}
    memo = office.accountant.credit_invoice(NUMBER, Decimal(9), TODAY)
    owed = [
        (row["WBS1"], row["Balance"])
        for row in api.rows("ARReview/ARBalance", **clause(0, "CreditMemoRefNo", memo.number))
    ]
    assert sorted(owed) == [(WBS1, -6.0), (OTHER, -3.0)]


def test_a_credit_memo_under_its_own_number_is_an_item_of_its_own(api: Api, office: Office) -> None:
    office.admin.set_options({"credit_memo_direction": "own"})
    office.post("100.00")
    memo = office.accountant.credit_invoice(NUMBER, Decimal(30), TODAY)
    (row,) = api.rows("ARReview/ARBalance", **clause(0, "CreditMemoRefNo", NUMBER))
    assert (row["WBS1"], row["Invoice"], row["OriginalAmt"], row["Balance"]) == (
        WBS1,
        memo.number,
        -30.0,
        -30.0,
    )
    (charge,) = api.rows("PSALedger/IN", **clause(0, "CreditMemoRefNo", NUMBER))
    assert (charge["Invoice"], charge["Amount"]) == (memo.number, -30.0)
    with pytest.raises(OrderRefused, match="at most its unpaid balance of 70"):
        office.accountant.credit_invoice(NUMBER, Decimal(71), TODAY)


@pytest.mark.parametrize("undone", [False, True])
def test_a_credit_memo_under_its_own_number_is_applied_by_a_receipt_of_nothing(
    api: Api, office: Office, undone: bool
) -> None:
    office.admin.set_options({"credit_memo_direction": "own"})
    office.post("100.00")
    memo = office.accountant.credit_invoice(NUMBER, Decimal(30), TODAY)
    moved = [Payment(NUMBER, WBS1, Decimal(30), PHASE), Payment(memo.number, WBS1, Decimal(-30), PHASE)]
    office.accountant.record_check("APPLY", TODAY, moved, bank="STRIPE")
    assert balances(api) == {(WBS1, NUMBER): (100.0, 70.0), (WBS1, memo.number): (-30.0, 0.0)}
    if undone:
        office.accountant.undo_posting("CHKAPPLY", "CR")
        assert balances(api) == {(WBS1, NUMBER): (100.0, 100.0), (WBS1, memo.number): (-30.0, -30.0)}
