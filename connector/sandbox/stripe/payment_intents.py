"""PaymentIntents: the attempt to collect one amount (docs.stripe.com/api/payment_intents)."""

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.currencies import check_currency
from connector.sandbox.stripe.errors import invalid, refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_BLANK: Object = {
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "customer": None,
    "customer_account": None,
    "description": None,
    "excluded_payment_method_types": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "metadata": {},
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_record": None,
    "processing": None,
    "receipt_email": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "requires_payment_method",
    "transfer_data": None,
    "transfer_group": None,
}


def new(books: Books, amount: int, currency: str, customer: str | None, **fields: object) -> Object:
    """An intent that waits for a way to pay; `amount` in minor units."""
    row = books.add(
        "payment_intent",
        {
            **_BLANK,
            "amount": amount,
            "currency": currency,
            "customer": customer,
            "payment_method_types": ["card"],
            **fields,
        },
    )
    row["client_secret"] = f"{row['id']}_secret_{books.random_text(24)}"
    emit(books, "payment_intent.created", row)
    return row


def cancel_quietly(books: Books, intent: Object, reason: str) -> None:
    """Cancels an intent that no longer has anything to collect; leaves one that already ended."""
    if intent["status"] in PAYABLE:
        changes = {"status": "canceled", "canceled_at": books.now(), "cancellation_reason": reason}
        revise(books, intent, changes, "payment_intent.canceled")


@endpoint(
    "POST",
    "/v1/payment_intents",
    "payment_intent",
    "amount currency customer description metadata receipt_email",
)
def create(books: Books, params: Params) -> Object:
    """Without confirmation: payers confirm on the hosted page, which the operator plays."""
    if params["amount"] < 1:
        raise invalid("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    if "customer" in params:
        books.named("customer", params["customer"], "customer")
    return new(
        books,
        params["amount"],
        check_currency(params["currency"]),
        params.get("customer"),
        description=params.get("description"),
        receipt_email=params.get("receipt_email"),
        metadata=merged({}, params.get("metadata")),
    )


@endpoint("GET", "/v1/payment_intents/{intent}", "payment_intent")
def retrieve(books: Books, params: Params, intent: str) -> Object:
    return books.get("payment_intent", intent, "intent")


@endpoint("GET", "/v1/payment_intents", "payment_intent", f"{PAGING} created customer")
def list_intents(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return equal(row, params, "customer") and within(row["created"], params.get("created"))

    return page(books.table("payment_intent"), keep, params, "/v1/payment_intents")


@endpoint("POST", "/v1/payment_intents/{intent}/cancel", "payment_intent", "cancellation_reason")
def cancel(books: Books, params: Params, intent: str) -> Object:
    row = books.get("payment_intent", intent, "intent")
    if row["status"] not in PAYABLE:
        raise refused(
            f"You cannot cancel this PaymentIntent because it has a status of {row['status']}.",
            "payment_intent_unexpected_state",
        )
    if any(pay["is_default"] for pay in payments_of(books, intent)):
        raise refused(
            "You cannot cancel a PaymentIntent that belongs to an invoice. Void the invoice instead."
        )
    cancel_quietly(books, row, params.get("cancellation_reason", "requested_by_customer"))
    return row


def payments_of(books: Books, intent: str) -> list[Object]:
    """The invoice payments of an intent, oldest first."""
    payments = books.table("invoice_payment").values()
    return [row for row in payments if row["payment"].get("payment_intent") == intent]
