"""What AR review and the posted ledger each say of one invoice: charged, credited, received, open.

Neither is believed alone here; `receivable` and `standing` weigh the one against the other.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.deltek.query import same
from connector.deltek.records import ArBalance, LedgerRow, WbsAmount
from connector.deltek.vantagepoint import Vantagepoint
from connector.tenants.description import CompanyDescription, TenantDescription

NOTHING = Decimal(0)
# The batches of the connector's own receipts: connector.sync.movements.batch_id.
OUR_BATCH = re.compile(r"STRP[A-Z2-7]{22}")
# SubType of what an invoice withholds: it is not due yet (Deltek PS data dictionary, ledger tables).
RETAINAGE_ROW = "R"


@dataclass(frozen=True)
class InReview:
    """AR review's sums over the invoice's projects; whether they contain retainage, no document tells.

    `billed` is without credit memos and `credited` what those took off; `balance` is what is left of both.
    `lists_it` is about the invoice itself: its credit memos may be listed without it.
    """

    billed: Decimal
    credited: Decimal
    balance: Decimal
    lists_it: bool
    client_id: str

    @property
    def wholly_open(self) -> bool:
        """Whether it shows the invoice and nothing that settled any of it; a masked zero shows neither."""
        return self.lists_it and self.billed == self.balance != 0 and not self.credited


@dataclass(frozen=True)
class InLedger:
    """The posted ledger's sums; `retained` is in neither `billed` nor `balance`. Received is positive.

    `listed`: there are rows of its number that are no credit memo's. `posted`: the invoice itself is among them, or
    another in its place; a void or an adjustment may be left without it. `hidden` is true where
    there are rows, but all of their amounts read as zero. `ours` is by batch.
    """

    listed: bool
    posted: bool
    hidden: bool
    billed: Decimal
    credited: Decimal
    retained: Decimal
    ours: dict[str, Decimal]
    elsewhere: Decimal

    @property
    def charged(self) -> Decimal:
        return self.billed - self.credited

    @property
    def received(self) -> Decimal:
        return sum(self.ours.values(), NOTHING) + self.elsewhere

    @property
    def balance(self) -> Decimal:
        return due_of(self.charged + self.retained - self.received, self.retained)


def due_of(balance: Decimal, retained: Decimal) -> Decimal:
    """What is due of a balance that contains retainage: money beyond what was due pays that."""
    return balance - retained if balance >= retained else min(balance, NOTHING)


def in_review(
    deltek: Vantagepoint, tenant: TenantDescription, company: str, number: str, projects: Sequence[str]
) -> InReview | None:
    """None where this version has no AR review."""
    found: list[ArBalance] = []
    for wbs1 in projects:
        rows = deltek.balances(wbs1, number)
        if rows is None:
            return None
        found += rows
    found += [
        row
        for row in deltek.credit_memos_of(number) or ()
        # One under the invoice's own number was among its rows already.
        if _is_among(row.wbs1, projects) and not same(row.invoice, number)
    ]
    own = [row for row in found if tenant.same_company(row.company, company)]
    billed = [row for row in own if not row.credit_memo_ref.strip()]
    return InReview(
        billed=sum((row.original for row in billed), NOTHING),
        credited=-sum((row.original for row in own if row.credit_memo_ref.strip()), NOTHING),
        balance=sum((row.balance for row in own), NOTHING),
        lists_it=bool(billed),
        client_id=next((row.billing_client_id for row in billed if row.billing_client_id.strip()), ""),
    )


def in_ledger(
    deltek: Vantagepoint,
    company: CompanyDescription | None,
    number: str,
    projects: Sequence[str],
    batch: str = "",
) -> InLedger:
    """`company` is whose A/R account counts, None for any account. `batch` is that of the invoice's first posting, if
    it is known: it tells the sign of charges."""
    posted = _rows(deltek.posted_rows_of_invoice(number), projects)
    naming_it = _rows(deltek.posted_memo_rows_of(number), projects)
    apart = [row for row in naming_it if not same(row.invoice, number)]
    own = [row for row in posted if not row.credit_memo_ref.strip()]
    memos = [row for row in posted if row.credit_memo_ref.strip()] + apart
    receipts = _rows(deltek.receipt_rows_of_invoice(number), projects)
    ours, elsewhere = _received(receipts, company)
    for memo in dict.fromkeys(row.invoice for row in apart):
        moved = _rows(deltek.receipt_rows_of_invoice(memo), projects)
        elsewhere += _moved([row for row in apart if row.invoice == memo], _counted(moved, company))
        receipts += moved
    begun = not batch.strip() or any(same(row.batch, batch) for row in own)
    left_over = own and not begun
    billed = _billed_later(deltek, own, number) if left_over else _billed(own, batch)
    undone = left_over and (billed <= 0 or _is_unposted(deltek, batch, number))
    return InLedger(
        listed=bool(own),
        posted=bool(own) and not undone,
        hidden=any(rows and not any(row.amount for row in rows) for rows in (own, memos, receipts)),
        billed=billed,
        credited=abs(sum_due(memos)),
        retained=sum_retained(own),
        ours=ours,
        elsewhere=elsewhere,
    )


def sum_due(rows: Iterable[LedgerRow]) -> Decimal:
    """Of rows of the invoice ledger, in the ledger's own sign."""
    return sum((row.amount for row in rows if not is_retainage(row)), NOTHING)


