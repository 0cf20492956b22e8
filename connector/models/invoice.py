"""A posted Deltek AR invoice and its one Stripe counterpart."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered
from connector.money import Money


class InvoiceState(StrEnum):
    """Where the invoice stands on its way to Stripe; what was paid stands in the movements."""

    LEFT_ALONE = "left alone"  # not for Stripe: a credit memo, too old, another company, …; `reason` says why
    BLOCKED = "blocked"  # read, but something is wrong with it: `reason` and `remedy`
    PENDING = "pending"  # a push operation stands for it
    PUSHED = "pushed"  # finalized at Stripe


class Invoice(Numbered, Base):
    """Keyed by company, WBS1 and invoice number, zeros and blanks as Deltek gave them when it was read first."""

    __tablename__ = "invoices"
    __table_args__ = (UniqueConstraint("tenant_id", "company", "wbs1", "number"),)

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    company: Mapped[str]
    wbs1: Mapped[str]
    number: Mapped[str] = mapped_column(index=True)
    state: Mapped[InvoiceState]
    reason: Mapped[str] = mapped_column(default="")
    remedy: Mapped[str] = mapped_column(default="")
    batch: Mapped[str] = mapped_column(default="")
    client_id: Mapped[str] = mapped_column(default="")
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("customers.id", ondelete="CASCADE")
    )
    invoice_date: Mapped[date | None]
    due_date: Mapped[date | None]
    currency: Mapped[str] = mapped_column(default="")
    amount: Mapped[int] = mapped_column(BigInteger, default=0)  # the original amount, minor units
    lines: Mapped[list[Any]] = mapped_column(
        default=list
    )  # what the client reads: [{description, amount, …}]
    wbs_rows: Mapped[list[Any]] = mapped_column(
        default=list
    )  # what was billed where: [{wbs1, wbs2, wbs3, amount}]
    project_name: Mapped[str] = mapped_column(default="")
    summarised: Mapped[str] = mapped_column(
        default=""
    )  # how lines were summed up, in words; empty: as billed
    stripe_invoice_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_status: Mapped[str] = mapped_column(default="")
    stripe_paid: Mapped[int] = mapped_column(BigInteger, default=0)
    stripe_remaining: Mapped[int] = mapped_column(BigInteger, default=0)
    stripe_read_at: Mapped[datetime | None]
    payment_note: Mapped[str] = mapped_column(default="")  # e.g. a bank payment is under way
    retainage: Mapped[int] = mapped_column(BigInteger, default=0)  # withheld, but part of AR's balance
    # What Deltek settled of it without our receipts (checks, credit memos), and what of that by documents; negative
    # when more was charged since.
    settled_elsewhere: Mapped[int] = mapped_column(BigInteger, default=0)
    credited: Mapped[int] = mapped_column(BigInteger, default=0)
    deltek_read_at: Mapped[datetime | None]  # when its document and its standing were read last
    settle_version: Mapped[int] = mapped_column(default=0)  # counts the operations that settled it at Stripe
    # A finalized Stripe invoice cannot be changed: it is voided and made again, its number with a suffix.
    revision: Mapped[int] = mapped_column(default=0)
    stripe_number: Mapped[str] = mapped_column(default="")
    former_stripe_ids: Mapped[list[Any]] = mapped_column(default=list)
    outdated: Mapped[str] = mapped_column(
        default=""
    )  # what of the Stripe invoice changed in Deltek, in words
    pay_token: Mapped[str | None] = mapped_column(unique=True)  # the unguessable part of its pay link
    written_back: Mapped[str] = mapped_column(default="")  # the hash of what was last written to Deltek of it
    write_back_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    @property
    def original(self) -> Money:
        return Money(self.amount, self.currency)
