"""What was charged on an invoice and what of it is still open: as AR review tells, and as the ledger proves.

Rule 3: a balance of 0.00 may be a masked one, and an invoice that AR review does not list may be paid, hidden, or
of another company. The ledger has the receipts, so it has the last word on what is settled; it is asked only where
AR review does not show the whole invoice open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.deltek.records import InvoiceDocument, LedgerRow
from connector.deltek.vantagepoint import Vantagepoint
from connector.sync.invoice_in_deltek import (
    NOTHING,
    InLedger,
    InReview,
    due_of,
    in_ledger,
    in_review,
    sum_due,
    sum_retained,
)
from connector.tenants.description import CompanyDescription, TenantDescription


@dataclass(frozen=True)
class Receivable:
    """Amounts are without retainage; `retainage` is what is withheld, where AR review's amounts contain it.

    `original` was charged before credit memos; what others than us settled of it was `credited` or `received`.
    `shown` is false for an invoice that AR review exists for, but does not list. `settled` and `voided` are true
    only with proof. `in_parts`: the document read is not all that was posted under the number. `hidden`: the
    ledger, which was asked, does not tell.
    """

    original: Decimal
    balance: Decimal
    client_id: str
    retainage: Decimal = NOTHING
    credited: Decimal = NOTHING
    received: Decimal = NOTHING
    shown: bool = True
    settled: bool = False
    voided: bool = False
    in_parts: bool = False
    hidden: bool = False


def receivable(
    deltek: Vantagepoint,
    tenant: TenantDescription,
    company: CompanyDescription,
    document: InvoiceDocument,
    posted: Sequence[LedgerRow],
) -> Receivable:
    """`posted` are the document's rows of the ledger, without offsets."""
    projects = projects_of(document, posted)
    review = in_review(deltek, tenant, document.company, document.invoice, projects)
    due, withheld = _charges(document, posted)
    # Whether AR review's amounts contain retainage is documented nowhere: each invoice that withholds some tells.
    contained = withheld if review is not None and review.billed == due + withheld else NOTHING
    if review is not None and review.wholly_open:
        original = review.billed - contained
        return Receivable(original, original, review.client_id, contained, in_parts=original != due)
    ledger = in_ledger(deltek, company, document.invoice, projects)
    return _weighed(document, posted, review, ledger, contained)


def projects_of(document: InvoiceDocument, posted: Sequence[LedgerRow]) -> list[str]:
    """Its own project and, of a billing group, the others that it charges."""
    charged = [*(line.wbs.wbs1 for line in document.lines), *(row.wbs.wbs1 for row in posted)]
    return list(dict.fromkeys([document.wbs.wbs1, *charged]))


def _weighed(
    document: InvoiceDocument,
    posted: Sequence[LedgerRow],
    review: InReview | None,
    ledger: InLedger,
    contained: Decimal,
) -> Receivable:
    """AR review's word where it has one, the ledger's on what is settled."""
    told = ledger.posted and not ledger.hidden
    listed = review if review is not None and review.lists_it else None
    balance = due_of(listed.balance, contained) if listed else ledger.balance
    original = _original(listed, ledger, contained, balance) if listed else _posted(document, posted)
    credited = ledger.credited or (review.credited if review else NOTHING)
    ours = sum(ledger.ours.values(), NOTHING)
    due, _ = _charges(document, posted)
    return Receivable(
        original=original,
        balance=balance,
        client_id=listed.client_id if listed else "",
        retainage=contained,
        credited=credited,
        received=original - credited - balance - ours,
        shown=review is None or listed is not None,
        settled=balance <= 0 if listed and listed.balance else told and ledger.balance <= 0,
        voided=told and ledger.charged <= 0,
        in_parts=original != due or (told and ledger.billed != original),
        hidden=not told,
    )


def _original(listed: InReview, ledger: InLedger, contained: Decimal, balance: Decimal) -> Decimal:
    """AR review's, unless only the ledger's explains the balance: whether OriginalAmt counts further postings of
    the number is documented nowhere."""
    reviewed = listed.billed - contained
    explained = reviewed - listed.credited - ledger.received == balance or ledger.balance != balance
    return reviewed if explained or not reviewed else ledger.billed


def _charges(document: InvoiceDocument, posted: Sequence[LedgerRow]) -> tuple[Decimal, Decimal]:
    """What the document charges, and what it withholds besides; without lines, as the ledger has it."""
    if not document.lines:
        return abs(sum_due(posted)), sum_retained(posted)
    lines = document.lines
    return sum((line.amount for line in lines), NOTHING), sum((line.retainage for line in lines), NOTHING)


def _posted(document: InvoiceDocument, posted: Sequence[LedgerRow]) -> Decimal:
    """The ledger's sign is not documented and two ports of one integration disagree on it, so without AR review
    the document gives the sign and the ledger the amount."""
    amount = sum_due(posted)
    return abs(amount) if document.lines else amount
