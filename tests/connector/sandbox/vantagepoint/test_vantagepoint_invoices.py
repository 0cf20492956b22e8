"""The life of invoices as the ledger, the receivables and the documents show it."""

from datetime import date
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint import OrderRefused

from .doubles import NOW, PHASE, TODAY, WBS1, Api, Json, Office, clause, line


def balances(api: Api, **query: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Original and balance by invoice and credit memo."""
    rows = api.rows("ARReview/ARBalance", **query)
    return {(row["Invoice"], row["CreditMemoRefNo"]): (row["OriginalAmt"], row["Balance"]) for row in rows}


def charges(api: Api) -> list[Json]:
    return [row for row in api.rows("PSALedger/IN") if row["Invoice"]]


def test_a_posted_invoice_is_in_the_ledger_with_a_system_row_that_names_no_invoice(
    api: Api, office: Office
) -> None:
    office.post("100.00", "50.5")
    rows = api.rows("PSALedger/IN")
    assert [(row["Invoice"], row["Amount"], row["AutoEntry"]) for row in rows] == [
        ("000000001", 100.0, "N"),
        ("000000001", 50.5, "N"),
        ("", 150.5, "Y"),
    ]
    assert (rows[0]["WBS1"], rows[0]["WBS2"], rows[0]["WBS3"]) == (WBS1, PHASE, " ")
    assert (rows[0]["Period"], rows[0]["PostSeq"], rows[0]["TransType"]) == (202608, 1, "IN")
    assert rows[0]["TransDate"] == "2026-08-03T00:00:00.000"
    assert len({row["PKey"] for row in rows}) == 3


def test_other_transaction_types_are_empty(api: Api, office: Office) -> None:
    office.post()
    assert api.rows("PSALedger/AP") == []
    assert api.rows("PSALedger/CR") == []


def test_the_ledger_may_print_no_posting_time_and_still_filter_on_it(api: Api, office: Office) -> None:
    office.post()
    office.admin.set_options({"ledger_prints_post_date": False})
    since = clause(0, "PostDate", "2026-08-03T00:00:00Z", ">=", type="datetime")
    assert ["PostDate" in row for row in api.rows("PSALedger/IN", **since)] == [False, False]


def test_charges_may_stand_in_the_ledger_as_credits(api: Api, office: Office) -> None:
    office.admin.set_options({"ledger_invoice_sign": "negative"})
    office.post("100.00")
    assert [row["Amount"] for row in api.rows("PSALedger/IN")] == [-100.0, 100.0]
    assert balances(api) == {("000000001", ""): (100.0, 100.0)}


def test_work_in_progress_offsets_may_carry_the_invoice(api: Api, office: Office) -> None:
    office.admin.set_options({"wip_offsets": True})
    office.post("100.00")
    assert [(row["Account"], row["Amount"], row["AutoEntry"]) for row in charges(api)] == [
        ("401.00", 100.0, "N"),
        ("121.00", -100.0, "Y"),
    ]
    assert balances(api) == {("000000001", ""): (100.0, 100.0)}


def test_a_balance_has_the_columns_of_the_documentation(api: Api, office: Office) -> None:
    office.post("150.00", "7.50")
    assert api.rows("ARReview/ARBalance") == [
        {
            "WBS1": WBS1,
            "WBS1Name": "Library",
            "Company": "00",
            "Invoice": "000000001",
            "InvoiceDate": "2026-08-03T00:00:00.000",
            "CreditMemoRefNo": "",
            "Balance": 157.5,
            "OriginalAmt": 157.5,
            "BillingClientID": office.client_id,
            "BillingClient": "Alder Creek",
        }
    ]


def test_the_detail_has_a_row_for_each_wbs_and_account(api: Api, office: Office) -> None:
    tax = line("7.50", section="T", account="225.00", tax_code="WA", tax_basis=Decimal(150))
    office.post(lines=(line("100.00"), line("50.00"), tax))
    rows = api.rows("ARReview/ARBalanceDetail", ARWBS1InvoiceKey=f"{WBS1}|000000001")
    assert [(row["Account"], row["InvoiceAmount"]) for row in rows] == [("401.00", 150.0), ("225.00", 7.5)]
    assert rows[0].keys() == {
        *("Invoice", "CreditMemoRefNo", "WBS1", "WBS2", "WBS3", "Account", "WBS1Name", "WBS2Name"),
        *("WBS3Name", "BillClientID", "BillClient", "BillingGroupWBS1", "BillingGroupName"),
        "InvoiceAmount",
    }
    assert api.rows("LedgerTax/IN")[0]["TaxBasis"] == 150


def test_several_invoices_may_be_asked_for_by_key(api: Api, office: Office) -> None:
    for _ in range(3):
        office.post()
    asked = f"{WBS1}|000000001,{WBS1}|000000003,24002.00|000000002"
    rows = api.rows("ARReview/ARBalanceDetail", ARWBS1InvoiceKey=asked)
    assert [row["Invoice"] for row in rows] == ["000000001", "000000003"]


def test_another_name_of_the_key_parameter_is_ignored_like_any_unknown_one(api: Api, office: Office) -> None:
    office.post()
    office.post()
    office.admin.set_options({"ar_review_key": "WBSInvoice"})
    assert len(api.rows("ARReview/ARBalanceDetail", ARWBS1InvoiceKey=f"{WBS1}|000000001")) == 2
    assert len(api.rows("ARReview/ARBalanceDetail", WBSInvoice=f"{WBS1}|000000001")) == 1


def test_versions_before_7_1_have_no_ar_review(api: Api, office: Office) -> None:
    office.admin.set_options({"ar_review": False})
    for view in ("ARBalance", "ARBalanceDetail", "ARBalanceDetailCR"):
        assert api.ask("GET", f"ARReview/{view}").status_code == 404


def test_balances_may_be_limited_to_the_active_company(api: Api, office: Office) -> None:
    office.post()
    office.post(company="01")
    assert len(balances(api)) == 2
    office.admin.set_options({"ar_review_active_company_only": True})
    assert balances(api).keys() == {("000000001", "")}


def test_the_documents_of_a_posted_file(api: Api, office: Office) -> None:
    office.post("100.00", "50.00", comment="Services through July")
    (control,) = api.rows("DataEntry/inControl/IN000001")
    (master,) = api.rows("DataEntry/inMaster/IN000001")
    details = api.rows("DataEntry/inDetail/IN000001")
    assert (control["Posted"], control["Total"], control["DiffTotal"], control["Company"]) == (
        "Y",
        150,
        0,
        "00",
    )
    assert (master["Invoice"], master["DueDate"], master["CurrencyCode"]) == (
        "000000001",
        "2026-09-02T00:00:00.000",
        "USD",
    )
    assert (master["WBS2"], master["WBS3"], master["Posted"], master["ClientName"]) == (
        " ",
        " ",
        "Y",
        "Alder Creek",
    )
    assert [(row["WBS2"], row["Amount"], row["InvoiceSection"], row["Description"]) for row in details] == [
        (PHASE, 100.0, "L", "Design"),
        (PHASE, 50.0, "L", "Design"),
    ]
    (landing,) = api.rows("DataEntry/inLanding")
    assert (landing["Period"], landing["RawPeriod"], landing["PostStatusDesc"]) == (
        "08/2026",
        202608,
        "Complete",
    )


def test_landing_pages_show_the_active_company_only(api: Api, office: Office) -> None:
    office.post()
    office.post(company="01")
    assert [row["Batch"] for row in api.rows("DataEntry/inLanding")] == ["IN000001"]
    api.ask("PUT", "Settings/ActiveCompany/01")
    assert [row["Batch"] for row in api.rows("DataEntry/inLanding")] == ["IN000002"]


def test_without_files_posted_documents_leave_transaction_entry(api: Api, office: Office) -> None:
    office.accountant.accept_invoice(office.invoice(), batch="B1")
    office.admin.set_receipt_mode("00", "single")
    assert len(api.rows("DataEntry/inMaster/B1")) == 1
    office.accountant.post_invoice_file("B1")
    assert api.ask("GET", "DataEntry/inMaster/B1").status_code == 404
    assert api.rows("DataEntry/inLanding") == []
    assert len(balances(api)) == 1


@pytest.mark.parametrize("table", ["inControl", "inMaster", "inDetail", "crControl", "crMaster", "crDetail"])
def test_an_unknown_batch_is_a_404_or_an_empty_array(api: Api, office: Office, table: str) -> None:
    assert api.ask("GET", f"DataEntry/{table}/NONE").status_code == 404
    office.admin.set_options({"unknown_batch": "empty"})
    assert api.rows(f"DataEntry/{table}/NONE") == []


def test_a_draft_has_no_number_and_no_balance(api: Api, office: Office) -> None:
    office.accountant.draft_invoice(office.invoice())
    assert [row["Invoice"] for row in api.rows(f"InteractiveDetail/{WBS1}/InvoiceMaster")] == ["<Draft>"]
    assert (balances(api), charges(api)) == ({}, [])


def test_an_accepted_invoice_is_a_receivable_only_once_it_is_posted(api: Api, office: Office) -> None:
    accepted = office.accountant.accept_invoice(office.invoice(), batch="B1")
    assert api.rows("DataEntry/inControl/B1")[0]["Posted"] == "N"
    assert (balances(api), charges(api)) == ({}, [])
    api.order("advance_clock", seconds=900)
    office.accountant.post_invoice_file("B1")
    assert balances(api).keys() == {(accepted.number, "")}
    assert charges(api)[0]["PostDate"] == "2026-08-03T15:15:00.000"


def test_pre_invoices_and_statements_are_in_no_ledger(api: Api, office: Office) -> None:
    office.accountant.issue_document(office.invoice(kind="pre_invoice"))
    office.accountant.issue_document(office.invoice(kind="statement"))
    shown = api.rows(f"InteractiveDetail/{WBS1}/InvoiceMaster")
    assert [(row["Invoice"], row["PreInvoice"]) for row in shown] == [("000000001", "Y"), ("<State>", "N")]
    assert (balances(api), charges(api)) == ({}, [])


def test_a_history_loaded_invoice_has_a_balance_and_no_document(api: Api, office: Office) -> None:
    posting = office.accountant.load_history_invoice(office.invoice("900.00"))
    assert [row["SubType"] for row in charges(api)] == ["X"]
    assert balances(api) == {("000000001", ""): (900.0, 900.0)}
    assert api.ask("GET", f"DataEntry/inMaster/{posting.batch}").status_code == 404


def test_a_billing_group_is_one_number_with_a_balance_for_each_project(api: Api, office: Office) -> None:
    other = line("40.00", wbs1="24002.00", wbs2="")
    office.post(lines=(line("60.00"), other))
    rows = api.rows("ARReview/ARBalance", order="WBS1")
    assert [(row["WBS1"], row["Invoice"], row["Balance"]) for row in rows] == [
        (WBS1, "000000001", 60.0),
        ("24002.00", "000000001", 40.0),
    ]
    details = api.rows("ARReview/ARBalanceDetail", order="WBS1")
    assert [row["BillingGroupWBS1"] for row in details] == ["", WBS1]


def test_the_billing_client_is_the_projects_not_its_owner(api: Api, office: Office) -> None:
    payer = office.accountant.add_firm({"Name": "Payer LLC"})
    office.accountant.change_project(WBS1, {"BillingClientID": payer["ClientID"]})
    office.post()
    assert api.rows("ARReview/ARBalance")[0]["BillingClient"] == "Payer LLC"


def test_retainage_is_withheld_from_the_balance_unless_the_installation_counts_it(
    api: Api, office: Office
) -> None:
    office.post(lines=(line("900.00", retainage=Decimal(100)),))
    assert balances(api) == {("000000001", ""): (900.0, 900.0)}
    assert [row["RetAmount"] for row in api.rows("DataEntry/inDetail/IN000001")] == [100.0]
    assert [(row["SubType"], row["Amount"]) for row in charges(api)] == [("", 900.0), ("R", 100.0)]
    office.admin.set_options({"balance_contains_retainage": True})
    assert balances(api) == {("000000001", ""): (1000.0, 1000.0)}


def test_interest_is_marked_in_the_ledger(api: Api, office: Office) -> None:
    office.post(kind="interest", lines=(line("12.00", section="I", account="407.00"),))
    assert [(row["SubType"], row["InvoiceSection"]) for row in charges(api)] == [("I", "I")]


def test_a_credit_memo_has_a_row_of_its_own_under_its_invoices_number(api: Api, office: Office) -> None:
    office.post("1000.00")
    memo = office.accountant.credit_invoice("000000001", Decimal(100), TODAY)
    assert balances(api) == {
        ("000000001", ""): (1000.0, 1000.0),
        ("000000001", memo.number): (-100.0, -100.0),
    }
    assert api.rows("DataEntry/inMaster/IN000002")[0]["IsCreditMemo"] == "Y"


def test_a_credit_memo_may_stand_under_its_own_number(api: Api, office: Office) -> None:
    office.admin.set_options({"credit_memo_direction": "own"})
    office.post("1000.00")
    memo = office.accountant.credit_invoice("000000001", Decimal(100), TODAY)
    assert balances(api)[memo.number, "000000001"] == (-100.0, -100.0)


def test_a_credit_memo_cannot_exceed_what_is_unpaid(office: Office) -> None:
    office.post("1000.00")
    office.accountant.credit_invoice("000000001", Decimal(900), TODAY)
    with pytest.raises(OrderRefused, match="at most its unpaid balance of 100"):
        office.accountant.credit_invoice("000000001", Decimal(101), TODAY)


def test_a_void_is_a_second_posting_of_opposite_sign_and_its_number_is_spent(
    api: Api, office: Office
) -> None:
    office.post("100.00", "50.00")
    office.accountant.void_invoice("000000001", TODAY)
    assert balances(api) == {("000000001", ""): (0.0, 0.0)}
    assert [(row["Amount"], row["PostSeq"]) for row in charges(api)] == [
        (100.0, 1),
        (50.0, 1),
        (-100.0, 2),
        (-50.0, 2),
    ]
    with pytest.raises(OrderRefused, match="cannot be used again"):
        office.post(number="000000001")


def test_a_void_takes_effect_when_its_reversal_is_posted(api: Api, office: Office) -> None:
    office.post("100.00")
    office.accountant.void_invoice("000000001", TODAY, batch="REV", post=False)
    assert balances(api) == {("000000001", ""): (100.0, 100.0)}
    office.accountant.post_invoice_file("REV")
    assert balances(api) == {("000000001", ""): (0.0, 0.0)}


def test_fully_settled_items_may_be_left_out_of_the_balances(api: Api, office: Office) -> None:
    office.post("100.00")
    office.accountant.void_invoice("000000001", TODAY)
    office.admin.set_options({"ar_review_lists_paid": False})
    assert balances(api) == {}


def test_undo_posting_makes_rows_vanish_and_the_file_unposted_again(api: Api, office: Office) -> None:
    office.post()
    office.accountant.undo_posting("IN000001")
    assert (balances(api), api.rows("PSALedger/IN")) == ({}, [])
    assert api.rows("DataEntry/inControl/IN000001")[0]["Posted"] == "N"
    office.accountant.post_invoice_file("IN000001")
    assert (len(balances(api)), charges(api)[0]["PostSeq"]) == (1, 2)


def test_a_correction_may_be_posted_under_the_same_number(api: Api, office: Office) -> None:
    office.post("100.00")
    office.post("20.00", number="000000001")
    assert balances(api) == {("000000001", ""): (120.0, 120.0)}


def test_an_unposted_number_cannot_be_taken_twice_but_another_project_may_have_it(
    api: Api, office: Office
) -> None:
    office.accountant.accept_invoice(office.invoice(number="7"), batch="B1")
    with pytest.raises(OrderRefused, match="exists and is not posted"):
        office.accountant.accept_invoice(office.invoice(number="7"), batch="B1")
    other = office.invoice(number="7", wbs1="24002.00", lines=(line("5.00", wbs1="24002.00", wbs2=""),))
    office.accountant.accept_invoice(other, batch="B1")
    office.accountant.post_invoice_file("B1")
    assert [row["WBS1"] for row in api.rows("ARReview/ARBalance", order="WBS1")] == [WBS1, "24002.00"]


def test_a_due_date_may_be_blank_and_may_be_changed(api: Api, office: Office) -> None:
    office.post(due=None)
    assert api.rows("DataEntry/inMaster/IN000001")[0]["DueDate"] == ""
    office.accountant.change_due_date("000000001", date(2026, 10, 1))
    assert api.rows("DataEntry/inMaster/IN000001")[0]["DueDate"] == "2026-10-01T00:00:00.000"
    (shown,) = api.rows(f"InteractiveDetail/{WBS1}/InvoiceMaster")
    assert shown["DueDate"] == "2026-10-01T00:00:00.000"


def test_postings_come_in_the_order_of_their_time(api: Api, office: Office) -> None:
    office.post("2.00", at=NOW)
    office.post("1.00", at=NOW.replace(hour=1))
    assert [row["Amount"] for row in charges(api)] == [1.0, 2.0]


def test_orders_about_unknown_things_are_refused(office: Office) -> None:
    for order in (
        lambda: office.post(wbs1="NONE"),
        lambda: office.post(company="99"),
        lambda: office.post(lines=(line("1.00", wbs2="99"),)),
        lambda: office.accountant.post_invoice_file("NONE"),
        lambda: office.accountant.undo_posting("NONE"),
        lambda: office.accountant.void_invoice("NONE", TODAY),
    ):
        with pytest.raises(OrderRefused):
            order()


def test_a_posted_file_takes_nothing_more(office: Office) -> None:
    office.post()
    with pytest.raises(OrderRefused, match="posted already"):
        office.accountant.post_invoice_file("IN000001")
    with pytest.raises(OrderRefused, match="cannot take"):
        office.accountant.accept_invoice(office.invoice(), batch="IN000001")
    office.accountant.undo_posting("IN000001")
    with pytest.raises(OrderRefused, match="is not posted"):
        office.accountant.undo_posting("IN000001")
