"""Books to be audited: receipts as the connector would enter them, and receipts that somebody tampered with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from connector.sandbox.auditor import Finding, Kind, audit_books
from connector.sandbox.stripe import Books as StripeBooks
from connector.sandbox.vantagepoint.books import Books as DeltekBooks
from connector.sandbox.vantagepoint.receipt_rules import Receipt
from connector.sandbox.vantagepoint.receipts import ReceiptFile
from connector.sandbox.vantagepoint.tables import CR_CONTROL, CR_DETAIL, CR_MASTER
from connector.sandbox.vantagepoint.wire import Row, Wbs, day

ZONE, START, TODAY = ZoneInfo("America/New_York"), date(2026, 10, 1), date(2026, 11, 20)
RECEIVABLE, CREDITS, FEES = "111.00", "230.00", "741.00"
_batches = count(1)


class Entered(NamedTuple):
    """A row of a receipt: an amount on a phase of the annex, and the invoice that it is for."""

    amount: str
    invoice: str = ""
    wbs2: str = "02"
    account: str = RECEIVABLE
    wbs1: str = "24001.00"


class BothBooks(Protocol):
    """What an auditor reads, for the tenant of this slug: a World, or books made by hand."""

    @property
    def deltek_books(self) -> DeltekBooks: ...
    @property
    def stripe_books(self) -> StripeBooks: ...
    @property
    def slug(self) -> str: ...


def audited(books: BothBooks, **about: Any) -> list[Finding]:
    """What the auditor objects to."""
    asked: dict[str, Any] = {"zone": ZONE, "start_date": START, **about}
    return audit_books(books.deltek_books, books.stripe_books, books.slug, **asked)


def only(books: BothBooks, kind: Kind, invoice: str = "", **about: Any) -> str:
    """The text of the one finding there is, which is of this kind and on this invoice."""
    found = audited(books, **about)
    assert [(one.kind, one.invoice) for one in found] == [(kind, invoice)], [str(one) for one in found]
    return found[0].text


def enter(
    books: BothBooks,
    comment: str,
    *rows: Entered,
    dated: date = TODAY,
    company: str = "00",
    post: bool = True,
) -> str:
    """A receipt as the connector writes one, put into the books directly; its batch."""
    batch = f"STRP{next(_batches):022d}"
    key = {"Batch": batch, "RefNo": batch[-7:]}
    total = sum(Decimal(row.amount) for row in rows)
    control = {"Batch": batch, "Total": total, "Company": company, "Period": dated.year * 100 + dated.month}
    master = {"TransDate": day(dated), "TransComment": comment, "CurrencyCode": "USD", "BankCode": "STRIPE"}
    receipt = Receipt(
        CR_CONTROL.blank() | control | {"DefaultBank": "STRIPE"},
        [CR_MASTER.blank() | key | master],
        [CR_DETAIL.blank() | key | _columns(row) for row in rows],
    )
    with books.deltek_books.lock:
        file = books.deltek_books.receipts.enter(receipt, "MLCONNECTOR")
        if post:
            books.deltek_books.receipts.post(file)
    return batch


def receipt_of(books: BothBooks, stripe_id: str) -> ReceiptFile:
    """The receipt file that names the object."""
    (found,) = (file for file in books.deltek_books.receipts.files if stripe_id in _comment(file))
    return found


def receipts_on(books: BothBooks, number: str) -> list[ReceiptFile]:
    """The receipt files with a row on the invoice, oldest first."""
    files = books.deltek_books.receipts.files
    return [file for file in files if any(row["Invoice"] == number for row in file.receipt.details)]


def tamper(
    file: ReceiptFile,
    *,
    control: Row | None = None,
    master: Row | None = None,
    rows: Sequence[Row] = (),
) -> None:
    """Somebody changes columns of the file; `rows` are the changes of its rows, in their order."""
    receipt = file.receipt
    changes = [*rows, *({} for _ in receipt.details[len(rows) :])]
    details = [row | change for row, change in zip(receipt.details, changes, strict=True)]
    file.receipt = replace(
        receipt,
        control=receipt.control | (control or {}),
        masters=[receipt.masters[0] | (master or {})],
        details=details,
    )


def _columns(row: Entered) -> Row:
    wbs = Wbs.of(row.wbs1, row.wbs2).columns
    return wbs | {"Invoice": row.invoice, "Account": row.account, "Amount": Decimal(row.amount)}


def _comment(file: ReceiptFile) -> str:
    return str(file.receipt.masters[0]["TransComment"])
