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
    OVERPAYMENT = (
        "overpayment"  # … what of it exceeded the invoice, and became the customer's credit at Stripe
    )
    REFUND = "refund"  # a refund that succeeded
    REFUND_FAILED = "refund failed"  # a refund that failed after it had succeeded
    DISPUTE = "dispute"  # a bank took the money back: a dispute, or an ACH debit that was returned
    DISPUTE_REINSTATED = "dispute reinstated"  # … and gave it back
    OVERPAYMENT_RETURNED = "overpayment returned"  # what of a refund or dispute came from the overpayment
    CREDIT_APPLIED = "credit applied"  # the customer's credit at Stripe paid an invoice: no cash
    PAYOUT_FEES = "payout fees"  # what Stripe kept of the money of one payout


class Movement(Numbered, Base):
    """`amount` is the cash that moved, signed: positive is money received. `settles` is by how much the invoice's
    balance in AR falls by it: the same, but for money that is not the invoice's, and for credit that is no cash.

    One refund of a payment that paid several invoices is one movement for each of them, so the invoice is part
    of what `batch` is derived from. `rows` is how the receipt is split, once it is decided: see
    `connector.sync.split_receipt`. Fees have no invoice, only the company that bears them.
    """

    __tablename__ = "movements"
    __table_args__ = (UniqueConstraint("tenant_id", "batch"),)

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    invoice_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("invoices.id", ondelete="CASCADE"), index=True
    )
    company: Mapped[str] = mapped_column(default="")
    kind: Mapped[MovementKind]
    stripe_id: Mapped[str] = mapped_column(index=True)
    payment_intent: Mapped[str] = mapped_column(default="", index=True)
    charge: Mapped[str] = mapped_column(default="")
    amount: Mapped[int] = mapped_column(BigInteger)
    settles: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    moved_at: Mapped[datetime]
    moved_on: Mapped[date]  # the day in the tenant's time zone, which dates the receipt
    batch: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(default=list)
    written_at: Mapped[datetime | None]  # the receipt stands in Deltek, at least as a transaction file
    posted_at: Mapped[datetime | None]  # … and was seen in the posted ledger
    looked_at: Mapped[datetime | None]  # when Deltek was last asked for the batch, posted or not
    by_hand: Mapped[bool] = mapped_column(default=False)  # a person booked it in Deltek, and said so
    created_at: Mapped[datetime]

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def spoken(self) -> Money:
        """What a person would call its amount: of credit, which is no cash, what it settles."""
        return Money(self.amount or self.settles, self.currency)
