"""Every object of the stand-in has the fields, types and values that the pinned SDK declares."""

import types
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import stripe
from typing_extensions import get_type_hints

from tests.connector.sandbox.stripe.stripe_shop import Shop, opened

CLASSES: dict[str, type[stripe.StripeObject]] = {
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "credit_note": stripe.CreditNote,
    "customer": stripe.Customer,
    "customer_balance_transaction": stripe.CustomerBalanceTransaction,
    "customer_cash_balance_transaction": stripe.CustomerCashBalanceTransaction,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "payment_intent": stripe.PaymentIntent,
    "payment_record": stripe.PaymentRecord,
    "payout": stripe.Payout,
    "refund": stripe.Refund,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
SCALARS = (str, int, bool, float)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """An account in which everything has happened once."""
    with opened() as shop:
        shop.api.v1.webhook_endpoints.create({"url": "https://a.example", "enabled_events": ["invoice.paid"]})
        address = {"line1": "1 Pier", "country": "US"}
        customer = shop.customer(address=address, phone="1", shipping={"name": "Dock", "address": address}).id
        header = {
            "payment_settings": {"payment_method_types": ["card", "us_bank_account"]},
            "custom_fields": [{"name": "Project", "value": "1"}],
            "metadata": {"k": "v"},
        }
        card, bank, part, given_up, void = (
            shop.invoice(5000, 2500, customer=customer, **header) for _ in range(5)
        )
        shop.dashboard.pay(card.id, 9000)
        shop.dashboard.win(shop.dashboard.dispute(card.id)["id"])
        shop.dashboard.decline(bank.id)
        shop.dashboard.pay(bank.id, method="us_bank_account")
        shop.dashboard.settle(bank.id)
        shop.dashboard.settle_refund(shop.dashboard.refund(bank.id)["id"], "failed")
        shop.dashboard.pay(part.id, 1000)
        shop.api.v1.credit_notes.create({"invoice": part.id, "amount": 2000, "refund_amount": 0})
        lines: Any = [{"type": "custom_line_item", "description": "Less", "quantity": 1, "unit_amount": 500}]
        shop.api.v1.credit_notes.create({"invoice": part.id, "lines": lines})
        shop.dashboard.mark_uncollectible(given_up.id)
        shop.dashboard.void(void.id)
        shop.invoice(10, customer=customer)
        shop.invoice(-7, customer=customer)
        shop.draft(500, customer=customer)
        by_transfer = {"payment_method_types": ["customer_balance"]}
        shop.invoice(5000, customer=customer, payment_settings=by_transfer)
        shop.dashboard.reverse_transfer(shop.dashboard.transfer(customer, 9000)["id"])
        shop.dashboard.adjust_balance(customer, -7)
        shop.dashboard.charge_fee(30)
        shop.dashboard.record_payment(shop.invoice(5000, customer=customer).id, 1000)
        shop.dashboard.fail_payout(shop.dashboard.pay_out(100)["id"])
        shop.dashboard.fail_payout(shop.dashboard.pay_out()["id"])
        yield shop


@cache
def declared(kind: type) -> dict[str, Any]:
    """The fields of a class of the SDK; names of classes that it does not export stand for anything."""
    names: dict[str, Any] = {**vars(stripe), "Decimal": Decimal}
    while True:
        try:
            hints = get_type_hints(kind, localns=names)
        except NameError as unknown:
            names[str(unknown.name)] = Any
        else:
            own = kind.__annotations__.keys() - {"OBJECT_NAME"}
            return {name: hint for name, hint in hints.items() if name in own}


def problems(value: Any, hint: Any, path: str) -> list[str]:
    """Where a JSON value is not what the hint says."""
    origin: Any = get_origin(hint)
    args = get_args(hint)
    if hint is Any:
        return []
    if origin in (Union, types.UnionType):
        return union_problems(value, args, path)
    if origin is Literal:
        return [] if value in args else [f"{path}: {value!r} is none of {args}"]
    if origin is list:
        items = enumerate(value) if isinstance(value, list) else ()
        wrong = [] if isinstance(value, list) else [f"{path}: {value!r} is no list"]
        return wrong + [each for index, item in items for each in problems(item, args[0], f"{path}[{index}]")]
    if origin == stripe.ListObject:
        return problems(value["data"], list[args[0]], f"{path}.data")  # type: ignore[valid-type]
    if hint is Decimal:
        return (
            []
            if isinstance(value, str) and Decimal(value) is not None
            else [f"{path}: {value!r} is no decimal"]
        )
    if hint in SCALARS or hint is type(None):
        return [] if type(value) is hint else [f"{path}: {value!r} is no {hint}"]
    return object_problems(value, origin or hint, path)


def union_problems(value: Any, args: tuple[Any, ...], path: str) -> list[str]:
    """An open enumeration of the SDK, `Literal | str`, counts as closed."""
    literals = [arg for arg in args if get_origin(arg) is Literal]
    chosen = [arg for arg in args if not (literals and arg is str)]
    found = [problems(value, arg, path) for arg in chosen]
    return [] if any(not each for each in found) else min(found, key=len)


def object_problems(value: Any, kind: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {kind.__name__}"]
    if kind.__name__ == "UntypedStripeObject" or value.get("deleted"):
        return []
    fields = declared(kind)
    unknown = [f"{path}.{name} is not declared" for name in value if name not in fields]
    missing = [
        f"{path}.{name} is missing"
        for name, hint in fields.items()
        if name not in value and type(None) not in get_args(hint)
    ]
    wrong = [
        each
        for name in value
        if name in fields
        for each in problems(value[name], fields[name], f"{path}.{name}")
    ]
    return [*unknown, *missing, *wrong]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_object_is_what_the_sdk_declares(shop: Shop, kind: str) -> None:
    customer = next(iter(shop.books.table("customer")))
    special = {
        "customer_balance_transaction": f"/v1/customers/{customer}/balance_transactions",
        "customer_cash_balance_transaction": f"/v1/customers/{customer}/cash_balance_transactions",
    }
    url = special.get(kind, f"/v1/{kind}s")
    rows = shop.send("GET", f"{url}?limit=100").json()["data"]
    assert rows
    assert [each for row in rows for each in problems(row, CLASSES[kind], row["id"])] == []


def test_a_wrong_shape_would_be_noticed() -> None:
    refund = {
        "id": "re_1",
        "object": "refund",
        "amount": "5",
        "charge": None,
        "created": 1,
        "currency": "usd",
        "x": 1,
    }
    assert problems(refund, stripe.Refund, "refund") == [
        "refund.x is not declared",
        "refund.amount: '5' is no <class 'int'>",
    ]
