"""How a receipt is spread over the WBS rows of its invoice: by what is still open on each, exact to the cent.

A row has a role where its money is not the invoice's: what a client paid too much, or Stripe's fees. Which account
that is, the tenant file names.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from connector.deltek.records import Wbs, WbsAmount
from connector.errors import Blocked
from connector.models import Invoice, Movement
from connector.money import Money, split

# [{"wbs1", "wbs2", "wbs3", "amount" (minor)}]; further "interest" or "retainer" (true), "role", "account".
Rows = list[dict[str, Any]]
OVERPAYMENT, FEES = "overpayment", "fees"
# Any other refund of such a payment is borne by all of them.
OF_SEVERAL = " (by a credit note on this invoice, where the payment was of several)"


def still_open(
    invoice: Invoice,
    billed: Sequence[WbsAmount] | None,
    received: Sequence[WbsAmount],
    not_yet_posted: Sequence[Movement],
    *,
    comes_to: int | None = None,
) -> Rows:
    """What is open on each WBS row of the invoice in Deltek.

    `billed` is Deltek's AR review (None where it has none), `received` its posted receipts, and `not_yet_posted` our
    own that these do not show yet. `comes_to` is what the invoice comes to by now (minor units), after credit memos and
    further postings of its number; None for what was billed at first.
    """
    rows = _billed_rows(invoice, billed, invoice.amount if comes_to is None else comes_to)
    for row in received:
        _take(rows, row.wbs, _minor(row.amount, invoice.currency))
    for movement in not_yet_posted:
        for taken in of_the_invoice(movement.rows):
            _take(rows, wbs_of(taken), taken["amount"])
    return rows


def spread_payment(
    invoice: Invoice, amount: int, open_rows: Rows, *, may_exceed: bool, goes_back: int
) -> Rows:
    """The rows of a payment's receipt; what exceeds the open rows is kept apart if it `may_exceed` them.

    If not, then only by what of the payment goes back to the client (`goes_back`); raises Blocked otherwise.
    """
    if total(open_rows) <= 0:
        open_rows = []  # settled, whatever of a credit line is left on a row; or a memo stands without its invoice
    open_amount = total(open_rows)
    if amount <= open_amount:
        return (
            _spread(open_rows, amount)
            if amount < open_amount
            else [row for row in open_rows if row["amount"]]
        )
    if may_exceed:
        return [*(row for row in open_rows if row["amount"]), kept_over(invoice, amount - open_amount)]
    if amount - open_amount <= goes_back:
        return _spread(invoice.wbs_rows, amount)
    raise Blocked(
        f"{Money(amount, invoice.currency)} was paid, but only {Money(open_amount, invoice.currency)} is open "
        f"on invoice {invoice.number} in Deltek",
        "Look in Deltek for a receipt of the same money entered by hand and correct it, or refund the client at "
        f"Stripe{OF_SEVERAL}, or name overpayment_account for the company in the tenant file and apply it; then replay",
    )


def spread_credit(invoice: Invoice, amount: int, open_rows: Rows) -> Rows:
    """Credit that pays an invoice: from where it was kept onto the invoice, as far as that is open."""
    applied = min(amount, max(0, total(open_rows)))
    return [*_spread(open_rows, applied), kept_over(invoice, -applied)] if applied else []


def spread_reversal(reversed_rows: Rows, amount: int) -> Rows:
    """The rows of money that goes back (amount < 0): what was not the invoice's first, the rest in proportion."""
    over = [row for row in reversed_rows if "role" in row]
    of_invoice = of_the_invoice(reversed_rows)
    from_over = max(amount, -max(0, total(over)))
    return [*_spread(over, from_over), *_spread(of_invoice, amount - from_over)]


def spread_again(reversed_rows: Rows, amount: int) -> Rows:
    """The rows of money that comes again: where it was taken from, in proportion."""
    return _spread(reversed_rows, amount)


def kept_over(invoice: Invoice, amount: int) -> dict[str, Any]:
    """A row of money that is the client's and no invoice's, on the first of the invoice's WBS rows."""
    place = next(iter(invoice.wbs_rows), {"wbs1": invoice.wbs1, "wbs2": " ", "wbs3": " "})
    wbs = {name: place[name] for name in ("wbs1", "wbs2", "wbs3")}
    return {**wbs, "amount": amount, "role": OVERPAYMENT}


