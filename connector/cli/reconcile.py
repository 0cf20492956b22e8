"""`ml-connector reconcile`."""

from datetime import datetime

import click

from connector.cli.output import json_option, show, table
from connector.cli.payout import show_payout
from connector.cli.session import command_tenant
from connector.money import Money
from connector.sync.reconcile import Reconciliation
from connector.sync.reconcile import reconcile as tie_out
from connector.sync.reconcile_payout import reconcile_payout
from connector.sync.tied_invoice import TiedInvoice


@click.command()
@click.argument("slug")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Invoices dated this day or later.")
@click.option(
    "--payout", metavar="ID", help="One payout of Stripe's instead, against the receipts it became."
)
@json_option
def reconcile(slug: str, since: datetime | None, payout: str | None, as_json: bool) -> int:
    """Tie every invoice of SLUG out, Deltek against Stripe to the cent, and name each difference."""
    with command_tenant(slug) as (runtime, found):
        if payout is not None:
            return show_payout(reconcile_payout(runtime, found, payout), as_json=as_json)
        result = tie_out(runtime, found, since.date() if since else None)
    show(as_json, _document(slug, result), lambda: _lines(result))
    return 1 if result.differences else 0


def _document(slug: str, result: Reconciliation) -> dict[str, object]:
    return {
        "slug": slug,
        "since": result.since,
        "invoices": [_row(one) for one in result.invoices],
        "differences": [_row(one) for one in result.differences],
        "totals": _totals(result),
    }


def _row(one: TiedInvoice) -> dict[str, object]:
    amounts = {
        "deltek_balance": one.deltek_balance,
        "receipts_to_post": one.receipts_to_post,
        "stripe_remaining": one.stripe_remaining,
        "stripe_returned": one.stripe_returned,
        "difference": one.difference,
    }
    return {
        "company": one.company,
        "project": one.project,
        "invoice": one.number,
        "currency": one.currency,
        "stripe_invoice": one.stripe_invoice,
        **{name: _decimal(minor, one.currency) for name, minor in amounts.items()},
        "notes": one.notes,
    }


def _totals(result: Reconciliation) -> dict[str, dict[str, str]]:
    """By currency: what is open on each side, of the invoices whose both sides are known."""
    totals: dict[str, dict[str, str]] = {}
    for currency in sorted({one.currency for one in result.invoices if one.currency}):
        known = [one for one in result.invoices if one.currency == currency and one.difference is not None]
        sums = {
            "deltek_balance": sum(one.deltek_balance or 0 for one in known),
            "receipts_to_post": sum(one.receipts_to_post for one in known),
            "stripe_open": sum((one.stripe_remaining or 0) + one.stripe_returned for one in known),
            "difference": sum(one.difference or 0 for one in known),
        }
        totals[currency] = {name: str(Money(minor, currency).to_decimal()) for name, minor in sums.items()}
    return totals


def _lines(result: Reconciliation) -> None:
    headings = ["invoice", "project", "Deltek", "to post", "Stripe", "returned", "difference"]
    rows = [
        [
            one.number,
            one.project,
            *(
                _shown(minor, one.currency)
                for minor in (
                    one.deltek_balance,
                    one.receipts_to_post,
                    one.stripe_remaining,
                    one.stripe_returned,
                    one.difference,
                )
            ),
        ]
        for one in result.invoices
    ]
    table(headings, rows, right=(2, 3, 4, 5, 6))
    for one in result.differences:
        for note in one.notes or ["the two sides differ"]:
            click.echo(f"{one.number}: {note}")
    for currency, sums in _totals(result).items():
        click.echo(
            f"\n{currency}: Deltek {sums['deltek_balance']} - to post {sums['receipts_to_post']} - "
            f"Stripe {sums['stripe_open']} = {sums['difference']}"
        )
    click.echo(
        f"{len(result.invoices)} invoices since {result.since}, {len(result.differences)} with a difference"
    )


def _decimal(minor: int | None, currency: str) -> str | None:
    return None if minor is None or not currency else str(Money(minor, currency).to_decimal())


def _shown(minor: int | None, currency: str) -> str:
    return _decimal(minor, currency) or "?"
