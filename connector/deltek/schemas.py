"""The tables of Vantagepoint that are read, column by column, and the records they become.

Columns: Deltek's public Postman documents as mirrored by qodex (4.0 to 7.1), Deltek PS data dictionary, GO
scjalliance/vantagepoint. A column without a default is one that the record cannot do without.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.deltek.fields import Amount, Day, Flag, Moment, Period, Text, Whole
from connector.deltek.reading import Reader, RowSchema
from connector.deltek.records import (
    ABSENT_WBS,
    Address,
    ArBalance,
    Contact,
    DocumentLine,
    Firm,
    LedgerRow,
    Project,
    ReceiptRow,
    Wbs,
    WbsAmount,
)

NOTHING = Decimal(0)


@dataclass(frozen=True)
class InvoiceControl:
    """A row of inControl: the batch as a whole."""

    company: str


@dataclass(frozen=True)
class InvoiceHeader:
    """A row of inMaster: one invoice of a batch."""

    invoice: str
    wbs: Wbs
    wbs1_name: str
    invoice_date: date
    due_date: date | None
    currency: str
    posted: bool
    credit_memo: bool
    comment: str


@dataclass(frozen=True)
class PeriodRow:
    """A row of Settings/Period; `closed_here` is said of the API user's active company."""

    period: int
    starts: date
    ends: date
    closed_here: bool
    closed_everywhere: bool


@dataclass(frozen=True)
class ReceiptFile:
    """A row of crControl or crMaster: whether the file has been posted."""

    posted: bool


class WbsRow(RowSchema):
    wbs1 = Text("WBS1")
    wbs2 = Text("WBS2", ABSENT_WBS)
    wbs3 = Text("WBS3", ABSENT_WBS)


class LedgerSchema(WbsRow):
    # The rows that Deltek generates have no invoice, and not always a project.
    wbs1 = Text("WBS1", "")
    invoice = Text("Invoice", "")
    batch = Text("Batch", "")
    period = Period("Period")
    post_seq = Whole("PostSeq")
    sub_type = Text("SubType", "")
    amount = Amount("Amount")
    trans_date = Day("TransDate", None)
    post_date = Moment("PostDate", None)
    auto_entry = Flag("AutoEntry", False)
    credit_memo_ref = Text("CreditMemoRefNo", "")
    pre_invoice = Text("PreInvoice", "")
    currency = Text("TransactionCurrencyCode", "")
    transaction_amount = Amount("TransactionAmount", NOTHING)
    ref_no = Text("RefNo", "")
    account = Text("Account", "")
    pkey = Text("PKey", "")
    desc1 = Text("Desc1", "")
    desc2 = Text("Desc2", "")
    bank_code = Text("BankCode", "")


class InvoiceControlSchema(RowSchema):
    company = Text("Company", "")


class InvoiceMasterSchema(WbsRow):
    invoice = Text("Invoice")
    wbs1_name = Text("WBS1Name", "")
    invoice_date = Day("TransDate")
    due_date = Day("DueDate", None)
    currency = Text("CurrencyCode", "")
    posted = Flag("Posted", False)
    credit_memo = Flag("IsCreditMemo", False)
    comment = Text("TransComment", "")


class InvoiceDetailSchema(WbsRow):
    invoice = Text("Invoice")
    seq = Whole("Seq", 0)
    section = Text("InvoiceSection", "")
    tax_code = Text("TaxCode", "")
    account = Text("Account", "")
    amount = Amount("Amount")
    retainage = Amount("RetAmount", NOTHING)
    description = Text("Description", "")
    desc1 = Text("Desc1", "")
    retainer = Flag("Retainer", False)
    credit_memo_ref = Text("CreditMemoRefNo", "")
    wbs2_name = Text("WBS2Name", "")
    wbs3_name = Text("WBS3Name", "")


class ArBalanceSchema(RowSchema):
    wbs1 = Text("WBS1")
    wbs1_name = Text("WBS1Name", "")
    company = Text("Company", "")
    invoice = Text("Invoice")
    invoice_date = Day("InvoiceDate", None)
    credit_memo_ref = Text("CreditMemoRefNo", "")
    balance = Amount("Balance")
    original = Amount("OriginalAmt")
    billing_client_id = Text("BillingClientID", "")
    billing_client = Text("BillingClient", "")


class WbsAmountRow(WbsRow):
    account = Text("Account", "")
    wbs1_name = Text("WBS1Name", "")
    wbs2_name = Text("WBS2Name", "")
    wbs3_name = Text("WBS3Name", "")


class BilledSchema(WbsAmountRow):
    amount = Amount("InvoiceAmount")
    billing_group_wbs1 = Text("BillingGroupWBS1", "")


class ReceivedSchema(WbsAmountRow):
    amount = Amount("Amount")
    received_on = Day("CashReceiptDate", None)


class FirmSchema(RowSchema):
    client_id = Text("ClientID")
    number = Text("Client", "")
    name = Text("Name", "")
    status = Text("Status", "")
    email = Text("PrimaryEmail", "")
    currency = Text("CustomCurrencyCode", "")
    modified = Text("ModDate", "")


