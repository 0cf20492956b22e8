"""Customers (docs.stripe.com/api/customers)."""

import re
from typing import Any

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid, missing
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

FIELDS = (
    "name email phone description metadata address shipping tax_exempt preferred_locales business_name "
    "individual_name invoice_prefix next_invoice_sequence"
)
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_BLANK: Object = {
    "address": None,
    "balance": 0,
    "currency": None,
    "customer_account": None,
    "default_source": None,
    "delinquent": False,
    "description": None,
    "discount": None,
    "email": None,
    "invoice_settings": {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": None,
        "rendering_options": None,
    },
    "livemode": False,
    "metadata": {},
    "name": None,
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
    "test_clock": None,
}
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+", re.ASCII)
_CLAUSE = re.compile(
    r"(metadata\[(['\"])(?P<key>.+?)\2\]|(?P<field>email|name))\s*:\s*(['\"])(?P<value>.*?)\5"
)


def current(books: Books, identifier: str, param: str = "customer") -> Object:
    """The customer that a parameter names; a deleted one is as good as unknown."""
    return books.named("customer", identifier, param)


@endpoint("POST", "/v1/customers", "customer", FIELDS)
def create(books: Books, params: Params) -> Object:
    fields = _checked(params)
    prefix = params.get("invoice_prefix") or books.random_text(8).upper()
    metadata = merged({}, params.get("metadata"))
    row = books.add("customer", {**_BLANK, **fields, "invoice_prefix": prefix, "metadata": metadata})
    emit(books, "customer.created", row)
    return row


@endpoint("POST", "/v1/customers/{customer}", "customer", FIELDS)
def update(books: Books, params: Params, customer: str) -> Object:
    row = books.get("customer", customer)
    changes = _checked(params)
    if "metadata" in params:
        changes["metadata"] = merged(row["metadata"], params["metadata"])
    revise(books, row, changes, "customer.updated")
    return row


@endpoint("GET", "/v1/customers/{customer}", "customer")
def retrieve(books: Books, params: Params, customer: str) -> Object:
    return books.deleted_customers.get(customer) or books.get("customer", customer)


@endpoint("DELETE", "/v1/customers/{customer}", "customer")
def delete(books: Books, params: Params, customer: str) -> Object:
    row = books.get("customer", customer)
    del books.table("customer")[customer]
    stub = {"id": customer, "object": "customer", "deleted": True}
    books.deleted_customers[customer] = stub
    emit(books, "customer.deleted", row)
    return stub


@endpoint("GET", "/v1/customers", "customer", f"{PAGING} email created")
def list_customers(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return equal(row, params, "email") and within(row["created"], params.get("created"))

    return page(books.table("customer"), keep, params, "/v1/customers")


@endpoint("GET", "/v1/customers/search", "customer", "limit query page")
def search(books: Books, params: Params) -> Object:
    """Eventually consistent: a customer is found `search_delay` seconds after it was created."""
    clauses = _clauses(params["query"])
    visible = books.clock().timestamp() - books.search_delay
    found = [
        row
        for row in reversed(books.table("customer").values())
        if row["created"] <= visible and all(_holds(row, clause) for clause in clauses)
    ]
    start, limit = int(params.get("page", "0")), params.get("limit", 10)
    more = len(found) > start + limit
    return {
        "object": "search_result",
        "data": found[start : start + limit],
        "has_more": more,
        "next_page": str(start + limit) if more else None,
        "url": "/v1/customers/search",
    }


def _clauses(query: str) -> list[re.Match[str]]:
    clauses = [_CLAUSE.fullmatch(part.strip()) for part in re.split(r"\s+AND\s+", query)]
    matches = [clause for clause in clauses if clause is not None]
    if len(matches) < len(clauses):
        raise invalid(f"The sandbox cannot read the search query {query}", "query")
    return matches


def _holds(row: Object, clause: re.Match[str]) -> bool:
    found = row["metadata"].get(clause["key"]) if clause["key"] else row[clause["field"]]
    return bool(found == clause["value"])


def _checked(params: Params) -> Object:
    fields: Object = {name: params[name] or None for name in FIELDS.split() if name in params}
    fields.pop("metadata", None)
    _check_contact(fields)
    if fields.get("address"):
        fields["address"] = address(fields["address"], "address")
    if fields.get("shipping"):
        fields["shipping"]["address"] = address(fields["shipping"]["address"], "shipping[address]")
    return fields


def _check_contact(fields: Object) -> None:
    email, phone, name = fields.get("email"), fields.get("phone"), fields.get("name")
    if email is not None and (len(email) > 512 or not _EMAIL.fullmatch(email)):
        raise invalid(f"Invalid email address: {email}", "email", "email_invalid")
    if phone is not None and len(phone) > 20:
        raise _too_long(phone, "phone", 20)
    if name is not None and len(name) > 256:
        raise _too_long(name, "name", 256)


def _too_long(value: str, param: str, longest: int) -> Exception:
    message = f"Invalid string: {value[:20]}...; must be at most {longest} characters"
    return invalid(message, param, "parameter_invalid_string")


def address(given: dict[str, Any], param: str) -> Object:
    """All six parts of an address. Raises the refusal of a country that is not a code of two letters."""
    country = given.get("country")
    if country and not re.fullmatch("[A-Za-z]{2}", country):
        raise invalid(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead, such "
            "as 'US', 'EG', or 'GB'.",
            f"{param}[country]",
            "country_unknown",
        )
    return {part: given.get(part) or None for part in ADDRESS}


def require(books: Books, identifier: str) -> Object:
    """The customer of an existing object. Raises the refusal when it was deleted in the meantime."""
    row = books.table("customer").get(identifier)
    if row is None:
        raise missing("customer", identifier, "customer", 400)
    return row
