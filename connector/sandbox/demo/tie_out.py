"""The demo's auditor: reads only the books of the two stand-ins, and knows nothing of the product's records."""

import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.money import Money
from connector.sandbox.rehearsal import Rehearsal
from connector.sandbox.stripe import Sandbox
from connector.sandbox.vantagepoint.auditor import audit


@dataclass
class TieOut:
    """Sums of both books, and every invoice that does not tie."""

    billed: Decimal
    deltek_balance: Decimal
    stripe_open: Decimal
    money_in: Decimal
    money_back: Decimal
    receipts: Decimal
    receipt_count: int
    wrong: list[str]
    ties: bool

    def show(self) -> None:
        rows = [
            ("Billed: the firm's posted invoices at Stripe", self.billed),
            ("Deltek: balance of these invoices", self.deltek_balance),
            ("Stripe: remaining to be paid, and returned to clients", self.stripe_open),
            ("Difference", self.deltek_balance - self.stripe_open),
            ("Stripe: received from clients, less returned", self.money_in - self.money_back),
            (f"Deltek: {self.receipt_count} cash receipts of the connector", self.receipts),
            ("Difference", self.money_in - self.money_back - self.receipts),
        ]
        sys.stdout.write("\n")
        for text, amount in rows:
            sys.stdout.write(f"       {text:<56} {amount:>16,.2f}\n")
        for text in self.wrong:
            sys.stdout.write(f"       NOT TIED: {text}\n")
        sys.stdout.write("\n")
        sys.stdout.flush()


def tie_out(standing: Rehearsal) -> TieOut:
    """Compare both books, invoice by invoice."""
    at_stripe = {one["number"]: one for one in standing.stripe.books.table("invoice").values()}
    expected = {one.number: one for one in standing.firm.expected}
    in_deltek = [one for one in audit(standing.vantagepoint)["invoices"] if one["number"] in expected]
    returned = _returned(standing.stripe)
    wrong = [f"{number} must not be at Stripe" for number in sorted(set(at_stripe) - set(expected))]
    receipts = [
        one for invoice in in_deltek for one in invoice["receipts"] if one["batch"].startswith("STRP")
    ]
    for invoice in in_deltek:
        wrong += _compare(invoice, at_stripe.get(invoice["number"]), returned)
    result = TieOut(
        billed=sum((one.amount for one in expected.values()), Decimal(0)),
        deltek_balance=sum((Decimal(one["balance"]) for one in in_deltek), Decimal(0)),
        stripe_open=_dollars(
            sum(one["amount_remaining"] for one in at_stripe.values()) + sum(returned.values())
        ),
        money_in=_dollars(sum(one["amount_paid"] for one in at_stripe.values())),
        money_back=_dollars(sum(returned.values())),
        receipts=sum((Decimal(one["amount"]) for one in receipts), Decimal(0)),
        receipt_count=len(receipts),
        wrong=wrong,
        ties=False,
    )
    booked = result.money_in - result.money_back == result.receipts
    result.ties = not wrong and booked and result.deltek_balance == result.stripe_open
    return result


def _compare(deltek: dict[str, Any], stripe: dict[str, Any] | None, returned: dict[str, int]) -> list[str]:
    number = deltek["number"]
    if stripe is None:
        return [f"{number} is not at Stripe"]
    stripe_open = _dollars(stripe["amount_remaining"] + returned.get(stripe["id"], 0))
    if Decimal(deltek["balance"]) != stripe_open:
        return [f"{number}: {deltek['balance']} open in Deltek, {stripe_open} at Stripe"]
    if Decimal(deltek["original"]) != _dollars(stripe["total"]):
        return [f"{number}: {deltek['original']} billed, {_dollars(stripe['total'])} at Stripe"]
    return []


def _returned(stripe: Sandbox) -> dict[str, int]:
    """What went back to clients, by Stripe invoice."""
    books = stripe.books
    invoice_of = {
        one["payment"]["payment_intent"]: one["invoice"] for one in books.table("invoice_payment").values()
    }
    totals: dict[str, int] = {}
    for refund in books.table("refund").values():
        if refund["status"] == "succeeded":
            invoice = invoice_of[refund["payment_intent"]]
            totals[invoice] = totals.get(invoice, 0) + refund["amount"]
    return totals


def _dollars(minor: int) -> Decimal:
    return Money(minor, "USD").to_decimal()
