"""Disputes: a payer takes money back through the bank (docs.stripe.com/disputes).

A returned ACH debit is a dispute too, lost from the start (docs.stripe.com/payments/ach-direct-debit).
"""

from connector.sandbox.stripe import balance, charges
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.presenting import present, view
from connector.sandbox.stripe.routing import PAGING, endpoint

ANSWER_DAYS = 7
_EVIDENCE: Object = {
    "customer_email_address": None,
    "customer_name": None,
    "enhanced_evidence": {},
    "product_description": None,
    "uncategorized_file": None,
    "uncategorized_text": None,
}


def begin(
    books: Books,
    charge: Object,
    amount: int | None = None,
    reason: str = "general",
    status: str = "needs_response",
) -> Object:
    """The payer disputes `amount` in minor units, or the whole charge; no money has moved yet."""
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise refused(f"Charge {charge['id']} cannot be disputed.")
    method = charges.method_of(charge)
    row = books.add(
        "dispute",
        {
            "amount": charge["amount"] if amount is None else amount,
            "balance_transactions": [],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": _EVIDENCE,
            "evidence_details": {
                "due_by": books.now() + ANSWER_DAYS * DAY,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": status.startswith("warning_"),
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {"type": method, method: _method_details(method)},
            "reason": reason,
            "status": status,
        },
    )
    charge["disputed"] = True
    emit(books, "charge.dispute.created", row)
    return row


def _method_details(method: str) -> Object:
    if method == "card":
        return {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"}
    return {}


def withdraw(books: Books, dispute: Object, amount: int | None = None) -> None:
    """The bank takes the money, or `amount` of it in minor units, and Stripe its fee."""
    taken = dispute["amount"] if amount is None else amount
    _move(books, dispute, -taken, "dispute", balance.DISPUTE_FEE)
    dispute["is_charge_refundable"] = False
    emit(books, "charge.dispute.funds_withdrawn", dispute)


def reinstate(books: Books, dispute: Object) -> None:
    """The money comes back, the fee does not."""
    _move(books, dispute, dispute["amount"], "dispute_reversal", 0)
    emit(books, "charge.dispute.funds_reinstated", dispute)


def close(books: Books, dispute: Object, status: str) -> None:
    """Won, lost, or a warning closed."""
    revise(books, dispute, {"status": status}, "charge.dispute.closed")


def _move(books: Books, dispute: Object, amount: int, category: str, fee: int) -> None:
    transaction = balance.record(books, dispute, amount, "adjustment", category, fee)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], transaction["id"]]


@view("dispute")
def _view(books: Books, row: Object) -> Object:
    table = books.table("balance_transaction")
    return {"balance_transactions": [present(books, table[each]) for each in row["balance_transactions"]]}


@endpoint("GET", "/v1/disputes/{dispute}", "dispute")
def retrieve(books: Books, params: Params, dispute: str) -> Object:
    return books.get("dispute", dispute)


@endpoint("GET", "/v1/disputes", "dispute", f"{PAGING} charge payment_intent created")
def list_disputes(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return equal(row, params, "charge", "payment_intent") and within(
            row["created"], params.get("created")
        )

    return page(books.table("dispute"), keep, params, "/v1/disputes")
