"""What goes to Stripe and what comes back, without Stripe's shapes.

Amounts are integers of the currency's minor unit; currencies are ISO 4217 in upper case; moments are aware
and in UTC. Of Stripe's words (statuses, types) the meaning is Stripe's: docs.stripe.com/api.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any, Literal

PaymentKind = Literal["payment_intent", "charge", "payment_record"]


@dataclass(frozen=True)
class PostalAddress:
    """`country` is ISO 3166-1 alpha-2; an empty string is a part that is not known."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class CustomerDetails:
    """What Stripe shall know of a client. None is not known, and leaves alone what Stripe has."""

    name: str
    email: str | None = None
    phone: str | None = None
    address: PostalAddress | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StripeCustomer:
    """Of a deleted customer Stripe tells the id alone: no `created`, no metadata."""

    id: str
    name: str | None
    email: str | None
    metadata: dict[str, str]
    deleted: bool
    created: datetime | None


@dataclass(frozen=True)
class InvoiceDraft:
    """The head of an invoice; the lines follow.

    Stripe keeps moments where an invoice has days. Noon in `timezone` stands for the day, so that it prints
    as that day in neighbouring zones too.

    When the invoice is created Stripe refuses a due date that is not in the future ("must be an integer
    Unix timestamp in the future", param due_date: stripe-python issue 925): compare `due_at` with the clock
    before. Which later day an overdue invoice shows instead is the caller's decision; it must be the same
    at every attempt, or the idempotency key no longer fits.
    """

    customer: str
    number: str
    currency: str
    issued_on: date
    due_on: date
    timezone: tzinfo
    payment_methods: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    description: str = ""
    footer: str = ""
    custom_fields: tuple[tuple[str, str], ...] = ()

    @property
    def issued_at(self) -> datetime:
        return datetime.combine(self.issued_on, time(12), self.timezone)

    @property
    def due_at(self) -> datetime:
        return datetime.combine(self.due_on, time(12), self.timezone)


@dataclass(frozen=True)
class InvoiceLine:
    """`amount_minor` may be negative; the currency is the invoice's."""

    description: str
    amount_minor: int
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StripeInvoice:
    """An invoice as Stripe has it.

    `status` paid is not cash: credit, a credit note, a total below the minimum charge and "paid out of
    band" lead there too. `line_count` is None where Stripe's answer showed only the first lines.
    `hosted_invoice_url` goes stale (docs.stripe.com/invoicing/hosted-invoice-page): fetch it when it is
    needed. `starting_balance` is the customer's credit (negative) or debt that goes into `amount_due`.

    One that is edited after it was finalized is void, and `revised_by` another, which `revises` it
    (docs.stripe.com/invoicing/invoice-edits).

    Once it is finalized, `total` is `credit_used` + `settled_elsewhere` + `paid_through_stripe` +
    `amount_remaining`; what exceeded it is in `amount_overpaid` alone.
    """

    id: str
    status: str
    number: str | None
    customer: str | None
    currency: str
    total: int
    amount_due: int
    amount_paid: int
    amount_remaining: int
    amount_overpaid: int
    amount_paid_off_stripe: int
    starting_balance: int
    ending_balance: int | None
    pre_payment_credit_notes: int
    post_payment_credit_notes: int
    metadata: dict[str, str]
    created: datetime
    due_date: datetime | None
    hosted_invoice_url: str | None
    line_count: int | None
    revises: str | None
    revised_by: str | None

    @property
    def credit_used(self) -> int:
        """What the customer's credit balance paid of it; negative when a debt, or a negative total, was added.

        A total below the minimum charge is "paid" by a debt, and so counts here too. Of a voided invoice it
        says what had been used: voiding gives it back.
        """
        return self.total - self.amount_due - self.pre_payment_credit_notes

    @property
    def settled_elsewhere(self) -> int:
        """What was settled without a payment through Stripe: by credit notes and by payments reported to it."""
        return self.pre_payment_credit_notes + self.amount_paid_off_stripe

    @property
    def paid_through_stripe(self) -> int:
        """What payments through Stripe paid of it, without what exceeded it; refunds do not lower it."""
        return self.amount_paid - self.amount_paid_off_stripe


@dataclass(frozen=True)
class CreditNote:
    """What an invoice was reduced by: `status` issued or void.

    `pre_payment_amount` lowered what was due; `post_payment_amount` was given back or became credit. `refunds` are
    those that it is of, by id, each with what of it is the invoice's.
    """

    id: str
    invoice: str
    status: str
    amount: int
    pre_payment_amount: int
    post_payment_amount: int
    currency: str
    created: datetime
    memo: str | None
    metadata: dict[str, str]
    refunds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PaymentRecord:
    """A payment that was reported to Stripe and did not go through it."""

    id: str
    amount: int
    currency: str
    created: datetime
    metadata: dict[str, str]


@dataclass(frozen=True)
class InvoicePayment:
    """One payment of one invoice; several may share a payment intent. `amount_paid` is None until paid."""

    id: str
    invoice: str
    status: str
    amount_requested: int
    amount_paid: int | None
    currency: str
    created: datetime
    paid_at: datetime | None
    kind: PaymentKind
    payment_intent: str | None
    charge: str | None
    payment_record: str | None


