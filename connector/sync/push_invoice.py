"""A posted Deltek invoice becomes a Stripe invoice: draft, lines, the check to the cent, finalize.

Three requests, whatever the lines. An earlier attempt that did not come back is looked for first; a draft it left
is finished, not doubled.
"""

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from connector.errors import Blocked, Busy, NotFound, Refused, SignInRefused
from connector.models import Customer, Invoice, InvoiceState, Operation
from connector.money import Money
from connector.operations import idempotency_key
from connector.stripe_api.errors import CustomerGone, IdempotencyMismatch
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import InvoiceDraft, InvoiceLine, StripeInvoice
from connector.sync import movements
from connector.sync.align_customer import CLOCK_MARGIN, pending_alignment, plan_new_customer
from connector.sync.invoice_at_stripe import metadata_of, number_at_stripe, same_key
from connector.sync.movements import credit_of
from connector.sync.payment_methods import offered_methods
from connector.sync.plan_settlement import plan_settlement
from connector.sync.plan_write_back import plan_write_back
from connector.sync.settle_invoice import bring_in_line
from connector.tenants.file import describe_stored
from connector.work import Attempt, NotYet

LONGEST_NUMBER = 26  # docs.stripe.com/api/invoices/create, number
# What Stripe takes in an invoice number besides letters and digits is documented nowhere; a hyphen it prints itself.
NOT_IN_NUMBERS = re.compile(r"[^A-Za-z0-9]+")


def push_invoice(attempt: Attempt[Operation]) -> None:
    """Bring the invoice to Stripe, or find that it is there."""
    with attempt.runtime.transaction() as session:
        invoice = session.get_one(Invoice, attempt.unit.invoice_id)
        customer = session.get_one(Customer, invoice.customer_id)
    if customer.stripe_customer_id is None:
        raise Busy(f"The Stripe customer of {invoice.number} is not there yet")
    stripe = attempt.runtime.stripe(attempt.tenant)
    if invoice.state in (InvoiceState.LEFT_ALONE, InvoiceState.BLOCKED):
        _withdraw(attempt, stripe, invoice, customer)
        return
    try:
        at_stripe = _bring(attempt, stripe, invoice, customer)
    except CustomerGone:
        _wait_for_new_customer(attempt, customer)
        raise NotYet(0, f"Stripe customer {customer.stripe_customer_id} was deleted at Stripe") from None
    if invoice.state is InvoiceState.PUSHED and at_stripe.id == invoice.stripe_invoice_id:
        _conclude(attempt, invoice, at_stripe)  # a replay: how it stands since is settled, and told, apart
        return
    _check_finalized(invoice, at_stripe)
    _remember(attempt, invoice, at_stripe)
    # What was settled before it came to Stripe must never be asked for: before any e-mail.
    settled = bring_in_line(attempt, invoice, at_stripe)
    if settled is not None:
        _send(attempt, stripe, settled)
        _conclude(attempt, invoice, settled)


def _withdraw(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, customer: Customer
) -> None:
    """Deltek reversed it before it was at Stripe. A draft goes; a finalized one is kept for reconciliation to show."""
    at_stripe = _find_again(attempt, stripe, invoice, customer)
    if at_stripe is None or at_stripe.id in invoice.former_stripe_ids:
        attempt.finish()
        return
    if at_stripe.status != "draft":
        _conclude(attempt, invoice, at_stripe)
        return
    stripe.delete_draft(at_stripe.id)
    _forget_draft(attempt)
    attempt.finish()


def _bring(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, customer: Customer
) -> StripeInvoice:
    at_stripe = _find_again(attempt, stripe, invoice, customer)
    if at_stripe is not None and _is_draft_for_another(at_stripe, customer):
        stripe.delete_draft(at_stripe.id)
        _forget_draft(attempt)
        at_stripe = None
    if at_stripe is None:
        at_stripe = _create_draft(attempt, stripe, invoice, customer)
    return _finish(attempt, stripe, invoice, at_stripe) if at_stripe.status == "draft" else at_stripe


