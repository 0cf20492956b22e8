"""What our receipts put on which account, and the accounts that a tenant file may name for it."""

import re
from decimal import Decimal
from typing import NamedTuple

from tests.support.auditing import CREDITS, FEES, RECEIVABLE
from tests.support.money import our_files
from tests.support.world import World, tenant_file

FEE_PROJECT = "OH.900"
OVERPAYMENTS = f'overpayment_account = "{CREDITS}"'
PAYOUT_FEES = f'fee_account = "{FEES}"\nfee_project = "{FEE_PROJECT}"'
_COMMENT = re.compile(r"Stripe (?P<kind>\D+?) [a-z]+_\w+ ")


class Booked(NamedTuple):
    """One receipt of ours: its kind, its day, and the amount on each account."""

    kind: str
    day: str
    accounts: dict[str, str]


def chart_accounts(world: World) -> None:
    """Deltek gets the accounts of clients' credit and of fees, and an overhead project."""
    settings = world.deltek_books.settings
    settings.add_account(CREDITS, "Clients' credit balances", 2)
    settings.add_account(FEES, "Payment processing fees", 7)
    client = next(iter(world.clients.values()))
    world.project(FEE_PROJECT, client, name="Overhead")


def name_in_file(world: World, companies: str = "", **changes: str) -> None:
    """The tenant file is applied anew with these lines for the company."""
    world.apply(tenant_file(world.deltek_url, companies=companies, **changes))


def booked(world: World) -> list[Booked]:
    """Every receipt that the connector entered, oldest first."""
    return [_booked(file.receipt.masters[0], file.receipt.details) for file in our_files(world)]


def on_account(world: World, account: str = RECEIVABLE) -> str:
    """What all our receipts put on an account."""
    return f"{sum((Decimal(one.accounts.get(account, '0')) for one in booked(world)), Decimal(0)):.2f}"


def _booked(master: dict[str, object], details: list[dict[str, object]]) -> Booked:
    told = _COMMENT.match(str(master["TransComment"]))
    totals: dict[str, Decimal] = {}
    for row in details:
        account = str(row["Account"])
        totals[account] = totals.get(account, Decimal(0)) + Decimal(str(row["Amount"]))
    kind = told["kind"] if told else ""
    return Booked(
        kind, str(master["TransDate"])[:10], {name: f"{total:.2f}" for name, total in totals.items()}
    )


def gone(world: World, batch: str) -> None:
    """The posting of a receipt undone, and the file deleted."""
    world.accountant.undo_posting(batch, "CR")
    world.accountant.delete_receipt_file(batch)
