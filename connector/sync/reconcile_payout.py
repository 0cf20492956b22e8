"""A payout tied out: what Stripe sent to the bank, the money it is made of, and the receipts which that became."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.errors import ConnectorError
from connector.models import Event, Movement, MovementKind, Tenant, WorkState
from connector.money import Money
from connector.runtime import Runtime
from connector.stripe_api.records import BalanceEntry, Payout
from connector.sync import movements
from connector.sync.payout_entries import (
    CAME_BACK,
    Weights,
    code_in_file,
    companies_behind,
    contents,
    fees_by_company,
    is_of_payment,
    is_own_charge,
    movements_behind,
    read_asked,
    why_no_receipt,
)
from connector.sync.take_in_payouts import why_not_booked
from connector.tenants.file import describe_stored

LIST_IS_COMPLETE = "payout.reconciliation_completed"
OF_NO_INVOICE = "is of no invoice of this tenant"
WORDS = {
    "charge": "payment",
    "charge_failure": "payment that failed",
    "payout": "an earlier payout",
    CAME_BACK: "an earlier payout that came back",
}


@dataclass(frozen=True)
class Became:
    """One receipt: its batch, the cash in it (minor units) and where it stands."""

    batch: str
    amount: int
    place: str


@dataclass
class PayoutItem:
    """One entry of Stripe's balance, in minor units of the payout's currency, and what it became in Deltek.

    `no_receipt` says why it needs none, and `note` what is amiss with it.
    """

    entry: str
    what: str
    source: str
    amount: int
    fee: int
    receipts: list[Became] = field(default_factory=list)
    no_receipt: str = ""
    note: str = ""


@dataclass
class TiedPayout:
    """`fees` is what Stripe kept of the tenant's money; `fee_receipts` what books them, and `fees_reported` is what
    the tenant file names no place for. `came_back` is the money of earlier payouts that failed: its receipts are
    among theirs. `carried` is what needs no receipt: it comes with one payout and goes with another."""

    payout: str
    status: str
    currency: str
    arrives_on: date
    amount: int
    fees: int
    items: list[PayoutItem]
    fee_receipts: list[Became]
    fees_reported: int = 0
    fee_note: str = ""
    came_back: int = 0

    @property
    def carried(self) -> int:
        return sum(item.amount for item in self.items if item.no_receipt)

    @property
    def receipts(self) -> int:
        """What Deltek's bank account gets by the receipts; fees that are not to be booked are taken off."""
        of_items = sum(one.amount for item in self.items for one in item.receipts)
        return of_items + sum(one.amount for one in self.fee_receipts) - self.fees_reported

    @property
    def difference(self) -> int:
        return self.amount - self.came_back - self.carried - self.receipts

    @property
    def ties(self) -> bool:
        return self.difference == 0 and not self.fee_note and not any(item.note for item in self.items)


def reconcile_payout(runtime: Runtime, tenant: Tenant, payout_id: str) -> TiedPayout:
    """Compare the payout with the receipts in Deltek.

    Raises ConnectorError for one whose contents Stripe does not list: manual, or not complete yet
    (docs.stripe.com/payouts/reconciliation).
    """
    stripe = runtime.stripe(tenant)
    payout = stripe.retrieve_payout(payout_id)
    if not payout.automatic:
        raise ConnectorError(
            f"Payout {payout_id} was made by hand, and Stripe lists the contents of automatic payouts only"
        )
    if payout.reconciliation_status != "completed":
        raise ConnectorError(
            f"Stripe has not completed the list of what is in payout {payout_id}", "Try again later"
        )
    entries = contents(payout, stripe.entries_of_payout(payout_id))
    asked = read_asked(runtime, tenant, entries)
    with runtime.transaction() as session:
        return _tie(session, tenant, payout, entries, asked)


def _tie(
    session: Session,
    tenant: Tenant,
    payout: Payout,
    entries: Sequence[BalanceEntry],
    asked: Mapping[str, Weights],
) -> TiedPayout:
    fees = fees_by_company(session, tenant, entries, asked)
    booked = _fees_booked(session, tenant, payout)
    unbooked = {company: kept for company, kept in fees.items() if company not in booked}
    waiting = _waiting(session, tenant, payout, unbooked)
    return TiedPayout(
        payout=payout.id,
        status=payout.status,
        currency=payout.currency,
        arrives_on=payout.arrival_date,
        amount=payout.amount,
        fees=sum(fees.values()),
        items=[_item(session, tenant, payout, entry, asked) for entry in entries],
        fee_receipts=[_became(one) for one in booked.values() if _is_written(one)],
        fees_reported=sum(unbooked.values()) - sum(waiting.values()),
        fee_note=" ".join(_faults_of_fees(session, payout, fees, booked, waiting)),
        came_back=sum(entry.amount for entry in entries if entry.category == CAME_BACK),
    )


