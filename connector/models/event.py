"""A Stripe event in the inbox: stored raw, then used only as a hint to read the object again."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered
from connector.models.work import Work


class Event(Numbered, Work, Base):
    """Deduplicated by the event's id, but done only when its handling is done."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "stripe_event_id"),
        Index("ix_events_object", "tenant_id", "object_id"),
        Index("ix_events_due", "due_at", postgresql_where=text("state = 'due'")),
    )

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    stripe_event_id: Mapped[str]
    type: Mapped[str]
    object_id: Mapped[str] = mapped_column(default="")
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    # By invoice id: the receipts, in minor units, that a person entered for what this event moved.
    entered: Mapped[dict[str, Any]] = mapped_column(default=dict)
