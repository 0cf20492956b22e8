"""Invoices, balances and receipts as the ledger, AR review and the registers show them, answering as documented."""

from datetime import date
from decimal import Decimal

from connector.deltek.records import Wbs
from connector.deltek.vantagepoint import Vantagepoint
from tests.contract.doubles import Answers

# Columns: GO vantagepoint gl.go; values: the sample of Deltek PS 1.1 help, Read GET Invoices, as far as it goes.
LEDGER_ROW = {
    "Batch": "INBatch00001",
    "Period": 201305,
    "PostSeq": 42,
    "PKey": "KEY1",
    "WBS1": "00091605.000",
    "WBS2": " ",
    "WBS3": " ",
    "Account": "42200",
    "Org": "A0.00.00",
    "TransType": "IN",
    "SubType": "",
    "RefNo": "",
    "TransDate": "2017-12-16T00:00:00.000",
    "Desc1": "Invoice",
    "Desc2": "",
    "Amount": 500,
    "CBAmount": 0,
    "BillExt": 0,
    "TransactionAmount": 500,
    "TransactionCurrencyCode": " ",
    "AmountProjectCurrency": 500,
    "AmountBillingCurrency": 500,
    "InvoiceSection": "C",
    "Invoice": "00000000333",
    "InvoiceStatus": "",
    "TaxCode": "",
    "TaxBasis": 0,
    "TaxCBBasis": 0,
    "AutoEntry": "N",
    "BankCode": "",
    "CreditMemoRefNo": "",
    "LinkCompany": "",
    "PreInvoice": "",
    "SourceExchangeInfo": "",
    "PostDate": "2017-12-18T09:31:07.000",
}


def test_posted_invoices(answers: Answers, vantagepoint: Vantagepoint) -> None:
    answers("GET", "PSALedger/IN", [LEDGER_ROW])
    (row,) = vantagepoint.posted_rows_of_invoice("00000000333")
    assert (row.invoice, row.wbs, row.amount) == ("00000000333", Wbs("00091605.000"), Decimal(500))
    assert (row.batch, row.period, row.post_seq) == ("INBatch00001", 201305, 42)
    assert (row.trans_date, row.auto_entry, row.pre_invoice) == (date(2017, 12, 16), False, False)


