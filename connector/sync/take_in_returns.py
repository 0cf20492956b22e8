"""Money that went back to the client, by a refund or by the bank, and money of it that came again.

Stripe tells of which payment it went back, and of which invoice only where a credit note names it. Of the rest, what
exceeded the invoices goes first, at Stripe or in Deltek, and then each invoice bears by what is left of the payment on
it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from connector.errors import Blocked
from connector.models import Event, Invoice, Movement, MovementKind
from connector.money import Money, split
from connector.stripe_api.records import BalanceEntry, Dispute, Refund
from connector.sync import movements
from connector.sync.credit_left_at_stripe import check_taken_off
from connector.sync.entered_by_hand import SAY_WHERE, book_entered
from connector.sync.movements import Moved
from connector.sync.payment_note import with_dispute
from connector.sync.plan_settlement import plan_settlement
from connector.sync.plan_write_back import plan_write_back
from connector.sync.revised_at_stripe import Copied
from connector.sync.take_in_payments import Reading, paid_by_intent, read_at_stripe, write_down
from connector.work import Attempt

# Refund statuses of money that came again, if it had left (docs.stripe.com/refunds).
REFUND_CAME_BACK = ("failed", "canceled")
# How a dispute ends that costs nothing: docs.stripe.com/api/disputes/object, status.
ENDED_WELL = ("won", "warning_closed", "prevented")
RATE_DIGITS = Decimal("0.00001")  # how closely a rate of five or six digits tells an amount
NOBODY: Mapping[int, int] = {}
REVERSED_BY = {
    MovementKind.REFUND: MovementKind.REFUND_FAILED,
    MovementKind.DISPUTE: MovementKind.DISPUTE_REINSTATED,
    MovementKind.OVERPAYMENT_RETURNED: MovementKind.OVERPAYMENT,
}


@dataclass(frozen=True)
class Paid:
    """What a payment paid: our invoices by their Stripe invoices, and how many others."""

    ours: Mapping[str, int]
    others: int = 0


def refund_changed(attempt: Attempt[Event]) -> None:
    """A refund that succeeded is a movement; one that fails after that is its reversal."""
    _take_in_refunds(
        attempt, [attempt.runtime.stripe(attempt.tenant).retrieve_refund(attempt.unit.object_id)]
    )


def charge_refunded(attempt: Attempt[Event]) -> None:
    """An endpoint of another making may tell of refunds by their charge only."""
    _take_in_refunds(
        attempt, attempt.runtime.stripe(attempt.tenant).refunds_of_charge(attempt.unit.object_id)
    )


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
            _went_back(attempt, session, f"Dispute {dispute.id}", withdrawn, paid)
        for entry in _unknown(attempt, session, dispute.reinstatements):
            _reinstated(attempt, session, dispute, entry)
        _show_dispute(attempt, session, dispute, intent)
    # An event that waited for a person stands for those that came after it.
    last_told = attempt.unit.type == "charge.dispute.closed" or not attempt.first
    if last_told and dispute.status == "lost":
        entries = [one.id for one in (*dispute.withdrawals, *dispute.reinstatements)]
        check_taken_off(attempt, f"dispute {dispute.id}", entries, dispute.created)
    attempt.finish()


def _take_in_refunds(attempt: Attempt[Event], refunds: Sequence[Refund]) -> None:
    moved = [one for one in refunds if one.money_went_back]
    paid = {one.id: make_sure_of_payments(attempt, one.payment_intent or "") for one in moved}
    left_at = {one.id: _left_at(attempt, one, paid[one.id]) for one in moved}
    shares = {one.id: _named_by_credit_notes(attempt, one, paid[one.id]) for one in moved}
    came_back = {one.id: _came_back_at(attempt, one) for one in refunds if one.status in REFUND_CAME_BACK}
    news = _not_known(attempt, moved)
    book_entered(attempt, [_refunded(one, left_at[one.id]) for one in moved])
    with attempt.step() as session:
        for refund in refunds:
            if refund in moved:
                what, back = f"Refund {refund.id}", _refunded(refund, left_at[refund.id])
                _went_back(attempt, session, what, back, paid[refund.id], shares[refund.id])
            elif refund.status in REFUND_CAME_BACK:
                # One that never was booked leaves nothing to reverse.
                made = movements.known_by(session, attempt.tenant, refund.id)
                _came_again(attempt, session, made, refund.id, came_back[refund.id])
    for refund in news:
        check_taken_off(attempt, f"refund {refund.id}", [refund.id], refund.created)
    attempt.finish()


def _not_known(attempt: Attempt[Event], moved: Sequence[Refund]) -> list[Refund]:
    """What a person closed is not asked about again by a later event; one that waits looks again."""
    with attempt.runtime.transaction() as session:
        return [
            one
            for one in moved
            if not attempt.first or not movements.known_by(session, attempt.tenant, one.id)
        ]


def _left_at(attempt: Attempt[Event], refund: Refund, paid: Paid) -> datetime:
    """When its money left the balance: one that waited for the client, or for money, did so after it was asked for."""
    entry = refund.balance_transaction
    if entry is None or not paid.ours:
        return refund.created
    return max(refund.created, attempt.runtime.stripe(attempt.tenant).retrieve_balance_entry(entry).created)


def _came_back_at(attempt: Attempt[Event], refund: Refund) -> datetime:
    """One that was canceled before its money had left names no entry of the balance."""
    entry = refund.failure_balance_transaction
    if entry is None:
        return attempt.runtime.clock.now()
    return attempt.runtime.stripe(attempt.tenant).retrieve_balance_entry(entry).created


def _intent_of_charge(attempt: Attempt[Event], charge: str | None) -> str:
    """Payments are known by the payment intent; a dispute may name its charge only."""
    if not charge:
        return ""
    return attempt.runtime.stripe(attempt.tenant).retrieve_charge(charge).payment_intent or ""


def make_sure_of_payments(attempt: Attempt[Event], payment_intent: str) -> Paid:
    """Events come in any order: write down whatever the payment paid."""
    if not payment_intent:
        return Paid({})
    readings = [_read_if_ours(attempt, one) for one in paid_by_intent(attempt, payment_intent)]
    with attempt.step() as session:
        ours = {one.invoice.id: write_down(attempt, session, one).id for one in readings if one is not None}
    return Paid(ours, readings.count(None))


def _read_if_ours(attempt: Attempt[Event], stripe_invoice: str) -> Reading | None:
    """A copy that somebody made of an invoice is nobody's: what was paid on it waits for a person."""
    try:
        return read_at_stripe(attempt, stripe_invoice)
    except Copied:
        return None


