"""Money that moved at Stripe is written down once, keyed by the object that moved it, with its receipt to post."""

from base64 import b32encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from connector import audit
from connector.errors import NotFound
from connector.models import Invoice, Movement, MovementKind, Operation, OperationKind, Tenant, WorkState
from connector.operations import plan
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import CreditMove, StripeInvoice
from connector.sync.split_receipt import Rows
from connector.tenants.file import describe_stored
from connector.work import reopen

BATCH_PREFIX = "STRP"
BATCH_DIGITS = 22  # of base 32: 110 bits, and with the prefix well under Deltek's 30 characters

RECEIVED = (MovementKind.PAYMENT, MovementKind.OVERPAYMENT)
GONE_BACK = (
    MovementKind.REFUND,
    MovementKind.REFUND_FAILED,
    MovementKind.DISPUTE,
    MovementKind.DISPUTE_REINSTATED,
)
OF_THE_INVOICE = (MovementKind.PAYMENT, *GONE_BACK)
# docs.stripe.com/api/customer_balance_transactions/object, type: what pays an invoice, what pays one of which less than
# Stripe charges is left (that becomes the customer's debt), and what voiding gives back.
CREDIT_OF_INVOICES = ("applied_to_invoice", "invoice_too_small", "unapplied_from_invoice")
OVER_THE_INVOICE = (MovementKind.OVERPAYMENT, MovementKind.OVERPAYMENT_RETURNED)


@dataclass(frozen=True)
class Moved:
    """One unit of money: `amount` is signed, positive is received; `by` what payment is behind it.

    `settles` is by how much the invoice's balance falls, where that is not the amount. `rows` are those of a
    receipt that is decided already. `also` are further names that a person may look for. `instead` stands for credit
    that cannot be read any more, where none is known.
    """

    kind: MovementKind
    stripe_id: str
    amount: int
    currency: str
    moved_at: datetime
    payment_intent: str = ""
    charge: str = ""
    settles: int | None = None
    rows: Rows = field(default_factory=list)
    also: tuple[str, ...] = ()
    instead: bool = False


def credit_of(stripe: StripeGateway, invoice: StripeInvoice) -> list[Moved]:
    """The customer's credit that paid the invoice, or was given back when it was voided: no cash."""
    if not (invoice.credit_used or invoice.starting_balance) or not invoice.customer:
        return []
    try:
        return list(_credit_moved(invoice.id, stripe.credit_moves_of_invoice(invoice.customer, invoice.id)))
    except NotFound:
        return _credit_told_by(invoice)


def _credit_told_by(invoice: StripeInvoice) -> list[Moved]:
    """With a customer that is deleted its credit balance is gone; what of it paid the invoice, that still tells."""
    if invoice.status == "void" or not invoice.credit_used:
        return []
    used = Moved(
        kind=MovementKind.CREDIT_APPLIED,
        stripe_id=invoice.id,
        amount=0,
        settles=invoice.credit_used,
        currency=invoice.currency,
        moved_at=invoice.created,
        instead=True,
    )
    return [used]


def _credit_moved(stripe_invoice: str, moves: Iterable[CreditMove]) -> Iterator[Moved]:
    for move in moves:
        if move.kind in CREDIT_OF_INVOICES and move.amount:
            yield Moved(
                kind=MovementKind.CREDIT_APPLIED,
                stripe_id=move.id,
                amount=0,
                settles=move.amount,
                currency=move.currency,
                moved_at=move.created,
                also=(stripe_invoice,),
            )


def record(
    session: Session, tenant: Tenant, invoice: Invoice, moved: Moved, now: datetime
) -> Movement | None:
    """Write the movement down with the operation that posts its receipt; None when it stands already."""
    if moved.instead and _has_credit(session, invoice):
        return None
    batch = batch_id(tenant, moved, invoice.company, invoice.wbs1, invoice.number)
    return _record(session, tenant, moved, now, batch, invoice.company, invoice)


