"""When a Stripe invoice asks for something else than Deltek says is open, an operation is planned to mend it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.models import Invoice, InvoiceState, Operation, OperationKind, Tenant, WorkState
from connector.operations import plan
from connector.sync.invoice_at_stripe import subject_of
from connector.sync.movements import gone_back, kept_beside, settled_by_us
from connector.sync.payment_methods import least_charge
from connector.work import reopen

# The states in which a Stripe invoice asks for money (docs.stripe.com/invoicing/integration/workflow-transitions).
OWED = ("open", "uncollectible")

Facts = list[int | str]
SEEN_TO = "seen_to"  # in the progress of an operation that a person closed: the facts that it rested on


def open_in_deltek(session: Session, invoice: Invoice) -> int:
    """What the client still owes once all our receipts are posted, in minor units; negative: too much was settled."""
    return invoice.amount - invoice.settled_elsewhere - settled_by_us(session, invoice)


def asked_at_stripe(invoice: Invoice) -> int:
    """What the Stripe invoice asks for, as far as we know; minor units."""
    return invoice.stripe_remaining if invoice.stripe_status in OWED else 0


def over_settled(session: Session, invoice: Invoice) -> int:
    """What Deltek's books hold on the invoice above what was charged, part of it through Stripe; minor units.

    What goes down again once our receipts are posted is not too much.
    """
    booked = min(settled_by_us(session, invoice), settled_by_us(session, invoice, posted_only=True))
    over = booked + invoice.settled_elsewhere - invoice.amount
    return max(0, over) if booked > 0 else 0


def needs_settling(session: Session, invoice: Invoice) -> bool:
    """Whether something is to be done at Stripe, or to be decided by a person."""
    if invoice.stripe_status == "void":
        return bool(invoice.reason) or invoice.credited >= invoice.amount
    asked, left = asked_at_stripe(invoice), max(0, open_in_deltek(session, invoice))
    unasked, beside = left - asked - gone_back(session, invoice), kept_beside(session, invoice)
    return (
        asked > left
        or over_settled(session, invoice) > 0
        or (unasked > 0 and (invoice.credited < 0 or beside > 0))
        or (beside > 0 and invoice.credited > invoice.amount)
        or bool(invoice.reason or (invoice.outdated and asked > 0))
        or is_too_little(asked, invoice.currency)
    )


def is_too_little(asked: int, currency: str) -> bool:
    """Whether so much is asked for (minor units) as Stripe does not charge any more."""
    return 0 < asked < least_charge(currency).minor


def plan_settlement(
    session: Session, tenant: Tenant, invoice: Invoice, now: datetime, *, reopened: bool = False
) -> None:
    """Plan the operation, or have one that waits look again when the facts have changed.

    `reopened`: less is settled in Deltek than before, so that Stripe may have to ask for more again.
    """
    if invoice.state is not InvoiceState.PUSHED:
        return
    facts = facts_of(session, invoice)
    standing = session.scalar(
        select(Operation).where(
            Operation.invoice_id == invoice.id,
            Operation.kind == OperationKind.SETTLE_INVOICE,
            Operation.state != WorkState.DONE,
        )
    )
    if standing is not None:
        _look_again(standing, facts, now, reopened=reopened)
    elif reopened or (needs_settling(session, invoice) and not _was_closed(session, invoice, facts)):
        _plan(session, tenant, invoice, facts, now, reopened=reopened)


def _was_closed(session: Session, invoice: Invoice, facts: Facts) -> bool:
    """Whether a person has seen to exactly this, and closed it."""
    mine = select(Operation).where(
        Operation.invoice_id == invoice.id, Operation.kind == OperationKind.SETTLE_INVOICE
    )
    newest = session.scalar(mine.order_by(Operation.id.desc()).limit(1))
    return newest is not None and newest.progress.get(SEEN_TO) == facts


def facts_of(session: Session, invoice: Invoice) -> Facts:
    """What the decision rests on."""
    return [
        invoice.settled_elsewhere,
        invoice.credited,
        asked_at_stripe(invoice),
        invoice.stripe_status,
        settled_by_us(session, invoice),
        settled_by_us(session, invoice, posted_only=True),
        kept_beside(session, invoice),
        gone_back(session, invoice),
        invoice.outdated,
        invoice.reason,
    ]


def _look_again(operation: Operation, facts: Facts, now: datetime, *, reopened: bool) -> None:
    if operation.progress.get("facts") == facts:
        return
    reopened = reopened or operation.progress.get("reopened", False)
    operation.progress = {**operation.progress, "facts": facts, "reopened": reopened}
    if operation.state is WorkState.BLOCKED:
        reopen(operation, now)


def _plan(
    session: Session, tenant: Tenant, invoice: Invoice, facts: Facts, now: datetime, *, reopened: bool
) -> None:
    invoice.settle_version += 1
    key = f"{invoice.company} | {invoice.wbs1} | {invoice.number}"
    plan(
        session,
        Operation(
            tenant_id=tenant.id,
            kind=OperationKind.SETTLE_INVOICE,
            key=f"settle {key} version {invoice.settle_version}",
            subject=subject_of(tenant.id, invoice.id),
            invoice_id=invoice.id,
            progress={"facts": facts, "reopened": reopened},
        ),
        now,
    )
