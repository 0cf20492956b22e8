"""The audit trail: append-only; the database itself refuses to change or delete a row of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered


class AuditEntry(Numbered, Base):
    """Who or what did what to which record, when, with the request and the answer (secrets never).

    `refs` are all the names by which a person may look for it: invoice number, Stripe ids, batch.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_refs", "refs", postgresql_using="gin"),)

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    summary: Mapped[str]
    invoice_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    refs: Mapped[list[str]] = mapped_column(ARRAY(TEXT), default=list)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
