"""Revisions: a finalised invoice that is edited is void, and a new one in its place.

Source: docs.stripe.com/invoicing/invoice-edits.
Lines and most fields are copied, credit notes are not. Which number a revision gets is not documented: here it is the
customer's next.
"""

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.errors import refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.presenting import copied
from connector.sandbox.stripe.settlement import OWED

_COPIED = (
    "collection_method currency custom_fields customer customer_address customer_email customer_name customer_phone "
    "customer_shipping customer_tax_exempt description due_date effective_at footer metadata payment_settings "
    "rendering statement_descriptor subtotal subtotal_excluding_tax total total_excluding_tax"
)


def begin(books: Books, blank: Object, original_id: str) -> Object:
    """A draft that copies an open invoice, or one that was given up, and names it."""
    original = books.named("invoice", original_id, "from_invoice[invoice]")
    if original["status"] not in OWED:
        raise refused("You can only revise an invoice that is open or uncollectible.", None, "from_invoice")
    now, total = books.now(), original["total"]
    row = books.add(
        "invoice",
        {
            **blank,
            **copied({name: original[name] for name in _COPIED.split()}),
            "amount_due": total,
            "amount_remaining": total,
            "from_invoice": {"action": "revision", "invoice": original["id"]},
            "period_start": now,
            "period_end": now,
            "webhooks_delivered_at": now,
        },
    )
    lines: list[Object] = copied(books.lines[original["id"]])
    books.lines[row["id"]] = [
        {**line, "id": books.new_id("line_item"), "invoice": row["id"]} for line in lines
    ]
    emit(books, "invoice.created", row)
    return row


def original_of(books: Books, row: Object) -> Object | None:
    """The invoice that this one revises."""
    about = row["from_invoice"]
    return books.table("invoice")[about["invoice"]] if about else None


def supersede(books: Books, original: Object, row: Object) -> None:
    """The original names the revision that was finalised."""
    revise(books, original, {"latest_revision": row["id"]}, "invoice.updated")
