"""Disputes, and bank debits that the bank returned: each withdrawal of money, and each time that it came again."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy.orm import Session

from connector.errors import Blocked
from connector.models import Event, Invoice, Movement, MovementKind
from connector.money import Money, split
from connector.stripe_api.records import BalanceEntry, Dispute
from connector.sync import movements
from connector.sync.credit_left_at_stripe import check_taken_off
from connector.sync.entered_by_hand import SAY_WHERE, book_entered
from connector.sync.movements import Moved
from connector.sync.payment_note import with_dispute
from connector.sync.returned_money import make_sure_of_payments, reverse, went_back
from connector.work import Attempt

# How a dispute ends that costs nothing: docs.stripe.com/api/disputes/object, status.
ENDED_WELL = ("won", "warning_closed", "prevented")
RATE_DIGITS = Decimal("0.00001")  # how closely a rate of five or six digits tells an amount


def dispute_changed(attempt: Attempt[Event]) -> None:
    """Each withdrawal is a movement, each reinstatement another; what else a dispute does is only shown.

    An ACH debit that the bank returned is a dispute that is lost from the start.
    """
    dispute = attempt.runtime.stripe(attempt.tenant).retrieve_dispute(attempt.unit.object_id)
    intent = dispute.payment_intent or _intent_of_charge(attempt, dispute.charge)
    paid = make_sure_of_payments(attempt, intent)
    book_entered(attempt, _entries_of(dispute, intent))
    with attempt.step() as session:
        for entry in _unknown(attempt, session, dispute.withdrawals):
            withdrawn = _of_dispute(dispute, intent, entry, -_in_currency_of(dispute, entry))
            went_back(attempt, session, f"Dispute {dispute.id}", withdrawn, paid)
        for entry in _unknown(attempt, session, dispute.reinstatements):
            _reinstated(attempt, session, dispute, entry)
        _show_dispute(attempt, session, dispute, intent)
    # An event that waited for a person stands for those that came after it.
    last_told = attempt.unit.type == "charge.dispute.closed" or not attempt.first
    if last_told and dispute.status == "lost":
        entries = [one.id for one in (*dispute.withdrawals, *dispute.reinstatements)]
        check_taken_off(attempt, f"dispute {dispute.id}", entries, dispute.created)
    attempt.finish()


def _intent_of_charge(attempt: Attempt[Event], charge: str | None) -> str:
    """Payments are known by the payment intent; a dispute may name its charge only."""
    if not charge:
        return ""
    return attempt.runtime.stripe(attempt.tenant).retrieve_charge(charge).payment_intent or ""


def _of_dispute(dispute: Dispute, intent: str, entry: BalanceEntry, amount: int) -> Moved:
    return Moved(
        kind=MovementKind.DISPUTE if amount < 0 else MovementKind.DISPUTE_REINSTATED,
        stripe_id=entry.id,
        amount=amount,
        currency=dispute.currency,
        moved_at=entry.created,
        payment_intent=intent,
        charge=dispute.charge or "",
        also=(dispute.id,),
    )


def _entries_of(dispute: Dispute, intent: str) -> list[Moved]:
    """Each at most over the amount of the dispute: its own may be in another currency."""
    return [
        *(_of_dispute(dispute, intent, one, -dispute.amount) for one in dispute.withdrawals),
        *(_of_dispute(dispute, intent, one, dispute.amount) for one in dispute.reinstatements),
    ]


def _unknown(
    attempt: Attempt[Event], session: Session, entries: Iterable[BalanceEntry]
) -> list[BalanceEntry]:
    return [one for one in entries if not movements.known_by(session, attempt.tenant, one.id)]


def _in_currency_of(dispute: Dispute, entry: BalanceEntry) -> int:
    """What was moved, in the currency of the payment: an entry is in that of the account's balance."""
    if entry.currency == dispute.currency:
        return abs(entry.amount)
    if len(dispute.withdrawals) == 1 and _is_whole(dispute, entry):
        return dispute.amount
    raise Blocked(
        f"Dispute {dispute.id} moved {Money(abs(entry.amount), entry.currency)}, and Stripe tells no amount in "
        f"{dispute.currency}",
        f"Enter its receipt by hand in Deltek, then {SAY_WHERE}",
    )


def _is_whole(dispute: Dispute, entry: BalanceEntry) -> bool:
    """Whether by its rate, which is rounded, the entry is all that is disputed."""
    if entry.exchange_rate is None:
        return False
    whole = Money(dispute.amount, dispute.currency).to_decimal() * entry.exchange_rate
    moved = Money(abs(entry.amount), entry.currency).to_decimal()
    return abs(moved - whole) <= max(Money(1, entry.currency).to_decimal(), whole * RATE_DIGITS)


def _reinstated(attempt: Attempt[Event], session: Session, dispute: Dispute, entry: BalanceEntry) -> None:
    """The money came again: where the withdrawals took it from, all of it or in proportion."""
    withdrawn = [
        one for each in dispute.withdrawals for one in movements.known_by(session, attempt.tenant, each.id)
    ]
    amount, total = _in_currency_of(dispute, entry), -sum(one.amount for one in withdrawn)
    if not withdrawn:
        return
    if amount > total:
        raise Blocked(
            f"Dispute {dispute.id} gave back {Money(amount, dispute.currency)}, but took only "
            f"{Money(total, dispute.currency)}",
            f"Enter what came again by hand in Deltek, then {SAY_WHERE}",
        )
    places = _taken_by_place(withdrawn)
    shares = split(amount, [taken for _, taken in places])
    for (made, _), share in zip(places, shares, strict=True):
        reverse(attempt, session, made, share, entry.id, entry.created, (dispute.id,))


def _taken_by_place(withdrawn: Iterable[Movement]) -> list[tuple[Movement, int]]:
    """What several withdrawals took from each place together; one movement stands for the place."""
    places = defaultdict[tuple[int | None, MovementKind], list[Movement]](list)
    for one in withdrawn:
        places[one.invoice_id, one.kind].append(one)
    return [(made[0], -sum(one.amount for one in made)) for made in places.values()]


def _show_dispute(attempt: Attempt[Event], session: Session, dispute: Dispute, intent: str) -> None:
    """An accountant sees it on the invoice, whether money moved or not."""
    received = movements.received_by(session, attempt.tenant, intent, dispute.charge or "")
    for invoice_id in dict.fromkeys(one.invoice_id for one in received):
        invoice = session.get_one(Invoice, invoice_id, with_for_update=True)
        text = f"dispute {dispute.id} over {Money(dispute.amount, dispute.currency)} is {dispute.status}"
        shown = "" if dispute.status in ENDED_WELL else text
        invoice.payment_note = with_dispute(invoice.payment_note, dispute.id, shown)
        attempt.note(
            session,
            "read dispute from Stripe",
            text[:1].upper() + text[1:],
            invoice_id=invoice.id,
            refs=[invoice.number, dispute.id, dispute.charge, intent, attempt.unit.stripe_event_id],
        )
