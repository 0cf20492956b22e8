"""How `ml-connector reconcile --payout` shows a payout."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from connector.cli.output import show, table
from connector.money import Money
from connector.sync.reconcile_payout import Became, PayoutItem, TiedPayout


def show_payout(tied: TiedPayout, *, as_json: bool) -> int:
    """Print it; 1 where the payout and its receipts differ."""
    show(as_json, _document(tied), lambda: _lines(tied))
    return 0 if tied.ties else 1


def _document(tied: TiedPayout) -> dict[str, object]:
    return {
        "payout": tied.payout,
        "status": tied.status,
        "currency": tied.currency,
        "arrives_on": tied.arrives_on,
        "amount": _decimal(tied, tied.amount),
        "fees": _decimal(tied, tied.fees),
        "fees_booked": bool(tied.fee_receipts),
        "fees_reported": _decimal(tied, tied.fees_reported),
        "fee_note": tied.fee_note,
        "fee_receipts": [_receipt(tied, one) for one in tied.fee_receipts],
        "items": [_item(tied, one) for one in tied.items],
        "came_back": _decimal(tied, tied.came_back),
        "carried": _decimal(tied, tied.carried),
        "receipts": _decimal(tied, tied.receipts),
        "difference": _decimal(tied, tied.difference),
    }


def _item(tied: TiedPayout, item: PayoutItem) -> dict[str, object]:
    amounts = {"amount": item.amount, "fee": item.fee, "net": item.amount - item.fee}
    return {
        "entry": item.entry,
        "what": item.what,
        "source": item.source,
        **{name: _decimal(tied, amount) for name, amount in amounts.items()},
        "receipts": [_receipt(tied, one) for one in item.receipts],
        "no_receipt": item.no_receipt,
        "note": item.note,
    }


def _receipt(tied: TiedPayout, became: Became) -> dict[str, object]:
    return {**asdict(became), "amount": _decimal(tied, became.amount)}


def _lines(tied: TiedPayout) -> None:
    rows = [
        [
            item.what,
            item.source,
            *(_decimal(tied, amount) for amount in (item.amount, item.fee, item.amount - item.fee)),
            ", ".join(f"{one.batch} {one.place}" for one in item.receipts) or "-",
        ]
        for item in tied.items
    ]
    table(["item", "of", "amount", "fee", "net", "receipt"], rows, right=(2, 3, 4))
    for item in tied.items:
        if said := item.note or item.no_receipt:
            click.echo(f"{item.what} {item.source}".rstrip() + f": {said}")
    click.echo(f"\nFees of {_decimal(tied, tied.fees)}: {', '.join(_about_fees(tied)) or 'none'}")
    beside = {"came back": tied.came_back, "carried": tied.carried}
    taken_off = "".join(f" - {name} {_decimal(tied, amount)}" for name, amount in beside.items() if amount)
    click.echo(
        f"Payout {tied.payout} ({tied.status}, {tied.arrives_on}): {_decimal(tied, tied.amount)} {tied.currency}"
        f"{taken_off} - receipts {_decimal(tied, tied.receipts)} = {_decimal(tied, tied.difference)}"
    )


def _about_fees(tied: TiedPayout) -> Iterator[str]:
    for one in tied.fee_receipts:
        yield f"{one.batch} {one.place}"
    if tied.fee_note:
        yield tied.fee_note
    if tied.fees_reported:
        yield f"{_decimal(tied, tied.fees_reported)} reported only: the tenant file named no place for them"


def _decimal(tied: TiedPayout, minor: int) -> str:
    return str(Money(minor, tied.currency).to_decimal())