def _has_credit(session: Session, invoice: Invoice) -> bool:
    """Whether credit that paid the invoice is known, and not given back."""
    applied = select(func.sum(Movement.settles)).where(
        Movement.invoice_id == invoice.id, Movement.kind == MovementKind.CREDIT_APPLIED
    )
    return bool(session.scalar(applied))


def record_of_company(
    session: Session, tenant: Tenant, company: str, moved: Moved, now: datetime
) -> Movement | None:
    """The same for money that is no invoice's."""
    return _record(session, tenant, moved, now, batch_id(tenant, moved, company, "", ""), company, None)


def _record(
    session: Session,
    tenant: Tenant,
    moved: Moved,
    now: datetime,
    batch: str,
    company: str,
    invoice: Invoice | None,
) -> Movement | None:
    zone = describe_stored(tenant.description).timezone
    row_id = session.execute(
        insert(Movement)
        .values(
            tenant_id=tenant.id,
            invoice_id=invoice.id if invoice else None,
            company=company,
            kind=moved.kind,
            stripe_id=moved.stripe_id,
            payment_intent=moved.payment_intent,
            charge=moved.charge,
            amount=moved.amount,
            settles=moved.amount if moved.settles is None else moved.settles,
            currency=moved.currency,
            moved_at=moved.moved_at,
            moved_on=moved.moved_at.astimezone(zone).date(),
            batch=batch,
            rows=moved.rows,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Movement.id)
    ).scalar_one_or_none()
    if row_id is None:
        return None
    movement = session.get_one(Movement, row_id)
    _plan_receipt(session, tenant, invoice, movement, moved.also, now)
    return movement


def batch_id(tenant: Tenant, moved: Moved, company: str, wbs1: str, number: str) -> str:
    """Deltek's batch id for the receipt: the same for the same money, whenever and wherever it is worked out."""
    parts = (tenant.slug, moved.kind, moved.stripe_id, company, wbs1, number)
    digest = b32encode(sha256("\n".join(parts).encode()).digest()).decode()
    return BATCH_PREFIX + digest[:BATCH_DIGITS]


def received_by(session: Session, tenant: Tenant, payment_intent: str, charge: str) -> list[Movement]:
    """What one payment intent (or a charge without one) brought in: for each invoice it paid, and over it.

    They stay locked to the end of the transaction, so that two refunds never share out the same money.
    """
    if not payment_intent and not charge:
        return []
    statement = select(Movement).where(
        Movement.tenant_id == tenant.id,
        Movement.kind.in_(RECEIVED),
        _same_payment(payment_intent, charge),
    )
    return list(session.scalars(statement.order_by(Movement.id).with_for_update()))


def known_by(session: Session, tenant: Tenant, stripe_id: str) -> list[Movement]:
    """What was written down of one money object of Stripe's: one movement for each invoice it is of."""
    statement = select(Movement).where(Movement.tenant_id == tenant.id, Movement.stripe_id == stripe_id)
    return list(session.scalars(statement.order_by(Movement.id)))


def left_of(session: Session, received: Movement) -> int:
    """What is left of money received, after what went back of it; minor units."""
    return sum(one.amount for one in _with_what_went_back(session, received))


def beside_of(session: Session, payment: Movement) -> int:
    """What of it is kept on the overpayment account, as the invoice was settled otherwise by then; minor units."""
    return sum(one.amount - one.settles for one in _with_what_went_back(session, payment))


def _with_what_went_back(session: Session, received: Movement) -> Sequence[Movement]:
    kinds = OVER_THE_INVOICE if received.kind is MovementKind.OVERPAYMENT else OF_THE_INVOICE
    same = select(Movement).where(
        Movement.tenant_id == received.tenant_id,
        Movement.invoice_id == received.invoice_id,
        Movement.kind.in_(kinds),
        _same_payment(received.payment_intent, received.charge),
    )
    return session.scalars(same).all()


