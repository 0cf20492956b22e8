"""What is to be done about a Stripe invoice, given how it stands in Deltek: decided on figures alone.

After the client has paid through Stripe, a person decides.
"""

from dataclasses import dataclass

from connector.errors import Blocked
from connector.money import Money
from connector.stripe_api.records import StripeInvoice
from connector.sync.compare_invoice import OTHER_CLIENT, UNDONE
from connector.sync.plan_settlement import OWED
from connector.sync.split_receipt import OF_SEVERAL


@dataclass(frozen=True)
class InDeltek:
    """What the decision rests on, in minor units: see `Invoice` for the words."""

    total: int
    settled_elsewhere: int
    credited: int
    through_stripe: int  # by our movements, what went back taken off
    over_settled: int
    kept_beside: int  # of payments, on the overpayment account
    gone_back: int  # of payments, to the client: Stripe does not ask for it again
    reopened: bool
    outdated: str
    voiding: str = ""  # an earlier attempt was about to void the Stripe invoice, and why

    @property
    def open(self) -> int:
        return max(0, self.total - self.settled_elsewhere - self.through_stripe)


@dataclass(frozen=True)
class Nothing:
    """Stripe asks for what Deltek says is open, or for nothing."""


@dataclass(frozen=True)
class Void:
    pass


@dataclass(frozen=True)
class Credit:
    amount: int


@dataclass(frozen=True)
class PayElsewhere:
    """`whole`: all that remains, which closes the invoice."""

    amount: int
    whole: bool


@dataclass(frozen=True)
class Restore:
    """So much less is settled in Deltek than was: credit notes of ours are taken back."""

    amount: int


@dataclass(frozen=True)
class Recreate:
    why: str


Step = Nothing | Void | Credit | PayElsewhere | Restore | Recreate


def decide(deltek: InDeltek, at_stripe: StripeInvoice) -> Step:
    """The next step; raises Blocked where a person decides."""
    if at_stripe.status == "void":
        return _once_void(deltek)
    asked = at_stripe.amount_remaining if at_stripe.status in OWED else 0
    untouched = asked > 0 and not at_stripe.amount_paid
    if deltek.outdated == UNDONE and not untouched and (asked or deltek.over_settled):
        raise _undone_after_payment(at_stripe)
    if untouched and deltek.credited >= deltek.total:
        return Void()
    if at_stripe.revises:
        _check_revised(deltek, at_stripe, asked)
    if asked > deltek.open:
        return _reduce(deltek, at_stripe, asked - deltek.open)
    return _other_step(deltek, at_stripe, asked, untouched=untouched)


def _other_step(deltek: InDeltek, at_stripe: StripeInvoice, asked: int, *, untouched: bool) -> Step:
    """Of one that asks for no more than is open."""
    if deltek.over_settled:
        raise _paid_twice(deltek, at_stripe)
    if deltek.kept_beside > 0 and deltek.credited > deltek.total:
        raise _memo_alone(deltek, at_stripe)
    left = deltek.open - asked - deltek.gone_back
    if deltek.kept_beside > 0 and left > 0:
        raise _open_again(deltek, at_stripe, left)
    if deltek.credited < 0 and left > 0:
        return _charged_more(left, min(left, -deltek.credited), at_stripe, untouched=untouched)
    back = at_stripe.settled_elsewhere - deltek.settled_elsewhere
    if back > 0 and deltek.reopened:
        return Restore(back)
    if deltek.outdated and untouched and not at_stripe.settled_elsewhere:
        return Recreate(deltek.outdated)
    if deltek.outdated == OTHER_CLIENT and asked:
        raise _other_client(at_stripe)
    return Nothing()


def _once_void(deltek: InDeltek) -> Step:
    """By an earlier attempt, which is finished, or by a person at Stripe: reconcile shows that."""
    if deltek.voiding:
        return Recreate(deltek.voiding)
    return Void() if deltek.credited >= deltek.total else Nothing()


def _reduce(deltek: InDeltek, at_stripe: StripeInvoice, too_much: int) -> Step:
    """By a credit note as far as Deltek's documents charge less, by a payment elsewhere for the rest."""
    by_documents = min(too_much, max(0, deltek.credited - at_stripe.pre_payment_credit_notes))
    if by_documents:
        return Credit(by_documents)
    return PayElsewhere(too_much, whole=too_much == at_stripe.amount_remaining)


