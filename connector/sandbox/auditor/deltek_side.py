"""Deltek's side of the audit: each invoice as the ledger charges it, and every receipt of the connector."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.ledger import LedgerRow
from connector.sandbox.vantagepoint.receipts import ReceiptFile
from connector.sandbox.vantagepoint.receivables import RETAINAGE_ROW
from connector.sandbox.vantagepoint.wire import Wbs, parse_day

NOTHING = Decimal(0)
BATCH_PREFIX = "STRP"

ByWbs = dict[Wbs, Decimal]


class Key(NamedTuple):
    """An AR invoice: its company, its main project, its number; outer blanks are taken off."""

    company: str
    wbs1: str
    number: str

    @classmethod
    def of(cls, company: str, wbs1: str, number: str) -> "Key":
        return cls(company.strip(), wbs1.strip(), number.strip())


@dataclass
class ArInvoice:
    """What all postings of an invoice charge, by WBS row, credit memos included and retainage left out.

    `dated` is None while the invoice itself is in no ledger. `ours` and `elsewhere` are what receipts put on it:
    the connector's, posted or waiting, and posted ones of others; `moved` is what the latter moved onto it from
    another account, by receipts of 0.00, and `taken_off` what they took off each WBS row.
    """

    key: Key
    currency: str = ""
    dated: date | None = None
    postings: list[ByWbs] = field(default_factory=list)
    unposted: list[ByWbs] = field(default_factory=list)
    projects: set[str] = field(default_factory=set)
    ours: Decimal = NOTHING
    elsewhere: Decimal = NOTHING
    moved: Decimal = NOTHING
    taken_off: ByWbs = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def posted(self) -> bool:
        return self.dated is not None

    @property
    def charged(self) -> Decimal:
        return sum(self._documents, NOTHING)

    @property
    def _documents(self) -> list[Decimal]:
        return [sum(posting.values(), NOTHING) for posting in self.postings]

    @property
    def balance(self) -> Decimal:
        """What is open once the connector's receipts that wait are posted."""
        return self.charged - self.ours - self.elsewhere

    @property
    def totals(self) -> set[Decimal]:
        """What it may have come to at some time: whole documents, some of which were undone meanwhile."""
        possible = {NOTHING}
        undone = (sum(document.values(), NOTHING) for document in self.unposted)
        for amount in (*self._documents, *undone):
            possible |= {one + amount for one in possible}
        return possible - {NOTHING}

    def charged_between(self, wbs: Wbs) -> tuple[Decimal, Decimal]:
        """The least and the most that the WBS row may ever have been charged, starting from nothing.

        In what order tells nobody: what was undone, and posted again since, may have been posted at any time.
        """
        charged = [document.get(wbs, NOTHING) for document in (*self.postings, *self.unposted)]
        least = sum((min(amount, NOTHING) for amount in charged), NOTHING)
        return least, sum((max(amount, NOTHING) for amount in charged), NOTHING)


@dataclass(frozen=True)
class Line:
    """A row of a receipt; received is positive, `invoice` is "" where it names none."""

    wbs: Wbs
    account: str
    invoice: str
    amount: Decimal


@dataclass(frozen=True)
class Receipt:
    """A receipt file of the connector, posted or waiting; `control_total` is what its head says it sums to."""

    batch: str
    company: str
    comment: str
    dated: date
    currency: str
    control_total: Decimal
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), NOTHING)


