"""What Deltek settled without us is settled at Stripe too, so that no client pays twice.

A Stripe invoice that is finalized cannot be changed. It is voided where nothing is charged any more, credited where
documents charged less, marked as paid elsewhere where a check or a wire was recorded, and voided and made again
where more is charged.
"""

from sqlalchemy.orm import Session

from connector.errors import Blocked, Refused, SignInRefused
from connector.models import Invoice, InvoiceState, Operation
from connector.money import Money
from connector.stripe_api.errors import IdempotencyMismatch
from connector.stripe_api.records import StripeInvoice
from connector.sync import movements
from connector.sync.movements import credit_of, gone_back, kept_beside, settled_by_us
from connector.sync.payment_methods import least_charge
from connector.sync.plan_push import make_pending
from connector.sync.plan_settlement import OWED, facts_of, is_too_little, over_settled
from connector.sync.plan_write_back import plan_write_back
from connector.sync.read_invoice import InvoiceReader
from connector.sync.reading import InvoiceKey, LeftAlone, Reading, ReadInvoice
from connector.sync.settle_at_stripe import key_of_step, state_of, take_step
from connector.sync.settlement_step import (
    InDeltek,
    Nothing,
    Recreate,
    Void,
    decide,
)
from connector.sync.standing import HIDDEN_BALANCE, VANISHED
from connector.sync.take_in_invoice import with_its_firm
from connector.tenants.file import describe_stored
from connector.work import Attempt, NotYet

# A reduction and its parts take two or three; more would mean that Stripe does not do what it says.
MOST_STEPS = 8
LOOK_AGAIN_SECONDS = 5.0


def settle_invoice(attempt: Attempt[Operation]) -> None:
    """Bring what the Stripe invoice asks for to what is open in Deltek."""
    with attempt.runtime.transaction() as session:
        invoice = session.get_one(Invoice, attempt.unit.invoice_id)
        facts = facts_of(session, invoice)
    if invoice.state is not InvoiceState.PUSHED or invoice.stripe_invoice_id is None:
        attempt.finish()
        return
    at_stripe = attempt.runtime.stripe(attempt.tenant).retrieve_invoice(invoice.stripe_invoice_id)
    if invoice.reason in (VANISHED[0], HIDDEN_BALANCE[0]) and _is_over(attempt, invoice, at_stripe):
        _void(attempt, invoice, at_stripe, Void())
        return
    if invoice.reason == HIDDEN_BALANCE[0] and _asks_for_nothing(attempt, invoice, at_stripe):
        _keep_written_off(attempt, invoice, at_stripe)
        return
    if invoice.reason:
        raise Blocked(invoice.reason, invoice.remedy)
    in_line = bring_in_line(attempt, invoice, at_stripe)
    if in_line is None:
        return
    if in_line.status in OWED and is_too_little(in_line.amount_remaining, in_line.currency):
        raise _left_over(attempt, invoice, in_line, facts)
    _conclude(attempt, invoice, in_line, facts)


def _left_over(
    attempt: Attempt[Operation], settled: Invoice, at_stripe: StripeInvoice, facts: list[int | str]
) -> Blocked:
    """Of a rest that the client cannot pay a person has to dispose."""
    with attempt.step() as session:
        invoice = _unchanged(session, settled, facts)
        _keep_status(invoice, at_stripe)
        attempt.unit.progress = {**attempt.unit.progress, "facts": facts_of(session, invoice)}
    rest = Money(at_stripe.amount_remaining, at_stripe.currency)
    return Blocked(
        f"{rest} of it is left to be paid, and Stripe charges no less than "
        f"{least_charge(at_stripe.currency)}",
        "Credit it or enter its receipt in Deltek, then it resolves by itself; or replay it with --by-hand",
    )


def _keep_status(invoice: Invoice, at_stripe: StripeInvoice) -> None:
    invoice.stripe_status = at_stripe.status
    invoice.stripe_paid, invoice.stripe_remaining = at_stripe.amount_paid, at_stripe.amount_remaining


def _is_over(attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice) -> bool:
    """Whether nothing is asked for at Stripe, and nothing is left of what came in, all of which we know of."""
    deltek = _in_deltek(attempt, invoice)
    kept = deltek.through_stripe or deltek.kept_beside
    all_known = deltek.gone_back >= at_stripe.paid_through_stripe
    return at_stripe.status == "void" or (at_stripe.status not in OWED and not kept and all_known)


