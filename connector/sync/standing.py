"""How an invoice that is at Stripe stands in Deltek now: charged, received through us, received elsewhere, open.

AR review has the last word on what is open, and the ledger tells who settled it. Rule 3: a zero of AR review may
be a masked one, and an invoice that nothing shows may be undone or hidden from the role. Where the ledger does
not prove which, the standing has a problem.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from connector.deltek.query import same
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, Forbidden, Refused, SignInRefused, Unavailable
from connector.money import InexactAmount, Money
from connector.sync.invoice_in_deltek import OUR_BATCH, InLedger, InReview, due_of, in_ledger, in_review
from connector.tenants.description import CompanyDescription, TenantDescription

__all__ = ["OUR_BATCH", "InvoiceFacts", "Standing", "read_standing"]

MOST_LOOKS = 3

Problem = tuple[str, str]  # what is wrong, and what a person can do

NOT_OURS: Problem = (
    "Its company is not in the tenant file any more",
    "Put the company's table back into the tenant file, `ml-connector tenant apply` it, then replay",
)
HIDDEN_BALANCE: Problem = (
    "Its balance reads as 0.00 in AR review, but the ledger shows no receipts or credits that settle it",
    (
        "Let the role of the connector's user see balances there, then replay; if it was written off, void it at "
        "Stripe or, where a part was paid, credit the rest there or mark it paid; or replay it with --by-hand"
    ),
)
HIDDEN_AMOUNTS: Problem = (
    "Its amounts in the ledger read as 0.00, as Deltek answers when a role may not see a field",
    "Let the role of the connector's user see the amounts of posted invoices and receipts in Deltek, then replay",
)
NOT_IN_REVIEW: Problem = (
    "The ledger has it open, but AR review does not show it",
    "Give the connector's user access to the company and to AR review in Deltek, then replay",
)
NOT_IN_LEDGER: Problem = (
    "AR review has it, but the ledger does not show its posting",
    "Let the role of the connector's user see posted invoices and receipts in Deltek, then replay",
)
VANISHED: Problem = (
    "Deltek shows neither its posting nor its file any more, and not enough else to tell that both are gone",
    (
        "If it was deleted, void it at Stripe, or refund what was paid and credit the rest there; else give the "
        "connector's user access to its project, then replay"
    ),
)


@dataclass(frozen=True)
class InvoiceFacts:
    """What is known here of an invoice. `batch` is that of its first posting, `projects` every WBS1 it charges.

    `retainage` (minor units) is what is withheld, where AR review's amounts contain it; else 0.
    """

    company: str
    wbs1: str
    number: str
    projects: tuple[str, ...]
    currency: str
    batch: str
    retainage: int = 0


@dataclass(frozen=True)
class Standing:
    """Minor units, received is positive. With a problem `charged` is None and no amount may be relied on.

    `charged` is what all postings of the number come to, credit memos included and retainage left out. `ours` is
    what each of our posted batches received on it, `elsewhere` what all others did. `balance` is what is due of
    it; it differs from charged less received by what a journal entry moved. `posted` is false where it is proven
    that the invoice itself stands in no ledger: its posting was undone, perhaps its file deleted; a void or an
    adjustment may be left of it. `client_id` is the billing client that AR review names, "" where it names none.
    """

    charged: int | None
    ours: dict[str, int]
    elsewhere: int
    balance: int
    posted: bool
    problem: str = ""
    remedy: str = ""
    client_id: str = field(default="", compare=False)


def read_standing(deltek: Vantagepoint, tenant: TenantDescription, invoice: InvoiceFacts) -> Standing:
    """Four requests to Deltek and one more for each project, and for each later posting where the first one is gone.

    Raises what would refuse every invoice alike, and Unavailable where the invoice is being posted to all the while.
    """
    company = tenant.company(invoice.company)
    if company is None:
        return _doubtful(NOT_OURS)
    try:
        return _read(deltek, tenant, company, invoice)
    except (SignInRefused, Forbidden):
        raise
    except (Blocked, Refused) as error:
        return _doubtful((error.message, error.remedy or "Correct it in Deltek, then replay"))


def _read(
    deltek: Vantagepoint, tenant: TenantDescription, company: CompanyDescription, invoice: InvoiceFacts
) -> Standing:
    ledger, review = _at_one_moment(deltek, tenant, company, invoice)
    try:
        if ledger.hidden:
            return _doubtful(HIDDEN_AMOUNTS)
        if ledger.listed:
            return replace(_of_listed(invoice, ledger, review), client_id=review.client_id if review else "")
        if review is not None and review.lists_it:
            return _doubtful(NOT_IN_LEDGER)
        gone = _is_gone(deltek, tenant, invoice)
        return _by_ledger(invoice, ledger) if gone else _doubtful(VANISHED)
    except InexactAmount as error:
        return _doubtful((error.message, "Correct the amount in Deltek, then replay"))


def _of_listed(invoice: InvoiceFacts, ledger: InLedger, review: InReview | None) -> Standing:
    if review is not None and review.balance:
        withheld = _withheld(invoice)
        balance = due_of(review.balance, withheld)
        charged = _charged(ledger, review.billed - withheld - review.credited, balance)
        return _standing(invoice, ledger, charged, balance)
    # Without AR review, or with a zero that it may have masked, or left out as paid, only the ledger tells.
    if review is None or ledger.balance <= 0:
        return _by_ledger(invoice, ledger)
    return _doubtful(HIDDEN_BALANCE if review.lists_it else NOT_IN_REVIEW)


def _charged(ledger: InLedger, reviewed: Decimal, balance: Decimal) -> Decimal:
    """As the ledger has it; as AR review has it where only that explains the balance.

    Documented nowhere are the ledger's sign and whether OriginalAmt counts every posting of the number.
    """
    only_review_explains = ledger.balance != balance == reviewed - ledger.received
    return reviewed if only_review_explains else ledger.charged


def _by_ledger(invoice: InvoiceFacts, ledger: InLedger) -> Standing:
    return _standing(invoice, ledger, ledger.charged, ledger.balance)


def _standing(invoice: InvoiceFacts, ledger: InLedger, charged: Decimal, balance: Decimal) -> Standing:
    def minor(amount: Decimal) -> int:
        return Money.from_decimal(amount, invoice.currency).minor

    ours = {batch: minor(amount) for batch, amount in ledger.ours.items()}
    return Standing(minor(charged), ours, minor(ledger.elsewhere), minor(balance), ledger.posted)


def _doubtful(problem: Problem) -> Standing:
    reason, remedy = problem
    return Standing(None, {}, 0, 0, True, reason, remedy)


def _withheld(invoice: InvoiceFacts) -> Decimal:
    return Money(invoice.retainage, invoice.currency).to_decimal()


def _at_one_moment(
    deltek: Vantagepoint, tenant: TenantDescription, company: CompanyDescription, invoice: InvoiceFacts
) -> tuple[InLedger, InReview | None]:
    """What is posted between two requests would count on one side only, and a receipt of ours as another's.

    So where the two differ, the ledger must be the same before and after AR review was read.
    """

    def look() -> InLedger:
        return in_ledger(deltek, company, invoice.number, invoice.projects, invoice.batch)

    ledger = look()
    for _ in range(MOST_LOOKS):
        review = in_review(deltek, tenant, invoice.company, invoice.number, invoice.projects)
        if review is None or ledger.balance == due_of(review.balance, _withheld(invoice)):
            return ledger, review
        before, ledger = ledger, look()
        if ledger == before:
            return ledger, review
    raise Unavailable("Deltek", f"Invoice {invoice.number} is being posted to at this moment")


def _is_gone(deltek: Vantagepoint, tenant: TenantDescription, invoice: InvoiceFacts) -> bool:
    """Whether an invoice that neither the ledger nor AR review shows is proven to be posted no more.

    Undo Posting takes the rows out of the ledger and leaves the file, unposted (Deltek 6.0 help, UT_Undo_Posting);
    that may be deleted then.
    """
    files = deltek.documents(invoice.batch) if invoice.batch.strip() else []
    own = [one for one in files if same(one.invoice, invoice.number) and same(one.wbs.wbs1, invoice.wbs1)]
    return not any(one.posted for one in own) and (bool(own) or _sees_others(deltek, tenant, invoice))


def _sees_others(deltek: Vantagepoint, tenant: TenantDescription, invoice: InvoiceFacts) -> bool:
    """Whether the role sees the project, and other invoices of the company in all the places where this one is
    not: roles are given access by company and by project, not by invoice."""
    if deltek.project(invoice.wbs1) is None:
        return False
    pages = deltek.balances_dated_since(tenant.sync.start_date)
    if pages is None:
        other = deltek.one_posted_invoice()
        seen = deltek.documents(other.batch) if other else []
        return any(tenant.same_company(one.company, invoice.company) for one in seen)
    rows = (row for page in pages for row in page.rows if tenant.same_company(row.company, invoice.company))
    shown = next(rows, None)
    return shown is not None and any(
        same(row.wbs.wbs1, shown.wbs1) for row in deltek.posted_rows_of_invoice(shown.invoice)
    )