def _named_by_credit_notes(attempt: Attempt[Event], refund: Refund, paid: Paid) -> dict[int, int]:
    """What of the refund is whose, by invoice of ours, as far as credit notes tell (docs.stripe.com/api/credit_notes/
    object, refunds). Of a payment of one invoice, and of no more than that, there is nothing to ask."""
    intent, charge = refund.payment_intent or "", refund.charge or ""
    with attempt.runtime.transaction() as session:
        received = movements.received_by(session, attempt.tenant, intent, charge)
    if len(received) + paid.others < 2:
        return {}
    stripe, named = attempt.runtime.stripe(attempt.tenant), defaultdict[int, int](int)
    for stripe_invoice, invoice_id in paid.ours.items():
        for note in stripe.credit_notes_of_invoice(stripe_invoice):
            if note.status == "issued" and refund.id in note.refunds:
                named[invoice_id] += note.refunds[refund.id]
    return dict(named)


def _refunded(refund: Refund, moved_at: datetime) -> Moved:
    return Moved(
        kind=MovementKind.REFUND,
        stripe_id=refund.id,
        amount=-refund.amount,
        currency=refund.currency,
        moved_at=moved_at,
        payment_intent=refund.payment_intent or "",
        charge=refund.charge or "",
    )


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


def _went_back(
    attempt: Attempt[Event],
    session: Session,
    what: str,
    returned: Moved,
    paid: Paid,
    named: Mapping[int, int] = NOBODY,
) -> None:
    """One movement for each invoice that the money (all of it: `returned`) went back from; nothing where it is
    written down already. `named` is what Stripe says to be of which invoice."""
    received = movements.received_by(session, attempt.tenant, returned.payment_intent, returned.charge)
    if not received or movements.known_by(session, attempt.tenant, returned.stripe_id):
        return  # a payment that was not for an invoice of ours, or a return that is written down
    if paid.others and sum(named.values()) < -returned.amount:
        raise Blocked(
            f"{what} is of a payment that paid other invoices too, and Stripe tells no shares",
            f"Enter the invoice's part by hand in Deltek, then {SAY_WHERE}",
        )
    for behind, share in _shares(session, what, -returned.amount, received, named):
        over = behind.kind is MovementKind.OVERPAYMENT
        kind = MovementKind.OVERPAYMENT_RETURNED if over else returned.kind
        moved = _moved(kind, returned.stripe_id, -share, behind, returned.moved_at, returned.also)
        _record(attempt, session, behind, moved)