def sum_retained(rows: Iterable[LedgerRow]) -> Decimal:
    """Of rows of the invoice ledger: what they withhold, positive."""
    return abs(sum((row.amount for row in rows if is_retainage(row)), NOTHING))


def is_retainage(row: LedgerRow) -> bool:
    return row.sub_type.strip() == RETAINAGE_ROW


def _rows(rows: Iterable[LedgerRow], projects: Sequence[str]) -> list[LedgerRow]:
    """Those of the invoice: its number may stand in other companies too, but a project is of one company."""
    return [row for row in rows if _is_among(row.wbs.wbs1, projects) and not row.auto_entry]


def _billed(own: Sequence[LedgerRow], batch: str) -> Decimal:
    """The sign of charges is documented nowhere, but the posting that began the invoice was one."""
    total = sum_due(own)
    first = sum_due(row for row in own if batch.strip() and same(row.batch, batch))
    if not first:
        return abs(total)
    return total if first > 0 else -total


def _billed_later(deltek: Vantagepoint, own: Sequence[LedgerRow], number: str) -> Decimal:
    """Of the postings that are left where the first one is gone, their documents tell the sign."""
    batches = dict.fromkeys(row.batch for row in own if row.batch.strip())
    documents = [one for batch in batches for one in deltek.documents(batch) if same(one.invoice, number)]
    entered = sum((line.amount for one in documents for line in one.lines), NOTHING)
    total = abs(sum_due(own))
    return -total if entered < 0 else total


def _is_unposted(deltek: Vantagepoint, batch: str, number: str) -> bool:
    """Undo Posting leaves the file (Deltek 6.0 help, UT_Undo_Posting)."""
    return any(same(one.invoice, number) and not one.posted for one in deltek.documents(batch))


def receipts_in_ledger(
    deltek: Vantagepoint, company: CompanyDescription, number: str, projects: Sequence[str]
) -> list[WbsAmount]:
    """What was received on each WBS row, positive: what AR review would tell, where there is none."""
    counted = _counted(_rows(deltek.receipt_rows_of_invoice(number), projects), company)
    return [WbsAmount(row.wbs, row.account, -row.amount, "", "", "") for row in counted]


def _received(
    receipts: Iterable[LedgerRow], company: CompanyDescription | None
) -> tuple[dict[str, Decimal], Decimal]:
    """By our batches, and elsewhere; what the ledger has received is negative."""
    ours: dict[str, Decimal] = defaultdict(Decimal)
    elsewhere = NOTHING
    for row in _counted(receipts, company):
        if _is_ours(row):
            ours[row.batch.strip()] -= row.amount
        else:
            elsewhere -= row.amount
    return dict(ours), elsewhere


def _moved(memo: Iterable[LedgerRow], receipts: Iterable[LedgerRow]) -> Decimal:
    """A credit memo with a number of its own may have been moved onto its invoice by a receipt of zero, and one over
    several invoices onto each: of its receipts no more counts here than its part of this invoice."""
    received = -sum((row.amount for row in receipts), NOTHING)
    return max(received, -abs(sum_due(memo)))


def _counted(receipts: Iterable[LedgerRow], company: CompanyDescription | None) -> list[LedgerRow]:
    """Ours name the invoice on the A/R account only, which the tenant file may have called otherwise at the time."""
    if company is None:
        return list(receipts)
    return [row for row in receipts if _is_ours(row) or same(row.account, company.ar_account)]


def _is_ours(row: LedgerRow) -> bool:
    return OUR_BATCH.fullmatch(row.batch.strip()) is not None


def _is_among(wbs1: str, projects: Iterable[str]) -> bool:
    return any(same(wbs1, project) for project in projects)