class AddressSchema(RowSchema):
    address_id = Text("CLAddressID", "")
    label = Text("Address", "")
    addressee = Text("Addressee", "")
    line1 = Text("Address1", "")
    line2 = Text("Address2", "")
    line3 = Text("Address3", "")
    line4 = Text("Address4", "")
    city = Text("City", "")
    state = Text("State", "")
    postal_code = Text("Zip", "")
    country = Text("Country", "")
    phone = Text("Phone", "")
    email = Text("Email", "")
    primary = Flag("PrimaryInd", False)
    billing = Flag("Billing", False)


class ContactSchema(RowSchema):
    contact_id = Text("ContactID")
    client_id = Text("ClientID", "")
    first_name = Text("FirstName", "")
    last_name = Text("LastName", "")
    email = Text("Email", "")
    phone = Text("Phone", "")
    status = Text("ContactStatus", "")
    billing = Flag("Billing", False)
    primary = Flag("PrimaryInd", False)
    address_label = Text("CLAddress", "")
    modified = Text("ModDate", "")


class ProjectSchema(RowSchema):
    wbs1 = Text("WBS1")
    name = Text("Name", "")
    client_id = Text("ClientID", "")
    billing_client_id = Text("BillingClientID", "")
    contact_id = Text("ContactID", "")
    billing_contact_id = Text("BillingContactID", "")
    billing_address = Text("CLBillingAddr", "")
    currency = Text("ProjectCurrencyCode", "")
    billing_currency = Text("BillingCurrencyCode", "")
    modified = Text("ModDate", "")


class FiscalPeriodSchema(RowSchema):
    period = Period("Period")
    starts = Day("AccountPdStart")
    ends = Day("AccountPdEnd")
    closed_here = Flag("ActiveCompanyClosed", False)
    closed_everywhere = Flag("AllCompaniesClosed", False)


class ReceiptFileSchema(RowSchema):
    posted = Flag("Posted", False)


class ReceiptRowSchema(WbsRow):
    invoice = Text("Invoice", "")
    account = Text("Account", "")
    amount = Amount("Amount")
    interest = Flag("Interest", False)
    retainer = Flag("Retainer", False)


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its three levels as one place."""
    wbs1, wbs2, wbs3 = row.pop("wbs1"), row.pop("wbs2"), row.pop("wbs3")
    return {**row, "wbs": Wbs(wbs1, wbs2 or ABSENT_WBS, wbs3 or ABSENT_WBS)}


def _ledger_row(
    *, amount: Decimal, transaction_amount: Decimal, pre_invoice: str, desc1: str, desc2: str, **row: Any
) -> LedgerRow:
    # Amount is in the company's own currency; TransactionAmount, where it is kept, in the document's.
    in_currency = row["currency"].strip() and transaction_amount
    return LedgerRow(
        amount=transaction_amount if in_currency else amount,
        # A flag in some tables, the number of the pre-invoice in others (Deltek's own samples).
        pre_invoice=pre_invoice.strip().upper() not in ("", "N", "0"),
        description=" ".join(filter(None, (desc1.strip(), desc2.strip()))),
        **_placed(row),
    )


def _document_line(*, description: str, desc1: str, invoice: str, **row: Any) -> tuple[str, DocumentLine]:
    return invoice, DocumentLine(description=description or desc1, **_placed(row))


def _address(*, line1: str, line2: str, line3: str, line4: str, **row: Any) -> Address:
    return Address(lines=tuple(filter(str.strip, (line1, line2, line3, line4))), **row)


def _contact(*, status: str, **row: Any) -> Contact:
    return Contact(active=status.strip().upper() != "I", **row)


LEDGER = Reader(LedgerSchema(), _ledger_row, ("Invoice", "Batch", "Period", "PostSeq", "PKey"))
INVOICE_CONTROL = Reader(InvoiceControlSchema(), InvoiceControl, ("Batch",))
INVOICE_MASTER = Reader(
    InvoiceMasterSchema(), lambda **row: InvoiceHeader(**_placed(row)), ("Batch", "Invoice")
)
INVOICE_DETAIL = Reader(InvoiceDetailSchema(), _document_line, ("Batch", "Invoice", "PKey"))
AR_BALANCE = Reader(ArBalanceSchema(), ArBalance, ("WBS1", "Invoice"))
BILLED = Reader(BilledSchema(), lambda **row: WbsAmount(**_placed(row)), ("WBS1", "WBS2", "WBS3", "Invoice"))
RECEIVED = Reader(
    ReceivedSchema(), lambda **row: WbsAmount(**_placed(row)), ("WBS1", "WBS2", "WBS3", "Invoice")
)
FIRM = Reader(FirmSchema(), Firm, ("ClientID",))
ADDRESS = Reader(AddressSchema(), _address, ("CLAddressID", "Address"))
CONTACT = Reader(ContactSchema(), _contact, ("ContactID",))
PROJECT = Reader(ProjectSchema(), Project, ("WBS1",))
PERIOD = Reader(FiscalPeriodSchema(), PeriodRow, ("Period",))
RECEIPT_FILE = Reader(ReceiptFileSchema(), ReceiptFile, ("Batch",))
RECEIPT_ROW = Reader(
    ReceiptRowSchema(), lambda **row: ReceiptRow(**_placed(row)), ("Batch", "WBS1", "Invoice", "PKey")
)
