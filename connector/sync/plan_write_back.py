"""What Deltek is told of an invoice's state at Stripe; where that has changed, an operation to write it is planned."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from connector.models import (
    Invoice,
    InvoiceState,
    Movement,
    MovementKind,
    Operation,
    OperationKind,
    Tenant,
    WorkState,
)
from connector.money import Money
from connector.operations import plan
from connector.sync.movements import OF_THE_INVOICE, settled_by_us
from connector.sync.pay_link import new_token, pay_link
from connector.tenants.description import WriteBackDescription
from connector.tenants.file import describe_stored
from connector.work import reopen


@dataclass(frozen=True)
class Shown:
    """What an accountant reads in Deltek of the invoice at Stripe, each part as text.

    `paid` is what came in through Stripe less what went back, a plain number of the invoice's currency, so that its
    column may be one of text or of numbers. `last_payment` is the last money that moved: "2026-11-20 400.00 USD".
    """

    company: str
    project: str
    invoice: str
    status: str
    amount: str
    paid: str
    last_payment: str
    pay_link: str

    @property
    def line(self) -> str:
        """The gist in one line, for a column of the project: a column of text has an end."""
        word = self.status.partition(" (")[0]
        parts = [f"{self.invoice} {word}", f"paid {Decimal(self.paid):,f} of {self.amount}", self.pay_link]
        return ", ".join(filter(None, parts))


def plan_write_back(session: Session, tenant: Tenant, invoice: Invoice, now: datetime) -> None:
    """Plan to write the invoice's state to Deltek, where the tenant file names a place and it has changed.

    The caller holds the invoice's row locked.
    """
    wanted = describe_stored(tenant.description).deltek.write_back
    if wanted is None or not (invoice.stripe_invoice_id or invoice.former_stripe_ids):
        return
    if invoice.state is InvoiceState.PUSHED and invoice.pay_token is None:
        invoice.pay_token = new_token()
    told = fingerprint(shown(session, invoice, wanted), wanted)
    standing = session.scalar(
        select(Operation).where(
            Operation.invoice_id == invoice.id,
            Operation.kind == OperationKind.WRITE_BACK,
            Operation.state != WorkState.DONE,
        )
    )
    if standing is not None:
        _look_again(standing, told, now)
    elif told != invoice.written_back:
        _plan(session, tenant, invoice, told, now)


def fingerprint(what: Shown, where: WriteBackDescription) -> str:
    """The same as long as the same is to stand in the same place."""
    return sha256(json.dumps([asdict(what), asdict(where)], sort_keys=True).encode()).hexdigest()


def shown(session: Session, invoice: Invoice, wanted: WriteBackDescription) -> Shown:
    """What Deltek should say of the invoice now."""
    return Shown(
        company=invoice.company,
        project=invoice.wbs1,
        invoice=invoice.number,
        status=_status(invoice),
        amount=str(invoice.original),
        paid=str(Money(settled_by_us(session, invoice), invoice.currency).to_decimal()),
        last_payment=_last_payment(session, invoice),
        pay_link=pay_link(wanted.pay_links, invoice) or "",
    )


def newest_of_project(session: Session, invoice: Invoice) -> Invoice:
    """The newest invoice of its project that stands at Stripe, or for want of any the newest that is void."""
    mine = select(Invoice).where(
        Invoice.tenant_id == invoice.tenant_id,
        Invoice.wbs1 == invoice.wbs1,
        or_(Invoice.stripe_invoice_id.is_not(None), Invoice.former_stripe_ids != []),
    )
    standing_first = (Invoice.stripe_status != "void").desc()
    newest_first = (Invoice.invoice_date.desc().nulls_last(), Invoice.number.desc(), Invoice.id.desc())
    return session.scalars(mine.order_by(standing_first, *newest_first).limit(1)).one()


def _status(invoice: Invoice) -> str:
    """Stripe's word for it, and what explains it: open (a payment failed), paid (400.00 USD outside Stripe)."""
    elsewhere = Money(invoice.settled_elsewhere, invoice.currency)
    notes = [invoice.payment_note, f"{elsewhere} outside Stripe" if elsewhere.minor > 0 else ""]
    note = "; ".join(filter(None, notes))
    return f"{invoice.stripe_status} ({note})" if note else invoice.stripe_status


def _last_payment(session: Session, invoice: Invoice) -> str:
    """The day in the tenant's time zone and the amount; of what is no payment, what it is."""
    moved = select(Movement).where(
        Movement.invoice_id == invoice.id,
        Movement.kind.in_([*OF_THE_INVOICE, MovementKind.CREDIT_APPLIED]),
    )
    last = session.scalar(moved.order_by(Movement.moved_at.desc(), Movement.id.desc()).limit(1))
    if last is None:
        return ""
    kind = "" if last.kind is MovementKind.PAYMENT else f" ({last.kind})"
    return f"{last.moved_on} {last.spoken}{kind}"


def _look_again(operation: Operation, told: str, now: datetime) -> None:
    """One that is due writes the newest state anyway; one that is blocked is tried again with a new state only."""
    if operation.progress.get("told") == told:
        return
    operation.progress = {**operation.progress, "told": told}
    if operation.state is WorkState.BLOCKED:
        reopen(operation, now)


def _plan(session: Session, tenant: Tenant, invoice: Invoice, told: str, now: datetime) -> None:
    invoice.write_back_version += 1
    key = f"{invoice.company} | {invoice.wbs1} | {invoice.number}"
    plan(
        session,
        Operation(
            tenant_id=tenant.id,
            kind=OperationKind.WRITE_BACK,
            key=f"write back {key} version {invoice.write_back_version}",
            # The invoices of a project share its column: one of them is written at a time.
            subject=f"tenant {tenant.id} write back {invoice.wbs1}",
            invoice_id=invoice.id,
            progress={"told": told},
        ),
        now,
    )
