"""Our receipts as Deltek holds them now: posted, waiting for an accountant, altered or gone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.deltek.records import ReceiptFound
from connector.deltek.vantagepoint import Vantagepoint
from connector.models import Invoice, Movement, Tenant
from connector.money import Money
from connector.tenants.description import TenantDescription


@dataclass
class Waiting:
    """By invoice: what stands in files that no accountant has posted (minor units), and what is wrong with them."""

    amounts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    notes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def look_at_waiting(
    session: Session, tenant: Tenant, deltek: Vantagepoint, description: TenantDescription, now: datetime
) -> Waiting:
    """See which of our receipts the accountant has posted since, which still wait, and which are gone."""
    waiting = Waiting()
    written = select(Movement, Invoice.company).join(Invoice)
    not_posted = written.where(
        Movement.tenant_id == tenant.id, Movement.written_at.is_not(None), Movement.posted_at.is_(None)
    )
    for movement, company in session.execute(not_posted.order_by(Movement.id)):
        found = _find(deltek, description, company, movement)
        if found is not None and found.place == "posted":
            movement.posted_at = now
        elif found is not None:
            waiting.amounts[movement.invoice_id] += _total(found, movement)
        waiting.notes[movement.invoice_id] += _faults(movement, found)
    return waiting


def explain(
    deltek: Vantagepoint, description: TenantDescription, invoice: Invoice, booked: Sequence[Movement]
) -> list[str]:
    """Why what Deltek received on the invoice is not what we booked: our posted receipts, and those of others."""
    notes: list[str] = []
    for movement in booked:
        if movement.posted_at is not None:
            found = _find(deltek, description, invoice.company, movement)
            notes += _faults(movement, found)
            if found is not None and found.place != "posted":
                notes.append(
                    f"the posting of batch {movement.batch} of {movement.money} was undone in Deltek"
                )
    return notes + list(_of_others(deltek, invoice, {movement.batch for movement in booked}))


def _of_others(deltek: Vantagepoint, invoice: Invoice, ours: set[str]) -> Iterable[str]:
    projects = {invoice.wbs1.strip(), *(row["wbs1"].strip() for row in invoice.wbs_rows)}
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in deltek.receipt_rows_of_invoice(invoice.number):
        if row.batch not in ours and row.wbs.wbs1.strip() in projects and not row.auto_entry:
            totals[row.batch] -= row.amount
    for batch, total in totals.items():
        received = Money.from_decimal(total, invoice.currency)
        yield f"batch {batch} in Deltek received {received} on it, not through Stripe"


def _find(
    deltek: Vantagepoint, description: TenantDescription, company_code: str, movement: Movement
) -> ReceiptFound | None:
    company = description.company(company_code)
    mode = company.receipts if company else "files"
    return deltek.find_receipt(movement.batch, mode, movement.batch[-description.deltek.refno_length :])


def _faults(movement: Movement, found: ReceiptFound | None) -> list[str]:
    if found is None:
        return [
            f"batch {movement.batch} of {movement.money} is no more in Deltek: deleted, or its posting undone"
        ]
    total = _total(found, movement)
    if total == movement.amount:
        return []
    held = Money(total, movement.currency)
    return [f"batch {movement.batch} holds {held} in Deltek, where Stripe moved {movement.money}"]


def _total(found: ReceiptFound, movement: Movement) -> int:
    return Money.from_decimal(found.total, movement.currency).minor
