"""Bank transfers: money lands in a customer's cash balance, and Stripe chooses the invoices it pays.

Source: docs.stripe.com/payments/customer-balance/reconciliation. It may choose another invoice than was meant.
"""

from connector.sandbox.stripe import collecting, settlement
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.events import emit
from connector.sandbox.stripe.lists import page
from connector.sandbox.stripe.routing import PAGING, endpoint

LATEST_OVERDUE_DAYS = 30
_PATH = "/v1/customers/{customer}"


def fund(books: Books, customer: Object, amount: int, currency: str, reference: str | None = None) -> Object:
    """A transfer of `amount` minor units arrives, and pays what it can. Answers the cash balance transaction."""
    transfer = {
        "reference": reference,
        "type": "us_bank_transfer",
        "us_bank_transfer": {"network": "ach", "sender_name": customer["name"]},
    }
    transaction = _move(books, customer, amount, currency, "funded", {"bank_transfer": transfer})
    for invoice in _candidates(books, customer, amount, currency):
        intent = _intent_of(books, invoice)
        if available(books, customer["id"], currency) < invoice["amount_remaining"]:
            emit(books, "payment_intent.partially_funded", intent)
            break
        applied = {"payment_intent": intent["id"]}
        _move(books, customer, -intent["amount"], currency, "applied_to_payment", applied)
        collecting.pay(books, intent, "customer_balance")
    return transaction


def available(books: Books, customer: str, currency: str) -> int:
    """What a customer's cash balance holds in a currency, in minor units."""
    return books.cash.get((customer, currency), 0)


def _candidates(books: Books, customer: Object, amount: int, currency: str) -> list[Object]:
    """An invoice of exactly this amount first, then the oldest; none more than 30 days overdue."""
    earliest = books.now() - LATEST_OVERDUE_DAYS * DAY
    waiting = [
        row
        for row in books.table("invoice").values()
        if (row["customer"], row["currency"], row["status"]) == (customer["id"], currency, "open")
        and (row["due_date"] is None or row["due_date"] >= earliest)
        and "customer_balance" in (row["payment_settings"]["payment_method_types"] or [])
        and settlement.default_payment(books, row) is not None
    ]
    return sorted(waiting, key=lambda row: bool(row["amount_remaining"] != amount))


def _intent_of(books: Books, invoice: Object) -> Object:
    (payment,) = [each for each in [settlement.default_payment(books, invoice)] if each is not None]
    return books.table("payment_intent")[payment["payment"]["payment_intent"]]


def _move(books: Books, customer: Object, amount: int, currency: str, kind: str, about: Object) -> Object:
    ending = available(books, customer["id"], currency) + amount
    books.cash[customer["id"], currency] = ending
    row = books.add(
        "customer_cash_balance_transaction",
        {
            "currency": currency,
            "customer": customer["id"],
            "customer_account": None,
            "ending_balance": ending,
            "livemode": False,
            "net_amount": amount,
            "type": kind,
            kind: about,
        },
    )
    emit(books, "customer_cash_balance_transaction.created", row)
    return row


@endpoint("GET", f"{_PATH}/cash_balance", "customer_cash_balance")
def retrieve(books: Books, params: Params, customer: str) -> Object:
    books.get("customer", customer)
    held = {
        currency: amount for (owner, currency), amount in books.cash.items() if owner == customer and amount
    }
    return {
        "object": "cash_balance",
        "available": held or None,
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }


@endpoint("GET", f"{_PATH}/cash_balance_transactions", "customer_cash_balance", PAGING)
def list_transactions(books: Books, params: Params, customer: str) -> Object:
    books.get("customer", customer)
    table = books.table("customer_cash_balance_transaction")
    url = f"/v1/customers/{customer}/cash_balance_transactions"
    return page(table, lambda row: bool(row["customer"] == customer), params, url)


@endpoint("GET", f"{_PATH}/cash_balance_transactions/{{transaction}}", "customer_cash_balance")
def retrieve_transaction(books: Books, params: Params, customer: str, transaction: str) -> Object:
    return books.get("customer_cash_balance_transaction", transaction)