def _is_draft_for_another(at_stripe: StripeInvoice, customer: Customer) -> bool:
    """The billing client was corrected in Deltek meanwhile."""
    return at_stripe.status == "draft" and at_stripe.customer != customer.stripe_customer_id


def _finish(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, draft: StripeInvoice
) -> StripeInvoice:
    """Lines, check, finalize; of what Stripe refuses no draft stays, and no key that would be refused again."""
    try:
        draft = _add_lines(attempt, stripe, invoice, draft)
        _check_total(attempt, stripe, invoice, draft)
        _check_no_debt(attempt, stripe, draft)
        return _finalize(attempt, stripe, invoice, draft)
    except (SignInRefused, IdempotencyMismatch):
        raise
    except Refused:
        with suppress(Refused):
            stripe.delete_draft(draft.id)
        _forget_draft(attempt)
        raise


def _find_again(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, customer: Customer
) -> StripeInvoice | None:
    """What an earlier attempt, or an earlier database of ours, left at Stripe."""
    known = invoice.stripe_invoice_id or attempt.unit.progress.get("stripe_invoice_id")
    if known:
        try:
            return stripe.retrieve_invoice(known)
        except NotFound:
            _forget_draft(attempt)
            return None
    if attempt.first and not customer.found_again:
        return None
    since = None if customer.found_again else attempt.first_attempt_at - CLOCK_MARGIN
    return _look_up(attempt, stripe, invoice, customer, since)


def _look_up(
    attempt: Attempt[Operation],
    stripe: StripeGateway,
    invoice: Invoice,
    customer: Customer,
    since: datetime | None,
) -> StripeInvoice | None:
    assert customer.stripe_customer_id is not None  # noqa: S101 - checked by push_invoice
    wanted = metadata_of(attempt.tenant, invoice)
    listed = stripe.invoices_of_customer(customer.stripe_customer_id, created_since=since)
    ours = [one for one in listed if same_key(one.metadata, wanted) and one.status != "void"]
    finalized = [one for one in ours if one.status != "draft"]
    return next(iter(finalized or ours), None)


def _create_draft(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, customer: Customer
) -> StripeInvoice:
    assert customer.stripe_customer_id is not None  # noqa: S101 - checked by push_invoice
    draft = _draft(attempt, invoice, customer.stripe_customer_id)
    key = idempotency_key(
        attempt,
        "create",
        [
            draft.customer,
            draft.number,
            invoice.amount,
            str(draft.due_on),
            invoice.currency,
            draft.payment_methods,
        ],
    )
    try:
        created = stripe.create_invoice(draft, idempotency_key=key)
    except (SignInRefused, IdempotencyMismatch):
        raise
    except Refused as refusal:
        # Stripe has an invoice of this number: ours from another time, or somebody else's.
        clash = refusal.param == "number"
        found = _look_up(attempt, stripe, invoice, customer, None) if clash else None
        if found is None:
            _forget_draft(attempt)
            if clash:
                _take_another_number(attempt, invoice)
            raise
        return found
    with attempt.step():
        attempt.unit.progress = {**attempt.unit.progress, "stripe_invoice_id": created.id}
    return created


def _take_another_number(attempt: Attempt[Operation], invoice: Invoice) -> None:
    """One number may stand in two companies, or in two projects, and Stripe takes it once: the later has a suffix."""
    companies = describe_stored(attempt.tenant.description).deltek.companies
    with attempt.step() as session:
        same_number = select(Invoice.id).where(
            Invoice.tenant_id == attempt.tenant.id, Invoice.number == invoice.number, Invoice.id != invoice.id
        )
        if invoice.stripe_number or session.scalar(same_number.limit(1)) is None:
            return
        suffix = invoice.company if len(companies) > 1 else invoice.wbs1
        number = _with_suffix(invoice.number.strip(), NOT_IN_NUMBERS.sub("-", suffix.strip()))
        session.get_one(Invoice, invoice.id).stripe_number = number
    raise NotYet(0, f"Number {invoice.number} stands at Stripe for another invoice: taking {number}")


def _with_suffix(number: str, suffix: str) -> str:
    """The end of a long suffix, which tells projects apart, where all of it would make the number too long."""
    room = LONGEST_NUMBER - len(f"{number}-") - len("-999")  # it may be made again
    return f"{number}-{suffix[-room:].strip('-')}" if room > 0 else number


