"""Money that moved at Stripe is written down once, keyed by the object that moved it, with its receipt to post."""

from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from connector import audit
from connector.models import Invoice, Movement, MovementKind, Operation, OperationKind, Tenant, WorkState
from connector.operations import plan
from connector.stripe_api.records import InvoicePayment
from connector.tenants.file import describe_stored

BATCH_PREFIX = "STRP"
BATCH_DIGITS = 22  # of base 32: 110 bits, and with the prefix well under Deltek's 30 characters


@dataclass(frozen=True)
class Moved:
    """One unit of money: `amount` is signed, positive is received on the invoice; `by` is the payment behind it."""

    kind: MovementKind
    stripe_id: str
    amount: int
    currency: str
    moved_at: datetime
    payment_intent: str = ""
    charge: str = ""


def payment(paid: InvoicePayment) -> Moved | None:
    """The movement of an InvoicePayment: None unless money came through Stripe for it (rule 5).

    A payment record is money that moved elsewhere (a cheque noted at Stripe), which is no cash of Stripe's.
    """
    if paid.status != "paid" or not paid.amount_paid or paid.kind == "payment_record":
        return None
    return Moved(
        kind=MovementKind.PAYMENT,
        stripe_id=paid.id,
        amount=paid.amount_paid,
        currency=paid.currency,
        moved_at=paid.paid_at or paid.created,
        payment_intent=paid.payment_intent or "",
        charge=paid.charge or "",
    )


def record(
    session: Session, tenant: Tenant, invoice: Invoice, moved: Moved, now: datetime
) -> Movement | None:
    """Write the movement down with the operation that posts its receipt; None when it stands already."""
    zone = describe_stored(tenant.description).timezone
    row_id = session.execute(
        insert(Movement)
        .values(
            tenant_id=tenant.id,
            invoice_id=invoice.id,
            kind=moved.kind,
            stripe_id=moved.stripe_id,
            payment_intent=moved.payment_intent,
            charge=moved.charge,
            amount=moved.amount,
            currency=moved.currency,
            moved_at=moved.moved_at,
            moved_on=moved.moved_at.astimezone(zone).date(),
            batch=batch_id(tenant, invoice, moved),
            rows=[],
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Movement.id)
    ).scalar_one_or_none()
    if row_id is None:
        return None
    movement = session.get_one(Movement, row_id)
    _plan_receipt(session, tenant, invoice, movement, now)
    return movement


def batch_id(tenant: Tenant, invoice: Invoice, moved: Moved) -> str:
    """Deltek's batch id for the receipt: the same for the same money, whenever and wherever it is worked out."""
    parts = (tenant.slug, moved.kind, moved.stripe_id, invoice.company, invoice.wbs1, invoice.number)
    digest = b32encode(sha256("\n".join(parts).encode()).digest()).decode()
    return BATCH_PREFIX + digest[:BATCH_DIGITS]


def payments_behind(session: Session, tenant: Tenant, payment_intent: str, charge: str) -> list[Movement]:
    """The payments that one payment intent (or a charge without one) made: one for each invoice it paid.

    They stay locked to the end of the transaction, so that two refunds never share out the same money.
    """
    if not payment_intent and not charge:
        return []
    statement = select(Movement).where(
        Movement.tenant_id == tenant.id,
        Movement.kind == MovementKind.PAYMENT,
        _same_payment(payment_intent, charge),
    )
    return list(session.scalars(statement.order_by(Movement.id).with_for_update()))


def of_refund(session: Session, tenant: Tenant, refund_id: str) -> list[Movement]:
    """What was written down of a refund that succeeded: one movement for each invoice it went back from."""
    statement = select(Movement).where(
        Movement.tenant_id == tenant.id,
        Movement.kind == MovementKind.REFUND,
        Movement.stripe_id == refund_id,
    )
    return list(session.scalars(statement.order_by(Movement.id)))


def gone_back(session: Session, payment: Movement) -> int:
    """How much of the payment was refunded so far, refunds that failed later not counted; minor units."""
    amounts = session.scalars(
        select(Movement.amount).where(
            Movement.tenant_id == payment.tenant_id,
            Movement.invoice_id == payment.invoice_id,
            Movement.kind != MovementKind.PAYMENT,
            _same_payment(payment.payment_intent, payment.charge),
        )
    )
    return -sum(amounts)


def _same_payment(payment_intent: str, charge: str) -> ColumnElement[bool]:
    """A payment is known by its payment intent; a charge of old has none and stands for itself."""
    return Movement.payment_intent == payment_intent if payment_intent else Movement.charge == charge


def receipt_operation(session: Session, movement: Movement) -> Operation | None:
    return session.scalar(select(Operation).where(Operation.movement_id == movement.id))


def _plan_receipt(
    session: Session, tenant: Tenant, invoice: Invoice, movement: Movement, now: datetime
) -> None:
    operation = plan(
        session,
        Operation(
            tenant_id=tenant.id,
            kind=OperationKind.POST_RECEIPT,
            key=f"receipt {movement.batch}",
            # Deltek's active company and period belong to the API user: one of its writes at a time.
            subject=f"tenant {tenant.id} deltek writer",
            invoice_id=invoice.id,
            movement_id=movement.id,
            waits_for_id=_before(session, movement),
        ),
        now,
    )
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action=f"money moved: {movement.kind}",
        summary=f"{movement.money} by {movement.stripe_id} on invoice {invoice.number}, {movement.moved_on}",
        invoice_id=invoice.id,
        refs=[
            invoice.number,
            movement.stripe_id,
            movement.payment_intent,
            movement.charge,
            movement.batch,
            f"op-{operation.id}",
        ],
    )


def _before(session: Session, movement: Movement) -> int | None:
    """What goes back goes back to where it came from: its receipt follows the receipt of what it reverses."""
    if movement.kind is MovementKind.PAYMENT:
        return None
    earlier = select(Operation.id).join(Movement, Movement.id == Operation.movement_id)
    same_payment = earlier.where(
        Movement.tenant_id == movement.tenant_id,
        Movement.invoice_id == movement.invoice_id,
        Movement.id != movement.id,
        _same_payment(movement.payment_intent, movement.charge),
        Operation.state != WorkState.DONE,
    )
    return session.scalar(same_payment.order_by(Operation.id.desc()).limit(1))
