"""What was read of an invoice is kept, and an invoice that may go to Stripe gets its push operation."""

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import audit, leases
from connector.errors import Blocked, Busy, Forbidden, Refused, SignInRefused
from connector.models import Invoice, InvoiceState, Operation, OperationKind, Tenant, WorkState
from connector.runtime import Runtime
from connector.sync.align_customer import find_customer, plan_alignment
from connector.sync.invoice_at_stripe import subject_of
from connector.sync.invoice_lines import spoken
from connector.sync.plan_push import make_pending
from connector.sync.read_customer import read_customer
from connector.sync.reading import CLOSED_BY_HAND, InvoiceKey, LeftAlone, Reading, ReadInvoice, Unclear
from connector.tenants.file import describe_stored
from connector.work import reopen


def take_in_invoice(
    runtime: Runtime, tenant: Tenant, reading: Reading, *, again: bool = False, named: bool = False
) -> None:
    """Keep the reading. An invoice that is at Stripe is not touched by another posting of it; one on its way
    follows a correction or a reversal. `again` is an operator's replay, which reads what was set aside afresh; what a
    person has closed only where it is `named`."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        invoice = _find(session, tenant, reading.key)
        if invoice is not None and not _may_change(invoice, reading, again=again, named=named):
            return
        if invoice is None and isinstance(reading, Unclear) and _is_known(session, tenant, reading.key):
            return
    if isinstance(reading, ReadInvoice):
        reading = with_its_firm(runtime, tenant, reading)
    if isinstance(reading, ReadInvoice) and invoice is None:
        reading = _unless_known_otherwise(runtime, tenant, reading)
    with runtime.transaction() as session:
        # The lease before the row, in the order in which a pusher takes them.
        _keep_pushers_off(session, tenant, reading.key, now)
        invoice = _find(session, tenant, reading.key)
        if invoice is not None and not _may_change(invoice, reading, again=again, named=named):
            return
        invoice = invoice or _new(session, tenant, reading, now)
        if not describe_stored(tenant.description).company(invoice.company):
            invoice.company = reading.key.company
        if isinstance(reading, ReadInvoice):
            make_pending(session, tenant, invoice, reading, now)
        else:
            _set_aside(session, tenant, invoice, reading, now)


def _may_change(invoice: Invoice, reading: Reading, *, again: bool, named: bool) -> bool:
    if invoice.state is InvoiceState.PUSHED:
        return False
    if invoice.state is InvoiceState.PENDING:
        return not isinstance(reading, ReadInvoice) or _is_corrected(invoice, reading)
    if again and not named and invoice.reason.startswith(CLOSED_BY_HAND):
        return False
    return again or not isinstance(reading, LeftAlone)


def _is_corrected(invoice: Invoice, reading: ReadInvoice) -> bool:
    """Whether what a client would see of it is another by now."""
    kept = invoice.lines, invoice.client_id, invoice.due_date
    return kept != (reading.lines, reading.client_id, reading.due_date)


def _keep_pushers_off(session: Session, tenant: Tenant, key: InvoiceKey, now: datetime) -> None:
    """Rule 7: what is being pushed at this moment is not altered under the pusher's hands; raises Busy."""
    invoice_id = _id_of(session, tenant, key)
    if invoice_id is None:
        return
    held = leases.take(session, subject_of(tenant.id, invoice_id), now)
    if held is None:
        raise Busy(f"{key} is being pushed at this moment")
    leases.release(session, held)


def with_its_firm(runtime: Runtime, tenant: Tenant, reading: ReadInvoice) -> ReadInvoice | Unclear:
    """The same reading, its firm taken in; one whose firm cannot be found keeps no other invoice waiting."""
    try:
        _take_in_firm(runtime, tenant, reading)
    except SignInRefused:
        raise
    except (Refused, Blocked) as error:
        if isinstance(error, Forbidden):
            # Where the role may see no firm at all, the list is forbidden too.
            runtime.deltek(tenant).changed_firms(runtime.clock.now())
        return Unclear(
            reading.key,
            reading.batch,
            f"Its billing client cannot be read: {error.message}",
            "Make the firm available to the role of the connector's user in Deltek, then replay",
            reading.invoice_date,
        )
    return reading


def _unless_known_otherwise(runtime: Runtime, tenant: Tenant, reading: ReadInvoice) -> ReadInvoice | Unclear:
    """Not the same invoice under a project that Deltek does not show any more: its key may have been changed."""
    with runtime.transaction() as session:
        alike = select(Invoice).where(
            Invoice.tenant_id == tenant.id,
            Invoice.state.in_((InvoiceState.PENDING, InvoiceState.PUSHED)),
            Invoice.number == reading.key.number,
            Invoice.company == reading.key.company,
            Invoice.wbs1 != reading.key.wbs1,
            Invoice.invoice_date == reading.invoice_date,
            Invoice.amount == reading.original.minor,
        )
        known = session.scalars(alike.order_by(Invoice.id)).all()
    for one in known:
        if one.stripe_status != "void" and runtime.deltek(tenant).project(one.wbs1) is None:
            return Unclear(
                reading.key,
                reading.batch,
                f"It stands at Stripe for project {one.wbs1} already, which Deltek does not show any more",
                "If the project has another key now, void its Stripe invoice, then replay; if something was paid on "
                "that, collect the rest outside Stripe and `ml-connector replay` it with --by-hand",
                reading.invoice_date,
            )
    return reading