def _draft(attempt: Attempt[Operation], invoice: Invoice, customer_id: str) -> InvoiceDraft:
    tenant = describe_stored(attempt.tenant.description)
    due_on = _due_on(attempt, invoice, tenant.timezone)
    left = Money(invoice.amount - invoice.settled_elsewhere, invoice.currency)
    fields = [("Project", invoice.project_name)] if invoice.project_name else []
    if due_on != invoice.due_date:
        fields.append(("Due since", str(invoice.due_date)))
    return InvoiceDraft(
        customer=customer_id,
        number=number_at_stripe(invoice),
        currency=invoice.currency,
        issued_on=_day(invoice.invoice_date),
        due_on=due_on,
        timezone=tenant.timezone,
        payment_methods=offered_methods(tenant, invoice.original, left),
        metadata=metadata_of(attempt.tenant, invoice),
        description=invoice.summarised,
        custom_fields=tuple(fields),
    )


def _due_on(attempt: Attempt[Operation], invoice: Invoice, zone: ZoneInfo) -> date:
    """Deltek's due date; for one that has passed, tomorrow, because Stripe takes no due date in the past.

    Decided once and kept, so that every attempt sends the same, until that day has passed too.
    """
    decided = attempt.unit.progress.get("due_on")
    due_on = date.fromisoformat(decided) if decided else _day(invoice.due_date)
    now = attempt.runtime.clock.now()
    if datetime.combine(due_on, time(12), zone) <= now + CLOCK_MARGIN:
        due_on = now.astimezone(zone).date() + timedelta(days=1)
    if due_on.isoformat() != decided:
        with attempt.step():
            attempt.unit.progress = {**attempt.unit.progress, "due_on": due_on.isoformat()}
    return due_on


def _add_lines(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, draft: StripeInvoice
) -> StripeInvoice:
    """All lines in one request; a draft that has them already is taken as it is."""
    if draft.total == invoice.amount:
        return draft
    if draft.total != 0 or (not attempt.first and stripe.line_count(draft.id)):
        stripe.delete_draft(draft.id)
        _forget_draft(attempt)
        raise NotYet(0, f"The draft {draft.id} of an earlier attempt did not match and was deleted")
    rows = [InvoiceLine(line["description"], line["amount"]) for line in invoice.lines]
    return stripe.add_lines(
        draft.id, rows, idempotency_key=idempotency_key(attempt, "lines", [draft.id, invoice.lines])
    )


def _check_total(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, draft: StripeInvoice
) -> None:
    """Rule 4: finalized only when what Stripe computed is what Deltek billed, to the cent."""
    if (draft.total, draft.currency) == (invoice.amount, invoice.currency):
        return
    stripe.delete_draft(draft.id)
    _forget_draft(attempt)
    raise Blocked(
        f"Stripe computes {Money(draft.total, draft.currency)} for an invoice of {invoice.original}; "
        "its draft was removed",
        "Switch off automatic tax and default discounts for these customers in Stripe, then replay",
    )


def _check_no_debt(attempt: Attempt[Operation], stripe: StripeGateway, draft: StripeInvoice) -> None:
    """A customer's debt at Stripe would be added to what the invoice asks for (stripe-python 16.1.0 Invoice)."""
    if draft.starting_balance <= 0:
        return
    stripe.delete_draft(draft.id)
    _forget_draft(attempt)
    raise Blocked(
        f"The customer owes {Money(draft.starting_balance, draft.currency)} at Stripe beside its invoices, which "
        "Stripe would add to this one",
        "Set the customer's invoice balance to zero in Stripe, then replay",
    )


def _finalize(
    attempt: Attempt[Operation], stripe: StripeGateway, invoice: Invoice, draft: StripeInvoice
) -> StripeInvoice:
    key = idempotency_key(attempt, "finalize", [draft.id, invoice.amount])
    return stripe.finalize_invoice(draft.id, idempotency_key=key)