def net_rows(of: Iterable[Movement]) -> Rows:
    """What the given movements put on each place together; places that come out at zero are left out."""
    totals: dict[tuple[object, ...], dict[str, Any]] = {}
    for movement in of:
        for row in movement.rows:
            entry = totals.setdefault(_place(row), {**row, "amount": 0})
            entry["amount"] += row["amount"]
    return [row for row in totals.values() if row["amount"]]


def of_the_invoice(rows: Rows) -> Rows:
    """The rows that count on the invoice's balance."""
    return [row for row in rows if "role" not in row]


def on_account(rows: Rows, account: str) -> Rows:
    """The rows, those of the invoice on the A/R account: kept, as the tenant file may call it otherwise later."""
    return [row if "role" in row else {**row, "account": account} for row in rows]


def total(rows: Iterable[dict[str, Any]]) -> int:
    return sum(row["amount"] for row in rows)


def wbs_of(row: dict[str, Any]) -> Wbs:
    return Wbs(row["wbs1"], row["wbs2"], row["wbs3"])


def _place(row: dict[str, Any]) -> tuple[object, ...]:
    return (wbs_of(row).key, *(row.get(name) for name in ("role", "interest", "retainer")))


def _spread(rows: Rows, amount: int) -> Rows:
    """In proportion to the rows above zero; all of them together with those below, a credit line for one."""
    if not amount:
        return []
    if abs(amount) == total(rows):
        return [{**row, "amount": row["amount"] * amount // total(rows)} for row in rows if row["amount"]]
    weights = [max(row["amount"], 0) for row in rows]
    shares = split(amount, weights)
    return [{**row, "amount": share} for row, share in zip(rows, shares, strict=True) if share]


def billed_total(invoice: Invoice, billed: Sequence[WbsAmount] | None) -> int | None:
    """What AR review's rows sum to, in minor units; None where it shows none."""
    return sum(_minor(row.amount, invoice.currency) for row in billed) if billed else None


def _billed_rows(invoice: Invoice, billed: Sequence[WbsAmount] | None, comes_to: int) -> Rows:
    """The invoice's rows as AR review has them, if they sum to what it comes to; else as its document had them.

    Some versions leave rows out there, taxes for one; and only the document tells interest and retainers.
    """
    documented = [dict(row) for row in invoice.wbs_rows]
    if billed_total(invoice, billed) == comes_to:
        reviewed: Rows = []
        for billed_row in billed or ():
            entry = _row_at(reviewed, billed_row.wbs)
            entry["amount"] += _minor(billed_row.amount, invoice.currency)
        return documented if _by_wbs(documented) == _by_wbs(reviewed) else reviewed
    if comes_to < invoice.amount:
        _take(documented, Wbs(invoice.wbs1), invoice.amount - comes_to)
    return documented


def _by_wbs(rows: Rows) -> dict[tuple[str, str, str], int]:
    totals: dict[tuple[str, str, str], int] = {}
    for row in rows:
        totals[wbs_of(row).key] = totals.get(wbs_of(row).key, 0) + row["amount"]
    return {key: amount for key, amount in totals.items() if amount}


def _take(rows: Rows, wbs: Wbs, amount: int) -> None:
    """Take `amount` off the row; what exceeds it, or names no row of the invoice, comes off the others in order."""
    mine = [row for row in rows if wbs_of(row).key == wbs.key]
    for row in [*mine, *(row for row in rows if row not in mine)]:
        taken = min(amount, row["amount"]) if amount > 0 else amount
        row["amount"] -= taken
        amount -= taken
        if not amount:
            return


def _row_at(rows: Rows, wbs: Wbs) -> dict[str, Any]:
    for row in rows:
        if wbs_of(row).key == wbs.key:
            return row
    rows.append({"wbs1": wbs.wbs1, "wbs2": wbs.wbs2, "wbs3": wbs.wbs3, "amount": 0})
    return rows[-1]


def _minor(amount: Decimal, currency: str) -> int:
    return Money.from_decimal(amount, currency).minor
