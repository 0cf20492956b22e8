"""A payout tied out: what Stripe sent to the bank, the money it is made of, and the receipts which that became."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from connector.errors import ConnectorError
from connector.models import Movement, MovementKind, Tenant, WorkState
from connector.money import Money
from connector.runtime import Runtime
from connector.stripe_api.records import BalanceEntry, Payout
from connector.sync import movements
from connector.sync.take_in_payouts import contents, kept, movements_behind

CAME_BACK = "payout_reversal"
WORDS = {"charge": "payment", CAME_BACK: "an earlier payout that came back"}


@dataclass(frozen=True)
class Became:
    """One receipt: its batch, the cash in it (minor units) and where it stands."""

    batch: str
    amount: int
    place: str


@dataclass
class PayoutItem:
    """One entry of Stripe's balance, in minor units of the payout's currency, and what it became in Deltek."""

    entry: str
    what: str
    source: str
    amount: int
    fee: int
    receipts: list[Became] = field(default_factory=list)
    note: str = ""


@dataclass
class TiedPayout:
    """`fees` is what Stripe kept; `fee_receipts` what books them, and `fees_reported` is what the tenant file names no
    place for. `came_back` is the money of earlier payouts that failed: its receipts are among theirs."""

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
    def receipts(self) -> int:
        """What Deltek's bank account gets by the receipts; fees that are not to be booked are taken off."""
        of_items = sum(one.amount for item in self.items for one in item.receipts)
        return of_items + sum(one.amount for one in self.fee_receipts) - self.fees_reported

    @property
    def difference(self) -> int:
        return self.amount - self.came_back - self.receipts

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
    entries = contents(stripe.entries_of_payout(payout_id))
    with runtime.transaction() as session:
        return _tie(session, tenant, payout, entries)


def _tie(session: Session, tenant: Tenant, payout: Payout, entries: Sequence[BalanceEntry]) -> TiedPayout:
    fees = [
        one for one in movements.known_by(session, tenant, payout.id) if one.kind is MovementKind.PAYOUT_FEES
    ]
    kept_in_all = sum(kept(entry) for entry in entries)
    return TiedPayout(
        payout=payout.id,
        status=payout.status,
        currency=payout.currency,
        arrives_on=payout.arrival_date,
        amount=payout.amount,
        fees=kept_in_all,
        items=[_item(session, tenant, payout, entry) for entry in entries],
        fee_receipts=[_became(one) for one in fees if _is_written(one)],
        fees_reported=kept_in_all + sum(one.amount for one in fees),
        fee_note=" ".join(note for one in fees for note in _stands(session, one)),
        came_back=sum(entry.amount for entry in entries if entry.category == CAME_BACK),
    )


def _item(session: Session, tenant: Tenant, payout: Payout, entry: BalanceEntry) -> PayoutItem:
    item = PayoutItem(
        entry=entry.id,
        what=WORDS.get(entry.category, entry.category.replace("_", " ")),
        source=entry.source or "",
        amount=entry.amount,
        fee=entry.fee,
    )
    if entry.category in ("fee", CAME_BACK):
        return item
    behind = movements_behind(session, tenant, entry)
    item.receipts = [_became(one) for one in behind if _is_written(one)]
    item.note = " ".join(_faults(session, payout, entry, behind))
    return item


def _faults(
    session: Session, payout: Payout, entry: BalanceEntry, behind: Sequence[Movement]
) -> Iterator[str]:
    """Why the item and its receipts are not the same."""
    if not behind:
        yield "is of no invoice of this tenant"
        return
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
