"""Who works on what at this moment."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base


class Lease(Base):
    """A subject is free when it has no row, or one that has run out; see `connector.leases`."""

    __tablename__ = "leases"

    subject: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime] = mapped_column(index=True)