class DeltekSide:
    """Read once. `login` is the connector's; what it entered, or what bears its prefix, is the connector's."""

    def __init__(self, books: Books, login: str) -> None:
        self.invoices: dict[Key, ArInvoice] = {}
        self._items: dict[Key, ArInvoice] = {}
        self._memos: set[str] = set()
        with books.lock:
            self.accounts = {code.strip(): one.ar_account for code, one in books.settings.companies.items()}
            self._currencies = {code.strip(): one.currency for code, one in books.settings.companies.items()}
            self._issued = {one.number: one.kind for one in books.billing.unposted_documents}
            self._read_charges(books)
            self._read_unposted(books)
            ours = [file for file in books.receipts.files if _is_ours(file, login)]
            self._read_checks(books, {file.batch for file in ours})
        self.receipts = [_receipt(file) for file in ours]
        for receipt in self.receipts:
            self._apply(receipt)

    def item(self, company: str, wbs1: str, number: str) -> ArInvoice | None:
        """The invoice that has a receivable on this project under this number."""
        return self._items.get(Key.of(company, wbs1, number))

    def is_receivable(self, company: str, account: str) -> bool:
        return self.accounts.get(company.strip()) == account

    def beside(self, name: str) -> Decimal:
        """Which part of what the receipts of this name book is on no invoice; 0 where there are none."""
        lines = [line for receipt in self.receipts if name in receipt.comment for line in receipt.lines]
        total = sum((line.amount for line in lines), NOTHING)
        return sum((line.amount for line in lines if not line.invoice), NOTHING) / total if total else NOTHING

    def called(self, key: Key) -> str:
        """What a number is that no posted invoice bears."""
        if self.may_have_been_posted(key):
            return "not posted" if key in self.invoices else "not in the ledger"
        kind = "credit memo" if key.number in self._memos else self._issued[key.number]
        return f"a {kind.replace('_', '-')}"

    def may_have_been_posted(self, key: Key) -> bool:
        """Undo Posting leaves no trace, but no document of another kind was ever an invoice."""
        return key.number not in self._memos and key.number not in self._issued

    def _invoice(self, key: Key) -> ArInvoice:
        return self.invoices.setdefault(key, ArInvoice(key))

    def _read_charges(self, books: Books) -> None:
        own_number = books.options.credit_memo_direction == "own"
        for posting in books.ledger.runs("IN"):
            charges: dict[Key, ByWbs] = defaultdict(dict)
            for row in posting.rows:
                if row.auto_entry or not row.invoice.strip() or row.sub_type == RETAINAGE_ROW:
                    continue
                key = self._enroll(posting.company, row, own_number=own_number)
                charges[key][row.wbs] = charges[key].get(row.wbs, NOTHING) + row.amount
            for key, by_wbs in charges.items():
                self.invoices[key].postings.append(by_wbs)

    def _enroll(self, company: str, row: LedgerRow, *, own_number: bool) -> Key:
        """The invoice that the row charges. A memo's rows bear its own number or its invoice's."""
        names_invoice = own_number and row.credit_memo
        number = row.credit_memo if names_invoice else row.invoice
        invoice = self._invoice(Key.of(company, row.main_wbs1 or row.wbs.wbs1, number))
        invoice.projects.add(row.wbs.wbs1)
        self._items[Key.of(company, row.wbs.wbs1, row.invoice)] = invoice
        if row.credit_memo:
            self._memos.add((row.invoice if names_invoice else row.credit_memo).strip())
        elif invoice.dated is None:
            invoice.dated = row.trans_date
            invoice.currency = row.currency.strip() or self._currencies[company.strip()]
        return invoice.key

    def _read_unposted(self, books: Books) -> None:
        """Documents in no ledger, those whose posting was undone among them."""
        for file in books.billing.files.values():
            for document in file.invoices if file.posting is None else ():
                charges = document.credit_of or document.number
                invoice = self._invoice(Key.of(document.company, document.wbs1, charges))
                invoice.unposted.append(charged := ByWbs())
                for line in document.lines:
                    invoice.projects.add(line.wbs1)
                    charged[line.wbs] = charged.get(line.wbs, NOTHING) + line.amount
                    self._items.setdefault(Key.of(document.company, line.wbs1, document.number), invoice)

    def _read_checks(self, books: Books, ours: set[str]) -> None:
        for posting in books.ledger.runs("CR"):
            entered = [row for row in posting.rows if not row.auto_entry]
            moves = not sum(row.amount for row in entered)
            for row in entered if posting.batch not in ours else ():
                if not self.is_receivable(posting.company, row.account):
                    continue
                invoice = self.item(posting.company, row.wbs.wbs1, row.invoice)
                if invoice is not None:
                    invoice.elsewhere -= row.amount
                    invoice.taken_off[row.wbs] += max(row.amount, NOTHING)
                    invoice.moved -= row.amount if moves else NOTHING

    def _apply(self, receipt: Receipt) -> None:
        for line in receipt.lines:
            invoice = self.item(receipt.company, line.wbs.wbs1, line.invoice)
            if invoice is not None and self.is_receivable(receipt.company, line.account):
                invoice.ours += line.amount


def _is_ours(file: ReceiptFile, login: str) -> bool:
    return file.entered_by == login or file.batch.startswith(BATCH_PREFIX)


def _receipt(file: ReceiptFile) -> Receipt:
    masters = file.receipt.masters
    return Receipt(
        batch=file.batch,
        company=file.company,
        comment=" ".join(master["TransComment"] for master in masters),
        dated=parse_day(masters[0]["TransDate"]),
        currency=masters[0]["CurrencyCode"],
        control_total=Decimal(file.receipt.control["Total"]),
        lines=tuple(_lines(file)),
    )


def _lines(file: ReceiptFile) -> Iterator[Line]:
    for row in file.receipt.details:
        wbs = Wbs.of(row["WBS1"], row["WBS2"], row["WBS3"])
        yield Line(wbs, row["Account"], row["Invoice"].strip(), Decimal(row["Amount"]))
