"""A posting run of the ledger that has been taken in, so that the overlap of the next poll costs nothing."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base


class Posting(Base):
    """One posting run is a (period, PostSeq) of a batch; the same batch can be undone and posted again."""

    __tablename__ = "postings"

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    batch: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(primary_key=True)
    post_seq: Mapped[int] = mapped_column(primary_key=True)
    read_at: Mapped[datetime]