def _fees_booked(session: Session, tenant: Tenant, payout: Payout) -> dict[str, Movement]:
    description = describe_stored(tenant.description)
    return {
        code_in_file(description, one.company): one
        for one in movements.known_by(session, tenant, payout.id)
        if one.kind is MovementKind.PAYOUT_FEES
    }


def _waiting(session: Session, tenant: Tenant, payout: Payout, unbooked: Weights) -> Weights:
    """Fees that have a place: where they had none when Stripe told of the whole payout, they are done with."""
    told = select(Event.id).where(
        Event.tenant_id == tenant.id,
        Event.object_id == payout.id,
        Event.type == LIST_IS_COMPLETE,
        Event.state == WorkState.DONE,
    )
    if session.scalar(told.limit(1)) is not None:
        return {}
    return {one: kept for one, kept in unbooked.items() if not why_not_booked(tenant, one, payout.currency)}


def _faults_of_fees(
    session: Session, payout: Payout, fees: Weights, booked: Mapping[str, Movement], waiting: Weights
) -> Iterator[str]:
    for company, movement in booked.items():
        yield from _stands(session, movement)
        kept = fees.get(company, 0)
        if movement.amount != -kept:
            was_booked = Money(-movement.amount, payout.currency)
            yield f"{was_booked} are booked, and Stripe kept {Money(kept, payout.currency)}"
    for kept in waiting.values():
        yield f"{Money(kept, payout.currency)} are not booked"


def _item(
    session: Session, tenant: Tenant, payout: Payout, entry: BalanceEntry, asked: Mapping[str, Weights]
) -> PayoutItem:
    item = PayoutItem(
        entry=entry.id,
        what=WORDS.get(entry.category, entry.category.replace("_", " ")),
        source=entry.source or "",
        amount=entry.amount,
        fee=entry.fee,
    )
    if is_own_charge(entry) or entry.category == CAME_BACK:
        return item
    behind = movements_behind(session, tenant, entry)
    if behind:
        item.receipts = [_became(one) for one in behind if _is_written(one)]
        item.note = " ".join(_faults(session, payout, entry, behind))
    elif is_of_payment(entry) and not companies_behind(session, tenant, entry, asked):
        item.note = OF_NO_INVOICE
    else:
        item.no_receipt = why_no_receipt(session, tenant, entry)
        item.note = "" if item.no_receipt else _unexplained(entry)
    return item


def _unexplained(entry: BalanceEntry) -> str:
    if entry.overdrawn_by:
        return f"is of a bank transfer that was taken back, and {entry.overdrawn_by} has no receipt yet"
    if is_of_payment(entry):
        return "is of an invoice of this tenant, and has no receipt yet"
    return OF_NO_INVOICE


def _faults(
    session: Session, payout: Payout, entry: BalanceEntry, behind: Sequence[Movement]
) -> Iterator[str]:
    """Why the item and its receipts are not the same."""
    open_still = [one for one in behind if not _is_written(one) and one.amount]
    for movement in behind:
        yield from _stands(session, movement)
    if any(one.currency != payout.currency for one in behind):
        yield f"was in {behind[0].currency}, and paid out in {payout.currency}"
    elif not open_still and sum(one.amount for one in behind) != entry.amount:
        booked = Money(sum(one.amount for one in behind), payout.currency)
        yield f"{booked} of it is booked"


def _stands(session: Session, movement: Movement) -> Iterator[str]:
    """What is to be said of its receipt: it is not in Deltek yet, or a person changed it there."""
    if not _is_written(movement):
        if movement.amount:
            yield f"batch {movement.batch} of {movement.money} is not in Deltek yet"
        return
    operation = movements.receipt_operation(session, movement)
    if operation is not None and operation.state is WorkState.BLOCKED:
        yield operation.reason[:1].lower() + operation.reason[1:]


def _is_written(movement: Movement) -> bool:
    return movement.written_at is not None or movement.by_hand


def _became(movement: Movement) -> Became:
    if movement.by_hand:
        return Became(movement.batch, movement.amount, "entered by hand")
    return Became(movement.batch, movement.amount, "posted" if movement.posted_at else "waits to be posted")
