"""A tenant: one Deltek firm with its Vantagepoint and its Stripe account."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from connector.models.base import Base, Numbered


class Tenant(Numbered, Base):
    """`blocked` is the reason why nothing is asked of Deltek until an operator has acted (a refused sign-in)."""

    __tablename__ = "tenants"

    slug: Mapped[str] = mapped_column(unique=True)
    description: Mapped[dict[str, Any]]  # the tenant file, as `tenants.file.as_stored` gives it
    revision: Mapped[int] = mapped_column(default=1)  # counts changes of description and credentials
    login_revision: Mapped[int] = mapped_column(default=1)  # counts changes of what signs in to Deltek
    paused: Mapped[bool] = mapped_column(default=False)
    blocked: Mapped[str] = mapped_column(default="")
    next_poll_at: Mapped[datetime]
    ledger_read_to: Mapped[datetime | None]  # PostDate up to which the posting feed has been taken in
    receipts_read_to: Mapped[datetime | None]  # … and the feed of posted receipts
    compared_at: Mapped[datetime | None]  # when every invoice was last compared with Deltek's balance
    hubs_read_to: Mapped[datetime | None]  # ModDate up to which firms, contacts and projects were compared
    events_read_to: Mapped[datetime | None]  # creation up to which Stripe's own list of events was swept
    last_poll_at: Mapped[datetime | None]
    last_poll_problem: Mapped[str] = mapped_column(default="")
    poll_failures: Mapped[int] = mapped_column(default=0)  # in a row
    poll_needs_person: Mapped[bool] = mapped_column(default=False)  # the problem will not pass by itself
    created_at: Mapped[datetime]


class Credential(Base):
    """A secret under a key of CONNECTOR_SECRET_KEYS, bound to its tenant and its name; see `connector.vault`."""

    __tablename__ = "credentials"

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime]


class DeltekLogin(Base):
    """The tenant's sign-in at Deltek. Whoever refreshes the tokens holds this row locked."""

    __tablename__ = "deltek_logins"

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    sealed_tokens: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None]
    refused: Mapped[str] = mapped_column(default="")
