"""A customer's credit balance: negative is what we owe, and it pays the next invoice.

Source: docs.stripe.com/billing/customer/balance.
"""

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.events import revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

_PATH = "/v1/customers/{customer}/balance_transactions"


def adjust(
    books: Books,
    customer: Object,
    amount: int,
    kind: str,
    currency: str,
    **about: str | None,
) -> Object:
    """Adds `amount` to the balance; `about` names the invoice or credit note that moved it."""
    ending = customer["balance"] + amount
    transaction = books.add(
        "customer_balance_transaction",
        {
            "amount": amount,
            "checkout_session": None,
            "credit_note": None,
            "currency": currency,
            "customer": customer["id"],
            "customer_account": None,
            "description": None,
            "ending_balance": ending,
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "type": kind,
            **about,
        },
    )
    revise(books, customer, {"balance": ending, "currency": currency}, "customer.updated")
    return transaction


@endpoint("POST", _PATH, "customer", "amount currency description metadata")
def create(books: Books, params: Params, customer: str) -> Object:
    row = books.get("customer", customer)
    transaction = adjust(books, row, params["amount"], "adjustment", params["currency"].lower())
    transaction["description"] = params.get("description")
    transaction["metadata"] = merged({}, params.get("metadata"))
    return transaction


@endpoint("GET", _PATH, "customer", f"{PAGING} created invoice")
def list_transactions(books: Books, params: Params, customer: str) -> Object:
    books.get("customer", customer)

    def keep(row: Object) -> bool:
        return (
            bool(row["customer"] == customer)
            and equal(row, params, "invoice")
            and within(row["created"], params.get("created"))
        )

    url = f"/v1/customers/{customer}/balance_transactions"
    return page(books.table("customer_balance_transaction"), keep, params, url)