def _shares(
    session: Session, what: str, amount: int, received: Sequence[Movement], named: Mapping[int, int]
) -> list[tuple[Movement, int]]:
    """What goes back of each movement that the payment made; raises Blocked when it is more than is left."""
    places = list({(one.invoice_id, one.kind): one for one in received}.values())
    over = [one for one in places if one.kind is MovementKind.OVERPAYMENT]
    applied = [one for one in places if one.kind is MovementKind.PAYMENT]
    of_its_own = {one.id: named.get(one.invoice_id or 0, 0) for one in applied}
    left = {one.id: movements.left_of(session, one) - of_its_own.get(one.id, 0) for one in places}
    rest = amount - sum(of_its_own.values())
    if min(rest, *left.values()) < 0 or rest > sum(left.values()):
        raise Blocked(
            f"{what} is over more than is left of its payment on the invoices",
            f"Enter its reversing receipts by hand in Deltek, then {SAY_WHERE}",
        )
    beside = {
        one.id: min(left[one.id], max(0, movements.beside_of(session, one) - of_its_own[one.id]))
        for one in applied
    }
    shares = of_its_own
    for its, most in ((over, left), (applied, beside), (applied, left)):
        part = min(rest, sum(most[one.id] for one in its))
        for one, share in _split(part, its, most):
            shares[one.id] = shares.get(one.id, 0) + share
            left[one.id] -= share
        rest -= part
    return [(one, shares[one.id]) for one in (*over, *applied) if shares.get(one.id)]


def _split(amount: int, places: Sequence[Movement], left: dict[int, int]) -> list[tuple[Movement, int]]:
    if not amount:
        return []
    shares = split(amount, [left[one.id] for one in places])
    return list(zip(places, shares, strict=True))


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
        _reverse(attempt, session, made, share, entry.id, entry.created, (dispute.id,))


def _taken_by_place(withdrawn: Iterable[Movement]) -> list[tuple[Movement, int]]:
    """What several withdrawals took from each place together; one movement stands for the place."""
    places = defaultdict[tuple[int | None, MovementKind], list[Movement]](list)
    for one in withdrawn:
        places[one.invoice_id, one.kind].append(one)
    return [(made[0], -sum(one.amount for one in made)) for made in places.values()]


def _came_again(
    attempt: Attempt[Event], session: Session, made: Iterable[Movement], stripe_id: str, moved_at: datetime
) -> None:
    for movement in made:
        if movement.kind in REVERSED_BY:
            _reverse(attempt, session, movement, -movement.amount, stripe_id, moved_at)


def _reverse(
    attempt: Attempt[Event],
    session: Session,
    made: Movement,
    amount: int,
    stripe_id: str,
    moved_at: datetime,
    also: tuple[str, ...] = (),
) -> None:
    if amount:
        moved = _moved(REVERSED_BY[made.kind], stripe_id, amount, made, moved_at, also)
        _record(attempt, session, made, moved)


def _moved(
    kind: MovementKind,
    stripe_id: str,
    amount: int,
    behind: Movement,
    moved_at: datetime,
    also: tuple[str, ...],
) -> Moved:
    return Moved(
        kind=kind,
        stripe_id=stripe_id,
        amount=amount,
        settles=0 if kind in movements.OVER_THE_INVOICE else amount,
        currency=behind.currency,
        moved_at=moved_at,
        payment_intent=behind.payment_intent,
        charge=behind.charge,
        also=also,
    )


def _record(attempt: Attempt[Event], session: Session, behind: Movement, moved: Moved) -> None:
    now = attempt.runtime.clock.now()
    invoice = session.get_one(Invoice, behind.invoice_id, with_for_update=True)
    movements.record(session, attempt.tenant, invoice, moved, now)
    plan_settlement(session, attempt.tenant, invoice, now)
    plan_write_back(session, attempt.tenant, invoice, now)


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
