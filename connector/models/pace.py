"""How fast an outside account may be asked, shared by all workers."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base


class PaceRow(Base):
    """`next_at` is when the allowance of this bucket is next free; see `connector.limiter`."""

    __tablename__ = "paces"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)  # requests in a short while that got no usable answer
    failed_at: Mapped[datetime | None]
