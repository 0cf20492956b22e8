"""An invoice that was read and may go to Stripe is kept as it was read, and its push operation planned."""

from datetime import datetime

from sqlalchemy.orm import Session

from connector import audit
from connector.models import Invoice, InvoiceState, Operation, OperationKind, Tenant, WorkState
from connector.operations import plan
from connector.sync.align_customer import find_customer, pending_alignment
from connector.sync.invoice_at_stripe import subject_of
from connector.sync.invoice_lines import spoken
from connector.sync.reading import ReadInvoice
from connector.work import reopen


def make_pending(
    session: Session, tenant: Tenant, invoice: Invoice, reading: ReadInvoice, now: datetime
) -> None:
    """Its customer must have been taken in before."""
    customer = find_customer(session, tenant, reading.client_id)
    assert customer is not None  # noqa: S101 - taken in just before
    _keep(invoice, reading, customer.id, now)
    session.flush()
    operation = plan(session, _push_operation(tenant, invoice, pending_alignment(session, customer)), now)
    if operation.state is not WorkState.DUE:
        reopen(operation, now)
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action="read invoice from Deltek",
        summary=f"Invoice {invoice.number} of {invoice.invoice_date} over {invoice.original}, due {invoice.due_date}, "
        f"batch {invoice.batch}: to be pushed",
        invoice_id=invoice.id,
        refs=[invoice.number, invoice.batch, f"op-{operation.id}"],
        detail={
            "company": invoice.company,
            "wbs1": invoice.wbs1,
            "lines": spoken(invoice.lines, invoice.currency),
        },
    )


def _keep(invoice: Invoice, reading: ReadInvoice, customer_id: int, now: datetime) -> None:
    invoice.state, invoice.reason, invoice.remedy = InvoiceState.PENDING, "", ""
    invoice.batch, invoice.client_id, invoice.customer_id = reading.batch, reading.client_id, customer_id
    invoice.invoice_date, invoice.due_date = reading.invoice_date, reading.due_date
    invoice.amount, invoice.currency = reading.original.minor, reading.original.currency
    invoice.lines, invoice.wbs_rows = reading.lines, reading.wbs_rows
    invoice.project_name, invoice.summarised = reading.project_name, reading.summarised
    invoice.retainage = reading.retainage
    invoice.credited, invoice.settled_elsewhere = reading.credited, reading.credited + reading.received
    invoice.outdated, invoice.deltek_read_at = "", now


def _push_operation(tenant: Tenant, invoice: Invoice, waits_for: int | None) -> Operation:
    revision = f" revision {invoice.revision}" if invoice.revision else ""
    return Operation(
        tenant_id=tenant.id,
        kind=OperationKind.PUSH_INVOICE,
        key=f"invoice {invoice.company} | {invoice.wbs1} | {invoice.number}{revision}",
        subject=subject_of(tenant.id, invoice.id),
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        waits_for_id=waits_for,
    )
