"""Payouts: the balance goes to the account's bank (docs.stripe.com/payouts)."""

from connector.sandbox.stripe import balance
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.routing import PAGING, endpoint


def pay_out(books: Books, amount: int | None = None) -> Object:
    """An automatic payout of all that none has settled yet, or a manual one of `amount`. Raises for want of money.

    Only the account's own currency is paid out. Where more went back than came in, the bank is debited: a negative
    payout (support.stripe.com/questions/fix-the-negative-balance-on-your-account).
    """
    unsettled = [row for row in books.table("balance_transaction").values() if _is_payable(books, row)]
    held = sum(row["net"] for row in unsettled)
    asked = held if amount is None else amount
    if not asked or (amount is not None and amount < 0):
        raise refused("There is nothing to pay out.")
    if asked > held:
        raise refused("You have insufficient funds in your Stripe account for this transfer.")
    row = _new(books, asked, automatic=amount is None)
    if row["automatic"]:
        own = books.table("balance_transaction")[row["balance_transaction"]]
        books.payout_of |= {each["id"]: row["id"] for each in [*unsettled, own]}
    emit(books, "payout.created", row)
    return row


def _is_payable(books: Books, entry: Object) -> bool:
    """Whether no payout settled it yet, and the money is there: that of a debit under way is not."""
    if entry["id"] in books.payout_of or entry["currency"] != books.currency:
        return False
    charge = books.table("charge").get(entry["source"] or "")
    return charge is None or charge["status"] != "pending"


def _new(books: Books, amount: int, *, automatic: bool) -> Object:
    row = books.add(
        "payout",
        {
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": (books.now() // DAY + balance.SETTLING_DAYS) * DAY,
            "automatic": automatic,
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
            "reconciliation_status": "in_progress" if automatic else "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "pending",
            "trace_id": {"status": "pending", "value": None},
            "type": "bank_account",
        },
    )
    row["balance_transaction"] = balance.record(books, row, -amount, "payout", "payout")["id"]
    return row


def arrive(books: Books, payout: Object) -> None:
    """The bank has it, and the list of what an automatic one settled is complete."""
    revise(books, payout, {"status": "paid"}, "payout.paid")
    if payout["automatic"]:
        revise(books, payout, {"reconciliation_status": "completed"}, "payout.reconciliation_completed")


def cancel(books: Books, payout: Object) -> None:
    """Somebody takes back a payout that the bank does not have yet (docs.stripe.com/api/payouts/cancel)."""
    if payout["automatic"] or payout["status"] != "pending":
        raise refused("Only a manual payout that is pending can be canceled.")
    back = balance.record(books, payout, payout["amount"], "payout_cancel", "payout_reversal")
    changes = {"status": "canceled", "failure_balance_transaction": back["id"]}
    revise(books, payout, changes, "payout.canceled")


def fail(books: Books, payout: Object, code: str) -> None:
    """The bank returns it, which may be days after it had shown as paid; the next payout settles what came back."""
    if payout["status"] not in ("pending", "in_transit", "paid"):
        raise refused(f"The payout {payout['id']} is {payout['status']}.")
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
