"""Our receipts as Deltek holds them now: posted, waiting for an accountant, altered, undone or gone.

What a person changed is never written again by itself: it becomes one blocked item with its story.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from connector import audit
from connector.deltek.query import same
from connector.deltek.records import ReceiptFound
from connector.deltek.vantagepoint import Vantagepoint
from connector.models import Invoice, Movement, Operation, OperationKind, Tenant, WorkState
from connector.money import InexactAmount, Money, told
from connector.sync.invoice_in_deltek import OUR_BATCH
from connector.sync.movements import receipt_operation
from connector.sync.plan_settlement import plan_settlement
from connector.sync.poll_run import PollRun
from connector.sync.receipt_fault import Fault, fault_of
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe_stored

# Only what was posted in the current period can be undone (Deltek 6.0 help, UT_Undo_Posting): a month, and the days
# in which it is closed.
CAN_BE_UNDONE = timedelta(days=62)
# Kept with the operation: an item for an undone posting stands until the receipt is posted again.
ONCE_POSTED = "once_posted"


@dataclass
class Waiting:
    """By invoice: what stands in files that no accountant has posted (minor units), and what is wrong with them."""

    amounts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    notes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def look_at_receipts(run: PollRun, movements: Iterable[Movement]) -> None:
    """Look for each receipt where it should be; one that a person changed is shown, one that is right again closed."""
    deltek, description = run.runtime.deltek(run.tenant), describe_stored(run.tenant.description)
    for movement in movements:
        run.keep()
        found = find(deltek, description, movement)
        with run.runtime.transaction() as session:
            _keep(session, run.tenant, movement, found, run.runtime.clock.now())


def unposted(session: Session, tenant: Tenant) -> Sequence[Movement]:
    """The receipts that stood in Deltek and have not been seen posted, or that wait for a person."""
    blocked = select(Operation.movement_id).where(
        Operation.tenant_id == tenant.id,
        Operation.kind == OperationKind.POST_RECEIPT,
        Operation.state == WorkState.BLOCKED,
    )
    written = select(Movement).where(
        Movement.tenant_id == tenant.id,
        Movement.written_at.is_not(None),
        or_(Movement.posted_at.is_(None), Movement.id.in_(blocked)),
        ~Movement.by_hand,
    )
    return session.scalars(written.order_by(Movement.id)).all()


def not_seen_lately(session: Session, tenant: Tenant, now: datetime) -> Sequence[Movement]:
    """The recent receipts that were posted, each once a day.

    No balance tells of one that is gone and has another receipt over the same amount in its place, nor of money
    that is no invoice's.
    """
    posted = select(Movement).where(
        Movement.tenant_id == tenant.id,
        Movement.posted_at.is_not(None),
        ~Movement.by_hand,
        Movement.moved_on > now.date() - CAN_BE_UNDONE,
        or_(Movement.looked_at.is_(None), Movement.looked_at < now - timedelta(days=1)),
    )
    return session.scalars(posted.order_by(Movement.id)).all()


def look_at_waiting(
    session: Session, tenant: Tenant, deltek: Vantagepoint, description: TenantDescription, now: datetime
) -> Waiting:
    """See which of our receipts the accountant has posted since, which still wait, and which are gone."""
    waiting = Waiting()
    for movement in unposted(session, tenant):
        found, number = find(deltek, description, movement), _number(session, movement)
        if found is not None and found.place == "posted":
            movement.posted_at = now
        fault = fault_of(description, movement, number, found, once_posted=movement.posted_at is not None)
        if movement.invoice_id is None:
            continue
        if found is not None and found.place != "posted":
            waiting.amounts[movement.invoice_id] += _on_invoice(found, movement, number)
        if fault is not None:
            waiting.notes[movement.invoice_id].append(fault[0])
    return waiting


def explain(
    deltek: Vantagepoint, description: TenantDescription, invoice: Invoice, booked: Sequence[Movement]
) -> list[str]:
    """Why what Deltek received on the invoice is not what we booked: our posted receipts, and those of others."""
    notes: list[str] = []
    for movement in booked:
        if movement.posted_at is not None:
            found = find(deltek, description, movement)
            fault = fault_of(description, movement, invoice.number, found, once_posted=True)
            notes += [fault[0]] if fault else []
    return notes + list(_of_others(deltek, invoice, {movement.batch for movement in booked}))


def find(deltek: Vantagepoint, description: TenantDescription, movement: Movement) -> ReceiptFound | None:
    company = description.company(movement.company)
    mode = company.receipts if company else "files"
    return deltek.find_receipt(movement.batch, mode, movement.batch[-description.deltek.refno_length :])


def _keep(
    session: Session, tenant: Tenant, looked_at: Movement, found: ReceiptFound | None, now: datetime
) -> None:
    invoice = (
        session.get(Invoice, looked_at.invoice_id, with_for_update=True) if looked_at.invoice_id else None
    )
    movement = session.get_one(Movement, looked_at.id, with_for_update=True)
    operation = receipt_operation(session, movement)
    if operation is None or operation.state is WorkState.DUE or movement.by_hand:
        return  # its writer is at it, or a person has closed it
    once_posted = movement.posted_at is not None or bool(operation.progress.get(ONCE_POSTED))
    description, number = describe_stored(tenant.description), invoice.number if invoice is not None else ""
    fault = fault_of(description, movement, number, found, once_posted=once_posted)
    movement.posted_at = (movement.posted_at or now) if found and found.place == "posted" else None
    movement.looked_at = now
    if once_posted:
        operation.progress = {**operation.progress, ONCE_POSTED: True}
    if invoice is not None:
        plan_settlement(session, tenant, invoice, now)
    if fault is None:
        _close(session, tenant, movement, operation, now)
    elif (operation.state, operation.reason) != (WorkState.BLOCKED, _sentence(fault)):
        operation.state, operation.finished_at = WorkState.BLOCKED, None
        operation.reason, operation.remedy = _sentence(fault), fault[1]
        _note(session, tenant, movement, operation, now, "blocked", f"{operation.reason}. {fault[1]}")


def _close(session: Session, tenant: Tenant, movement: Movement, operation: Operation, now: datetime) -> None:
    if operation.state is WorkState.BLOCKED and movement.written_at is not None:
        operation.state, operation.finished_at = WorkState.DONE, now
        operation.reason = operation.remedy = ""
        text = f"Batch {movement.batch} of {movement.spoken} is in Deltek as it was written"
        _note(session, tenant, movement, operation, now, "receipt as it was", text)


def _sentence(fault: Fault) -> str:
    return fault[0][:1].upper() + fault[0][1:]


def _note(
    session: Session,
    tenant: Tenant,
    movement: Movement,
    operation: Operation,
    now: datetime,
    action: str,
    summary: str,
) -> None:
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action=action,
        summary=summary,
        invoice_id=movement.invoice_id,
        refs=[movement.batch, movement.stripe_id, f"op-{operation.id}"],
    )


def _of_others(deltek: Vantagepoint, invoice: Invoice, ours: set[str]) -> Iterable[str]:
    projects = {invoice.wbs1.strip(), *(row["wbs1"].strip() for row in invoice.wbs_rows)}
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in deltek.receipt_rows_of_invoice(invoice.number):
        if row.batch not in ours and row.wbs.wbs1.strip() in projects and not row.auto_entry:
            totals[row.batch] -= row.amount
    for batch, total in totals.items():
        received = told(total, invoice.currency)
        known = "for no payment of it" if OUR_BATCH.fullmatch(batch.strip()) else "not through Stripe"
        yield f"batch {batch} in Deltek received {received} on it, {known}"


def _on_invoice(found: ReceiptFound, movement: Movement, number: str) -> int:
    """What of it counts on the invoice; minor units. One altered to parts of a cent is told as altered."""
    rows = (row.amount for row in found.rows if same(row.invoice, number))
    with suppress(InexactAmount):
        return Money.from_decimal(sum(rows, Decimal(0)), movement.currency).minor
    return 0


def _number(session: Session, movement: Movement) -> str:
    """The invoice's; "" for money that is no invoice's."""
    invoice = session.get(Invoice, movement.invoice_id) if movement.invoice_id else None
    return invoice.number if invoice is not None else ""
