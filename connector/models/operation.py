"""An operation: one write to an outside system that must happen exactly once."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered
from connector.models.work import Work


class OperationKind(StrEnum):
    READ_CLIENT = "read client"  # made up for: the poll could not read it
    ALIGN_CUSTOMER = "align customer"
    PUSH_INVOICE = "push invoice"
    SETTLE_INVOICE = "settle invoice"
    POST_RECEIPT = "post receipt"
    WRITE_BACK = "write back"


class Operation(Numbered, Work, Base):
    """Its row, with its deterministic key, is committed before the first request leaves.

    `subject` names what two workers never work on at once. `generation` makes a new idempotency key after an
    attempt that is known to have left nothing behind. `progress` holds what earlier attempts learned, e.g. the
    id of the draft. An operation waits until the one it `waits_for` is done.
    """

    __tablename__ = "operations"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index("ix_operations_due", "due_at", postgresql_where=text("state = 'due'")),
        Index("ix_operations_subject", "subject", postgresql_where=text("state = 'due'")),
    )

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[OperationKind]
    key: Mapped[str]
    subject: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("customers.id", ondelete="CASCADE")
    )
    invoice_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("invoices.id", ondelete="CASCADE"), index=True
    )
    movement_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("movements.id", ondelete="CASCADE"), index=True
    )
    waits_for_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("operations.id", ondelete="SET NULL"), index=True
    )
    generation: Mapped[int] = mapped_column(default=0)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
