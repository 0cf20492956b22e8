"""Bank transfers: money lands in a customer's cash balance, and Stripe chooses the invoices it pays.

Source: docs.stripe.com/payments/customer-balance/reconciliation. It may choose another invoice than was meant.
"""

from connector.sandbox.stripe import balance, collecting, settlement
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import missing, refused
from connector.sandbox.stripe.events import emit
from connector.sandbox.stripe.lists import page
from connector.sandbox.stripe.routing import PAGING, endpoint

LATEST_OVERDUE_DAYS = 30
_PATH = "/v1/customers/{customer}"
_CREATED = "customer_cash_balance_transaction.created"


def fund(books: Books, customer: Object, amount: int, currency: str, reference: str | None = None) -> Object:
    """A transfer of `amount` minor units arrives, and pays what it can. Answers the cash balance transaction."""
    transfer = {
        "reference": reference,
        "type": "us_bank_transfer",
        "us_bank_transfer": {"network": "ach", "sender_name": customer["name"]},
    }
    owner = customer["id"]
    transaction = _move(books, owner, amount, currency, "funded", {"bank_transfer": transfer})
    for invoice in _candidates(books, customer, amount, currency):
        intent = _intent_of(books, invoice)
        if available(books, owner, currency) < invoice["amount_remaining"]:
            emit(books, "payment_intent.partially_funded", intent)
            break
        applied = {"payment_intent": intent["id"]}
        _move(books, owner, -intent["amount"], currency, "applied_to_payment", applied)
        collecting.pay(books, intent, "customer_balance")
    return transaction


def reverse(books: Books, funding: Object) -> Object:
    """The sender's bank takes a transfer back, up to five days later, whether or not its money was applied.

    What was applied stays applied, so that the cash balance may become negative; Stripe then takes as much from
    the account's own balance. Answers the movement.
    """
    if funding["type"] != "funded" or funding["id"] in books.reversed_transfers:
        raise refused(f"The cash balance transaction {funding['id']} cannot be reversed.")
    books.reversed_transfers.add(funding["id"])
    amount, currency = -funding["net_amount"], funding["currency"]
    reversal = _move(books, funding["customer"], amount, currency, "funding_reversed")
    if reversal["ending_balance"] < 0:
        _cover(books, reversal)
    return reversal


def _cover(books: Books, reversal: Object) -> None:
    """docs.stripe.com/api/cash_balance_transactions/object, adjusted_for_overdraft."""
    customer, currency, overdraft = reversal["customer"], reversal["currency"], -reversal["ending_balance"]
    about: Object = {"balance_transaction": None, "linked_transaction": reversal["id"]}
    row = _enter(books, customer, overdraft, currency, "adjusted_for_overdraft", about)
    taken = balance.record(books, row, -overdraft, "adjustment", "dispute")
    about["balance_transaction"] = taken["id"]
    emit(books, _CREATED, row)


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


def _move(
    books: Books, customer: str, amount: int, currency: str, kind: str, about: Object | None = None
) -> Object:
    row = _enter(books, customer, amount, currency, kind, about)
    emit(books, _CREATED, row)
    return row


def _enter(
    books: Books, customer: str, amount: int, currency: str, kind: str, about: Object | None = None
) -> Object:
    ending = available(books, customer, currency) + amount
    books.cash[customer, currency] = ending
    return books.add(
        "customer_cash_balance_transaction",
        {
            "currency": currency,
            "customer": customer,
            "customer_account": None,
            "ending_balance": ending,
            "livemode": False,
            "net_amount": amount,
            "type": kind,
            **({} if about is None else {kind: about}),
        },
    )


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
    found = books.get("customer_cash_balance_transaction", transaction)
    if found["customer"] != customer:
        raise missing("customer_cash_balance_transaction", transaction)
    return found
