"""Every endpoint of Vantagepoint that is used, answering as its documentation shows.

The samples have the columns of Deltek's own, as published in its Postman documents (mirrored at
developers.qodex.ai/deltek-s-public) and its help; the page is named at each. Endpoints that Deltek documents
nowhere follow GO scjalliance/vantagepoint or integrations in production.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses

from connector.deltek.records import CashReceipt, ReceiptRow, Wbs
from connector.deltek.session import DeltekCredentials, DeltekSession, Tokens, TokenSlot
from connector.deltek.vantagepoint import Vantagepoint
from connector.secret import Secret
from connector.tenants.description import DeltekDescription

BASE = "https://acme.deltekfirst.com/Acme/api"
NOW = datetime(2024, 5, 1, tzinfo=UTC)
DESCRIPTION = DeltekDescription(BASE, "C0000000001P_1_ACME000", "ADMIN", companies={})
Answers = Callable[..., None]
CREDENTIALS = DeltekCredentials(Secret("password"), Secret("client"), Secret("secret"))


class Surroundings:
    """Clock, pace and a session that is signed in, as far as reading a sample needs them."""

    tokens: Tokens | None = Tokens(Secret("access"), None, NOW + timedelta(hours=1))
    refused = ""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None: ...

    def wait(self, endpoint: str = "") -> None: ...

    def pause(self, seconds: float) -> None: ...

    def answered(self) -> None: ...

    def current(self) -> Tokens | None:
        return self.tokens

    def exclusive(self) -> AbstractContextManager[TokenSlot]:
        return nullcontext(self)

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def refuse(self, reason: str) -> None:
        self.refused = reason


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mocked:
        yield mocked


@pytest.fixture
def answers(mocked: responses.RequestsMock) -> Answers:
    """The next answer to a request."""

    def add(method: str, path: str, body: Any, status: int = 200) -> None:
        mocked.add(
            method, f"{BASE}/{path}", body=body if isinstance(body, str) else json.dumps(body), status=status
        )

    return add


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings()


@pytest.fixture
def vantagepoint(surroundings: Surroundings) -> Vantagepoint:
    around = surroundings
    session = DeltekSession(DESCRIPTION, CREDENTIALS, around, around, around, allow_insecure_urls=False)
    return Vantagepoint(session)


def test_token(answers: Answers, surroundings: Surroundings, vantagepoint: Vantagepoint) -> None:
    """Deltek PS 1.1 help, Get an Access Token."""
    surroundings.tokens = None
    answer = {"access_token": "a", "token_type": "bearer", "expires_in": 1799, "refresh_token": "r"}
    answers("POST", "token", answer)
    answers("GET", "Settings/ActiveCompany", [{"Company": "00"}])
    vantagepoint.active_company()
    assert surroundings.tokens == Tokens(Secret("a"), Secret("r"), NOW + timedelta(seconds=1799))


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


def test_firm_and_addresses(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Firm (7.0); Create Address for a Firm (6.5)."""
    key = "af914ca2d8f64cce8ef7e43c0af8c65d"
    firm = {
        "ClientID": key,
        "Client": "0000000042",
        "Name": "Client",
        "Status": "A",
        "ClientInd": "Y",
        "VendorInd": "N",
        "CustomCurrencyCode": " ",
        "Org": "",
        "PrimaryEmail": "ap@example.com",
        "PrimaryAddress1": "1 Main St",
        "ModDate": "2024-04-03T10:20:30.400",
        "CustSegment": "",
    }
    address = {
        "CLAddressID": "addr1",
        "Address": "<Default>",
        "Addressee": "Accounts Payable",
        "Address1": "1 Main St",
        "Address2": "",
        "Address3": "",
        "Address4": "",
        "City": "Boston",
        "State": "MA",
        "Zip": "02110",
        "Country": "United States",
        "Phone": "",
        "FAX": "",
        "Email": "billing@example.com",
        "PrimaryInd": "Y",
        "Billing": "Y",
        "Accounting": "N",
        "Payment": "N",
        "TaxRegistrationNumber": "",
        "TaxCountryCode": "",
    }
    answers("GET", f"firm/{key}", [firm])
    answers("GET", f"firm/{key}/address", [address])
    found = vantagepoint.firm(key)
    assert (found.number, found.name, found.status) == ("0000000042", "Client", "A")
    assert found.modified == "2024-04-03T10:20:30.400"
    (place,) = vantagepoint.addresses(key)
    assert (place.label, place.lines, place.postal_code) == ("<Default>", ("1 Main St",), "02110")
    assert (place.country, place.email, place.billing) == ("United States", "billing@example.com", True)