def _check_finalized(invoice: Invoice, at_stripe: StripeInvoice) -> None:
    if at_stripe.status == "void":
        raise Blocked(
            f"Its Stripe invoice {at_stripe.id} was voided at Stripe",
            "Collect it outside Stripe, or void it in Deltek too",
        )
    if at_stripe.total != invoice.amount:
        raise Blocked(
            f"Its Stripe invoice {at_stripe.id} is over {Money(at_stripe.total, at_stripe.currency)}, "
            f"but Deltek billed {invoice.original}",
            "Void the Stripe invoice if it is not right, then replay",
        )


def _send(attempt: Attempt[Operation], stripe: StripeGateway, at_stripe: StripeInvoice) -> None:
    """Once: a replay does not write to the client again."""
    wanted = describe_stored(attempt.tenant.description).stripe.send_email
    if not wanted or at_stripe.status != "open" or attempt.unit.progress.get("sent") == at_stripe.id:
        return
    stripe.send_invoice(at_stripe.id, idempotency_key=idempotency_key(attempt, "send", [at_stripe.id]))
    with attempt.step():
        attempt.unit.progress = {**attempt.unit.progress, "sent": at_stripe.id}


def _wait_for_new_customer(attempt: Attempt[Operation], gone: Customer) -> None:
    with attempt.step() as session:
        customer = session.get_one(Customer, gone.id, with_for_update=True)
        if customer.stripe_customer_id == gone.stripe_customer_id:
            plan_new_customer(session, attempt.tenant, customer, attempt.runtime.clock.now())
        attempt.unit.waits_for_id = pending_alignment(session, customer)


def _forget_draft(attempt: Attempt[Operation]) -> None:
    """The draft is gone: the next attempt begins anew, under fresh keys."""
    with attempt.step():
        progress = {key: value for key, value in attempt.unit.progress.items() if key != "stripe_invoice_id"}
        attempt.unit.progress = progress
        attempt.unit.generation += 1


def _remember(attempt: Attempt[Operation], pushed: Invoice, at_stripe: StripeInvoice) -> None:
    """From now on it is known here under its Stripe id, whatever becomes of this attempt."""
    with attempt.step() as session:
        invoice = session.get_one(Invoice, pushed.id, with_for_update=True)
        invoice.stripe_invoice_id = at_stripe.id
        invoice.stripe_status, invoice.stripe_remaining = at_stripe.status, at_stripe.amount_remaining


def _conclude(attempt: Attempt[Operation], pushed: Invoice, at_stripe: StripeInvoice) -> None:
    # It pays a new invoice at once, and no event says so.
    credit = credit_of(attempt.runtime.stripe(attempt.tenant), at_stripe)
    now = attempt.runtime.clock.now()
    with attempt.conclude() as session:
        invoice = session.get_one(Invoice, pushed.id, with_for_update=True)
        # A check may have come back after it was taken off here, before anything could be planned for that.
        on_its_way = invoice.state is InvoiceState.PENDING
        reopened = on_its_way and at_stripe.settled_elsewhere > invoice.settled_elsewhere
        invoice.state = InvoiceState.PUSHED
        invoice.reason = invoice.remedy = ""
        invoice.stripe_invoice_id = at_stripe.id
        invoice.stripe_status = at_stripe.status
        invoice.stripe_paid, invoice.stripe_remaining = at_stripe.amount_paid, at_stripe.amount_remaining
        for moved in credit:
            movements.record(session, attempt.tenant, invoice, moved, now)
        plan_settlement(session, attempt.tenant, invoice, now, reopened=reopened)
        plan_write_back(session, attempt.tenant, invoice, now)
        attempt.note(
            session,
            "pushed invoice",
            f"Stripe invoice {at_stripe.id} over {invoice.original} with {len(invoice.lines)} lines is "
            f"{at_stripe.status}",
            invoice_id=invoice.id,
            refs=[invoice.number, at_stripe.id, at_stripe.customer, f"op-{attempt.unit.id}"],
            detail={
                "number": at_stripe.number,
                "due": str(at_stripe.due_date),
                "total": str(invoice.original),
            },
        )


def _day(day: date | None) -> date:
    assert day is not None  # noqa: S101 - an invoice is pushed only when both its dates are known
    return day
