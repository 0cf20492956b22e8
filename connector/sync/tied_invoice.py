"""One invoice tied out: both sides' amounts, the difference, and each thing that is not as it should be, in words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.models import Invoice, InvoiceState, Movement, MovementKind
from connector.money import Money
from connector.stripe_api.records import Dispute, InvoicePayment, Refund, StripeInvoice
from connector.sync.movements import OF_THE_INVOICE, RECEIVED
from connector.sync.take_in_payments import through_stripe

WENT_BACK = tuple(kind for kind in OF_THE_INVOICE if kind is not MovementKind.PAYMENT)


@dataclass
class TiedInvoice:
    """One invoice of both sides, in minor units. None is not known, which is not zero."""

    company: str
    project: str
    number: str
    currency: str
    stripe_invoice: str
    deltek_balance: int | None
    receipts_to_post: int = 0
    stripe_remaining: int | None = None
    stripe_returned: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def difference(self) -> int | None:
        """What is open in Deltek over what is open at Stripe."""
        if self.deltek_balance is None or self.stripe_remaining is None:
            return None
        return self.deltek_balance - self.receipts_to_post - self.stripe_remaining - self.stripe_returned

    @property
    def ties(self) -> bool:
        return self.difference == 0 and not self.notes


@dataclass(frozen=True)
class AtStripe:
    """Stripe's books, as far as they are ours."""

    invoices: dict[str, StripeInvoice]
    payments: dict[str, list[InvoicePayment]]  # by Stripe invoice id
    refunds: list[Refund]
    disputes: list[Dispute]


def notes_of(
    invoice: Invoice,
    tied: TiedInvoice,
    at_stripe: StripeInvoice | None,
    stripe: AtStripe,
    booked: Sequence[Movement],
    by_stripe_id: Mapping[str, Sequence[Movement]],
) -> list[str]:
    """Each thing that is not as it should be, and what to do about it. `booked` is what moved on the invoice,
    `by_stripe_id` on any: of a payment of several, one may bear all that went back."""
    notes = [*_state_notes(invoice, tied, at_stripe)]
    if at_stripe is not None:
        notes += _document_notes(invoice, at_stripe)
        notes += _payment_notes(stripe.payments.get(at_stripe.id, []), booked)
        notes += _credit_notes(at_stripe, booked)
    notes += _refund_notes(stripe, booked, by_stripe_id)
    return [*notes, *_dispute_notes(stripe, booked, by_stripe_id)]


def _state_notes(invoice: Invoice, tied: TiedInvoice, at_stripe: StripeInvoice | None) -> Iterator[str]:
    if invoice.state is InvoiceState.BLOCKED:
        yield f"not at Stripe: {invoice.reason}"
        return
    if invoice.state is InvoiceState.PUSHED and at_stripe is None:
        yield "Stripe has no such invoice any more"
    elif at_stripe is not None and at_stripe.status in ("void", "uncollectible") and tied.deltek_balance != 0:
        yield f"the Stripe invoice is {at_stripe.status}: void or write it off in Deltek too, or collect it"
    if invoice.reason:
        yield invoice.reason
    if tied.deltek_balance is None:
        yield "Deltek does not show its balance"


def _document_notes(invoice: Invoice, at_stripe: StripeInvoice) -> Iterator[str]:
    """What people did at Stripe that is no cash, and that Deltek does not have."""
    more = at_stripe.settled_elsewhere - max(0, invoice.settled_elsewhere)
    if more > 0:
        yield (
            f"{Money(more, invoice.currency)} was credited or marked as paid elsewhere at Stripe: enter the credit "
            "memo or the receipt in Deltek"
        )
    by_memos = invoice.credited - at_stripe.pre_payment_credit_notes
    after_payment = at_stripe.post_payment_credit_notes - max(0, -more, by_memos)
    if after_payment > 0:
        yield (
            f"{Money(after_payment, invoice.currency)} was credited at Stripe after it was paid: enter a credit memo "
            "in Deltek (what is the customer's credit now is moved off the invoice first)"
        )


def _payment_notes(payments: Sequence[InvoicePayment], booked: Sequence[Movement]) -> Iterator[str]:
    known: dict[str, int] = defaultdict(int)
    for one in booked:
        if one.kind in RECEIVED:
            known[one.stripe_id] += one.amount
    for payment in through_stripe(payments):
        amount = payment.amount_paid or 0
        # Whether what exceeded the invoice is part of it is not documented: then more is known than it says.
        if known[payment.id] < amount:
            yield f"payment {payment.id} of {Money(amount, payment.currency)} is not booked"


def _credit_notes(at_stripe: StripeInvoice, booked: Sequence[Movement]) -> Iterator[str]:
    known = any(one.kind is MovementKind.CREDIT_APPLIED for one in booked)
    if at_stripe.credit_used and not known:
        used = Money(at_stripe.credit_used, at_stripe.currency)
        yield f"{used} of the customer's credit at Stripe paid it, which is not booked"


def _refund_notes(
    stripe: AtStripe, booked: Sequence[Movement], by_stripe_id: Mapping[str, Sequence[Movement]]
) -> Iterator[str]:
    intents = {one.payment_intent for one in booked} - {""}
    for refund in stripe.refunds:
        made = by_stripe_id.get(refund.id, ())
        # A person may have said that nothing of it was the invoice's.
        none_of_it = any(one.by_hand and not one.spoken.minor for one in made)
        if none_of_it or refund.payment_intent not in intents:
            continue
        if refund.money_went_back != (sum(one.amount for one in made) < 0):
            amount = Money(refund.amount, refund.currency)
            yield f"refund {refund.id} of {amount} is {refund.status}, but not so booked"


def _dispute_notes(
    stripe: AtStripe, booked: Sequence[Movement], by_stripe_id: Mapping[str, Sequence[Movement]]
) -> Iterator[str]:
    intents = {one.payment_intent for one in booked} - {""}
    for dispute in stripe.disputes:
        moved = (*dispute.withdrawals, *dispute.reinstatements)
        if dispute.payment_intent in intents and any(entry.id not in by_stripe_id for entry in moved):
            amount = Money(dispute.amount, dispute.currency)
            yield f"dispute {dispute.id} of {amount} is {dispute.status}, but not so booked"
