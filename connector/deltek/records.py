"""What the connector knows of Vantagepoint's records once they are read, and what it writes: plain values.

Amounts are exact Decimals in the record's own currency. Dates have no time zone because Deltek's have none.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from connector.errors import Blocked

ABSENT_WBS = " "  # an absent WBS2 or WBS3 is one space, read and write (Deltek's own samples)


@dataclass(frozen=True)
class Wbs:
    """A place in a project's work breakdown structure, as Deltek spells it; equal when trimmed equal."""

    wbs1: str = field(compare=False)
    wbs2: str = field(default=ABSENT_WBS, compare=False)
    wbs3: str = field(default=ABSENT_WBS, compare=False)
    key: tuple[str, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.wbs1.strip(), self.wbs2.strip(), self.wbs3.strip()))

    def __str__(self) -> str:
        return " / ".join(part for part in self.key if part)


@dataclass(frozen=True)
class LedgerRow:
    """A row of the posted ledger (PSALedger/IN or PSALedger/CR)."""

    invoice: str
    wbs: Wbs
    batch: str
    period: int
    post_seq: int
    sub_type: str
    amount: Decimal
    trans_date: date | None
    post_date: datetime | None
    auto_entry: bool
    credit_memo_ref: str
    pre_invoice: bool
    currency: str
    ref_no: str
    account: str
    pkey: str
    description: str
    bank_code: str


@dataclass(frozen=True)
class DocumentLine:
    """A row of inDetail; `amount` is positive for a charge."""

    wbs: Wbs
    seq: int
    section: str
    tax_code: str
    account: str
    amount: Decimal
    retainage: Decimal
    description: str
    retainer: bool
    credit_memo_ref: str
    wbs2_name: str
    wbs3_name: str


@dataclass(frozen=True)
class InvoiceDocument:
    """An invoice as entered: its row of inMaster, its rows of inDetail, the company of its inControl."""

    batch: str
    company: str
    invoice: str
    wbs: Wbs
    wbs1_name: str
    invoice_date: date
    due_date: date | None
    currency: str
    posted: bool
    credit_memo: bool
    comment: str
    lines: tuple[DocumentLine, ...]


@dataclass(frozen=True)
class ArBalance:
    """A row of ARReview/ARBalance: what an invoice was and what is still open on it."""

    wbs1: str
    wbs1_name: str
    company: str
    invoice: str
    invoice_date: date | None
    credit_memo_ref: str
    balance: Decimal
    original: Decimal
    billing_client_id: str
    billing_client: str


@dataclass(frozen=True)
class UnreadBalance:
    """A row of ARReview/ARBalance that cannot be read: which one it is, and why."""

    wbs1: str
    numbers: tuple[str, ...]  # its invoice's and its credit memo's, as far as it names them
    problem: Blocked


@dataclass(frozen=True)
class BalancePage:
    """A page of the list of balances: one row that cannot be read says nothing against the others."""

    rows: list[ArBalance]
    unread: list[UnreadBalance]


@dataclass(frozen=True)
class WbsAmount:
    """An amount on one WBS row: billed (ARBalanceDetail) or received (ARBalanceDetailCR), both positive."""

    wbs: Wbs
    account: str
    amount: Decimal
    wbs1_name: str
    wbs2_name: str
    wbs3_name: str
    billing_group_wbs1: str = ""
    received_on: date | None = None


@dataclass(frozen=True)
class Firm:
    client_id: str
    number: str
    name: str
    status: str
    email: str
    currency: str
    modified: str  # ModDate as Deltek prints it: only ever compared for change


@dataclass(frozen=True)
class Address:
    address_id: str
    label: str
    addressee: str
    lines: tuple[str, ...]
    city: str
    state: str
    postal_code: str
    country: str
    phone: str
    email: str
    primary: bool
    billing: bool


@dataclass(frozen=True)
class Contact:
    contact_id: str
    client_id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    active: bool
    billing: bool
    primary: bool
    address_label: str
    modified: str


@dataclass(frozen=True)
class Project:
    wbs1: str
    name: str
    client_id: str
    billing_client_id: str
    contact_id: str
    billing_contact_id: str
    billing_address: str  # CLBillingAddr: the id or the label of one of the firm's addresses
    currency: str
    billing_currency: str
    modified: str


@dataclass(frozen=True)
class FiscalPeriod:
    """A row of Settings/Period: YYYYPP and the days it covers, both included."""

    period: int
    starts: date
    ends: date
    closed: bool


@dataclass(frozen=True)
class ReceiptRow:
    """One crDetail row: `amount` positive is money received, negative money that went back or out.

    A row on the A/R account names its invoice; a row on another account (a fee, a liability) may name none:
    "". A row that was read from the ledger tells neither flag, for its SubType R stands for retainers and retainage
    alike and nothing for interest (Deltek PS data dictionary), and may have lost its project if it is on another
    balance sheet account than A/R (Vision 7.6 help, Cash Receipts Columns).
    """

    wbs: Wbs
    invoice: str
    account: str
    amount: Decimal
    interest: bool = False
    retainer: bool = False


@dataclass(frozen=True)
class CashReceipt:
    """A cash receipt to be written: one batch holding one receipt.

    Its total is what reaches the bank: negative for a reversal, 0 where money only moves between accounts, as
    from a retainer to an invoice (Deltek KB91306).
    """

    batch: str  # deterministic, <= 30 characters of [A-Z0-9]
    ref_no: str
    company: str
    bank_code: str
    currency: str
    received_on: date
    period: int
    comment: str
    description: str
    rows: tuple[ReceiptRow, ...]

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row in self.rows), Decimal(0))


@dataclass(frozen=True)
class ReceiptFound:
    """A cash receipt as Deltek holds it: still a transaction file, or posted to the ledger.

    `rows` are all that were entered, those without an invoice too; not what Deltek generates for the bank.
    """

    batch: str
    place: Literal["unposted", "posted"]
    rows: tuple[ReceiptRow, ...]

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row in self.rows), Decimal(0))