def test_invoice_documents(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Control: GO vantagepoint invoices.go. Master: Invoice Master (6.5). Detail: Invoice Detail (5.0)."""
    control = {
        "Batch": "INBatch00001",
        "Description": "Invoices",
        "Recurring": "N",
        "EndDate": "2017-12-31T00:00:00.000",
        "DefaultTaxCode": "",
        "Total": 120,
        "SumTotal": 120,
        "DiffTotal": 0,
        "RetTotal": 20,
        "Selected": "N",
        "Posted": "Y",
        "Creator": "ADMIN",
        "Period": 201305,
        "Company": "A0",
    }
    master = {
        "Batch": "INBatch00001",
        "Invoice": "00000000333",
        "WBS1": "00091605.000",
        "WBS1Name": "Study",
        "ClientName": "",
        "WBS2Level": "N",
        "ChargeType": "R",
        "WBS2": " ",
        "WBS2Name": "",
        "WBS3": " ",
        "WBS3Name": "",
        "Org": "A0.00.00",
        "TransDate": "2017-12-16T00:00:00.000",
        "DueDate": "",
        "TransComment": "Invoice",
        "Posted": "Y",
        "Seq": 1,
        "CurrencyCode": "USD",
        "Status": "N",
        "StatusDescription": "Posted",
        "ModDate": "",
        "Diary": "D1",
        "DiaryNo": 1456,
    }
    detail = {
        "Batch": "INBatch00001",
        "Invoice": "00000000333",
        "WBS1": "00091605.000",
        "WBS2": " ",
        "WBS3": " ",
        "PKey": "KEY1",
        "Seq": 1,
        "InvoiceSection": "C",
        "TaxCode": "",
        "Account": "42200",
        "AccountName": "Reimb Expense Revenue",
        "AccountCurrencyCode": "",
        "GlobalAccount": "Y",
        "AccountType": 4,
        "Amount": 120,
        "RetAmount": 20,
        "TaxBasis": 0,
        "Retainer": "N",
        "LinkWBS1": "",
        "LinkWBS2": "",
        "LinkWBS3": "",
        "CreditMemoRefNo": "",
    }
    for table, row in (("inControl", control), ("inMaster", master), ("inDetail", detail)):
        answers("GET", f"DataEntry/{table}/INBatch00001", [row])
    (document,) = vantagepoint.documents("INBatch00001")
    assert (document.company, document.invoice, document.wbs1_name) == ("A0", "00000000333", "Study")
    assert (document.invoice_date, document.due_date) == (date(2017, 12, 16), None)
    assert (document.currency, document.posted, document.credit_memo) == ("USD", True, False)
    (line,) = document.lines
    assert (line.section, line.account) == ("C", "42200")
    assert (line.amount, line.retainage) == (Decimal(120), Decimal(20))


def test_balance(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Retrieve AR Balance (7.1); its sample is one object, not a list."""
    sample = """{"WBS1":"ZC123.24","WBS1Name":"Project","Company":"00","Invoice":"000000001",
        "InvoiceDate":"2024-04-03T00:00:00.000","CreditMemoRefNo":"","Balance":146.94,"OriginalAmt":157.5,
        "BillingClientID":"af914ca2d8f64cce8ef7e43c0af8c65d","BillingClient":"Client"}"""
    answers("GET", "ARReview/ARBalance", sample)
    (row,) = vantagepoint.balances("ZC123.24", "000000001") or []
    assert (row.company, row.invoice, row.invoice_date) == ("00", "000000001", date(2024, 4, 3))
    assert (row.balance, row.original) == (Decimal("146.94"), Decimal("157.5"))
    assert (row.billing_client_id, row.credit_memo_ref) == ("af914ca2d8f64cce8ef7e43c0af8c65d", "")


def test_balance_detail(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Retrieve AR Balance Detail (7.1)."""
    sample = """{"Invoice":"000000001","CreditMemoRefNo":"","WBS1":"ZC123.24","WBS2":" ","WBS3":" ",
        "Account":"401.00","WBS1Name":"Project","WBS2Name":"Project","WBS3Name":"Project",
        "BillClientID":"d9a34dbba77b4728859e4000ca42c4d0","BillClient":"Client","BillingGroupWBS1":"",
        "BillingGroupName":"","InvoiceAmount":150.0}"""
    answers("GET", "ARReview/ARBalanceDetail", sample)
    (row,) = vantagepoint.billed_by_wbs("ZC123.24", "000000001", projects=[]) or []
    assert (row.wbs, row.account, row.amount) == (Wbs("ZC123.24"), "401.00", Decimal(150))
    assert (row.wbs1_name, row.billing_group_wbs1) == ("Project", "")


def test_balance_detail_of_receipts(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """AR Balance Detail for Cash Receipts (7.1)."""
    sample = """[{"WBS1":"15376.01","WBS2":"P1","WBS3":"12","Invoice":"000000010",
        "CashReceiptDate":"2024-04-25T00:00:00.000","Account":"111.00","TransType":"CR","SubType":"R",
        "InvoiceSection":"","Amount":405254.5400,"RetainerAmount":0.0000,"WBS1Name":"Project",
        "WBS2Name":"Phase 01","WBS3Name":"Task 12"}]"""
    answers("GET", "ARReview/ARBalanceDetailCR", sample)
    (row,) = vantagepoint.received_by_wbs("15376.01", "000000010", projects=[]) or []
    assert (row.wbs, row.amount) == (Wbs("15376.01", "P1", "12"), Decimal("405254.54"))
    assert (row.received_on, row.account) == (date(2024, 4, 25), "111.00")


def test_receipt_in_the_ledger(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Deltek PS 1.1 help, Read GET Cash Receipts: the A/R line of a receipt is negative."""
    posted = {**LEDGER_ROW, "TransType": "CR", "Batch": "CRBatch00001", "Amount": -5000}
    entry = {**posted, "TransactionAmount": -5000, "Account": "11100"}
    answers("GET", "DataEntry/crControl/CRBatch00001", {"message": "Record not found", "detail": ""}, 404)
    answers("GET", "PSALedger/CR", [entry])
    found = vantagepoint.find_receipt("CRBatch00001", "files", "00REFFEFERR")
    assert found is not None
    assert (found.place, found.total) == ("posted", Decimal(5000))
