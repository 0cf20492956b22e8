"""Payouts: the balance goes to the account's bank (docs.stripe.com/payouts)."""

from connector.sandbox.stripe import balance
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.routing import PAGING, endpoint


def pay_out(books: Books) -> Object:
    """An automatic payout of all that no payout has settled yet, paid and reconciled. Raises when nothing is."""
    table = books.table("balance_transaction")
    settled = [row for row in table.values() if row["id"] not in books.payout_of]
    amount = sum(row["net"] for row in settled)
    if amount <= 0:
        raise refused("There is nothing to pay out.")
    row = books.add(
        "payout",
        {
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": books.now() + balance.SETTLING_DAYS * DAY,
            "automatic": True,
            "currency": books.currency,
            "description": "STRIPE PAYOUT",
            "destination": f"ba_1{books.random_text(23)}",
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": {},
            "method": "standard",
            "original_payout": None,
            "payout_method": None,
            "reconciliation_status": "in_progress",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "in_transit",
            "trace_id": {"status": "pending", "value": None},
            "type": "bank_account",
        },
    )
    transaction = balance.record(books, row, -amount, "payout", "payout")
    row["balance_transaction"] = transaction["id"]
    books.payout_of |= {each["id"]: row["id"] for each in [*settled, transaction]}
    emit(books, "payout.created", row)
    return row


def arrive(books: Books, payout: Object) -> None:
    """The bank has it, and the list of what it settled is complete."""
    revise(books, payout, {"status": "paid"}, "payout.paid")
    revise(books, payout, {"reconciliation_status": "completed"}, "payout.reconciliation_completed")


def fail(books: Books, payout: Object, code: str) -> None:
    """The bank returns it, which may be days after it had shown as paid."""
    back = balance.record(books, payout, payout["amount"], "payout_failure", "payout_reversal")
    changes = {
        "status": "failed",
        "failure_code": code,
        "failure_message": "The bank could not process this payout.",
        "failure_balance_transaction": back["id"],
    }
    revise(books, payout, changes, "payout.failed")


@endpoint("GET", "/v1/payouts/{payout}", "payout")
def retrieve(books: Books, params: Params, payout: str) -> Object:
    return books.get("payout", payout)


@endpoint("GET", "/v1/payouts", "payout", f"{PAGING} created arrival_date status")
def list_payouts(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return (
            equal(row, params, "status")
            and within(row["created"], params.get("created"))
            and within(row["arrival_date"], params.get("arrival_date"))
        )

    return page(books.table("payout"), keep, params, "/v1/payouts")
