"""What was charged on an invoice and what of it is still open: as AR review tells, and as the ledger proves.

Rule 3: a balance of 0.00 may be a masked one, and an invoice that AR review does not list may be paid, hidden, or
of another company. The ledger has the receipts, so it has the last word on what is settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.deltek.records import ArBalance, InvoiceDocument, LedgerRow
from connector.deltek.vantagepoint import Vantagepoint

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Receivable:
    """`shown` is false for an invoice that AR review exists for, but does not list.

    `settled` is true only where the ledger's own receipts or reversals account for a balance of zero.
    """

    original: Decimal
    balance: Decimal
    shown: bool
    settled: bool
    voided: bool
    client_id: str


def receivable(
    vantagepoint: Vantagepoint,
    document: InvoiceDocument,
    posted: Sequence[LedgerRow],
    balances: Sequence[ArBalance] | None,
) -> Receivable:
    """`balances` are its rows of AR review, None where this version has none; `posted` its rows of this posting."""
    original = _reviewed(balances) if balances else _posted(document, posted)
    if balances and (balance := sum((row.balance for row in balances), NOTHING)):
        return Receivable(original, balance, True, False, False, _client(balances))
    charged, received = _in_ledger(vantagepoint, document.invoice, projects_of(document, posted))
    voided = charged is not None and charged == 0 and received == 0
    open_still = (charged or NOTHING) - received
    return Receivable(
        original=original,
        balance=NOTHING if balances else open_still,
        shown=balances != [],
        settled=voided or (charged is not None and open_still <= 0),
        voided=voided,
        client_id=_client(balances or ()),
    )


def projects_of(document: InvoiceDocument, posted: Sequence[LedgerRow]) -> list[str]:
    """Its own project and, of a billing group, the others that it charges."""
    charged = [*(line.wbs.wbs1 for line in document.lines), *(row.wbs.wbs1 for row in posted)]
    return list(dict.fromkeys([document.wbs.wbs1, *charged]))


def _reviewed(balances: Sequence[ArBalance]) -> Decimal:
    return sum((row.original for row in balances if not row.credit_memo_ref.strip()), NOTHING)


def _posted(document: InvoiceDocument, posted: Sequence[LedgerRow]) -> Decimal:
    """The ledger's sign is not documented and two ports of one integration disagree on it, so without AR review
    the document gives the sign and the ledger the amount."""
    amount = sum((row.amount for row in posted if not row.auto_entry), NOTHING)
    return abs(amount) if document.lines else amount


def _in_ledger(
    vantagepoint: Vantagepoint, number: str, projects: Sequence[str]
) -> tuple[Decimal | None, Decimal]:
    """What all postings of the invoice, credit memos included, come to, and what was received on it.

    The first is None where the ledger shows no amounts at all.
    """

    def amounts(rows: Sequence[LedgerRow]) -> list[Decimal]:
        return [row.amount for row in rows if row.wbs.wbs1 in projects and not row.auto_entry]

    charges = amounts(vantagepoint.posted_rows_of_invoice(number))
    received = -sum(amounts(vantagepoint.receipt_rows_of_invoice(number)), NOTHING)
    return (abs(sum(charges, NOTHING)) if any(charges) else None), received


def _client(balances: Sequence[ArBalance]) -> str:
    return next((row.billing_client_id for row in balances if row.billing_client_id.strip()), "")
