"""An invoice's life after the draft: finalised, sent, paid, void, uncollectible.

Source: docs.stripe.com/invoicing/integration/workflow-transitions and the docstrings of stripe-python 16.1.0
`_invoice_service.py`.
"""

from connector.sandbox.stripe import (
    collecting,
    customer_balance,
    customers,
    payment_records,
    revisions,
    settlement,
)
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.currencies import below_minimum, check_payable, check_roundness
from connector.sandbox.stripe.errors import Refusal, invalid, refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.invoices import customer_copy
from connector.sandbox.stripe.routing import endpoint

_PATH = "/v1/invoices/{invoice}"
_HOSTED = "https://invoice.stripe.com/i"


@endpoint("POST", f"{_PATH}/finalize", "invoice", "auto_advance")
def finalize(books: Books, params: Params, invoice: str) -> Object:
    row = books.get("invoice", invoice)
    if row["status"] != "draft":
        raise refused("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    _finalize(books, row, auto_advance=bool(params.get("auto_advance", row["auto_advance"])))
    return row


@endpoint("POST", f"{_PATH}/send", "invoice")
def send(books: Books, params: Params, invoice: str) -> Object:
    """Finalises a draft first; a sandbox sends no mail, but the event says sent."""
    row = books.get("invoice", invoice, "invoice")
    if row["collection_method"] != "send_invoice" or row["status"] not in ("draft", "open"):
        raise refused(
            "This invoice cannot be sent right now. Please contact us via https://support.stripe.com/contact "
            "with details, so we can help."
        )
    if row["status"] == "draft":
        _finalize(books, row, auto_advance=row["auto_advance"])
    emit(books, "invoice.sent", row)
    return row


@endpoint("POST", f"{_PATH}/pay", "invoice", "paid_out_of_band payment_method off_session")
def pay(books: Books, params: Params, invoice: str) -> Object:
    """Outside Stripe, or with one of Stripe's test payment methods."""
    row = books.get("invoice", invoice)
    if row["status"] == "paid":
        raise refused("Invoice is already paid")
    if row["status"] == "draft":
        _finalize(books, row, auto_advance=row["auto_advance"])
    if row["status"] == "void":
        raise _not_open()
    _refuse_while_processing(books, row)
    if params.get("paid_out_of_band"):
        paid_elsewhere(books, row)
    elif row["status"] != "paid":
        collecting.pay_default(books, row, params.get("payment_method"))
    return row


@endpoint("POST", f"{_PATH}/void", "invoice")
def void(books: Books, params: Params, invoice: str) -> Object:
    """Irreversible; gives back the customer balance that the invoice had used."""
    row = books.get("invoice", invoice)
    if row["status"] == "paid" or any(each["status"] == "paid" for each in settlement.payments(books, row)):
        raise refused("Invoices with `paid` payments cannot be voided.")
    if row["status"] not in settlement.OWED:
        raise _not_open()
    _refuse_while_processing(books, row)
    moments = {**row["status_transitions"], "voided_at": books.now()}
    changes = {"status": "void", "auto_advance": False, "status_transitions": moments}
    revise(books, row, changes, "invoice.updated")
    settlement.keep_in_step(books, row)
    _give_back_balance(books, row)
    emit(books, "invoice.voided", row)
    return row


@endpoint("POST", f"{_PATH}/mark_uncollectible", "invoice")
def mark_uncollectible(books: Books, params: Params, invoice: str) -> Object:
    row = books.get("invoice", invoice)
    if row["status"] == "uncollectible":
        raise refused("This invoice has already been marked uncollectible.")
    if row["status"] != "open":
        raise _not_open()
    changes = {
        "status": "uncollectible",
        "auto_advance": False,
        "status_details": {"uncollectible": {"reason": "user_forgiven"}},
        "status_transitions": {**row["status_transitions"], "marked_uncollectible_at": books.now()},
    }
    revise(books, row, changes, "invoice.updated")
    emit(books, "invoice.marked_uncollectible", row)
    return row


@endpoint("POST", f"{_PATH}/attach_payment", "invoice", "payment_intent payment_record")
def attach_payment(books: Books, params: Params, invoice: str) -> Object:
    """A PaymentIntent that has succeeded counts at once, any other when it does; a PaymentRecord always."""
    row = books.get("invoice", invoice, "invoice")
    if ("payment_intent" in params) == ("payment_record" in params):
        raise invalid("You must specify exactly one of these parameters: payment_intent, payment_record.")
    if row["status"] not in settlement.OWED:
        raise _not_open()
    if "payment_record" in params:
        record = books.named("payment_record", params["payment_record"], "payment_record")
        payment_records.attach(books, row, record)
    else:
        intent = books.named("payment_intent", params["payment_intent"], "payment_intent")
        collecting.attach(books, row, intent)
    return row


def paid_elsewhere(books: Books, row: Object) -> None:
    """The whole rest came in outside Stripe; since 2025-03-31 it shows in `amount_paid` as well."""
    changes = {
        "amount_paid": row["amount_paid"] + row["amount_remaining"],
        "amount_paid_off_stripe": row["amount_paid_off_stripe"] + row["amount_remaining"],
        "amount_remaining": 0,
    }
    row.update(changes)
    settlement.mark_paid(books, row, attempted=False)
    settlement.keep_in_step(books, row)


def _not_open() -> Refusal:
    return refused("You can only pass in open invoices. This invoice isn't open.")


def _refuse_while_processing(books: Books, row: Object) -> None:
    for payment in settlement.payments(books, row):
        intent = books.find(payment["payment"].get("payment_intent", ""))
        if intent is not None and intent["status"] == "processing":
            raise refused(
                f"This invoice has a payment in progress: PaymentIntent {intent['id']} is processing.",
                "payment_intent_unexpected_state",
            )


def _finalize(books: Books, row: Object, *, auto_advance: bool) -> None:
    customer = customers.require(books, row["customer"])
    _supersede(books, row)
    due, ending = _settled_against_balance(row, customer)
    _check_collectable(books, row, due)
    previous_balance, now = customer["balance"], books.now()
    row.update(
        **customer_copy(customer),
        starting_balance=previous_balance,
        ending_balance=ending,
        amount_due=due,
        amount_remaining=due,
        number=row["number"] or _next_number(customer),
        effective_at=row["effective_at"] or now,
        auto_advance=auto_advance,
        automatically_finalizes_at=None,
        hosted_invoice_url=f"{_HOSTED}/{books.account}/test_{row['id']}?s=ap",
        invoice_pdf=f"https://pay.stripe.com/invoice/{books.account}/test_{row['id']}/pdf?s=ap",
        status="open",
        status_transitions={**row["status_transitions"], "finalized_at": now},
    )
    _use_balance(books, customer, row)
    emit(books, "invoice.finalized", row)
    if due == 0:
        settlement.mark_paid(books, row, attempted=True)
    else:
        settlement.open_default(books, row)


def _supersede(books: Books, row: Object) -> None:
    """A revision voids what it revises, which gives back the credit that it had used."""
    original = revisions.original_of(books, row)
    if original is not None:
        revisions.supersede(books, original, row)
        void(books, {}, original["id"])


def _settled_against_balance(row: Object, customer: Object) -> tuple[int, int]:
    """What is due after the customer's balance, and the balance that is left.

    A credit pays first; a debt is added; a negative total becomes credit; and what is below the minimum
    charge is owed by the customer until the next invoice (stripe-python 16.1.0 `Invoice.amount_due`).
    """
    owed = row["total"] + customer["balance"]
    if owed <= 0:
        return 0, owed
    if below_minimum(owed, row["currency"]):
        return 0, owed
    return owed, 0


def _use_balance(books: Books, customer: Object, row: Object) -> None:
    change = row["ending_balance"] - row["starting_balance"]
    if change:
        too_small = row["amount_due"] == 0 and row["ending_balance"] > 0
        kind = "invoice_too_small" if too_small else "applied_to_invoice"
        customer_balance.adjust(books, customer, change, kind, row["currency"], invoice=row["id"])


def _give_back_balance(books: Books, row: Object) -> None:
    customer = books.table("customer").get(row["customer"])
    change = row["starting_balance"] - row["ending_balance"]
    if customer is not None and change:
        about = {"invoice": row["id"]}
        customer_balance.adjust(books, customer, change, "unapplied_from_invoice", row["currency"], **about)


def _check_collectable(books: Books, row: Object, due: int) -> None:
    try:
        check_roundness(due, row["currency"], "amount")
        for method in row["payment_settings"]["payment_method_types"] or []:
            check_payable(due, row["currency"], method)
    except Refusal as refusal:
        row["last_finalization_error"] = refusal.error
        emit(books, "invoice.finalization_failed", row)
        refusal.stored = True
        raise


def _next_number(customer: Object) -> str:
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}"
    customer["next_invoice_sequence"] += 1
    return number
