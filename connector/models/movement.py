"""A movement: one unit of money that really moved at Stripe, keyed by the object that moved it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered
from connector.money import Money


class MovementKind(StrEnum):
    PAYMENT = "payment"  # an InvoicePayment that succeeded
    REFUND = "refund"  # a refund that succeeded
    REFUND_FAILED = "refund failed"  # a refund that failed after it had succeeded


class Movement(Numbered, Base):
    """`amount` is signed: positive is money received on the invoice.

    One refund of a payment that paid several invoices is one movement for each of them, so the invoice is part
    of the key. `rows` is how the receipt was split over the invoice's WBS rows, once it is decided.
    """

    __tablename__ = "movements"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "stripe_id", "invoice_id"),)

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    invoice_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("invoices.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[MovementKind]
    stripe_id: Mapped[str]
    payment_intent: Mapped[str] = mapped_column(default="", index=True)
    charge: Mapped[str] = mapped_column(default="")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    moved_at: Mapped[datetime]
    moved_on: Mapped[date]  # the day in the tenant's time zone, which dates the receipt
    batch: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(default=list)
    written_at: Mapped[datetime | None]  # the receipt stands in Deltek, at least as a transaction file
    posted_at: Mapped[datetime | None]  # … and was seen in the posted ledger
    created_at: Mapped[datetime]

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)
