"""An auditor who reads the books of both stand-ins, and nothing that the product knows.

Everything is worked out anew from the objects themselves: what Deltek's ledger charged, what moved money at Stripe,
and what the connector's receipts say. So it finds what the product would not even look for.
"""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from connector.sandbox.auditor.amounts import Amounts
from connector.sandbox.auditor.deltek_side import ArInvoice, DeltekSide, Key
from connector.sandbox.auditor.fees import Fees
from connector.sandbox.auditor.finding import FOR_A_PERSON, Finding, Kind
from connector.sandbox.auditor.invoices import check_customers, check_invoices, check_pushed
from connector.sandbox.auditor.money_moved import MoneyMoved
from connector.sandbox.auditor.receipts import Receipts
from connector.sandbox.auditor.stripe_side import StripeSide
from connector.sandbox.auditor.sums import Sums, sum_up
from connector.sandbox.stripe.books import Books as StripeBooks
from connector.sandbox.vantagepoint.books import Books as VantagepointBooks

__all__ = ["FOR_A_PERSON", "ArInvoice", "Finding", "Key", "Kind", "Sums", "audit_books", "sum_books"]

LOGIN = "MLCONNECTOR"


def audit_books(
    vantagepoint_books: VantagepointBooks,
    stripe_books: StripeBooks,
    tenant_slug: str,
    *,
    zone: ZoneInfo | None = None,
    start_date: date | None = None,
    eligible: Callable[[ArInvoice], bool] = lambda _: True,
    login: str = LOGIN,
) -> list[Finding]:
    """Whatever an accountant would object to once the dust has settled; empty when both books agree.

    Receipts are dated in the tenant's `zone`; without one their dates are not looked at. Invoices dated before
    `start_date` must not be at Stripe, later ones that are open must be, where `eligible`. `login` is the
    connector's own in Deltek.
    """
    deltek = DeltekSide(vantagepoint_books, login)
    stripe = StripeSide(stripe_books, tenant_slug, deltek)
    money = MoneyMoved(stripe_books, stripe)
    receipts = Receipts(deltek, money, zone)
    return [
        *receipts.findings,
        *Amounts(deltek, money, receipts).check(),
        *Fees(stripe_books, money).check(deltek, receipts.fees, zone),
        *check_invoices(deltek, stripe, money, start_date),
        *check_pushed(deltek, stripe, start_date, eligible),
        *check_customers(stripe),
    ]


def sum_books(
    vantagepoint_books: VantagepointBooks,
    stripe_books: StripeBooks,
    tenant_slug: str,
    *,
    login: str = LOGIN,
) -> Sums:
    """What both books come to, for a table."""
    deltek = DeltekSide(vantagepoint_books, login)
    stripe = StripeSide(stripe_books, tenant_slug, deltek)
    money = MoneyMoved(stripe_books, stripe)
    return sum_up(deltek, stripe, money, Receipts(deltek, money, None))
