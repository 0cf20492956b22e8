"""Cash receipts read, written and posted, each endpoint answering as its documentation shows."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import responses

from connector.deltek.records import CashReceipt, ReceiptRow, Wbs
from connector.deltek.vantagepoint import Vantagepoint
from tests.contract.doubles import Answers

RECEIPT_MASTER = {
    "Batch": "CRBatch00001",
    "RefNo": "00REFFEFERR",
    "TransDate": "2017-12-23T00:00:00.000",
    "TransComment": "Cash Receipts Entry from API Import",
    "Posted": "N",
    "BankCode": "101.10",
    "Seq": 1,
    "CurrencyCode": "CAD",
    "CurrencyExchangeOverrideMethod": "N",
    "CurrencyExchangeOverrideDate": "",
    "CurrencyExchangeOverrideRate": 0,
    "Status": "N",
    "StatusDescription": "In Progress",
    "AuthorizedBy": "",
    "RejectReason": "",
    "ModUser": "",
    "ModDate": "2014-06-23T14:37:27.083",
    "Diary": "D1",
    "DiaryNo": 1449,
}


RECEIPT_DETAIL = {
    "Batch": "CRBatch00001",
    "RefNo": "00REFFEFERR",
    "PKey": "PKEY000ABC1",
    "Seq": 1,
    "Description": "test1",
    "WBS1": "0A199900.900",
    "WBS1Name": "Study",
    "ClientName": "Client",
    "WBS2Level": "Y",
    "ChargeType": "R",
    "BillingCurrencyCode": "USD",
    "WBS2": "A000",
    "WBS3": " ",
    "FunctionalCurrencyCode": "USD",
    "Org": "A0.00.00",
    "Invoice": "00000000333",
    "Account": "11100",
    "AccountName": "A/R - Clients",
    "GlobalAccount": "Y",
    "AccountType": 1,
    "Amount": 120,
    "Interest": "N",
    "TaxCode": "",
    "TaxBasis": 0,
    "Retainer": "N",
    "CurrencyExchangeOverrideRate": 0,
    "SourceCurrencyCode": "",
    "SourceBalance": "",
    "SourceAmount": 0,
    "SourceExchangeInfo": "",
    "LinkCompany": "",
    "PreInvoice": "",
}


RECEIPT_CONTROL = {
    "Batch": "CRBatch00001",
    "Description": "Cash Receipts API Test 1",
    "Recurring": "N",
    "EndDate": "2017-12-31T00:00:00.000",
    "Total": 120,
    "SumTotal": 120,
    "DiffTotal": 0,
    "DefaultBank": "101.10",
    "DefaultBankDescription": "US company CAD currency",
    "BankCurrencyCode": "CAD",
    "Selected": "N",
    "Posted": "N",
    "Creator": "ADMIN",
    "Period": 201305,
    "Company": "A0",
    "PostPeriod": 0,
    "PostSeq": 0,
    "SubmittedBy": "",
    "SubmittedDate": "",
}


def test_receipt_in_a_file(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Cash Receipt Control (6.5); Cash Receipt Detail (5.5), on an invoice."""
    answers("GET", "DataEntry/crControl/CRBatch00001", [RECEIPT_CONTROL])
    answers("GET", "DataEntry/crDetail/CRBatch00001", [RECEIPT_DETAIL])
    answers("GET", "PSALedger/CR", [])
    found = vantagepoint.find_receipt("CRBatch00001", "files", "00REFFEFERR")
    assert found is not None
    assert (found.place, found.total) == ("unposted", Decimal(120))
    (row,) = found.rows
    assert (row.wbs, row.account, row.invoice) == (Wbs("0A199900.900", "A000"), "11100", "00000000333")


