"""The due dates of invoices that are open at Stripe: a change of one shows nowhere but in its document in Deltek."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from connector import audit
from connector.deltek.records import InvoiceDocument
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, Forbidden, Refused, SignInRefused
from connector.models import Invoice, Tenant
from connector.sync.compare_invoice import UNDONE
from connector.sync.plan_settlement import asked_at_stripe, plan_settlement
from connector.sync.poll_run import PollRun
from connector.sync.postings_of_number import postings_of
from connector.sync.reading import InvoiceKey
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe_stored

logger = logging.getLogger(__name__)


def compare_due_dates(
    run: PollRun, description: TenantDescription, invoices: Iterable[Invoice], *, at_once: bool
) -> bool:
    """Compare those of open invoices; False when the slice was used up first (what was compared is kept).

    A comparison that was cut short goes on where it was: what was read lately is not read again.
    """
    read_since = run.runtime.clock.now() - description.sync.compare_every
    deltek, by_batch = run.runtime.deltek(run.tenant), defaultdict[str, list[Invoice]](list)
    for invoice in invoices:
        lately = invoice.deltek_read_at is not None and invoice.deltek_read_at > read_since and not at_once
        if invoice.batch.strip() and asked_at_stripe(invoice) and not lately:
            by_batch[invoice.batch].append(invoice)
    for batch, members in by_batch.items():
        if not run.keep():
            return False
        try:
            documents = deltek.documents(batch)
            for invoice in members:
                _keep_due_date(run, invoice, _due_date(deltek, description, invoice, documents))
        except (SignInRefused, Forbidden):
            raise
        except (Blocked, Refused) as error:
            logger.warning("No due dates of %s are read: %s", run.tenant.slug, error.message)
    return True


def _due_date(
    deltek: Vantagepoint,
    description: TenantDescription,
    invoice: Invoice,
    documents: Iterable[InvoiceDocument],
) -> date | None:
    """That of the first document; another one only if all that was posted under the number says so too."""
    own = [one for one in documents if (one.invoice, one.wbs.wbs1) == (invoice.number, invoice.wbs1)]
    due = next((one.due_date for one in own if one.due_date is not None), None)
    if due in (None, invoice.due_date):
        return due
    key = InvoiceKey(invoice.company, invoice.wbs1, invoice.number)
    whole = postings_of(deltek, description, key).document
    return whole.due_date if whole is not None else due


def _keep_due_date(run: PollRun, invoice: Invoice, due: date | None) -> None:
    now = run.runtime.clock.now()
    with run.runtime.transaction() as session:
        kept = session.get_one(Invoice, invoice.id, with_for_update=True)
        kept.deltek_read_at = now
        if kept.outdated == UNDONE:
            return  # what an accountant changes in its file counts once it is posted again
        if due is not None and kept.due_date is not None and due != kept.due_date:
            _change_due_date(session, run.tenant, kept, f"its due date is now {due}", now)
            kept.due_date = due


def _change_due_date(session: Session, tenant: Tenant, invoice: Invoice, what: str, now: datetime) -> None:
    """Stripe takes no change of it on a finalized invoice: the tenant file says what becomes of that."""
    rule = describe_stored(tenant.description).stripe.open_invoices
    if rule == "recreate":
        invoice.outdated = what
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action="changed in Deltek",
        summary=f"Invoice {invoice.number}: {what}; its Stripe invoice is "
        + ("made again" if rule == "recreate" else "left as it is (stripe.open_invoices)"),
        invoice_id=invoice.id,
        refs=[invoice.number, invoice.stripe_invoice_id],
    )
    plan_settlement(session, tenant, invoice, now)
