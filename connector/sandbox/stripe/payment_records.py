"""Payment records: payments reported to Stripe that it did not process, such as a check for a part of an invoice.

Source: docs.stripe.com/payments/payment-records.
"""

from connector.sandbox.stripe import settlement
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.currencies import check_currency
from connector.sandbox.stripe.errors import invalid, refused
from connector.sandbox.stripe.lists import page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

_TAKES = (
    "amount_requested initiated_at payment_method_details outcome guaranteed description metadata customer_details "
    "processor_details"
)


@endpoint("POST", "/v1/payment_records/report_payment", "payment_record", _TAKES)
def report(books: Books, params: Params) -> Object:
    """Only payments that came: `outcome` guaranteed, with the moment it was."""
    if params.get("outcome") != "guaranteed" or "guaranteed" not in params:
        raise invalid("The sandbox plays payment records whose outcome is guaranteed", "outcome")
    currency = check_currency(params["amount_requested"]["currency"])
    amount = {"currency": currency, "value": params["amount_requested"]["value"]}
    if amount["value"] < 1:
        raise invalid("Invalid positive integer", "amount_requested[value]", "parameter_invalid_integer")
    nothing = {"currency": currency, "value": 0}
    return books.add(
        "payment_record",
        {
            "amount": amount,
            "amount_authorized": amount,
            "amount_canceled": nothing,
            "amount_failed": nothing,
            "amount_guaranteed": amount,
            "amount_refunded": nothing,
            "amount_requested": amount,
            "application": None,
            "customer_details": params.get("customer_details"),
            "customer_presence": None,
            "description": params.get("description"),
            "latest_payment_attempt_record": None,
            "livemode": False,
            "metadata": merged({}, params.get("metadata")),
            "payment_method_details": {"type": "custom", **params["payment_method_details"]},
            "processor_details": params.get("processor_details") or {"type": "custom", "custom": None},
            "reported_by": "self",
            "shipping_details": None,
        },
    )


@endpoint("GET", "/v1/payment_records/{id}", "payment_record")
def retrieve(books: Books, params: Params, id: str) -> Object:
    return books.get("payment_record", id)


@endpoint("GET", "/v1/payment_records", "payment_record", f"{PAGING} created_after created_before")
def list_records(books: Books, params: Params) -> Object:
    bounds = {"gt": params.get("created_after"), "lt": params.get("created_before")}
    given = {name: bound for name, bound in bounds.items() if bound is not None}

    def keep(row: Object) -> bool:
        return within(row["created"], given)

    return page(books.table("payment_record"), keep, params, "/v1/payment_records")


def attach(books: Books, invoice: Object, record: Object) -> None:
    """Counts at once, as money that came in outside Stripe. Raises when it is more than remains, or a second time."""
    amount = record["amount_guaranteed"]["value"]
    known = books.table("invoice_payment").values()
    if any(each["payment"].get("payment_record") == record["id"] for each in known):
        raise refused("The PaymentRecord is already attached to an invoice.", None, "payment_record")
    if record["amount"]["currency"] != invoice["currency"]:
        raise refused("The PaymentRecord's currency must be the invoice's currency.", None, "payment_record")
    if amount > invoice["amount_remaining"]:
        raise refused("The PaymentRecord is more than remains on the invoice.", None, "payment_record")
    by_record = {"type": "payment_record", "payment_record": record["id"]}
    payment = settlement.request(books, invoice, by_record, amount)
    invoice["amount_paid_off_stripe"] += amount
    settlement.book(books, payment, invoice, amount)
