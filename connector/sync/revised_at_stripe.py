"""Somebody edits a finalized invoice at Stripe: a copy stands in its place from then on, and it is void.

The copy is the invoice's Stripe invoice then. Whether it asks for what Deltek billed is for its settlement to say. A
copy that stands beside its invoice is nobody's.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from connector.errors import Blocked, Busy
from connector.models import Event, Invoice, InvoiceState, Tenant
from connector.money import Money
from connector.stripe_api.records import StripeInvoice
from connector.sync.invoice_at_stripe import COMPANY_KEY, NUMBER_KEY, WBS1_KEY
from connector.sync.reading import CLOSED_BY_HAND
from connector.work import Attempt


def revised_by(attempt: Attempt[Event], invoice: StripeInvoice) -> list[StripeInvoice]:
    """What it revises, newest first; nothing where it is known here by itself."""
    stripe, revised = attempt.runtime.stripe(attempt.tenant), list[StripeInvoice]()
    while invoice.revises and not is_known(attempt, invoice):
        invoice = stripe.retrieve_invoice(invoice.revises)
        revised.append(invoice)
    return revised


def is_known(attempt: Attempt[Event], invoice: StripeInvoice) -> bool:
    """Whether it is, or was, the Stripe invoice of one of ours."""
    with attempt.runtime.transaction() as session:
        return find_invoice(session, attempt.tenant, [invoice.id]) is not None


def copied_from(attempt: Attempt[Event], copy: StripeInvoice) -> Invoice | None:
    """The invoice whose name it carries, and which is or was at Stripe as another ("Duplicate invoice" in the
    Dashboard); one that is on its way there may be this very one."""
    if is_known(attempt, copy):
        return None
    name = (COMPANY_KEY, Invoice.company), (WBS1_KEY, Invoice.wbs1), (NUMBER_KEY, Invoice.number)
    with attempt.runtime.transaction() as session:
        mine = select(Invoice).where(
            Invoice.tenant_id == attempt.tenant.id,
            Invoice.state != InvoiceState.PENDING,
            or_(
                Invoice.stripe_invoice_id.is_not(None), func.jsonb_array_length(Invoice.former_stripe_ids) > 0
            ),
            *(func.trim(column) == copy.metadata.get(key, "").strip() for key, column in name),
        )
        return session.scalar(mine)


class Unplaced(Blocked):
    """A Stripe invoice, which the message names, can stand for none of ours before a person has decided."""


class Copied(Unplaced):
    """A Stripe invoice carries the name of one of ours, and is not the one that stands for it."""


def beside(copy: StripeInvoice, invoice: Invoice) -> Copied:
    original = (
        f"is {invoice.stripe_invoice_id}"
        if invoice.stripe_invoice_id
        else f"was {invoice.former_stripe_ids[-1]}"
    )
    return Copied(
        f"{copy.id} at Stripe carries the name of invoice {invoice.number}, which {original} there: somebody copied it",
        "Void the copy at Stripe, then replay; or refund what was paid on it, enter in Deltek what is kept of it, and "
        "replay with --by-hand",
    )


def find_invoice(session: Session, tenant: Tenant, stripe_ids: Iterable[str]) -> Invoice | None:
    """The invoice that is, or was, at Stripe under one of these ids; locked."""
    named = [
        or_(Invoice.stripe_invoice_id == one, Invoice.former_stripe_ids.contains([one])) for one in stripe_ids
    ]
    mine = select(Invoice).where(Invoice.tenant_id == tenant.id, or_(*named))
    return session.scalar(mine.with_for_update())


def take_for_ours(
    attempt: Attempt[Event],
    session: Session,
    invoice: Invoice,
    revision: StripeInvoice,
    revised: Sequence[StripeInvoice],
) -> None:
    """From now on `revision` is the Stripe invoice of `invoice`, in the place of those that it `revised`.

    Raises Busy while one of them is not void yet, Unplaced where money on it could not be booked.
    """
    before = [one.id for one in revised]
    if any(one.status != "void" for one in revised):
        raise Busy(f"{revision.id} is to stand in the place of {before[0]}, which is not void yet")
    if not _stood_last(invoice, before) or revision.currency != invoice.currency:
        raise Unplaced(
            f"{revision.id} at Stripe revises an earlier Stripe invoice of {invoice.number}, over "
            f"{Money(revision.total, revision.currency)}; its Stripe invoice is {invoice.stripe_invoice_id or 'none'}",
            "Void one of them at Stripe, and enter by hand what was paid on it; then replay with --by-hand",
        )
    former = [*invoice.former_stripe_ids, *reversed(before)]
    invoice.former_stripe_ids = list(dict.fromkeys(former))
    invoice.stripe_invoice_id, invoice.stripe_read_at = revision.id, None
    if invoice.state is InvoiceState.LEFT_ALONE:
        invoice.state, invoice.reason = InvoiceState.PUSHED, ""
    attempt.note(
        session,
        "revised at Stripe",
        f"Somebody edited {before[0]} at Stripe: {revision.id} ({revision.number}) over "
        f"{Money(revision.total, revision.currency)} stands in its place",
        invoice_id=invoice.id,
        refs=[invoice.number, revision.id, *before, attempt.unit.stripe_event_id],
    )


def _stood_last(invoice: Invoice, before: Sequence[str]) -> bool:
    """Whether the Stripe invoice of `invoice` is among those revised; or was, where nothing is asked for any more:
    then the comparison closes the revision too."""
    if invoice.stripe_invoice_id is not None:
        return invoice.stripe_invoice_id in before
    left_alone = invoice.state is InvoiceState.LEFT_ALONE and not invoice.reason.startswith(CLOSED_BY_HAND)
    return left_alone and invoice.former_stripe_ids[-1] in before
