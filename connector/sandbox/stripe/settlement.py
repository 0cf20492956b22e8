"""How money and credit settle invoices: invoice payments, what remains due, and when an invoice is paid.

Source: docs.stripe.com/invoicing/partial-payments and docs.stripe.com/changelog/basil.
"""

from connector.sandbox.stripe import customer_balance, payment_intents
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.events import emit, revise

OWED = ("open", "uncollectible")


def payments(books: Books, invoice: Object) -> list[Object]:
    """The invoice's payments, oldest first."""
    return [row for row in books.table("invoice_payment").values() if row["invoice"] == invoice["id"]]


def default_payment(books: Books, invoice: Object) -> Object | None:
    """The open payment that finalisation made for the whole rest."""
    waiting = (row for row in payments(books, invoice) if row["is_default"] and row["status"] == "open")
    return next(waiting, None)


def request(
    books: Books,
    invoice: Object,
    payment: Object,
    amount: int,
    *,
    is_default: bool = False,
) -> Object:
    """An invoice payment that asks `payment` (a PaymentIntent or PaymentRecord by type) for `amount`."""
    return books.add(
        "invoice_payment",
        {
            "amount_paid": None,
            "amount_requested": amount,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": is_default,
            "livemode": False,
            "payment": payment,
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
    )


def open_default(books: Books, invoice: Object) -> None:
    """What finalising makes: one payment with its PaymentIntent for all that remains."""
    intent = payment_intents.new(
        books,
        invoice["amount_remaining"],
        invoice["currency"],
        invoice["customer"],
        description=f"Payment for Invoice {invoice['number']}",
        payment_method_types=invoice["payment_settings"]["payment_method_types"] or ["card"],
    )
    by_intent = {"type": "payment_intent", "payment_intent": intent["id"]}
    request(books, invoice, by_intent, invoice["amount_remaining"], is_default=True)


def keep_in_step(books: Books, invoice: Object) -> None:
    """The default payment always asks for what remains, and for nothing once nothing does."""
    waiting = default_payment(books, invoice)
    if waiting is None:
        return
    intent = books.table("payment_intent")[waiting["payment"]["payment_intent"]]
    if intent["status"] not in payment_intents.PAYABLE:
        return  # its money is on the way: it will be received, as an overpayment if nothing is due by then
    if invoice["status"] in OWED and invoice["amount_remaining"] > 0:
        waiting["amount_requested"] = invoice["amount_remaining"]
        intent["amount"] = invoice["amount_remaining"]
        return
    cancel(books, waiting)
    payment_intents.cancel_quietly(books, intent, "void_invoice")


def cancel(books: Books, payment: Object) -> None:
    """The payment will not come."""
    payment["status"] = "canceled"
    payment["status_transitions"] = {**payment["status_transitions"], "canceled_at": books.now()}


def receive(books: Books, intent: Object) -> None:
    """A PaymentIntent succeeded: spreads its money over the invoices that wait for it, oldest first."""
    waiting = [row for row in payment_intents.payments_of(books, intent["id"]) if row["status"] == "open"]
    left = intent["amount_received"]
    for payment in waiting:
        invoice = books.table("invoice")[payment["invoice"]]
        due = invoice["amount_remaining"] if invoice["status"] in OWED else 0
        # what no invoice asked for stays with the last one, as an overpayment
        share = left if payment is waiting[-1] else min(payment["amount_requested"], due, left)
        left -= share
        if share:
            book(books, payment, invoice, share)


def book(books: Books, payment: Object, invoice: Object, amount: int) -> None:
    """Money arrived for an invoice; what exceeds the rest goes to the customer's credit balance."""
    payment["status"] = "paid"
    payment["amount_paid"] = amount
    payment["status_transitions"] = {**payment["status_transitions"], "paid_at": books.now()}
    emit(books, "invoice_payment.paid", payment)
    due = invoice["amount_remaining"] if invoice["status"] in OWED else 0
    excess = max(amount - due, 0)
    changes = {
        "amount_paid": invoice["amount_paid"] + amount - excess,
        "amount_remaining": invoice["amount_remaining"] - (amount - excess),
        "amount_overpaid": invoice["amount_overpaid"] + excess,
    }
    revise(books, invoice, changes, "invoice.updated")
    close_if_settled(books, invoice)
    if excess:
        _overpaid(books, invoice, excess)


def _overpaid(books: Books, invoice: Object, excess: int) -> None:
    customer = books.table("customer").get(invoice["customer"])
    if customer is not None:
        about = {"invoice": invoice["id"]}
        customer_balance.adjust(books, customer, -excess, "invoice_overpaid", invoice["currency"], **about)
    emit(books, "invoice.overpaid", invoice)


def close_if_settled(books: Books, invoice: Object) -> None:
    """Marks the invoice paid when nothing remains, and keeps its default payment in step."""
    if invoice["status"] in OWED and invoice["amount_remaining"] == 0:
        mark_paid(books, invoice, attempted=True)
    keep_in_step(books, invoice)


def mark_paid(books: Books, invoice: Object, *, attempted: bool) -> None:
    """Paid, which is not to say in cash."""
    changes = {
        "status": "paid",
        "attempted": attempted or invoice["attempted"],
        "auto_advance": False,
        "status_transitions": {**invoice["status_transitions"], "paid_at": books.now()},
    }
    revise(books, invoice, changes, "invoice.updated")
    emit(books, "invoice.paid", invoice)
    emit(books, "invoice.payment_succeeded", invoice)
