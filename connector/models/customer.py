"""A Deltek firm and its one Stripe customer."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered


class Customer(Numbered, Base):
    """`details` is what Stripe should show; `aligned_hash` is the hash of what it was last told."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("tenant_id", "client_id"),)

    tenant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"))
    client_id: Mapped[str]
    contact_wbs1: Mapped[str]  # the project of the firm's newest invoice: its billing contact is the firm's
    stripe_customer_id: Mapped[str | None] = mapped_column(index=True)
    found_again: Mapped[bool] = mapped_column(default=False)  # our record was lost once: look before creating
    details: Mapped[dict[str, Any]]
    details_hash: Mapped[str]
    details_version: Mapped[
        int
    ]  # counts the changes of the details; part of the key of the operation for each
    aligned_hash: Mapped[str] = mapped_column(default="")
    sources: Mapped[dict[str, Any]]  # ModDate of each hub record the details came from
    read_at: Mapped[datetime]
    created_at: Mapped[datetime]