def test_receipt_without_a_file(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Cash Receipt Master (4.0)."""
    answers("GET", "DataEntry/crMaster/CRBatch00001%7C00REFFEFERR", [RECEIPT_MASTER])
    answers("GET", "DataEntry/crDetail/CRBatch00001", [RECEIPT_DETAIL])
    answers("GET", "PSALedger/CR", [])
    found = vantagepoint.find_receipt("CRBatch00001", "single", "00REFFEFERR")
    assert found is not None
    assert found.total == Decimal(120)


RECEIPT = CashReceipt(
    batch="CRBatch00001",
    ref_no="00REFFEFERR",
    company="A0",
    bank_code="101.10",
    currency="USD",
    received_on=date(2017, 12, 23),
    period=201305,
    comment="Cash Receipts Entry from API Import",
    description="test1",
    rows=(ReceiptRow(Wbs("0A199900.900", "A000"), "00000000333", "11100", Decimal(120)),),
)


COMPUTED = {
    "SumTotal",
    "DiffTotal",
    "DefaultBankDescription",
    "BankCurrencyCode",
    "PostPeriod",
    "PostSeq",
    "SubmittedBy",
    "SubmittedDate",
    "StatusDescription",
}


READ_ONLY = {
    "WBS1Name",
    "ClientName",
    "WBS2Level",
    "ChargeType",
    "BillingCurrencyCode",
    "FunctionalCurrencyCode",
    "Org",
    "AccountName",
    "GlobalAccount",
    "AccountType",
}


def test_creating_a_receipt_in_a_file(
    answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint
) -> None:
    """Create Cash Receipt Control (4.5): the same columns, none more and none less, and the same values."""
    answers("POST", "DataEntry/crControl", [RECEIPT_CONTROL], 201)
    vantagepoint.write_receipt(RECEIPT, "files")
    body = json.loads(mocked.calls[0].request.body or "")
    assert body.keys() - {"crMaster", "crDetail"} == RECEIPT_CONTROL.keys() - COMPUTED
    assert body["crMaster"][0].keys() == RECEIPT_MASTER.keys() - COMPUTED
    assert body["crDetail"][0].keys() == RECEIPT_DETAIL.keys() - READ_ONLY
    assert (body["Total"], body["Period"], body["Company"]) == (120, 201305, "A0")
    assert (body["crDetail"][0]["WBS2"], body["crDetail"][0]["WBS3"]) == ("A000", " ")


def test_creating_a_receipt_without_a_file(
    answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint
) -> None:
    """Create Cash Receipt Master (6.0)."""
    answers("POST", "DataEntry/crMaster/CRBatch00001%7C00REFFEFERR", [RECEIPT_MASTER], 201)
    vantagepoint.write_receipt(RECEIPT, "single")
    body = json.loads(mocked.calls[0].request.body or "")
    assert body.keys() - {"crDetail"} == RECEIPT_MASTER.keys() - COMPUTED
    assert body["crDetail"][0]["Amount"] == 120


def test_a_receipt_of_lines_without_an_invoice(
    answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint
) -> None:
    """Create Cash Receipt Control (4.5): the sample's own line has no invoice."""
    answers("POST", "DataEntry/crControl", [RECEIPT_CONTROL], 201)
    row = ReceiptRow(Wbs("0A199900.900", "A000"), "", "11100", Decimal(120))
    vantagepoint.write_receipt(replace(RECEIPT, rows=(row,)), "files")
    (detail,) = json.loads(mocked.calls[0].request.body or "")["crDetail"]
    assert (detail["Invoice"], detail["Interest"], detail["Retainer"]) == ("", "N", "N")


def test_posting(answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint) -> None:
    """Integrations in production; the answer is documented nowhere."""
    answers("PUT", "DataEntry/PostTransFile", "")
    vantagepoint.post_batch("CRBatch00001", 201305, "test1")
    body = json.loads(mocked.calls[0].request.body or "")
    parameters = {"batch": "CRBatch00001", "description": "test1", "period": "201305", "transtype": "CR"}
    assert body == {"parms": [parameters]}
