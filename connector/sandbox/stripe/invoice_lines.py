"""The lines of an invoice; its amounts are their sums."""

from decimal import Decimal

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid, refused
from connector.sandbox.stripe.events import revise
from connector.sandbox.stripe.lists import page
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

MOST_LINES = 250
"""docs.stripe.com/billing/invoices/multi-currency-customers: 250 items."""
_TAKES = frozenset({"amount", "description", "discountable", "metadata", "period", "price_data", "quantity"})


@endpoint("POST", "/v1/invoices/{invoice}/add_lines", "invoice", "lines invoice_metadata")
def add_lines(books: Books, params: Params, invoice: str) -> Object:
    """All lines in one request; the newest stand first, as invoice items do."""
    row = books.get("invoice", invoice, "invoice")
    if row["status"] != "draft":
        raise refused("Invalid invoice: This invoice is no longer editable", "invoice_not_editable")
    kept = books.lines[invoice]
    if len(kept) + len(params["lines"]) > MOST_LINES:
        raise refused(f"An invoice can have up to {MOST_LINES} invoice items.", None, "lines")
    added = [_line(books, row, given, f"lines[{index}]") for index, given in enumerate(params["lines"])]
    kept[:0] = reversed(added)
    changes = {**_sums(books, row), "metadata": merged(row["metadata"], params.get("invoice_metadata"))}
    revise(books, row, changes, "invoice.updated")
    return row


@endpoint("GET", "/v1/invoices/{invoice}/lines", "invoice", PAGING)
def list_lines(books: Books, params: Params, invoice: str) -> Object:
    books.get("invoice", invoice, "invoice")
    lines = {line["id"]: line for line in reversed(books.lines[invoice])}
    return page(lines, lambda _: True, params, f"/v1/invoices/{invoice}/lines")


def _line(books: Books, invoice: Object, given: Object, param: str) -> Object:
    for name in given:
        if name not in _TAKES:
            raise invalid(f"The sandbox does not play the parameter {name} of a line", f"{param}[{name}]")
    amount, quantity, unit = _amounts(invoice, given, param)
    now = books.now()
    return {
        "id": books.new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": invoice["currency"],
        "description": given.get("description"),
        "discount_amounts": [],
        "discountable": given.get("discountable", True),
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "parent": {
            "invoice_item_details": {
                "invoice_item": f"ii_1{books.random_text(23)}",
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": given.get("period") or {"end": now, "start": now},
        "pretax_credit_amounts": [],
        "pricing": {"type": "price_details", "unit_amount_decimal": str(unit)},
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": None,
        "subtotal": amount,
        "taxes": [],
    }


def _amounts(invoice: Object, given: Object, param: str) -> tuple[int, int, Decimal]:
    """The line's amount, quantity and unit amount, in minor units."""
    price = given.get("price_data")
    if price is None and "quantity" in given and "amount" in given:
        message = "You may only specify one of these parameters: amount, quantity."
        raise invalid(message, f"{param}[amount]")
    if price is None:
        if "amount" not in given:
            raise invalid(
                "You must specify either `amount` or `price_data`.", f"{param}[amount]", "parameter_missing"
            )
        return given["amount"], 1, Decimal(given["amount"])
    if price["currency"].lower() != invoice["currency"]:
        message = f"The currency of the line must be that of its invoice, {invoice['currency']}"
        raise invalid(message, f"{param}[price_data][currency]")
    unit = Decimal(price.get("unit_amount", price.get("unit_amount_decimal", 0)))
    quantity = given.get("quantity", 1)
    return int((unit * quantity).to_integral_value()), quantity, unit


def _sums(books: Books, invoice: Object) -> Object:
    total = sum(line["amount"] for line in books.lines[invoice["id"]])
    due = max(total, 0)
    return {
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
        "amount_due": due,
        "amount_remaining": due,
    }