def settled_by_us(session: Session, invoice: Invoice, *, posted_only: bool = False) -> int:
    """By how much the balance falls by all movements of the invoice, or by those whose receipts are posted."""
    mine = select(Movement).where(Movement.invoice_id == invoice.id)
    counted = (one for one in session.scalars(mine) if not posted_only or is_booked(one))
    return sum(one.settles for one in counted)


def kept_beside(session: Session, invoice: Invoice) -> int:
    """What of payments for the invoice is kept on the overpayment account, as it was settled otherwise by then."""
    mine = select(Movement).where(Movement.invoice_id == invoice.id, Movement.kind.in_(OF_THE_INVOICE))
    return sum(one.amount - one.settles for one in session.scalars(mine))


def gone_back(session: Session, invoice: Invoice) -> int:
    """What of the money received on the invoice went back to the client and did not come again; minor units."""
    back = select(Movement.amount).where(Movement.invoice_id == invoice.id, Movement.kind.in_(GONE_BACK))
    return -sum(session.scalars(back))


def booked_by_invoice(session: Session, tenant: Tenant) -> dict[int, int]:
    """By invoice: what the receipts that count in Deltek's balances settled of it, in minor units."""
    counted = or_(Movement.posted_at.is_not(None), Movement.by_hand)
    sums = (
        select(Movement.invoice_id, func.sum(Movement.settles))
        .where(Movement.tenant_id == tenant.id, Movement.invoice_id.is_not(None), counted)
        .group_by(Movement.invoice_id)
    )
    return {
        invoice_id: int(settled) for invoice_id, settled in session.execute(sums) if invoice_id is not None
    }


def is_booked(movement: Movement) -> bool:
    """Whether its receipt counts in Deltek's balances."""
    return movement.posted_at is not None or movement.by_hand


def _same_payment(payment_intent: str, charge: str) -> ColumnElement[bool]:
    """A payment is known by its payment intent; a charge of old has none and stands for itself."""
    return Movement.payment_intent == payment_intent if payment_intent else Movement.charge == charge


def receipt_operation(session: Session, movement: Movement) -> Operation | None:
    return session.scalar(select(Operation).where(Operation.movement_id == movement.id))


def _plan_receipt(
    session: Session,
    tenant: Tenant,
    invoice: Invoice | None,
    movement: Movement,
    also: tuple[str, ...],
    now: datetime,
) -> None:
    operation = plan(
        session,
        Operation(
            tenant_id=tenant.id,
            kind=OperationKind.POST_RECEIPT,
            key=f"receipt {movement.batch}",
            # Deltek's active company and period belong to the API user: one of its writes at a time.
            subject=f"tenant {tenant.id} deltek writer",
            invoice_id=movement.invoice_id,
            movement_id=movement.id,
            waits_for_id=_before(session, movement, now),
        ),
        now,
    )
    number = invoice.number if invoice else None
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action=f"money moved: {movement.kind}",
        summary=f"{movement.spoken} by {movement.stripe_id}"
        + (f" on invoice {number}" if number else "")
        + f", {movement.moved_on}",
        invoice_id=movement.invoice_id,
        refs=[
            number,
            movement.stripe_id,
            movement.payment_intent,
            movement.charge,
            movement.batch,
            f"op-{operation.id}",
            *also,
        ],
    )


def _before(session: Session, movement: Movement, now: datetime) -> int | None:
    """What goes back goes back to where it came from: its receipt follows the receipt of what it reverses."""
    if movement.kind in RECEIVED or not (movement.payment_intent or movement.charge):
        return None
    earlier = select(Operation).join(Movement, Movement.id == Operation.movement_id)
    same_payment = earlier.where(
        Movement.tenant_id == movement.tenant_id,
        Movement.invoice_id == movement.invoice_id,
        Movement.id != movement.id,
        _same_payment(movement.payment_intent, movement.charge),
        Operation.state != WorkState.DONE,
    )
    before = session.scalar(same_payment.order_by(Operation.id.desc()).limit(1))
    if before is not None and before.state is WorkState.BLOCKED:
        # A payment that had no place on its invoice has one once it goes back.
        reopen(before, now)
    return before.id if before else None
