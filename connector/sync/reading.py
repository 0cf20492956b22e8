"""What was made of a Deltek record: an invoice to push, one to leave alone, or one that waits for a person."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connector.money import Money

CLOSED_BY_HAND = "It was closed by hand"  # why an invoice is left alone that a person has seen to


@dataclass(frozen=True)
class InvoiceKey:
    """WBS1 and number as Deltek gives them, zeros and blanks part of the key; the company as the tenant file does."""

    company: str
    wbs1: str
    number: str

    def __str__(self) -> str:
        return f"invoice {self.number} of project {self.wbs1}"


@dataclass(frozen=True)
class ReadInvoice:
    """A posted invoice that may go to Stripe, everything about it known and adding up.

    `original` is what was charged, credit memos and retainage left out: what the lines sum to. In its minor units:
    what credit memos and what receipts of others than us settled of it by now, and `retainage`, what is withheld
    where AR review's amounts contain it. `batch` is that of its first posting.
    """

    key: InvoiceKey
    batch: str
    client_id: str
    invoice_date: date
    due_date: date
    original: Money
    lines: list[dict[str, Any]]  # [{"description", "amount" (minor), "section", "wbs"}]
    wbs_rows: list[
        dict[str, Any]
    ]  # [{"wbs1", "wbs2", "wbs3", "amount" (minor)}]; further "interest", "retainer"
    project_name: str
    summarised: str = ""
    retainage: int = 0
    credited: int = 0
    received: int = 0


@dataclass(frozen=True)
class LeftAlone:
    """Not for Stripe, and why."""

    key: InvoiceKey
    batch: str
    reason: str
    invoice_date: date | None = None


@dataclass(frozen=True)
class Unclear:
    """Nothing may be sent before a person has seen to it."""

    key: InvoiceKey
    batch: str
    reason: str
    remedy: str
    invoice_date: date | None = None
    detail: dict[str, Any] = field(default_factory=dict)


Reading = ReadInvoice | LeftAlone | Unclear