def _asks_for_nothing(attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice) -> bool:
    """Whether nothing is asked for at Stripe, and we know of all that came in there."""
    deltek = _in_deltek(attempt, invoice)
    known = deltek.through_stripe + deltek.kept_beside + deltek.gone_back
    return at_stripe.status not in OWED and known >= at_stripe.paid_through_stripe + at_stripe.credit_used


def _keep_written_off(attempt: Attempt[Operation], written_off: Invoice, at_stripe: StripeInvoice) -> None:
    """AR review was right: what did not come in through Stripe is settled."""
    with attempt.conclude() as session:
        invoice = session.get_one(Invoice, written_off.id, with_for_update=True)
        invoice.settled_elsewhere = invoice.amount - settled_by_us(session, invoice)
        invoice.reason = invoice.remedy = ""
        _keep_status(invoice, at_stripe)
        attempt.note(
            session,
            "written off",
            f"Stripe asks for no more of invoice {invoice.number}, whose balance AR review shows as 0.00: counted as "
            "settled",
            invoice_id=invoice.id,
            refs=[invoice.number, invoice.stripe_invoice_id, f"op-{attempt.unit.id}"],
        )
        plan_write_back(session, attempt.tenant, invoice, attempt.runtime.clock.now())


def bring_in_line(
    attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice
) -> StripeInvoice | None:
    """Step by step, each decided on what Stripe says then; None when the invoice was voided, which concludes."""
    for _ in range(MOST_STEPS):
        step = decide(_in_deltek(attempt, invoice), at_stripe)
        if isinstance(step, Nothing) or _money_under_way(attempt, at_stripe):
            return at_stripe
        try:
            if isinstance(step, Void | Recreate):
                _void(attempt, invoice, at_stripe, step)
                return None
            take_step(attempt, invoice, at_stripe, step)
        except (SignInRefused, IdempotencyMismatch):
            raise
        except Refused:
            # The client may have paid meanwhile: then the next look decides anew.
            if state_of(attempt.runtime.stripe(attempt.tenant).retrieve_invoice(at_stripe.id)) == state_of(
                at_stripe
            ):
                raise
        at_stripe = attempt.runtime.stripe(attempt.tenant).retrieve_invoice(at_stripe.id)
    raise NotYet(LOOK_AGAIN_SECONDS, f"Stripe invoice {at_stripe.id} changes faster than it can be settled")


def _in_deltek(attempt: Attempt[Operation], invoice: Invoice) -> InDeltek:
    with attempt.runtime.transaction() as session:
        invoice = session.get_one(Invoice, invoice.id)
        return InDeltek(
            total=invoice.amount,
            settled_elsewhere=invoice.settled_elsewhere,
            credited=invoice.credited,
            through_stripe=settled_by_us(session, invoice),
            over_settled=over_settled(session, invoice),
            kept_beside=kept_beside(session, invoice),
            gone_back=gone_back(session, invoice),
            reopened=bool(attempt.unit.progress.get("reopened")),
            outdated=invoice.outdated,
            voiding=attempt.unit.progress.get("voiding", ""),
        )


def _money_under_way(attempt: Attempt[Operation], at_stripe: StripeInvoice) -> bool:
    """Whether a bank is at it: until it has said yes or no, the invoice stays as it is."""
    stripe = attempt.runtime.stripe(attempt.tenant)
    waiting = {
        payment.payment_intent
        for payment in stripe.payments_of_invoice(at_stripe.id)
        if payment.status == "open" and payment.payment_intent
    }
    return any(stripe.retrieve_payment_intent(one).status == "processing" for one in sorted(waiting))


