"""A payout that is reconciled: what Stripe kept of its money is booked, where the tenant file names how.

Fees are in the currency of the balance, not of the charge (docs.stripe.com/reports/balance-transaction-types).
"""

from sqlalchemy.orm import Session

from connector.models import Event, MovementKind, Tenant
from connector.money import Money
from connector.stripe_api.records import Payout
from connector.sync import movements
from connector.sync.movements import Moved
from connector.sync.payout_entries import contents, fees_by_company, read_asked
from connector.sync.split_receipt import FEES
from connector.tenants.file import describe_stored
from connector.work import Attempt


def payout_changed(attempt: Attempt[Event]) -> None:
    """Book the fees of a payout whose list of contents is complete; of any other, write down what is said of it.

    Stripe lists the contents of automatic payouts only (docs.stripe.com/payouts/reconciliation).
    """
    stripe = attempt.runtime.stripe(attempt.tenant)
    payout = stripe.retrieve_payout(attempt.unit.object_id)
    complete = payout.automatic and payout.reconciliation_status == "completed"
    entries = contents(payout, stripe.entries_of_payout(payout.id)) if complete else []
    asked = read_asked(attempt.runtime, attempt.tenant, entries)
    with attempt.conclude() as session:
        booked = [
            _book_fees(attempt, session, payout, company, fees)
            for company, fees in fees_by_company(session, attempt.tenant, entries, asked).items()
        ]
        attempt.note(
            session,
            "read payout from Stripe",
            f"Payout {payout.id} of {Money(payout.amount, payout.currency)} is {payout.status}"
            + (f", with {len(entries)} items" if complete else "")
            + "".join(f"; {text}" for text in booked),
            refs=[payout.id, attempt.unit.stripe_event_id],
        )


def why_not_booked(tenant: Tenant, company_code: str, currency: str) -> str:
    """Why fees in this currency have no place in the company's books; empty where the tenant file names one."""
    company = describe_stored(tenant.description).company(company_code)
    if company is None or company.fee_account is None or company.fee_project is None:
        return "the tenant file names no fee account"
    if company.currency != currency:
        return f"the company's bank account is in {company.currency}"
    return ""


def _book_fees(
    attempt: Attempt[Event], session: Session, payout: Payout, company_code: str, fees: int
) -> str:
    """What was done about the fees, in words."""
    money = Money(fees, payout.currency)
    reason = why_not_booked(attempt.tenant, company_code, payout.currency)
    if reason:
        return f"fees of {money} are not booked: {reason}"
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
