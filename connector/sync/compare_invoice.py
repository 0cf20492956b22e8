"""One invoice that is at Stripe, or on its way there, is compared with how it stands in Deltek now."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import audit
from connector.deltek.query import same
from connector.models import Invoice, InvoiceState, Movement, Tenant
from connector.money import Money
from connector.sync.plan_settlement import asked_at_stripe, plan_settlement
from connector.sync.poll_run import PollRun
from connector.sync.receipts_in_deltek import look_at_receipts
from connector.sync.standing import InvoiceFacts, Standing, read_standing
from connector.tenants.file import describe_stored

COMPARED = (InvoiceState.PENDING, InvoiceState.PUSHED)
UNDONE = "its posting was undone in Deltek"
OTHER_CLIENT = "it has another billing client in Deltek"


def compared_invoices(run: PollRun, numbers: Collection[str]) -> list[Invoice]:
    """The invoices of these numbers that are at Stripe or on their way there."""
    with run.runtime.transaction() as session:
        mine = select(Invoice).where(
            Invoice.tenant_id == run.tenant.id, Invoice.number.in_(numbers), Invoice.state.in_(COMPARED)
        )
        return list(session.scalars(mine.order_by(Invoice.id)))


def compare_invoices(run: PollRun, invoices: Iterable[Invoice]) -> None:
    for invoice in invoices:
        run.keep()
        compare_invoice(run, invoice)


def compare_invoice(run: PollRun, invoice: Invoice) -> None:
    """Keep what Deltek settled without us; what Stripe has to follow is planned, and so is what a person decides."""
    began_at = run.runtime.clock.now()
    deltek = run.runtime.deltek(run.tenant)
    description = describe_stored(run.tenant.description)
    standing = read_standing(deltek, description, facts_of(invoice))
    with run.runtime.transaction() as session:
        kept = session.get_one(Invoice, invoice.id, with_for_update=True)
        if kept.state not in COMPARED or kept.amount != invoice.amount:
            return
        doubted = [] if standing.problem else _keep_receipts(session, kept, standing, began_at)
        _keep(session, run.tenant, kept, standing, run.runtime.clock.now())
    look_at_receipts(run, doubted)


def projects_of(invoice: Invoice) -> set[str]:
    """Its project and, of a billing group, the others that it charges."""
    return {invoice.wbs1.strip(), *(row["wbs1"].strip() for row in invoice.wbs_rows)}


def facts_of(invoice: Invoice) -> InvoiceFacts:
    """What `read_standing` needs to know of it."""
    projects = dict.fromkeys([invoice.wbs1, *(row["wbs1"] for row in invoice.wbs_rows)])
    return InvoiceFacts(
        company=invoice.company,
        wbs1=invoice.wbs1,
        number=invoice.number,
        projects=tuple(projects),
        currency=invoice.currency,
        batch=invoice.batch,
        retainage=invoice.retainage,
    )


def _keep(session: Session, tenant: Tenant, invoice: Invoice, standing: Standing, now: datetime) -> None:
    before = (invoice.settled_elsewhere, invoice.credited, invoice.outdated, invoice.reason)
    invoice.reason, invoice.remedy = standing.problem, standing.remedy
    if not asked_at_stripe(invoice):
        invoice.deltek_read_at = now  # of one that is open, the document is read too: see compare_books
    if standing.charged is not None:
        settled = invoice.amount - standing.balance - _ours(session, invoice, standing)
        invoice.settled_elsewhere, invoice.credited = settled, invoice.amount - standing.charged
        _keep_outdated(invoice, standing)
    reopened = invoice.settled_elsewhere < before[0]
    if before != (invoice.settled_elsewhere, invoice.credited, invoice.outdated, invoice.reason):
        _note(session, tenant, invoice, standing, now)
    plan_settlement(session, tenant, invoice, now, reopened=reopened)


def _keep_outdated(invoice: Invoice, standing: Standing) -> None:
    """Whether the Stripe invoice is to be another one, as far as the comparison tells."""
    if not standing.posted:
        invoice.outdated = UNDONE
    elif asked_at_stripe(invoice) and has_other_client(invoice, standing.client_id):
        invoice.outdated = OTHER_CLIENT
    elif invoice.outdated in (UNDONE, OTHER_CLIENT):
        invoice.outdated = ""


def has_other_client(invoice: Invoice, client_id: str) -> bool:
    """Whether AR review names a billing client, and another than the one that the invoice was read with."""
    return bool(client_id.strip()) and not same(client_id, invoice.client_id)


def _ours(session: Session, invoice: Invoice, standing: Standing) -> int:
    """What our receipts settled: those in Deltek's ledger, and what a person entered by hand for us.

    One that an accountant moved here from another invoice is none of this one's: it is as good as a check.
    """
    by_hand = select(Movement.settles).where(Movement.invoice_id == invoice.id, Movement.by_hand)
    of_others = select(Movement.batch).where(
        Movement.tenant_id == invoice.tenant_id,
        Movement.batch.in_(standing.ours),
        Movement.invoice_id != invoice.id,
    )
    moved_here = set(session.scalars(of_others))
    ours = sum(amount for batch, amount in standing.ours.items() if batch not in moved_here)
    return ours + sum(session.scalars(by_hand))


def _keep_receipts(
    session: Session, invoice: Invoice, standing: Standing, began_at: datetime
) -> list[Movement]:
    """Our receipts that are posted by now; answers those that are not as we left them."""
    doubted: list[Movement] = []
    for movement in session.scalars(select(Movement).where(Movement.invoice_id == invoice.id)):
        posted = standing.ours.get(movement.batch)
        if posted == movement.settles and posted is not None:
            movement.posted_at = movement.posted_at or began_at
        elif posted is not None or _missing(movement, began_at):
            doubted.append(movement)
    return doubted


def _missing(movement: Movement, began_at: datetime) -> bool:
    """Whether it was seen in the ledger before; a receipt that settles nothing of the invoice is not looked for."""
    return bool(movement.settles) and movement.posted_at is not None and movement.posted_at < began_at


def _note(session: Session, tenant: Tenant, invoice: Invoice, standing: Standing, now: datetime) -> None:
    if standing.problem:
        text = f"Invoice {invoice.number} cannot be compared: {standing.problem}"
    else:
        elsewhere = Money(invoice.settled_elsewhere, invoice.currency)
        credited = Money(invoice.credited, invoice.currency)
        text = f"Deltek settled {elsewhere} of invoice {invoice.number} without Stripe, {credited} of it by documents"
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action="compared with Deltek",
        summary=text + (f"; {invoice.outdated}" if invoice.outdated else ""),
        invoice_id=invoice.id,
        refs=[invoice.number, invoice.stripe_invoice_id],
        detail={
            "charged": standing.charged,
            "ours": standing.ours,
            "elsewhere": standing.elsewhere,
            "balance": standing.balance,
        },
    )
