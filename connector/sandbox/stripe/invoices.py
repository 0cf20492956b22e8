"""Invoices: drafts, what may be changed when, and the lists (docs.stripe.com/api/invoices)."""

import re

from connector.sandbox.stripe import customers, revisions
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.currencies import check_currency
from connector.sandbox.stripe.errors import Refusal, invalid, refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import envelope, equal, page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.presenting import includable, lines_of, view
from connector.sandbox.stripe.routing import PAGING, endpoint
from connector.sandbox.stripe.settlement import payments

_PATH = "/v1/invoices/{invoice}"
_WHENEVER = "auto_advance metadata payment_settings default_payment_method"
_DRAFT_ONLY = (
    "collection_method custom_fields days_until_due description due_date effective_at footer number "
    "statement_descriptor rendering automatically_finalizes_at"
)
_BLANK: Object = {
    "account_country": "US",
    "account_name": "Sandbox",
    "account_tax_ids": None,
    "amount_due": 0,
    "amount_overpaid": 0,
    "amount_paid": 0,
    "amount_paid_off_stripe": 0,
    "amount_remaining": 0,
    "amount_shipping": 0,
    "application": None,
    "attempt_count": 0,
    "attempted": False,
    "auto_advance": False,
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    },
    "automatically_finalizes_at": None,
    "billing_reason": "manual",
    "collection_method": "charge_automatically",
    "custom_fields": None,
    "customer_account": None,
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "due_date": None,
    "effective_at": None,
    "ending_balance": None,
    "footer": None,
    "from_invoice": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "issuer": {"type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "livemode": False,
    "metadata": {},
    "next_payment_attempt": None,
    "number": None,
    "on_behalf_of": None,
    "parent": None,
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "statement_descriptor": None,
    "status": "draft",
    "status_details": None,
    "status_transitions": {
        "finalized_at": None,
        "marked_uncollectible_at": None,
        "paid_at": None,
        "voided_at": None,
    },
    "subtotal": 0,
    "subtotal_excluding_tax": 0,
    "test_clock": None,
    "threshold_reason": None,
    "total": 0,
    "total_discount_amounts": [],
    "total_excluding_tax": 0,
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
    "webhooks_delivered_at": None,
}
_SETTINGS: Object = {"default_mandate": None, "payment_method_options": None, "payment_method_types": None}


@endpoint(
    "POST",
    "/v1/invoices",
    "invoice",
    f"{_WHENEVER} {_DRAFT_ONLY} customer currency pending_invoice_items_behavior from_invoice",
)
def create(books: Books, params: Params) -> Object:
    """A draft without lines, or a revision of an invoice. What was not given stays as Stripe defaults it, so:
    charge_automatically."""
    if "from_invoice" in params:
        return revisions.begin(books, _BLANK, params["from_invoice"]["invoice"])
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customers.current(books, params["customer"])
    currency = check_currency(params.get("currency") or customer["currency"] or books.currency)
    fields = _fields(books, {**_BLANK, "created": books.now(), "payment_settings": _SETTINGS}, params)
    _check_terms({**_BLANK, **fields}, customer, params)
    row = books.add("invoice", {**_BLANK, "payment_settings": _SETTINGS, **fields})
    now = row["created"]
    row.update(period_start=now, period_end=now, webhooks_delivered_at=now, currency=currency)
    row.update(customer=customer["id"], **customer_copy(customer))
    books.lines[row["id"]] = []
    emit(books, "invoice.created", row)
    return row


@endpoint("POST", _PATH, "invoice", f"{_WHENEVER} {_DRAFT_ONLY}")
def update(books: Books, params: Params, invoice: str) -> Object:
    """Everything on a draft; afterwards only metadata, payment settings and the like."""
    row = books.get("invoice", invoice)
    if row["status"] != "draft":
        for name in params:
            if name not in (*_WHENEVER.split(), "expand"):
                raise refused("Finalized invoices can't be updated in this way", None, name)
    changes = _fields(books, row, params)
    if row["status"] == "draft":
        customer = customers.require(books, row["customer"])
        _check_terms({**row, **changes}, customer, params)
    revise(books, row, changes, "invoice.updated")
    return row


@endpoint("GET", _PATH, "invoice")
def retrieve(books: Books, params: Params, invoice: str) -> Object:
    return books.get("invoice", invoice, "invoice")


@endpoint("DELETE", _PATH, "invoice")
def delete(books: Books, params: Params, invoice: str) -> Object:
    row = books.get("invoice", invoice, "invoice")
    if row["status"] != "draft":
        raise refused("You can only delete draft invoices.")
    emit(books, "invoice.deleted", row)
    del books.table("invoice")[invoice]
    del books.lines[invoice]
    return {"id": invoice, "object": "invoice", "deleted": True}


