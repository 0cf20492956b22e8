"""At Stripe is what Deltek's ledger has posted, once, and it asks for what is open in Deltek."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from connector.sandbox.auditor.deltek_side import ArInvoice, DeltekSide, Key
from connector.sandbox.auditor.finding import Finding, Kind
from connector.sandbox.auditor.money_moved import MoneyMoved
from connector.sandbox.auditor.stripe_side import Bill, StripeSide
from connector.sandbox.vantagepoint.auditor import text

_NO_LETTER = re.compile(r"[^A-Za-z0-9]+")
_CLOSED = ("paid", "uncollectible")


def check_invoices(
    deltek: DeltekSide, stripe: StripeSide, money: MoneyMoved, start_date: date | None
) -> Iterator[Finding]:
    """What is at Stripe, against what stands in Deltek's ledger."""
    by_key: dict[Key, list[Bill]] = defaultdict(list)
    for bill in stripe.bills.values():
        if bill.status == "draft":
            yield Finding(Kind.DRAFT, bill.key.number, f"Stripe invoice {bill.id} is left a draft")
        else:
            by_key[bill.key].append(bill)
    for key, bills in by_key.items():
        invoice = deltek.invoices.get(key)
        standing = [bill for bill in bills if bill.stands]
        if invoice is None or not invoice.posted:
            left = [bill for bill in standing if not _is_over(deltek, bill)]
            yield from (_forbidden(bill, f"is {deltek.called(key)}") for bill in left)
        elif len(standing) > 1:
            said = f"It stands {len(standing)} times at Stripe: {' and '.join(bill.id for bill in standing)}"
            yield Finding(Kind.PUSHED_TWICE, key.number, said)
        elif standing:
            yield from _against(invoice, standing[0], money, start_date)
        elif invoice.balance > 0:
            still = _said(invoice.balance, bills[-1])
            said = f"Stripe invoice {bills[-1].id} is void, but {still} is open in Deltek"
            yield Finding(Kind.VOID, key.number, said)


def _is_over(deltek: DeltekSide, bill: Bill) -> bool:
    """Whether its posting was undone after all that had been paid went back: a paid invoice cannot be voided."""
    own = (bill.key.company, bill.key.number)
    received = (
        line.amount
        for receipt in deltek.receipts
        for line in receipt.lines
        if (receipt.company.strip(), line.invoice) == own
    )
    return deltek.may_have_been_posted(bill.key) and not bill.remaining and not sum(received)


def check_pushed(
    deltek: DeltekSide,
    stripe: StripeSide,
    start_date: date | None,
    eligible: Callable[[ArInvoice], bool],
) -> Iterator[Finding]:
    """What is open in Deltek and was never brought to Stripe."""
    known = {bill.key for bill in stripe.bills.values()}
    for key, invoice in deltek.invoices.items():
        if key in known or invoice.dated is None or invoice.charged <= 0 or invoice.balance <= 0:
            continue
        if (start_date is None or invoice.dated >= start_date) and eligible(invoice):
            said = f"{text(invoice.balance)} {invoice.currency} is open in Deltek, but it is not at Stripe"
            yield Finding(Kind.NOT_PUSHED, key.number, said)


def check_customers(stripe: StripeSide) -> Iterator[Finding]:
    """A client is one customer: its credit must not lie with another."""
    for client, times in Counter(stripe.customers).items():
        if times > 1:
            yield Finding(Kind.CUSTOMER, "", f"Client {client} is {times} customers at Stripe")


def _against(invoice: ArInvoice, bill: Bill, money: MoneyMoved, start_date: date | None) -> Iterator[Finding]:
    """The Stripe invoice is this invoice, and asks for what is open of it."""
    if not _is_positive(invoice) and money.all_went_back(bill):
        return  # what it charged stands no more, and a paid invoice cannot be voided
    found = list(_objections(invoice, bill, start_date))
    yield from found or _settled_alike(invoice, bill)


def _objections(invoice: ArInvoice, bill: Bill, start_date: date | None) -> Iterator[Finding]:
    if not _is_positive(invoice):
        yield _forbidden(bill, "is not positive")
    elif start_date is not None and invoice.dated is not None and invoice.dated < start_date:
        yield _forbidden(bill, f"is dated {invoice.dated}, before {start_date}")
    elif not _is_number_of(bill.number, bill.key):
        said = f"Stripe invoice {bill.id} is called {bill.number}"
        yield Finding(Kind.NUMBER, bill.key.number, said)
    elif bill.currency != invoice.currency:
        said = f"Stripe invoice {bill.id} is in {bill.currency}, but Deltek billed it in {invoice.currency}"
        yield Finding(Kind.CURRENCY, bill.key.number, said)
    elif bill.total not in invoice.totals and bill.total != invoice.charged + bill.credited:
        said = f"Stripe invoice {bill.id} is over {_said(bill.total, bill)}, but Deltek charged "
        yield Finding(Kind.TOTAL, bill.key.number, said + text(invoice.charged))


def _is_positive(invoice: ArInvoice) -> bool:
    return max(invoice.totals, default=Decimal(0)) > 0


def _settled_alike(invoice: ArInvoice, bill: Bill) -> Iterator[Finding]:
    """What Deltek settled without the connector's receipts, and Stripe without a payment through it.

    A check in Deltek may settle what a refund took back: Stripe does not ask for that again, so nothing is reduced.
    """
    in_deltek = bill.total - invoice.charged + invoice.elsewhere
    too_much = bill.remaining - max(Decimal(0), invoice.balance)
    more = _said(abs(in_deltek - bill.reduced), bill)
    if in_deltek > bill.reduced and too_much > 0 and not bill.processing:
        said = f"Stripe invoice {bill.id} asks for {_said(too_much, bill)} that is settled in Deltek"
        yield Finding(Kind.NOT_REDUCED, bill.key.number, said)
    elif bill.reduced - in_deltek > bill.foreign:
        said = f"Stripe invoice {bill.id} asks for {more} less than is open in Deltek"
        kind = Kind.CLOSED if bill.status in _CLOSED else Kind.OVER_REDUCED
        yield Finding(kind, bill.key.number, said)


def _forbidden(bill: Bill, why: str) -> Finding:
    said = f"It {why}, but Stripe invoice {bill.id} is {bill.status}"
    return Finding(Kind.FORBIDDEN, bill.key.number, said)


def _is_number_of(number: str, key: Key) -> bool:
    """One made again has a suffix, and so has one whose number stands in another company or project too."""
    company, wbs1 = (_NO_LETTER.sub("-", part) for part in (key.company, key.wbs1))
    suffix = _NO_LETTER.sub("-", number.removeprefix(key.number))
    known = number.startswith(key.number) and re.fullmatch(rf"(-({company}|{wbs1}))?(-[1-9]\d*)?", suffix)
    return bool(known)


def _said(amount: Decimal, bill: Bill) -> str:
    return f"{text(amount)} {bill.currency}"
