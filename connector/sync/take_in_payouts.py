"""A payout that is reconciled: what Stripe kept of its money is booked, where the tenant file names how.

Fees are in the currency of the balance, not of the charge (docs.stripe.com/reports/balance-transaction-types).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.models import Event, Movement, MovementKind, Tenant
from connector.money import Money, split
from connector.stripe_api.records import BalanceEntry, Payout
from connector.sync import movements
from connector.sync.movements import Moved
from connector.sync.split_receipt import FEES
from connector.sync.take_in_returns import make_sure_of_payments
from connector.tenants.file import describe_stored
from connector.work import Attempt

INVOICE_PAYMENT = (
    "inpay_"  # what the ids of invoice payments begin with (docs.stripe.com/api/invoice-payment)
)


def payout_changed(attempt: Attempt[Event]) -> None:
    """Book the fees of a payout whose list of contents is complete; of any other, write down what is said of it.

    Stripe lists the contents of automatic payouts only (docs.stripe.com/payouts/reconciliation).
    """
    stripe = attempt.runtime.stripe(attempt.tenant)
    payout = stripe.retrieve_payout(attempt.unit.object_id)
    complete = payout.automatic and payout.reconciliation_status == "completed"
    entries = contents(stripe.entries_of_payout(payout.id)) if complete else []
    _make_sure_of_payments(attempt, entries)
    with attempt.conclude() as session:
        booked = [
            _book_fees(attempt, session, payout, company, fees)
            for company, fees in fees_by_company(session, attempt.tenant, entries).items()
            if fees
        ]
        attempt.note(
            session,
            "read payout from Stripe",
            f"Payout {payout.id} of {Money(payout.amount, payout.currency)} is {payout.status}"
            + (f", with {len(entries)} items" if complete else "")
            + "".join(f"; {text}" for text in booked),
            refs=[payout.id, attempt.unit.stripe_event_id],
        )


def _make_sure_of_payments(attempt: Attempt[Event], entries: Sequence[BalanceEntry]) -> None:
    """Events come in any order, and whose money it is decides which company bears the fees."""
    with attempt.runtime.transaction() as session:
        unknown = {
            one.payment_intent
            for one in entries
            if one.payment_intent and not movements_behind(session, attempt.tenant, one)
        }
    for intent in sorted(unknown):
        make_sure_of_payments(attempt, intent)


def contents(entries: Iterable[BalanceEntry]) -> list[BalanceEntry]:
    """The money a payout is made of: without the payout itself; an earlier one that came back is in it."""
    return [one for one in entries if one.category != "payout"]


def fees_by_company(session: Session, tenant: Tenant, entries: Sequence[BalanceEntry]) -> dict[str, int]:
    """What Stripe kept, by the Deltek company whose money it was; minor units of the balance's currency.

    What is of no invoice of ours (a monthly fee, say) is the first company's of the tenant file.
    """
    fees: dict[str, int] = defaultdict(int)
    first = next(iter(describe_stored(tenant.description).deltek.companies))
    for entry in entries:
        weights = _companies_behind(session, tenant, entry) or {first: 1}
        for company, share in zip(weights, split(kept(entry), list(weights.values())), strict=True):
            fees[company] += share
    return fees


def kept(entry: BalanceEntry) -> int:
    """What Stripe kept of an entry: its fee, or all of one that is nothing but a fee."""
    return entry.fee - (entry.amount if entry.category == "fee" else 0)


def movements_behind(session: Session, tenant: Tenant, entry: BalanceEntry) -> list[Movement]:
    """What was written down of the money of one entry: found by the object that it is of."""
    if entry.source_type in ("charge", "payment"):
        received = movements.received_by(session, tenant, entry.payment_intent or "", entry.source or "")
        # What came again of it (a refund that failed, say) is an entry of its own.
        return [one for one in received if one.stripe_id.startswith(INVOICE_PAYMENT)]
    names = [one for one in (entry.id, entry.source) if one]
    mine = select(Movement).where(Movement.tenant_id == tenant.id, Movement.stripe_id.in_(names))
    # A refund and its failing are of one object: the one took money, the other brought it.
    return [
        one for one in session.scalars(mine.order_by(Movement.id)) if (one.amount > 0) == (entry.amount > 0)
    ]


def _companies_behind(session: Session, tenant: Tenant, entry: BalanceEntry) -> dict[str, int]:
    description, weights = describe_stored(tenant.description), defaultdict[str, int](int)
    for movement in movements_behind(session, tenant, entry):
        company = description.company(movement.company)
        if company is not None and movement.amount:
            weights[company.code] += abs(movement.amount)
    return weights


def _book_fees(
    attempt: Attempt[Event], session: Session, payout: Payout, company_code: str, fees: int
) -> str:
    """What was done about the fees, in words."""
    money = Money(fees, payout.currency)
    company = describe_stored(attempt.tenant.description).company(company_code)
    if company is None or company.fee_account is None or company.fee_project is None:
        return f"fees of {money} are not booked: the tenant file names no fee account"
    if company.currency != payout.currency:
        return f"fees of {money} are not booked: the company's bank account is in {company.currency}"
    movements.record_of_company(
        session,
        attempt.tenant,
        company_code,
        Moved(
            kind=MovementKind.PAYOUT_FEES,
            stripe_id=payout.id,
            amount=-fees,
            settles=0,
            currency=payout.currency,
            moved_at=payout.created,
            rows=[{"wbs1": "", "wbs2": " ", "wbs3": " ", "amount": -fees, "role": FEES}],
        ),
        attempt.runtime.clock.now(),
    )
    return f"fees of {money} are booked"
