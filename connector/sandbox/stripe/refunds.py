"""Refunds: money that goes back, at once, later, or in the end not at all (docs.stripe.com/refunds)."""

from typing import Any

from connector.sandbox.stripe import balance, charges
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid, refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.routing import PAGING, endpoint

_DESTINATIONS = {
    "card": "card",
    "us_bank_account": "us_bank_transfer",
    "customer_balance": "customer_cash_balance",
}
FIRST_STATUS = {"card": "succeeded", "us_bank_account": "pending", "customer_balance": "requires_action"}


@endpoint("POST", "/v1/refunds", "charge", "amount charge payment_intent reason metadata")
def create(books: Books, params: Params) -> Object:
    charge = _named_charge(books, params)
    return make(
        books,
        charge,
        params.get("amount"),
        reason=params.get("reason"),
        metadata=merged({}, params.get("metadata")),
    )


def make(
    books: Books,
    charge: Object,
    amount: int | None = None,
    status: str | None = None,
    **about: Any,
) -> Object:
    """Refunds `amount` in minor units, or all that is left. Raises the refusal of more than that."""
    amount = _checked(charge, amount)
    status = status or FIRST_STATUS[charges.method_of(charge)]
    row = _add(books, charge, amount, status, **about)
    _take_from_charge(charge, amount)
    if status != "requires_action":
        _book_money(books, row)
    emit(books, "refund.created", row)
    emit(books, "charge.refunded", charge)
    return row


def _add(books: Books, charge: Object, amount: int, status: str, **about: Any) -> Object:
    destination = _DESTINATIONS[charges.method_of(charge)]
    return books.add(
        "refund",
        {
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "currency": charge["currency"],
            "destination_details": {"type": destination, destination: {}},
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": status,
            "transfer_reversal": None,
            **about,
        },
    )


def of_failed(books: Books, charge: Object) -> Object:
    """The refund by which a debit that failed leaves the balance again: of a charge that never succeeded.

    Seen in github.com/wyyerd/stripe-rs/pull/177. Whether Stripe tells of it by an event is not documented.
    """
    row = _add(books, charge, charge["amount"], "succeeded")
    emit(books, "refund.created", row)
    return row


def is_of_nothing(books: Books, refund: Object) -> bool:
    """Whether its charge had brought nothing."""
    return bool(books.table("charge")[refund["charge"]]["status"] == "failed")


def settle(books: Books, refund: Object, status: str, reason: str | None = None) -> None:
    """A refund under way, or one that had succeeded up to 30 days ago, ends as `status`."""
    if refund["status"] in ("failed", "canceled"):
        raise refused(f"The refund {refund['id']} is {refund['status']}.")
    if is_of_nothing(books, refund):
        raise refused(f"The refund {refund['id']} is of a payment that failed.")
    charge = books.table("charge")[refund["charge"]]
    changes: Object = {"status": status}
    if status in ("failed", "canceled"):
        changes |= _undo(books, charge, refund)
    if status == "failed":
        changes["failure_reason"] = reason or "unknown"
    if status == "succeeded" and refund["balance_transaction"] is None:
        _book_money(books, refund)
    revise(books, refund, changes, "refund.updated")
    emit(books, "charge.refund.updated", refund)
    if status == "failed":
        emit(books, "refund.failed", refund)


def _undo(books: Books, charge: Object, refund: Object) -> Object:
    _take_from_charge(charge, -refund["amount"])
    if refund["balance_transaction"] is None:
        return {}
    back = balance.record(books, refund, refund["amount"], "refund_failure", "refund_failure")
    return {"failure_balance_transaction": back["id"]}


def _named_charge(books: Books, params: Params) -> Object:
    if "charge" in params:
        return books.named("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = books.named("payment_intent", params["payment_intent"], "payment_intent")
    if intent["latest_charge"] is None:
        raise refused(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return books.table("charge")[intent["latest_charge"]]


def _checked(charge: Object, amount: int | None) -> int:
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge_disputed"
        )
    if charge["status"] != "succeeded":
        raise refused(f"Charge {charge['id']} has not succeeded; cannot issue a refund.")
    if left == 0:
        raise refused(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    asked = left if amount is None else amount
    if asked < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if asked > left:
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})"
        raise refused(message, None, "amount")
    return asked


def _take_from_charge(charge: Object, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def _book_money(books: Books, refund: Object) -> None:
    charge = books.table("charge")[refund["charge"]]
    kind = "refund" if charges.method_of(charge) == "card" else "payment_refund"
    refund["balance_transaction"] = balance.record(books, refund, -refund["amount"], kind, "refund")["id"]


@endpoint("GET", "/v1/refunds/{refund}", "charge")
def retrieve(books: Books, params: Params, refund: str) -> Object:
    return books.get("refund", refund)


@endpoint("GET", "/v1/refunds", "charge", f"{PAGING} charge payment_intent created")
def list_refunds(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return equal(row, params, "charge", "payment_intent") and within(
            row["created"], params.get("created")
        )

    return page(books.table("refund"), keep, params, "/v1/refunds")
