"""The steps by which a finalized Stripe invoice is brought to ask for less, or for more again.

Each is done once: the same step on the same state of the invoice has the same idempotency key.
"""

from connector.errors import Blocked
from connector.models import Invoice, Operation
from connector.money import Money
from connector.operations import idempotency_key
from connector.stripe_api.customers import TENANT_KEY
from connector.stripe_api.records import CreditNote, StripeInvoice
from connector.sync.invoice_at_stripe import metadata_of
from connector.sync.settlement_step import (
    Credit,
    PayElsewhere,
    Restore,
)
from connector.work import Attempt


def take_step(
    attempt: Attempt[Operation],
    invoice: Invoice,
    at_stripe: StripeInvoice,
    step: Credit | PayElsewhere | Restore,
) -> None:
    match step:
        case Credit():
            _credit(attempt, invoice, at_stripe, step.amount)
        case PayElsewhere():
            _pay_elsewhere(attempt, invoice, at_stripe, step)
        case Restore():
            _restore(attempt, invoice, at_stripe, step)


def _credit(attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice, amount: int) -> None:
    stripe = attempt.runtime.stripe(attempt.tenant)
    note = stripe.create_credit_note(
        at_stripe.id,
        amount,
        memo=f"Invoice {invoice.number} was credited",
        metadata=metadata_of(attempt.tenant, invoice),
        idempotency_key=key_of_step(attempt, "credit", at_stripe, amount),
    )
    _keep_step(
        attempt,
        invoice,
        "credited at Stripe",
        f"{_money(amount, at_stripe)} by credit note {note.id}",
        note.id,
    )


def _pay_elsewhere(
    attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice, step: PayElsewhere
) -> None:
    """The whole rest at once; a part as a payment record (docs.stripe.com/payments/payment-records)."""
    stripe = attempt.runtime.stripe(attempt.tenant)
    key = key_of_step(attempt, "pay elsewhere", at_stripe, step.amount)
    money = _money(step.amount, at_stripe)
    if step.whole:
        stripe.pay_out_of_band(at_stripe.id, idempotency_key=key)
        _keep_step(attempt, invoice, "closed at Stripe", f"{money} was received in Deltek by other means")
        return
    record = stripe.report_payment(
        step.amount,
        at_stripe.currency,
        received_at=attempt.first_attempt_at,
        label="Received by other means",
        metadata=metadata_of(attempt.tenant, invoice),
        idempotency_key=key_of_step(attempt, "report", at_stripe, step.amount),
    )
    stripe.attach_payment_record(at_stripe.id, record, idempotency_key=key)
    _keep_step(
        attempt, invoice, "reduced at Stripe", f"{money} was received in Deltek by other means", record
    )


def _restore(attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice, step: Restore) -> None:
    """Take back the newest credit note of ours; what exceeds the need is credited again by the next step."""
    stripe = attempt.runtime.stripe(attempt.tenant)
    ours = [one for one in stripe.credit_notes_of_invoice(at_stripe.id) if _is_ours(attempt, one)]
    if at_stripe.status != "open" or not ours:
        raise Blocked(
            f"{_money(step.amount, at_stripe)} is open again in Deltek, but its Stripe invoice {at_stripe.id} was "
            "closed for it",
            "Collect it outside Stripe, or bill it under a number of its own",
        )
    newest = max(ours, key=lambda one: (one.created, one.id))
    stripe.void_credit_note(newest.id, idempotency_key=key_of_step(attempt, "restore", at_stripe, newest.id))
    money = _money(newest.pre_payment_amount, at_stripe)
    _keep_step(attempt, invoice, "credit taken back at Stripe", f"{money} is open again in Deltek", newest.id)


def _is_ours(attempt: Attempt[Operation], note: CreditNote) -> bool:
    issued = note.status == "issued" and note.pre_payment_amount > 0
    return issued and note.metadata.get(TENANT_KEY) == attempt.tenant.slug


def _keep_step(
    attempt: Attempt[Operation], invoice: Invoice, action: str, summary: str, stripe_id: str | None = None
) -> None:
    """It took effect: where the invoice comes to stand like this again, the same step is another one."""
    with attempt.step() as session:
        attempt.unit.generation += 1
        attempt.note(
            session,
            action,
            f"Invoice {invoice.number}: {summary}",
            invoice_id=invoice.id,
            refs=[invoice.number, invoice.stripe_invoice_id, stripe_id, f"op-{attempt.unit.id}"],
        )


def key_of_step(attempt: Attempt[Operation], step: str, at_stripe: StripeInvoice, content: int | str) -> str:
    """The same step on the same state of the invoice has the same key."""
    return idempotency_key(attempt, step, [at_stripe.id, content, *state_of(at_stripe)])


def state_of(at_stripe: StripeInvoice) -> list[int | str]:
    paid = at_stripe.paid_through_stripe
    return [at_stripe.status, at_stripe.amount_remaining, at_stripe.settled_elsewhere, paid]


def _money(amount: int, at_stripe: StripeInvoice) -> Money:
    return Money(amount, at_stripe.currency)
