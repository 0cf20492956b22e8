"""The posted ledger: posting runs and their rows, found by the time of posting, the batch or the invoice.

Columns: GO scjalliance/vantagepoint gl.go. `PostDate` is the moment of the run, shared by all its rows.
"""

import uuid
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from connector.sandbox.vantagepoint.filters import Filter, fold
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.wire import Row, Wbs, day, flag, moment

ZERO = Decimal(0)
INDEXED = ("Batch", "Invoice", "CreditMemoRefNo")


@dataclass(slots=True, eq=False)
class LedgerRow:
    """One posted row. `amount` is in the company's currency; a charge to the client is positive."""

    wbs: Wbs
    account: str
    amount: Decimal
    trans_date: date
    invoice: str = ""
    section: str = ""
    sub_type: str = ""
    ref_no: str = ""
    desc1: str = ""
    desc2: str = ""
    tax_code: str = ""
    tax_basis: Decimal = ZERO
    auto_entry: bool = False
    bank_code: str = ""
    credit_memo: str = ""
    currency: str = ""
    main_wbs1: str = ""


@dataclass(eq=False)
class Posting:
    """One posting run: (Period, PostSeq). Its batch is the transaction file that was posted."""

    trans_type: str
    batch: str
    company: str
    period: int
    post_seq: int
    posted_at: datetime
    rows: list[LedgerRow] = field(default_factory=list)


class Ledger:
    """The runs of every transaction type, in the order of posting."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._runs: dict[str, list[Posting]] = defaultdict(list)
        self._index: dict[tuple[str, str, str], list[Posting]] = defaultdict(list)
        self._last_sequence: dict[int, int] = defaultdict(int)

    def next_sequence(self, period: int) -> int:
        self._last_sequence[period] += 1
        return self._last_sequence[period]

    def add(self, posting: Posting) -> None:
        insort(self._runs[posting.trans_type], posting, key=_posted_at)
        for entry in _entries(posting):
            self._index[entry].append(posting)

    def remove(self, posting: Posting) -> None:
        """Undo Posting takes the rows out of the ledger without a trace (Deltek 6.0 help, Undo Posting)."""
        self._runs[posting.trans_type].remove(posting)
        for entry in _entries(posting):
            self._index[entry].remove(posting)

    def runs(self, trans_type: str) -> list[Posting]:
        return self._runs[trans_type]

    def of_invoice(self, trans_type: str, invoice: str) -> list[Posting]:
        return self._found(trans_type, "Invoice", invoice)

    def printed(self, trans_type: str, wanted: Filter, companies: set[str] | None = None) -> Iterator[Row]:
        """Rows that may match, as printed; the filter itself is still to be applied."""
        for posting in self._candidates(trans_type, wanted):
            if companies is None or posting.company in companies:
                yield from self._print(posting)

    def _candidates(self, trans_type: str, wanted: Filter) -> Iterable[Posting]:
        for name in INDEXED:
            values = wanted.wanted(name)
            if values is not None and all(values):
                return dict.fromkeys(
                    found for value in values for found in self._found(trans_type, name, value)
                )
        return self._posted_within(trans_type, wanted)

    def _found(self, trans_type: str, name: str, value: str) -> list[Posting]:
        return list(self._index.get((trans_type, name, fold(value)), ()))

    def _posted_within(self, trans_type: str, wanted: Filter) -> list[Posting]:
        runs = self._runs[trans_type]
        low, high = 0, len(runs)
        for clause in wanted.bounds("PostDate"):
            if clause.operator in (">", ">="):
                low = max(low, bisect_left(runs, True, key=lambda run: clause.test(self._moment(run))))
            elif clause.operator in ("<", "<="):
                high = min(
                    high, bisect_right(runs, False, key=lambda run: not clause.test(self._moment(run)))
                )
        return runs[low:high]

    def _moment(self, posting: Posting) -> str:
        return moment(posting.posted_at, self._options.server_zone)

    def _print(self, posting: Posting) -> Iterator[Row]:
        posted = self._moment(posting)
        for number, row in enumerate(posting.rows):
            yield self._row(posting, number, row, posted)

    def _row(self, posting: Posting, number: int, row: LedgerRow, posted: str) -> Row:
        amount = self._signed(posting, row)
        return {
            "Batch": posting.batch,
            "Period": posting.period,
            "PostSeq": posting.post_seq,
            "PKey": row_key(posting, number),
            **row.wbs.columns,
            "Account": row.account,
            "Org": posting.company,
            "TransType": posting.trans_type,
            "SubType": row.sub_type,
            "RefNo": row.ref_no or row.invoice,
            "TransDate": day(row.trans_date),
            "Desc1": row.desc1,
            "Desc2": row.desc2,
            **dict.fromkeys(("Amount", "CBAmount", "TransactionAmount"), amount),
            "BillExt": ZERO,
            "TransactionCurrencyCode": row.currency,
            **dict.fromkeys(("AmountProjectCurrency", "AmountBillingCurrency"), amount),
            "InvoiceSection": row.section,
            "Invoice": row.invoice,
            "InvoiceStatus": "",
            "TaxCode": row.tax_code,
            **dict.fromkeys(("TaxBasis", "TaxCBBasis"), row.tax_basis),
            "AutoEntry": flag(row.auto_entry),
            "BankCode": row.bank_code,
            "CreditMemoRefNo": row.credit_memo,
            **dict.fromkeys(("LinkCompany", "PreInvoice", "SourceExchangeInfo"), ""),
            "PostDate": posted,
        }

    def _signed(self, posting: Posting, row: LedgerRow) -> Decimal:
        turned = posting.trans_type == "IN" and self._options.ledger_invoice_sign == "negative"
        return -row.amount if turned and not row.auto_entry else row.amount


def _entries(posting: Posting) -> set[tuple[str, str, str]]:
    """Where the index has the run: by its batch, and by each invoice and credit memo that its rows name."""
    named = {("Batch", posting.batch)}
    for row in posting.rows:
        named |= {("Invoice", row.invoice), ("CreditMemoRefNo", row.credit_memo)}
    return {(posting.trans_type, name, fold(value)) for name, value in named if value}


def row_key(posting: Posting, number: int) -> str:
    """The row's PKey: 32 hexadecimal digits, the same at every reading."""
    name = f"{posting.trans_type}|{posting.batch}|{posting.period}|{posting.post_seq}|{number}"
    return uuid.uuid5(uuid.NAMESPACE_OID, name).hex.upper()


def _posted_at(posting: Posting) -> datetime:
    return posting.posted_at
