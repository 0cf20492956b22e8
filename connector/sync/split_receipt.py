"""How a receipt is spread over the WBS rows of its invoice: by what is still open on each, exact to the cent."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connector.deltek.records import Wbs, WbsAmount
from connector.errors import Blocked
from connector.models import Invoice, Movement
from connector.money import Money, split

Rows = list[dict[str, Any]]  # [{"wbs1", "wbs2", "wbs3", "amount" (minor)}]


def spread_payment(
    invoice: Invoice,
    amount: int,
    billed: Sequence[WbsAmount] | None,
    received: Sequence[WbsAmount] | None,
    not_yet_posted: Sequence[Movement],
    *,
    comes_to: int | None = None,
) -> Rows:
    """The rows of a payment's receipt; raises Blocked when more was paid than is open in Deltek.

    `billed` and `received` are Deltek's AR review (None where it has none), `not_yet_posted` our own receipts that
    it does not show yet. `comes_to` is what the invoice comes to by now (minor units), after credit memos and
    further postings of its number; None for what was billed at first.
    """
    open_rows = _billed_rows(invoice, billed, invoice.amount if comes_to is None else comes_to)
    for row in received or ():
        _take(open_rows, row.wbs, _minor(row.amount, invoice.currency))
    for movement in not_yet_posted:
        for taken in movement.rows:
            _take(open_rows, wbs_of(taken), taken["amount"])
    still_open = sum(row["amount"] for row in open_rows)
    if amount == still_open:
        return [row for row in open_rows if row["amount"]]
    if amount > still_open:
        raise Blocked(
            f"{Money(amount, invoice.currency)} was paid, but only {Money(still_open, invoice.currency)} is open "
            f"on invoice {invoice.number} in Deltek",
            "Look in Deltek for a receipt of the same money entered by hand; correct it there, then replay",
        )
    return _spread(open_rows, amount)


def spread_reversal(reversed_rows: Rows, amount: int) -> Rows:
    """The rows of money that goes back (amount < 0), or comes again: where it came from, in proportion."""
    return _spread(reversed_rows, amount)


def net_rows(of: Sequence[Movement]) -> Rows:
    """What the given movements put on each WBS row together; rows that come out at zero are left out."""
    totals: dict[tuple[str, str, str], dict[str, Any]] = {}
    for movement in of:
        for row in movement.rows:
            entry = totals.setdefault(wbs_of(row).key, {**row, "amount": 0})
            entry["amount"] += row["amount"]
    return [row for row in totals.values() if row["amount"]]


def wbs_of(row: dict[str, Any]) -> Wbs:
    return Wbs(row["wbs1"], row["wbs2"], row["wbs3"])


def _spread(rows: Rows, amount: int) -> Rows:
    weights = [max(row["amount"], 0) for row in rows]
    shares = split(amount, weights)
    return [{**row, "amount": share} for row, share in zip(rows, shares, strict=True) if share]


def billed_total(invoice: Invoice, billed: Sequence[WbsAmount] | None) -> int | None:
    """What AR review's rows sum to, in minor units; None where it shows none."""
    return sum(_minor(row.amount, invoice.currency) for row in billed) if billed else None


def _billed_rows(invoice: Invoice, billed: Sequence[WbsAmount] | None, comes_to: int) -> Rows:
    """The invoice's rows as AR review has them, if they sum to what it comes to; else as its document had them.

    Some versions leave rows out there, taxes for one.
    """
    if billed_total(invoice, billed) == comes_to:
        rows: Rows = []
        for billed_row in billed or ():
            entry = _row_at(rows, billed_row.wbs)
            entry["amount"] += _minor(billed_row.amount, invoice.currency)
        return rows
    rows = [dict(row) for row in invoice.wbs_rows]
    if comes_to < invoice.amount:
        _take(rows, Wbs(invoice.wbs1), invoice.amount - comes_to)
    return rows


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