def _void(
    attempt: Attempt[Operation], invoice: Invoice, at_stripe: StripeInvoice, step: Void | Recreate
) -> None:
    """Void it; one that is made again has been read anew before, so that nothing is voided in vain."""
    reading = _read_again(attempt, invoice) if isinstance(step, Recreate) else None
    why = (
        step.why
        if isinstance(step, Recreate)
        else invoice.reason or invoice.outdated or "it was voided or credited in full in Deltek"
    )
    if at_stripe.status in OWED:
        _keep_why(attempt, step)
        stripe = attempt.runtime.stripe(attempt.tenant)
        stripe.void_invoice(at_stripe.id, idempotency_key=key_of_step(attempt, "void", at_stripe, ""))
    # What it gave back is known before the next Stripe invoice takes it again: the event may come much later.
    credit = credit_of(attempt.runtime.stripe(attempt.tenant), at_stripe)
    now, closed = attempt.runtime.clock.now(), "paid" if at_stripe.status == "paid" else "void"
    with attempt.conclude() as session:
        voided = session.get_one(Invoice, invoice.id, with_for_update=True)
        for moved in credit:
            movements.record(session, attempt.tenant, voided, moved, now)
        voided.former_stripe_ids = [*voided.former_stripe_ids, at_stripe.id]
        voided.stripe_invoice_id, voided.stripe_status, voided.stripe_remaining = None, closed, 0
        voided.revision += 1
        voided.outdated = ""
        voided.settled_elsewhere = voided.credited = 0
        voided.state, voided.reason = InvoiceState.LEFT_ALONE, f"{why[:1].upper()}{why[1:]}"
        voided.remedy = ""
        attempt.note(
            session,
            "voided at Stripe" if closed == "void" else "left as it is at Stripe",
            f"Stripe invoice {at_stripe.id} of {voided.number} is {closed}: {why}",
            invoice_id=voided.id,
            refs=[voided.number, at_stripe.id, f"op-{attempt.unit.id}"],
        )
        if reading is not None:
            make_pending(session, attempt.tenant, voided, reading, now)
        plan_write_back(session, attempt.tenant, voided, now)


def _keep_why(attempt: Attempt[Operation], step: Void | Recreate) -> None:
    """Rule 2: a void Stripe invoice tells nobody whether it is to be made again."""
    if isinstance(step, Recreate):
        with attempt.step():
            attempt.unit.progress = {**attempt.unit.progress, "voiding": step.why}


def _read_again(attempt: Attempt[Operation], invoice: Invoice) -> ReadInvoice:
    description = describe_stored(attempt.tenant.description)
    reader = InvoiceReader(attempt.runtime.deltek(attempt.tenant), description)
    key = InvoiceKey(invoice.company, invoice.wbs1, invoice.number)
    reading: Reading = reader.read_number(key)
    if isinstance(reading, ReadInvoice):
        reading = with_its_firm(attempt.runtime, attempt.tenant, reading)
    if isinstance(reading, ReadInvoice):
        return reading
    with attempt.step():  # each comparison has it tried again: none of the facts tells when that is mended
        attempt.unit.progress = {**attempt.unit.progress, "facts": []}
    remedy = "Correct it in Deltek, then replay" if isinstance(reading, LeftAlone) else reading.remedy
    raise Blocked(f"It changed in Deltek and cannot be billed anew: {reading.reason}", remedy)


def _conclude(
    attempt: Attempt[Operation], settled: Invoice, at_stripe: StripeInvoice, facts: list[int | str]
) -> None:
    """Done, unless the facts changed while it was done."""
    with attempt.step() as session:
        _unchanged(session, settled, facts)
    with attempt.conclude() as session:
        invoice = session.get_one(Invoice, settled.id, with_for_update=True)
        _keep_status(invoice, at_stripe)
        if invoice.outdated:
            attempt.note(
                session,
                "left as it is at Stripe",
                f"Invoice {invoice.number}: The Stripe invoice stays as it is, because something of it was paid or "
                f"credited, or is on its way: {invoice.outdated}",
                invoice_id=invoice.id,
                refs=[invoice.number, invoice.stripe_invoice_id, f"op-{attempt.unit.id}"],
            )
            invoice.outdated = ""
        plan_write_back(session, attempt.tenant, invoice, attempt.runtime.clock.now())


def _unchanged(session: Session, settled: Invoice, facts: list[int | str]) -> Invoice:
    invoice = session.get_one(Invoice, settled.id, with_for_update=True)
    if facts_of(session, invoice) != facts:
        raise NotYet(0, f"Invoice {invoice.number} changed meanwhile")
    return invoice