def _charged_more(left: int, more: int, at_stripe: StripeInvoice, *, untouched: bool) -> Step:
    """`left` is open and not asked for: what was charged since, and what came back of what had settled it."""
    if untouched:
        return Recreate("more is charged under its number now")
    charged, back = Money(more, at_stripe.currency), Money(left - more, at_stripe.currency)
    raise Blocked(
        f"Deltek charges {charged} more under its number than its Stripe invoice {at_stripe.id}, on which money has "
        "come in already" + (f"; and {back} is open again beside" if back.minor else ""),
        "Bill the difference under a number of its own, or collect it outside Stripe; then reconcile",
    )


def _undone_after_payment(at_stripe: StripeInvoice) -> Blocked:
    """It may be posted again: until then nothing is done that could not be undone."""
    return Blocked(
        f"Its posting was undone in Deltek, but money has come in on its Stripe invoice {at_stripe.id}",
        "Post it again in Deltek, or refund what was paid and credit the rest at Stripe; then it resolves by itself",
    )


def _other_client(at_stripe: StripeInvoice) -> Blocked:
    return Blocked(
        f"It has another billing client in Deltek now, but money has come in on its Stripe invoice {at_stripe.id}",
        "Collect the rest outside Stripe and record it in Deltek, then it resolves by itself; or `ml-connector replay` "
        "it with --by-hand, and the first client goes on being asked",
    )


def _open_again(deltek: InDeltek, at_stripe: StripeInvoice, left: int) -> Blocked:
    money = Money(min(deltek.kept_beside, left), at_stripe.currency)
    return Blocked(
        f"{money} is open on it again in Deltek, and as much of its payments through Stripe is kept on the "
        "overpayment account",
        "Move it in Deltek from that account onto the invoice, by a receipt of 0.00; then it resolves by itself",
    )


def _memo_alone(deltek: InDeltek, at_stripe: StripeInvoice) -> Blocked:
    kept = Money(deltek.kept_beside, at_stripe.currency)
    return Blocked(
        f"Deltek's documents come to {Money(deltek.total - deltek.credited, at_stripe.currency)} on it, as if a credit "
        f"memo stood without its invoice, and {kept} of its payments through Stripe is kept on the overpayment account",
        "Post the invoice again in Deltek, or take the credit memo back; then it resolves by itself",
    )


def _check_revised(deltek: InDeltek, at_stripe: StripeInvoice, asked: int) -> None:
    """What a person wrote into the invoice at Stripe is not overruled, and is not what Deltek billed."""
    as_charged = at_stripe.total in (deltek.total, deltek.total - deltek.credited)
    if as_charged or asked == deltek.open - deltek.gone_back:
        return
    charged = Money(deltek.total - max(0, deltek.credited), at_stripe.currency)
    raise Blocked(
        f"Somebody edited its Stripe invoice at Stripe: {at_stripe.id} is over "
        f"{Money(at_stripe.total, at_stripe.currency)}, and Deltek charges {charged}",
        "Correct it in Deltek to the same amount, by a credit memo or a further charge, or void that Stripe invoice; "
        "then it resolves by itself. What is paid on it is booked all the same",
    )


def _paid_twice(deltek: InDeltek, at_stripe: StripeInvoice) -> Blocked:
    over = Money(deltek.over_settled, at_stripe.currency)
    if at_stripe.paid_through_stripe <= deltek.gone_back:
        return Blocked(
            f"The client's credit at Stripe paid it, and Deltek settled the same by other means: {over} too much",
            "Give the credit back to the customer at Stripe and take it back by hand in Deltek, then `ml-connector "
            "replay` it with --by-hand; or correct the receipt or credit memo in Deltek",
        )
    return Blocked(
        f"The client paid through Stripe, and Deltek settled the same by other means: {over} too much",
        f"Refund that amount at Stripe{OF_SEVERAL}, or correct the receipt or credit memo in Deltek; then it resolves "
        "by itself",
    )