def test_contact(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """GO vantagepoint contacts.go."""
    row = {
        "ContactID": "C1",
        "ClientID": "F1",
        "CLAddress": "<Default>",
        "FirstName": "Ada",
        "LastName": "Reed",
        "Email": "ada@example.com",
        "Phone": "",
        "CellPhone": "",
        "ContactStatus": "A",
        "Billing": "Y",
        "PrimaryInd": "N",
        "QBOIsMainContact": "N",
    }
    answers("GET", "contact/C1", [row])
    answers("GET", "contact", [row])
    contact = vantagepoint.contact("C1")
    assert contact is not None
    assert (contact.first_name, contact.last_name, contact.email) == ("Ada", "Reed", "ada@example.com")
    assert (contact.active, contact.billing, contact.primary) == (True, True, False)
    assert vantagepoint.contacts("F1") == [contact]


def test_project(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Project (4.0)."""
    row = {
        "WBS1": "0A199900.900",
        "WBS2": " ",
        "WBS3": " ",
        "Name": "Study",
        "ClientID": "F1",
        "ContactID": "C1",
        "CLAddress": "<Default>",
        "BillingClientID": "F2",
        "BillingContactID": "C2",
        "CLBillingAddr": "<Default>",
        "Org": "A0.00.00",
        "Status": "A",
        "ChargeType": "R",
        "SubLevel": "Y",
        "ProjectCurrencyCode": "USD",
        "BillingCurrencyCode": "USD",
        "ModDate": "2024-04-03T10:20:30.400",
    }
    answers("GET", "project/0A199900.900", [row])
    project = vantagepoint.project("0A199900.900")
    assert project is not None
    assert (project.client_id, project.billing_client_id) == ("F1", "F2")
    assert (project.contact_id, project.billing_contact_id) == ("C1", "C2")
    assert (project.billing_address, project.billing_currency) == ("<Default>", "USD")


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


def test_receipt_in_the_ledger(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Deltek PS 1.1 help, Read GET Cash Receipts: the A/R line of a receipt is negative."""
    posted = {**LEDGER_ROW, "TransType": "CR", "Batch": "CRBatch00001", "Amount": -5000}
    entry = {**posted, "TransactionAmount": -5000, "Account": "11100"}
    answers("GET", "DataEntry/crControl/CRBatch00001", {"message": "Record not found", "detail": ""}, 404)
    answers("GET", "PSALedger/CR", [entry])
    found = vantagepoint.find_receipt("CRBatch00001", "files", "00REFFEFERR")
    assert found is not None
    assert (found.place, found.total) == ("posted", Decimal(5000))


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


INFO_CENTER_RECORD = {
    "UDIC_UID": "21232424",
    "desc_CustomCurrencyCode": "",
    "CustNumber": "00006",
    "CustName": "HUB02",
    "CustDate": "2019-01-10T00:00:00.000",
    "CustAmount": 0,
    "CustS": "N",
    "CustAmount3": 1,
    "CreateUser": "ADMIN",
    "CreateDate": "2019-01-04T01:59:21.907",
    "ModUser": "ADMIN",
    "ModDate": "2019-01-04T01:59:21.907",
    "HasPhoto": 0,
    "PhotoModDate": "",
    "UDICNumber": "00006",
    "UDICName": "HUB02",
}


def test_info_center_records(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Create a User-Defined Hub Record (4.0) has the columns; reading: GO vantagepoint udic.go."""
    answers("GET", "UDIC/UDIC_testhub", [INFO_CENTER_RECORD])
    assert vantagepoint.info_center_records("UDIC_testhub", {"CustNumber": "00006"}) == [INFO_CENTER_RECORD]


def test_writing_an_info_center_record(
    answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint
) -> None:
    """Create a User-Defined Hub Record (4.0), request parameters and answer; changing: GO vantagepoint udic.go."""
    answers("POST", "UDIC/UDIC_testhub", [{"UDIC_UID": "21232424"}], 201)
    answers("PUT", "UDIC/UDIC_testhub/21232424", [INFO_CENTER_RECORD])
    vantagepoint.create_info_center_record("UDIC_testhub", {"CustNumber": "00006", "CustName": "HUB02"})
    vantagepoint.change_info_center_record("UDIC_testhub", "21232424", {"CustName": "HUB02"})
    asked = [urlsplit(str(call.request.url)).query for call in mocked.calls]
    assert asked == ["requiredFieldValidation=N&startWorkflow=N"] * 2
    assert json.loads(mocked.calls[1].request.body or "") == {"CustName": "HUB02"}


def test_posting(answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint) -> None:
    """Integrations in production; the answer is documented nowhere."""
    answers("PUT", "DataEntry/PostTransFile", "")
    vantagepoint.post_batch("CRBatch00001", 201305, "test1")
    body = json.loads(mocked.calls[0].request.body or "")
    parameters = {"batch": "CRBatch00001", "description": "test1", "period": "201305", "transtype": "CR"}
    assert body == {"parms": [parameters]}


def test_period(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """GO vantagepoint settings.go."""
    row = {
        "Period": 202404,
        "FmtPeriod": "04/2024",
        "AccountPdStart": "2024-04-01T00:00:00.000",
        "AccountPdEnd": "2024-04-30T00:00:00.000",
        "FYStart": "2024-01-01T00:00:00.000",
        "FYEnd": "2024-12-31T00:00:00.000",
        "ActiveCompanyClosed": "N",
        "AllCompaniesClosed": "N",
        "ApplytoAllCompanies": "N",
    }
    answers("GET", "Settings/Period", [row])
    period = vantagepoint.fiscal_period(date(2024, 4, 25), "00")
    assert period is not None
    assert (period.period, period.ends, period.closed) == (202404, date(2024, 4, 30), False)


def test_companies(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """GO vantagepoint settings.go."""
    row = {
        "Company": "00",
        "FirmName": "America",
        "FunctionalCurrencyCode": "USD",
        "Country": "US",
        "Status": "A",
    }
    answers("GET", "Settings/Company", [row])
    answers("GET", "Settings/ActiveCompany", [row])
    answers("PUT", "Settings/ActiveCompany/00", [row])
    answers("PUT", "Settings/ActivePeriod/202404", [{"Period": 202404}])
    (company,) = vantagepoint.companies() or []
    assert (company.code, company.name, company.currency) == ("00", "America", "USD")
    assert vantagepoint.active_company() == "00"
    vantagepoint.work_in("00", 202404)


def test_lengths(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Metadata: Invoice Metadata (7.0) has the shape. Key formats: GO vantagepoint keycvt.go."""
    column = {
        "FieldName": "Batch",
        "FieldType": "String",
        "Caption": "Batch",
        "DefaultValue": "",
        "Hidden": False,
        "Required": True,
        "Updateable": True,
        "MaxLength": 30,
        "CodeTable": "",
        "LimitToList": False,
        "Decimals": 0,
    }
    table = {"Keys": "Batch", "TableName": "crControl", "Updateable": True, "Fields": [column]}
    answers("GET", "metadata/CREntry", {"crControl": table})
    answers("GET", "KeyCvt/CFGFormat", [{"PKey": "1", "WBS1Length": 30, "RefnoLength": 11}])
    assert vantagepoint.receipt_field_lengths() == {"Batch": 30, "RefNo": 11}


def test_banks_and_accounts(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Integrations in production."""
    bank = {"Code": "101.10", "Description": "Bank", "Company": "A0", "Org": "A0.00.00", "Account": "10110"}
    answers("GET", "BankCode/CFGBANKS", [bank])
    answers("GET", "AccountConfiguration/CFGAutoPosting", [{"AcctsReceivable": "11100"}])
    (found,) = vantagepoint.bank_codes() or []
    assert (found.code, found.account) == ("101.10", "10110")
    assert vantagepoint.accounts_receivable("A0") == "11100"