@dataclass(frozen=True)
class PaymentIntent:
    id: str
    status: str
    amount: int
    amount_received: int
    currency: str
    created: datetime
    latest_charge: str | None
    last_error_message: str | None


@dataclass(frozen=True)
class Charge:
    """`balance_transaction` is None until the money is entered in the account's balance, be it as pending."""

    id: str
    status: str
    amount: int
    amount_refunded: int
    currency: str
    created: datetime
    payment_intent: str | None
    payment_method_type: str | None
    balance_transaction: str | None
    failure_message: str | None


@dataclass(frozen=True)
class Refund:
    """A refund that succeeded may fail up to 30 days later (docs.stripe.com/refunds).

    `balance_transaction` is the entry by which its money left, None until it does; `failure_balance_transaction`
    that by which it came back.

    A bank debit that fails leaves the balance by a refund, `of_nothing`: its charge never came to anything, while the
    payment intent may be paid by another one (seen in github.com/wyyerd/stripe-rs/pull/177).
    """

    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str | None
    charge: str | None
    of_nothing: bool
    created: datetime
    failure_reason: str | None
    balance_transaction: str | None
    failure_balance_transaction: str | None
    metadata: dict[str, str]

    @property
    def money_went_back(self) -> bool:
        """Not so where it is pending or requires_action yet (docs.stripe.com/refunds)."""
        return self.status == "succeeded" and not self.of_nothing


@dataclass(frozen=True)
class BalanceEntry:
    """Money into (+) or out of (-) the account's balance, in the currency that it is settled in.

    That currency, and so the amount, may differ from the charge's. `net` is `amount` less `fee`. Of the two
    names of what it is, `category` (Stripe's reporting_category) is the one for accounting, `kind` Stripe's
    type (docs.stripe.com/reports/reporting-categories). `exchange_rate` is by what the amount was multiplied,
    None where it was not converted or Stripe does not say.

    `source` is the id of what moved the money. What follows it is known only where it was read along, in
    `entries_of_payout`: its `source_type` ("charge", "refund", "dispute", "payout", ...), how it stands by now
    and what payment it is of. `overdrawn_by` is of a bank transfer that was taken back after it had paid: the
    movement of the customer's cash balance by which it was (docs.stripe.com/api/cash_balance_transactions).
    """

    id: str
    amount: int
    fee: int
    net: int
    currency: str
    created: datetime
    category: str
    kind: str
    description: str | None
    source: str | None
    source_type: str | None
    source_status: str | None
    payment_intent: str | None
    exchange_rate: Decimal | None
    charge: str | None
    overdrawn_by: str | None


@dataclass(frozen=True)
class Dispute:
    """Its money moved only by `withdrawals` and `reinstatements`, whatever `status` says.

    The `reason` of a debit that the bank returned is the bank's, "insufficient_funds" for one.
    """

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    charge: str | None
    payment_intent: str | None
    created: datetime
    withdrawals: tuple[BalanceEntry, ...]
    reinstatements: tuple[BalanceEntry, ...]


@dataclass(frozen=True)
class Payout:
    """Money that went from the account's balance to its bank; negative when the bank was debited.

    One that shows paid may fail up to five business days later. `arrival_date` is a day of Stripe's
    calendar, which is UTC. Only what an `automatic` one settled is known to Stripe, and all of it only once
    `reconciliation_status` is completed (docs.stripe.com/payouts/reconciliation).
    """

    id: str
    status: str
    amount: int
    currency: str
    automatic: bool
    created: datetime
    arrival_date: date
    reconciliation_status: str
    failure_message: str | None
    failure_balance_transaction: str | None


@dataclass(frozen=True)
class CreditMove:
    """A movement of a customer's credit balance: positive is credit used, negative is credit given.

    No money moves. `kind` is Stripe's type: applied_to_invoice, invoice_overpaid, credit_note, ...
    """

    id: str
    kind: str
    amount: int
    currency: str
    invoice: str | None
    created: datetime


@dataclass(frozen=True)
class CashMove:
    """Money into (+) or out of (-) a customer's cash balance, where bank transfers arrive.

    `kind` is Stripe's type: funded, applied_to_payment, funding_reversed, ... `payment_intent` is that of the
    payment that it was applied to or taken back from. `ending_balance` is negative when a transfer was
    reversed whose money had been applied.
    """

    id: str
    kind: str
    net_amount: int
    ending_balance: int
    currency: str
    customer: str
    payment_intent: str | None
    created: datetime


@dataclass(frozen=True)
class EventHint:
    """That something happened to an object. What it is now, the object itself must be asked.

    `raw` is the event as Stripe wrote it, in the API version of the moment it happened.
    """

    id: str
    type: str
    created: datetime
    object_type: str | None
    object_id: str | None
    raw: dict[str, Any]


@dataclass(frozen=True)
class WebhookEndpoint:
    id: str
    url: str
    status: str
    events: tuple[str, ...]
    api_version: str | None
    description: str | None


@dataclass(frozen=True)
class PermissionCheck:
    """Whether the key may read `what`; if not, `message` says what is missing and what to do."""

    what: str
    ok: bool
    message: str
