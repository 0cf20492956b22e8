"""The receivables that follow from the ledger, and the three ARReview views of them.

An item is what Vantagepoint keeps a balance for: a company's project and invoice number. Columns: Deltek's
public Postman documents, 7.1, "AR review". Its samples show charges and receipts both as positive amounts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from connector.sandbox.vantagepoint.companies import RETAINAGE, Settings
from connector.sandbox.vantagepoint.filters import Filter, fold
from connector.sandbox.vantagepoint.hubs import Hubs
from connector.sandbox.vantagepoint.ledger import ZERO, LedgerRow, Posting
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.wire import Row, Wbs, day

RETAINAGE_ROW = "R"


class ItemKey(NamedTuple):
    """`credit_memo` is what the rows have in CreditMemoRefNo: the memo, or the invoice that it credits."""

    company: str
    wbs1: str
    invoice: str
    credit_memo: str = ""


@dataclass(slots=True, eq=False)
class ArItem:
    """What was charged and what was received, as posted rows."""

    charges: list[LedgerRow] = field(default_factory=list)
    receipts: list[LedgerRow] = field(default_factory=list)

    @property
    def dated(self) -> date | None:
        return self.charges[0].trans_date if self.charges else None


class Receivables:
    """Kept up to date with every posting and undoing."""

    def __init__(self, options: Options, settings: Settings, hubs: Hubs) -> None:
        self._options = options
        self._settings = settings
        self._hubs = hubs
        self.items: dict[ItemKey, ArItem] = {}
        self._index: dict[tuple[str, str], set[ItemKey]] = defaultdict(set)

    def add(self, posting: Posting) -> None:
        for row, side in self._entries(posting):
            key = self._key(posting.company, row)
            item = self.items.setdefault(key, ArItem())
            for entry in _entries(key):
                self._index[entry].add(key)
            getattr(item, side).append(row)

    def remove(self, posting: Posting) -> None:
        for row, side in self._entries(posting):
            key = next(k for k in self.of_invoice(row.invoice) if row in getattr(self.items[k], side))
            item = self.items[key]
            getattr(item, side).remove(row)
            if not item.charges and not item.receipts:
                del self.items[key]
                for entry in _entries(key):
                    self._index[entry].discard(key)

    def _entries(self, posting: Posting) -> Iterator[tuple[LedgerRow, str]]:
        receivable = self._settings.company(posting.company).ar_account
        for row in posting.rows:
            if not row.invoice or row.auto_entry:
                continue
            if posting.trans_type == "IN":
                yield row, "charges"
            elif posting.trans_type == "CR" and row.account in (receivable, RETAINAGE):
                yield row, "receipts"

    def _key(self, company: str, row: LedgerRow) -> ItemKey:
        """The item of the row; what is received under a credit memo's own number belongs to the memo.

        How Deltek spreads that over a memo of several invoices is documented nowhere: here each row goes whole to
        the first of them that has room for it.
        """
        plain = ItemKey(company, row.wbs.wbs1, row.invoice, row.credit_memo)
        if row.credit_memo or self._options.credit_memo_direction == "reference":
            return plain
        known = [key for key in self.of_invoice(row.invoice) if key[:2] == plain[:2]]
        charged = [key for key in known if self.items[key].charges]
        with_room = [key for key in charged if self.balance(self.items[key]) + row.amount <= 0]
        return next(iter((with_room if row.amount > 0 else []) or charged), plain)

    def of_invoice(self, invoice: str) -> list[ItemKey]:
        return self._found("Invoice", invoice)

    def original(self, item: ArItem) -> Decimal:
        """The charges; retainage is withheld, and counted only where the installation says so."""
        return sum((row.amount for row in item.charges if self._counts(row)), ZERO)

    def balance(self, item: ArItem) -> Decimal:
        return self.original(item) + sum((row.amount for row in item.receipts if self._counts(row)), ZERO)

    def _counts(self, row: LedgerRow) -> bool:
        return row.account != RETAINAGE or self._options.balance_contains_retainage

    def net_balance(self, invoice: str, wbs1: str) -> Decimal:
        """What is still owed on the pair of project and invoice, credit memos included."""
        own = self._options.credit_memo_direction == "own"
        memos = self._found("CreditMemoRefNo", invoice) if own else []
        keys = [key for key in (*self.of_invoice(invoice), *memos) if key.wbs1 == wbs1]
        return sum((self.balance(self.items[key]) for key in keys), ZERO)

    def balances(self, wanted: Filter, asked: str, companies: set[str] | None) -> Iterator[Row]:
        """ARBalance. A receipt whose invoice does not exist has no row (Deltek 3.5 help, AR reports)."""
        for key in self._selected(wanted, asked, companies):
            item = self.items[key]
            if item.charges and (self._options.ar_review_lists_paid or self.balance(item)):
                yield self._balance_row(key, item)

    def _balance_row(self, key: ItemKey, item: ArItem) -> Row:
        client_id, client = self._hubs.billing_client(item.charges[0].main_wbs1 or key.wbs1)
        return {
            "WBS1": key.wbs1,
            "WBS1Name": self._hubs.name(Wbs(key.wbs1)),
            "Company": key.company,
            "Invoice": key.invoice,
            "InvoiceDate": day(item.dated),
            "CreditMemoRefNo": item.charges[0].credit_memo,
            "Balance": self.balance(item),
            "OriginalAmt": self.original(item),
            "BillingClientID": client_id,
            "BillingClient": client,
        }

    def details(self, wanted: Filter, asked: str, companies: set[str] | None) -> Iterator[Row]:
        """ARBalanceDetail: one row for each WBS and account."""
        for key in self._selected(wanted, asked, companies):
            groups: dict[tuple[Wbs, str, str], Decimal] = defaultdict(Decimal)
            for row in self.items[key].charges:
                if self._counts(row):
                    groups[row.wbs, row.account, row.main_wbs1] += row.amount
            for (wbs, account, main), amount in groups.items():
                yield self._detail_row(key, wbs, account, main) | {"InvoiceAmount": amount}

    def _detail_row(self, key: ItemKey, wbs: Wbs, account: str, main: str) -> Row:
        client_id, client = self._hubs.billing_client(main or key.wbs1)
        grouped = main if main != key.wbs1 else ""
        return {
            "Invoice": key.invoice,
            "CreditMemoRefNo": key.credit_memo,
            **wbs.columns,
            "Account": account,
            **self._hubs.names(wbs),
            "BillClientID": client_id,
            "BillClient": client,
            "BillingGroupWBS1": grouped,
            "BillingGroupName": self._hubs.name(Wbs(grouped)),
        }

    def receipts(self, wanted: Filter, asked: str, companies: set[str] | None) -> Iterator[Row]:
        """ARBalanceDetailCR: no RefNo and no Batch, so a receipt cannot be recognised by it."""
        for key in self._selected(wanted, asked, companies):
            for row in self.items[key].receipts:
                yield {
                    **row.wbs.columns,
                    "Invoice": key.invoice,
                    "CashReceiptDate": day(row.trans_date),
                    "Account": row.account,
                    "TransType": "CR",
                    "SubType": row.sub_type,
                    "InvoiceSection": "",
                    "Amount": -row.amount,
                    "RetainerAmount": ZERO,
                    **self._hubs.names(row.wbs),
                }

    def _selected(self, wanted: Filter, asked: str, companies: set[str] | None) -> Iterable[ItemKey]:
        keys = self._asked_for(asked) if asked else self._filtered(wanted)
        return keys if companies is None else [key for key in keys if key.company in companies]

    def _asked_for(self, asked: str) -> list[ItemKey]:
        """`<WBS1>|<Invoice>[,<WBS1>|<Invoice>…]` (GO ar_review.go)."""
        pairs = [tuple(pair.split("|", 1)) for pair in asked.split(",")]
        return [
            key
            for invoice in dict.fromkeys(pair[-1] for pair in pairs)
            for key in self.of_invoice(invoice)
            if (key.wbs1, key.invoice) in pairs
        ]

    def _filtered(self, wanted: Filter) -> list[ItemKey]:
        for name in ("Invoice", "CreditMemoRefNo"):
            values = wanted.wanted(name)
            if values is not None and all(values):
                return [key for value in dict.fromkeys(values) for key in self._found(name, value)]
        return list(self.items)

    def _found(self, name: str, value: str) -> list[ItemKey]:
        return sorted(self._index.get((name, fold(value)), ()))


def _entries(key: ItemKey) -> set[tuple[str, str]]:
    """Where the index has the item: by its invoice, and by the memo that it names."""
    named = (("Invoice", key.invoice), ("CreditMemoRefNo", key.credit_memo))
    return {(name, fold(value)) for name, value in named if value}