def _take_in_firm(runtime: Runtime, tenant: Tenant, reading: ReadInvoice) -> None:
    """The firm as it stands now, as the project of its newest invoice sees it."""
    with runtime.transaction() as session:
        customer = find_customer(session, tenant, reading.client_id)
        newest = _newest_date(session, tenant, reading.client_id)
    fresh = customer is not None and (newest is not None and newest > reading.invoice_date)
    if customer is not None and (fresh or customer.contact_wbs1 == reading.key.wbs1):
        return
    read = read_customer(runtime.deltek(tenant), tenant.slug, reading.client_id, reading.key.wbs1)
    with runtime.transaction() as session:
        plan_alignment(session, tenant, read, runtime.clock.now())


def _newest_date(session: Session, tenant: Tenant, client_id: str) -> date | None:
    newest = select(Invoice.invoice_date).where(
        Invoice.tenant_id == tenant.id, Invoice.client_id == client_id
    )
    return session.scalar(newest.order_by(Invoice.invoice_date.desc().nulls_last()).limit(1))


def _find(session: Session, tenant: Tenant, key: InvoiceKey) -> Invoice | None:
    invoice_id = _id_of(session, tenant, key)
    return None if invoice_id is None else session.get_one(Invoice, invoice_id, with_for_update=True)


def _id_of(session: Session, tenant: Tenant, key: InvoiceKey) -> int | None:
    """The invoice, however its company was spelled when it was read first, or if Deltek did not show it then: a
    project is of one company."""
    same = Invoice.wbs1 == key.wbs1, Invoice.number == key.number
    known = session.execute(select(Invoice.id, Invoice.company).where(Invoice.tenant_id == tenant.id, *same))
    companies = {company: invoice_id for invoice_id, company in known}
    description = describe_stored(tenant.description)
    spelled = [one for one in companies if description.same_company(one, key.company)]
    unknown = [one for one in companies if not one.strip()]
    return next((companies[one] for one in (*spelled, *unknown)), None)


def _is_known(session: Session, tenant: Tenant, key: InvoiceKey) -> bool:
    """Whether what does not show its company is a further posting of an invoice that is known, its void for one: how
    that stands is compared, whatever its postings show."""
    same = Invoice.wbs1 == key.wbs1, Invoice.number == key.number
    known = select(Invoice.id).where(Invoice.tenant_id == tenant.id, *same).limit(1)
    return not key.company.strip() and session.scalar(known) is not None


def _new(session: Session, tenant: Tenant, reading: Reading, now: datetime) -> Invoice:
    invoice = Invoice(tenant_id=tenant.id, state=InvoiceState.PENDING, created_at=now, **asdict(reading.key))
    session.add(invoice)
    return invoice


def _set_aside(
    session: Session, tenant: Tenant, invoice: Invoice, reading: LeftAlone | Unclear, now: datetime
) -> None:
    unclear = isinstance(reading, Unclear)
    before = (invoice.state, invoice.reason)
    invoice.state = InvoiceState.BLOCKED if unclear else InvoiceState.LEFT_ALONE
    invoice.reason = reading.reason
    invoice.remedy = reading.remedy if isinstance(reading, Unclear) else ""
    invoice.batch, invoice.invoice_date = reading.batch, reading.invoice_date
    invoice.deltek_read_at = now
    session.flush()
    _have_push_withdrawn(session, invoice, now)
    if before == (invoice.state, invoice.reason):
        return
    _note(
        session,
        tenant,
        invoice,
        now,
        "blocked" if unclear else "left alone",
        f"{reading.reason}. {invoice.remedy}" if invoice.remedy else reading.reason,
    )


def _have_push_withdrawn(session: Session, invoice: Invoice, now: datetime) -> None:
    """A push that waits for a person has nothing to wait for any more."""
    mine = select(Operation).where(
        Operation.invoice_id == invoice.id,
        Operation.kind == OperationKind.PUSH_INVOICE,
        Operation.state == WorkState.BLOCKED,
    )
    for operation in session.scalars(mine.with_for_update()):
        reopen(operation, now)


def _note(
    session: Session,
    tenant: Tenant,
    invoice: Invoice,
    now: datetime,
    action: str,
    summary: str,
    operation: Operation | None = None,
) -> None:
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action=action,
        summary=summary,
        invoice_id=invoice.id,
        refs=[invoice.number, invoice.batch, f"op-{operation.id}" if operation else None],
        detail={
            "company": invoice.company,
            "wbs1": invoice.wbs1,
            "lines": spoken(invoice.lines, invoice.currency),
        },
    )
