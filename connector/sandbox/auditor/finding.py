"""What the auditor objects to."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong, by the question that was asked."""

    # Has each unit of money that moved at Stripe its one receipt?
    MISSING = "missing receipt"
    DOUBLED = "doubled receipt"
    NO_MOVEMENT = "receipt without a movement"
    AMOUNT = "amount"
    SIGN = "sign"
    DATE = "date"
    SHARE = "share"
    EXCESS = "excess"  # no receipt books what was paid over the invoice
    CREDIT = "credit"  # no receipt books the customer's credit that paid the invoice
    SHARED = "shared"  # a payment paid others' invoices too, and what went back of it is not booked
    # Are a receipt's rows where they belong?
    CONTROL_TOTAL = "control total"
    CURRENCY = "currency"
    ACCOUNT = "account"
    INVOICE = "invoice"
    PROJECT = "project"
    WBS = "wbs"
    # Does Stripe ask for what Deltek says is open?
    NOT_REDUCED = "not reduced"
    OVER_REDUCED = "over-reduced"
    CLOSED = "closed"  # Stripe counts more as settled than Deltek, and cannot be reopened
    VOID = "void"
    # Is at Stripe what must be there, and nothing else?
    NOT_PUSHED = "not pushed"
    FORBIDDEN = "must not be at Stripe"
    PUSHED_TWICE = "pushed twice"
    DRAFT = "left a draft"
    NUMBER = "number"
    TOTAL = "total"
    CUSTOMER = "customer"


FOR_A_PERSON = frozenset({Kind.EXCESS, Kind.CREDIT, Kind.SHARED, Kind.CLOSED})
"""The books differ, and no rule says how to mend it: callers allow these where a person was asked."""


@dataclass(frozen=True)
class Finding:
    """`invoice` is Deltek's number; several have ", " between them, and it is "" where none is concerned."""

    kind: Kind
    invoice: str
    text: str

    def __str__(self) -> str:
        return f"{self.invoice}: {self.text}" if self.invoice else self.text