@endpoint("GET", "/v1/invoices", "invoice", f"{PAGING} customer status created collection_method due_date")
def list_invoices(books: Books, params: Params) -> Object:
    """There is no filter by metadata or number."""

    def keep(row: Object) -> bool:
        return (
            equal(row, params, "customer", "status", "collection_method")
            and within(row["created"], params.get("created"))
            and within(row["due_date"], params.get("due_date"))
        )

    return page(books.table("invoice"), keep, params, "/v1/invoices")


def customer_copy(customer: Object) -> Object:
    """What an invoice copies of its customer until it is finalised."""
    return {
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
    }


def _fields(books: Books, row: Object, params: Params) -> Object:
    """The changes that the parameters ask for, each checked by itself."""
    plain = [name for name in _DRAFT_ONLY.split() if name not in ("days_until_due",)]
    names = [*plain, "auto_advance", "default_payment_method"]
    changes: Object = {name: params[name] if params[name] != "" else None for name in names if name in params}
    if "metadata" in params:
        changes["metadata"] = merged(row["metadata"], params["metadata"])
    if "payment_settings" in params:
        changes["payment_settings"] = _settings(row["payment_settings"], params["payment_settings"])
    if params.get("due_date", books.now() + 1) <= books.now():
        raise past("due_date")
    if "days_until_due" in params:
        changes["due_date"] = row["created"] + params["days_until_due"] * DAY
    _check_number(books, row, changes.get("number"))
    _check_custom_fields(changes.get("custom_fields") or [])
    return changes


def _settings(current: Object, given: Object) -> Object:
    settings = {**current, **given}
    return {name: value if value != "" else None for name, value in settings.items()}


def _check_terms(row: Object, customer: Object, params: Params) -> None:
    """How and by when it is to be paid."""
    sent = row["collection_method"] == "send_invoice"
    given = [name for name in ("due_date", "days_until_due") if name in params]
    if len(given) > 1:
        raise invalid("You may only specify one of these parameters: due_date, days_until_due.", "due_date")
    if given and not sent:
        raise invalid(
            "You can only specify 'due_date' or 'days_until_due' if invoice collection method is "
            "'send_invoice'."
        )
    if sent and row["due_date"] is None:
        raise invalid(
            "If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'."
        )
    if sent and not customer["email"]:
        raise invalid(
            "Missing email. In order to create invoices that are sent to the customer, the customer must "
            "have a valid email."
        )


def past(param: str) -> Refusal:
    """The refusal of a time that has gone by (stripe-python issue 925)."""
    return invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", param)


def _check_number(books: Books, row: Object, number: str | None) -> None:
    """A number is at most 26 characters, and no other invoice of the account bears it."""
    if number is None:
        return
    if len(number) > 26:
        raise invalid(f"Invalid string: {number}; must be at most 26 characters", "number")
    if not re.fullmatch(r"[^\s](.*[^\s])?", number):
        raise invalid("Invalid string: number must not begin or end with a space", "number")
    if any(
        other["number"] == number for other in books.table("invoice").values() if other["id"] != row.get("id")
    ):
        raise invalid(f"The invoice number {number} is already in use in this account", "number")


def _check_custom_fields(fields: list[Object]) -> None:
    if len(fields) > 4:
        raise invalid("Array custom_fields exceeded maximum 4 allowed elements.", "custom_fields")
    for index, field in enumerate(fields):
        for name, longest in (("name", 40), ("value", 140)):
            if len(field[name]) > longest:
                message = f"Invalid string: {field[name][:20]}...; must be at most {longest} characters"
                raise invalid(message, f"custom_fields[{index}][{name}]")


@view("invoice")
def _view(books: Books, row: Object) -> Object:
    lines = books.lines.get(row["id"], [])
    shown: Object = {"lines": lines_of(lines, f"/v1/invoices/{row['id']}/lines")}
    customer = books.table("customer").get(row["customer"])
    if row["status"] == "draft" and customer is not None:
        shown |= {**customer_copy(customer), "starting_balance": customer["balance"]}
    return shown


@includable("invoice", "amount_paid_off_stripe")
def _paid_off_stripe(books: Books, row: Object) -> int:
    """Stripe's changelog, 2026-05-27: in answers that ask for it, and never in events."""
    paid: int = books.table("invoice")[row["id"]]["amount_paid_off_stripe"]
    return paid


@includable("invoice", "payments")
def _payments(books: Books, row: Object) -> Object:
    found = payments(books, row)[::-1]
    return envelope(found[:10], f"/v1/invoice_payments?invoice={row['id']}", has_more=len(found) > 10)
