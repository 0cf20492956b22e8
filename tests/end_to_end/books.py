"""The auditor of the end-to-end tests: reads the books of the two stand-ins alone, nothing of the product's."""

from collections import Counter
from decimal import Decimal
from typing import Any

from connector.money import Money
from connector.sandbox.vantagepoint.auditor import audit
from connector.stripe_api.customers import CLIENT_KEY
from tests.support.world import World


def differences(world: World) -> list[str]:
    """Whatever an accountant would object to; empty when every invoice and every cent is there exactly once."""
    books = audit(world.deltek_books)
    at_stripe = world.stripe_invoices()
    found = _doubled("customer of client", _customers(world))
    found += _doubled("invoice", Counter(one["number"] or f"draft {one['id']}" for one in at_stripe))
    found += _doubled("batch", Counter(one["batch"] for one in books["receipts"]))
    found += [f"{one['id']} is left {one['status']}" for one in at_stripe if one["status"] == "draft"]
    by_number = {one["number"]: one for one in at_stripe}
    for invoice in books["invoices"]:
        found += _compare(invoice, by_number.pop(invoice["number"], None), _payments(world))
    return [*found, *(f"{number} is not Deltek's" for number in by_number)]


def _customers(world: World) -> Counter[str]:
    return Counter(one["metadata"][CLIENT_KEY] for one in world.stripe_books.table("customer").values())


def _doubled(what: str, counted: Counter[str]) -> list[str]:
    return [f"{what} {name} is there {times} times" for name, times in counted.items() if times > 1]


def _payments(world: World) -> Counter[str]:
    """How many payments succeeded, by Stripe invoice."""
    paid = world.stripe_books.table("invoice_payment").values()
    return Counter(one["invoice"] for one in paid if one["status"] == "paid")


def _compare(deltek: dict[str, Any], stripe: dict[str, Any] | None, payments: Counter[str]) -> list[str]:
    number, receipts = deltek["number"], deltek["receipts"]
    if stripe is None:
        return [f"{number} is not at Stripe"]
    found = []
    if Decimal(deltek["original"]) != _dollars(stripe["total"]):
        found.append(f"{number}: {deltek['original']} billed, {_dollars(stripe['total'])} at Stripe")
    if Decimal(deltek["balance"]) != _dollars(stripe["amount_remaining"]):
        found.append(f"{number}: {deltek['balance']} open, {_dollars(stripe['amount_remaining'])} at Stripe")
    if len(receipts) != payments[stripe["id"]]:
        found.append(f"{number}: {payments[stripe['id']]} payments, {len(receipts)} receipts")
    return found


def _dollars(minor: int) -> Decimal:
    return Money(minor, "USD").to_decimal()
