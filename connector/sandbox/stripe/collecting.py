"""Collecting: a PaymentIntent is paid, declined, or left processing, and the invoices hear of it."""

from connector.sandbox.stripe import balance, charges, payment_intents, refunds, settlement
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.errors import Refusal, declined, invalid, refused
from connector.sandbox.stripe.events import emit, revise

TEST_METHODS = {
    "pm_card_visa": ("card", True),
    "pm_card_mastercard": ("card", True),
    "pm_card_chargeDeclined": ("card", False),
    "pm_card_visa_chargeDeclined": ("card", False),
    "pm_usBankAccount_success": ("us_bank_account", True),
}
"""docs.stripe.com/testing"""


def attach(books: Books, invoice: Object, intent: Object) -> None:
    """The intent shall pay this invoice, up to what is due. Raises for a foreign or dead intent."""
    if intent["status"] == "canceled":
        raise refused(
            "A canceled PaymentIntent cannot be attached to an invoice.", "payment_intent_unexpected_state"
        )
    if intent["customer"] != invoice["customer"]:
        raise refused("The PaymentIntent's customer must be the invoice's customer.", None, "payment_intent")
    if intent["currency"] != invoice["currency"]:
        raise refused("The PaymentIntent's currency must be the invoice's currency.", None, "payment_intent")
    attached = payment_intents.payments_of(books, intent["id"])
    if any(each["invoice"] == invoice["id"] for each in attached):
        raise refused("The PaymentIntent is already attached to this invoice.", None, "payment_intent")
    promised = sum(each["amount_requested"] for each in attached)
    asked = min(intent["amount"] - promised, invoice["amount_remaining"])
    by_intent = {"type": "payment_intent", "payment_intent": intent["id"]}
    settlement.request(books, invoice, by_intent, asked)
    if intent["status"] == "succeeded":
        settlement.receive(books, intent)


def pay_default(books: Books, invoice: Object, payment_method: str | None) -> None:
    """Pays what remains of an invoice with a test payment method of Stripe's."""
    if payment_method is None:
        raise refused(
            "There is no `default_payment_method` set on this Customer or Invoice. Please attach a payment "
            "method and try again.",
            "resource_missing",
        )
    if payment_method not in TEST_METHODS:
        raise invalid(f"No such PaymentMethod: '{payment_method}'", "payment_method", "resource_missing")
    waiting = settlement.default_payment(books, invoice)
    if waiting is None:
        raise refused("This invoice has no payment to collect.")
    method, succeeds = TEST_METHODS[payment_method]
    intent = books.table("payment_intent")[waiting["payment"]["payment_intent"]]
    if succeeds:
        pay(books, intent, method)
    else:
        raise decline(books, intent)


def pay(books: Books, intent: Object, method: str) -> Object:
    """The payer pays the whole intent: by card at once, from a bank account after days."""
    _refuse_if_closed(intent)
    _count_attempt(books, intent)
    if method == "us_bank_account":
        charge = charges.new(books, intent, intent["amount"], method, "pending")
        _book_in_time(books, charge)
        revise(books, intent, {"status": "processing"}, "payment_intent.processing")
        emit(books, "charge.pending", charge)
        return charge
    charge = charges.new(books, intent, intent["amount"], method, "pending")
    succeed(books, intent, charge)
    return charge


def succeed(books: Books, intent: Object, charge: Object) -> None:
    """The money came."""
    amount = charge["amount"]
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=amount)
    charge["receipt_url"] = f"https://pay.stripe.com/receipts/payment/{charge['id']}"
    _book_in_time(books, charge)
    emit(books, "charge.succeeded", charge)
    changes = {"status": "succeeded", "amount_received": amount, "last_payment_error": None}
    revise(books, intent, changes, "payment_intent.succeeded")
    settlement.receive(books, intent)


def _book_in_time(books: Books, charge: Object) -> None:
    """A debit that may still fail is in the balance already (docs.stripe.com/reports/reporting-categories)."""
    if charge["balance_transaction"] is None and not books.late_balance_transactions:
        book_money(books, charge)


def book_money(books: Books, charge: Object) -> None:
    """Books the charge and its fee into the account's balance."""
    method = charges.method_of(charge)
    kind = "charge" if method == "card" else "payment"
    fee = balance.processing_fee(charge["amount"], method)
    transaction = balance.record(books, charge, charge["amount"], kind, "charge", fee)
    charge["balance_transaction"] = transaction["id"]


def fail(books: Books, intent: Object, charge: Object, code: str, message: str) -> None:
    """The money will not come; the intent waits for another way to pay."""
    charge.update(status="failed", failure_code=code, failure_message=message)
    if charge["balance_transaction"] is not None:
        _take_back(books, charge)
    emit(books, "charge.failed", charge)
    kind = "card_error" if charges.method_of(charge) == "card" else "invalid_request_error"
    error = {"charge": charge["id"], "code": code, "message": message, "type": kind}
    changes = {"status": "requires_payment_method", "last_payment_error": error}
    revise(books, intent, changes, "payment_intent.payment_failed")
    for payment in payment_intents.payments_of(books, intent["id"]):
        emit(books, "invoice.payment_failed", books.table("invoice")[payment["invoice"]])


def _take_back(books: Books, charge: Object) -> None:
    """What was booked of a debit under way leaves the balance again, and its fee comes back."""
    booked = books.table("balance_transaction")[charge["balance_transaction"]]
    amount, fee = -charge["amount"], -booked["fee"]
    refund = refunds.of_failed(books, charge)
    taken = balance.record(books, refund, amount, "payment_failure_refund", "charge_failure", fee)
    refund["balance_transaction"] = charge["failure_balance_transaction"] = taken["id"]


def decline(books: Books, intent: Object) -> Refusal:
    """The issuer declines the card; answers what the API would say to it."""
    _refuse_if_closed(intent)
    _count_attempt(books, intent)
    charge = charges.new(books, intent, intent["amount"], "card", "failed")
    message = "Your card was declined."
    fail(books, intent, charge, "card_declined", message)
    return declined(message, "generic_decline", charge["id"], dict(intent))


def _refuse_if_closed(intent: Object) -> None:
    if intent["status"] not in payment_intents.PAYABLE:
        raise refused(
            f"This PaymentIntent's status is {intent['status']}; it cannot be paid.",
            "payment_intent_unexpected_state",
        )


def _count_attempt(books: Books, intent: Object) -> None:
    for payment in payment_intents.payments_of(books, intent["id"]):
        invoice = books.table("invoice")[payment["invoice"]]
        invoice["attempted"] = True
        invoice["attempt_count"] += 1
