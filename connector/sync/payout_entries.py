"""What a payout is made of: whose money each entry is, the receipts it became, and why some need none.

The categories are Stripe's (docs.stripe.com/reports/reporting-categories).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.errors import NotFound
from connector.models import Movement, Tenant
from connector.money import split
from connector.runtime import Runtime
from connector.stripe_api.customers import TENANT_KEY
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import BalanceEntry, Payout
from connector.sync import movements
from connector.sync.invoice_at_stripe import COMPANY_KEY
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe_stored

INVOICE_PAYMENT = (
    "inpay_"  # what the ids of invoice payments begin with (docs.stripe.com/api/invoice-payment)
)
CAME_BACK = "payout_reversal"
# What Stripe keeps for itself; `network_cost` is what card networks charge where the price is interchange plus.
OWN_CHARGES = ("fee", "tax", "network_cost")
OF_PAYMENTS = ("charge", "payment", "refund", "dispute")
HELD = "is held by Stripe or given free again: no fee, and no receipt"
FROM_THE_BANK = "moved between the bank and Stripe's balance: no receipt"
UNDER_WAY = "is under way: no receipt before it succeeds"
CAME_TO_NOTHING = "came to nothing: no receipt"
NEEDS_NO_RECEIPT = {
    "risk_reserved_funds": HELD,
    "connect_reserved_funds": HELD,
    "payment_network_reserve_hold": HELD,
    "payment_network_reserve_release": HELD,
    "payout_minimum_balance_hold": HELD,
    "payout_minimum_balance_release": HELD,
    "topup": FROM_THE_BANK,
    "topup_reversal": FROM_THE_BANK,
    "payout": FROM_THE_BANK,
}
# docs.stripe.com/api/charges/object and docs.stripe.com/api/refunds/object, status
NOT_MOVED = {
    "pending": UNDER_WAY,
    "requires_action": UNDER_WAY,
    "failed": CAME_TO_NOTHING,
    "canceled": CAME_TO_NOTHING,
}

Weights = dict[str, int]
"""Deltek companies, by how much of some money is theirs."""


def contents(payout: Payout, entries: Iterable[BalanceEntry]) -> list[BalanceEntry]:
    """The money the payout is made of: without the payout itself; an earlier one that came back is in it."""
    return [one for one in entries if (one.category, one.source) != ("payout", payout.id)]


def is_own_charge(entry: BalanceEntry) -> bool:
    """Whether it is nothing but what Stripe keeps."""
    return entry.category in OWN_CHARGES


def kept(entry: BalanceEntry) -> int:
    """What Stripe kept of an entry: its fee, or all of one that is nothing but a fee."""
    return entry.fee - (entry.amount if is_own_charge(entry) else 0)


def read_asked(runtime: Runtime, tenant: Tenant, entries: Sequence[BalanceEntry]) -> dict[str, Weights]:
    """By payment intent of which no money is written down: the companies of ours whose invoices it is to pay.

    Its events may come later or wait for a person, and a debit that failed brought no money at all.
    """
    with runtime.transaction() as session:
        unknown = {
            one.payment_intent
            for one in entries
            if one.payment_intent and not movements.received_by(session, tenant, one.payment_intent, "")
        }
    stripe = runtime.stripe(tenant)
    return {intent: _asked_by(stripe, tenant, intent) for intent in sorted(unknown)}


def _asked_by(stripe: StripeGateway, tenant: Tenant, payment_intent: str) -> Weights:
    weights, description = defaultdict[str, int](int), describe_stored(tenant.description)
    for payment in stripe.payments_of_intent(payment_intent):
        try:
            metadata = stripe.retrieve_invoice(payment.invoice).metadata
        except NotFound:
            continue  # a draft that was deleted
        if metadata.get(TENANT_KEY) == tenant.slug:
            asked = payment.amount_paid or payment.amount_requested
            weights[code_in_file(description, metadata.get(COMPANY_KEY, ""))] += asked
    return weights


def fees_by_company(
    session: Session, tenant: Tenant, entries: Sequence[BalanceEntry], asked: Mapping[str, Weights]
) -> Weights:
    """What Stripe kept, by the Deltek company whose money it was; minor units of the balance's currency.

    What is of no payment (a monthly fee, say) is the first company's of the tenant file. The fees of payments
    that are of no invoice of ours are nobody's: their money is not in Deltek either.
    """
    fees = defaultdict[str, int](int)
    first = next(iter(describe_stored(tenant.description).deltek.companies))
    for entry in entries:
        if is_own_charge(entry) or not is_of_payment(entry):
            weights = {first: 1}
        else:
            weights = companies_behind(session, tenant, entry, asked)
        if weights:
            for company, share in zip(weights, split(kept(entry), list(weights.values())), strict=True):
                fees[company] += share
    return {company: fee for company, fee in fees.items() if fee}


def is_of_payment(entry: BalanceEntry) -> bool:
    """Whether a payment of a client's is behind it."""
    return entry.source_type in OF_PAYMENTS or entry.category == "charge_failure"


def companies_behind(
    session: Session, tenant: Tenant, entry: BalanceEntry, asked: Mapping[str, Weights]
) -> Weights:
    """The companies whose money the entry is; empty for one of no invoice of ours."""
    description, weights = describe_stored(tenant.description), defaultdict[str, int](int)
    behind = movements_behind(session, tenant, entry) or movements.received_by(
        session, tenant, entry.payment_intent or "", entry.charge or ""
    )
    for movement in behind:
        weights[code_in_file(description, movement.company)] += abs(movement.amount)
    return weights if any(weights.values()) else asked.get(entry.payment_intent or "", {})


def code_in_file(description: TenantDescription, company: str) -> str:
    """The company as the tenant file spells it; one that the file no longer names keeps its own."""
    found = description.company(company)
    return company if found is None else found.code


def movements_behind(session: Session, tenant: Tenant, entry: BalanceEntry) -> list[Movement]:
    """What was written down of the money of one entry: found by the object that it is of."""
    if entry.category == "charge":
        if entry.source_status in NOT_MOVED:
            return []  # another charge of its payment may have succeeded, and has an entry of its own
        received = movements.received_by(session, tenant, entry.payment_intent or "", entry.source or "")
        # What came again of it (a refund that failed, say) is an entry of its own.
        return [one for one in received if one.stripe_id.startswith(INVOICE_PAYMENT)]
    names = [one for one in (entry.id, entry.source, entry.overdrawn_by) if one]
    mine = select(Movement).where(Movement.tenant_id == tenant.id, Movement.stripe_id.in_(names))
    # A refund and its failing are of one object: the one took money, the other brought it.
    return [
        one for one in session.scalars(mine.order_by(Movement.id)) if (one.amount > 0) == (entry.amount > 0)
    ]


def why_no_receipt(session: Session, tenant: Tenant, entry: BalanceEntry) -> str:
    """Why the entry of our money needs no receipt; empty for one that does.

    A bank debit is in the balance before it succeeds, and is taken off again (`charge_failure`) if it fails; so
    is a refund before it has left. Either may be in one payout and its end in another.
    """
    if entry.category == "charge_failure":
        return CAME_TO_NOTHING
    if entry.category == "charge" or (
        entry.source_type == "refund" and not movements.known_by(session, tenant, entry.source or "")
    ):
        return NOT_MOVED.get(entry.source_status or "", "")
    return NEEDS_NO_RECEIPT.get(entry.category, "")
