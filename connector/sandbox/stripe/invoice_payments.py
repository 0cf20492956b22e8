"""Invoice payments: which payment pays which invoice (docs.stripe.com/api/invoice-payment)."""

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.routing import PAGING, endpoint


@endpoint("GET", "/v1/invoice_payments/{invoice_payment}", "invoice")
def retrieve(books: Books, params: Params, invoice_payment: str) -> Object:
    return books.get("invoice_payment", invoice_payment)


@endpoint("GET", "/v1/invoice_payments", "invoice", f"{PAGING} created invoice payment status")
def list_payments(books: Books, params: Params) -> Object:
    """By invoice, or by PaymentIntent or PaymentRecord; not by charge."""
    asked = params.get("payment", {})
    if asked and asked.get("type") not in asked:
        raise invalid(f"Missing required param: payment[{asked['type']}].", "payment", "parameter_missing")

    def keep(row: Object) -> bool:
        payment = row["payment"]
        return (
            equal(row, params, "invoice", "status")
            and within(row["created"], params.get("created"))
            and all(payment.get(name) == value for name, value in asked.items())
        )

    return page(books.table("invoice_payment"), keep, params, "/v1/invoice_payments")
