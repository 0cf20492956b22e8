"""A movement becomes one cash receipt in Deltek: on the invoice's project and number, dated by the tenant's day.

Deltek takes no idempotency key, so the batch id is the key: it is worked out from the money, the batch is looked
for among unposted files and in the posted ledger before each write, and again after a doubtful one.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from decimal import Decimal

from connector.deltek.answers import AlreadyExists
from connector.deltek.records import CashReceipt, ReceiptFound, ReceiptRow
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, Refused, Unavailable
from connector.models import Invoice, Movement, Operation
from connector.sync.decide_receipt import decided_receipt
from connector.sync.plan_settlement import plan_settlement
from connector.tenants.description import CompanyDescription
from connector.tenants.file import describe_stored
from connector.work import Attempt, NotYet

# How long a posting that was asked for may take to show in the ledger before it is asked for again.
POSTING_TAKES_AT_MOST = timedelta(minutes=5)
POSTING_OVERDUE_AFTER = timedelta(hours=1)
LOOK_AGAIN_SECONDS = 10.0


def post_receipt(attempt: Attempt[Operation]) -> None:
    """Write the receipt, unless it is there; have it posted where the company wants that; make sure of both."""
    with attempt.runtime.transaction() as session:
        movement = session.get_one(Movement, attempt.unit.movement_id)
        invoice = session.get(Invoice, movement.invoice_id) if movement.invoice_id else None
    if movement.by_hand:
        attempt.finish()  # a person has booked it, and said so
        return
    company = _company(attempt, movement)
    deltek = attempt.runtime.deltek(attempt.tenant)
    receipt = decided_receipt(attempt, deltek, company, movement, invoice)
    if not receipt.rows:
        _conclude_empty(attempt, movement, invoice)
        return
    found = deltek.find_receipt(receipt.batch, company.receipts, receipt.ref_no)
    if found is None:
        _check_never_written(receipt, movement)
        found = _write(attempt, deltek, company, receipt)
    _check_same(receipt, found)
    _remember_written(attempt, movement)
    if company.post and found.place != "posted":
        _have_posted(attempt, deltek, receipt)
        found = _look_for_posted(attempt, deltek, company, receipt)
    _conclude(attempt, invoice, receipt, found)


def _conclude_empty(attempt: Attempt[Operation], movement: Movement, invoice: Invoice | None) -> None:
    """Credit for an invoice on which nothing is open any more stays where it is kept."""
    with attempt.conclude() as session:
        attempt.note(
            session,
            "nothing to book",
            f"{movement.spoken} by {movement.stripe_id}: nothing is open on the invoice in Deltek",
            invoice_id=invoice.id if invoice else None,
            refs=[movement.stripe_id, movement.batch, f"op-{attempt.unit.id}"],
        )


def _remember_written(attempt: Attempt[Operation], movement: Movement) -> None:
    """Seen in Deltek once: if it is gone before it is posted, a person took it out."""
    if movement.written_at is None:
        with attempt.step() as session:
            session.get_one(Movement, movement.id).written_at = attempt.runtime.clock.now()


def _check_never_written(receipt: CashReceipt, movement: Movement) -> None:
    """A receipt that stood in Deltek once and is gone was taken out by a person: it is not written again."""
    if movement.written_at is not None:
        raise Blocked(
            f"Batch {receipt.batch} of {movement.money} was written on {movement.written_at:%Y-%m-%d}, but Deltek "
            "has it no more: it was deleted or its posting undone",
            "If the money is still to be booked, enter the receipt by hand in Deltek; then `ml-connector replay` it "
            "with --by-hand",
        )


def _company(attempt: Attempt[Operation], movement: Movement) -> CompanyDescription:
    company = describe_stored(attempt.tenant.description).company(movement.company)
    if company is None:
        raise Blocked(
            f"Company {movement.company.strip() or '(blank)'} of batch {movement.batch} is not in the tenant file",
            "Add its table to the tenant file, `ml-connector tenant apply` it, then replay",
        )
    return company


def _write(
    attempt: Attempt[Operation], deltek: Vantagepoint, company: CompanyDescription, receipt: CashReceipt
) -> ReceiptFound:
    """Write the batch; whatever Deltek answers, it is there only once it has been seen there."""
    deltek.work_in(receipt.company, receipt.period)
    doubt: Unavailable | None = None
    try:
        with suppress(AlreadyExists), _sent(attempt):
            deltek.write_receipt(receipt, company.receipts)
    except Unavailable as error:
        if not error.outcome_unknown:
            raise
        doubt = error
    found = deltek.find_receipt(receipt.batch, company.receipts, receipt.ref_no)
    if found is None:
        raise doubt or Unavailable("Deltek", f"Batch {receipt.batch} was written but is not to be seen yet")
    return found


@contextmanager
def _sent(attempt: Attempt[Operation]) -> Iterator[None]:
    """From here on the receipt stays as it was decided; unless Deltek says that this first one was not taken."""
    before = attempt.unit.progress
    with attempt.step():
        attempt.unit.progress = {**before, "sent": True}
    try:
        yield
    except AlreadyExists:
        raise
    except (Refused, Unavailable) as error:
        if isinstance(error, Refused) or not error.outcome_unknown:
            with attempt.step():
                attempt.unit.progress = before
        raise


def _check_same(receipt: CashReceipt, found: ReceiptFound) -> None:
    """The batch carries our id, so it must carry our amounts; an accountant may have changed it."""
    if _totals(receipt.rows) != _totals(found.rows):
        raise Blocked(
            f"Batch {receipt.batch} in Deltek holds {found.total} where Stripe moved {receipt.total}, or other rows",
            "Somebody changed the batch in Deltek: correct or delete it there, then replay",
        )
    _check_account(receipt, found)


def _check_account(receipt: CashReceipt, found: ReceiptFound) -> None:
    """On another account than A/R it leaves the invoice open; a corrected tenant file then says so."""
    wanted = {row.account.strip() for row in receipt.rows if row.invoice.strip()}
    held = {row.account.strip() for row in found.rows if row.invoice.strip() and row.account.strip()}
    if wanted and held - wanted:
        raise Blocked(
            f"Batch {receipt.batch} is on account {', '.join(sorted(held - wanted))} in Deltek, but the tenant file "
            f"says {', '.join(sorted(wanted))}",
            "Move it to the right account in Deltek, or delete it there, enter it anew by hand and "
            "`ml-connector replay` it with --by-hand; or correct ar_account",
        )


def _totals(rows: Iterable[ReceiptRow]) -> dict[tuple[object, ...], Decimal]:
    """By place. Accounts may have been corrected in the tenant file since, and so may the place of what is no
    invoice's: of that only the sum is told."""
    totals: dict[tuple[object, ...], Decimal] = {}
    for row in rows:
        number = row.invoice.strip()
        place = (row.wbs.key, number) if number else ("", "")
        totals[place] = totals.get(place, Decimal(0)) + row.amount
    return {place: amount for place, amount in totals.items() if amount}


def _have_posted(attempt: Attempt[Operation], deltek: Vantagepoint, receipt: CashReceipt) -> None:
    """Ask Deltek to post the batch; again when it has not shown in the ledger for long."""
    now = attempt.runtime.clock.now()
    asked = [datetime.fromisoformat(one) for one in attempt.unit.progress.get("posting_asked", [])]
    if asked and now - asked[-1] < POSTING_TAKES_AT_MOST:
        return
    deltek.work_in(receipt.company, receipt.period)
    _keep_asked(attempt, [*asked[:1], now])
    try:
        deltek.post_batch(receipt.batch, receipt.period, receipt.description)
    except Unavailable as error:
        if not error.outcome_unknown:
            _keep_asked(attempt, asked)
        raise
    except Refused:
        # What Deltek says of a batch whose posting is under way is not documented: time tells the two apart.
        if not asked or now - asked[0] > POSTING_OVERDUE_AFTER:
            _keep_asked(attempt, [])
            raise


def _keep_asked(attempt: Attempt[Operation], moments: Sequence[datetime]) -> None:
    """When the posting was asked for, first and last: committed before it is (rule 2)."""
    with attempt.step():
        asked = [moment.isoformat() for moment in moments]
        attempt.unit.progress = {**attempt.unit.progress, "posting_asked": asked}


def _look_for_posted(
    attempt: Attempt[Operation], deltek: Vantagepoint, company: CompanyDescription, receipt: CashReceipt
) -> ReceiptFound:
    found = deltek.find_receipt(receipt.batch, company.receipts, receipt.ref_no)
    if found is None or found.place != "posted":
        first_asked = datetime.fromisoformat(attempt.unit.progress["posting_asked"][0])
        if attempt.runtime.clock.now() - first_asked > POSTING_OVERDUE_AFTER:
            _keep_asked(attempt, [])
            raise Blocked(
                f"Deltek took batch {receipt.batch} for posting, but has not posted it",
                "Post it in Deltek, or see there what it waits for (approval, a closed period), then replay",
            )
        raise NotYet(LOOK_AGAIN_SECONDS, f"Batch {receipt.batch} is being posted by Deltek")
    _check_same(receipt, found)
    return found


def _conclude(
    attempt: Attempt[Operation], invoice: Invoice | None, receipt: CashReceipt, found: ReceiptFound
) -> None:
    now = attempt.runtime.clock.now()
    with attempt.conclude() as session:
        kept = session.get_one(Invoice, invoice.id, with_for_update=True) if invoice else None
        movement = session.get_one(Movement, attempt.unit.movement_id, with_for_update=True)
        movement.written_at = movement.written_at or now
        if found.place == "posted":
            movement.posted_at = movement.posted_at or now
        if kept is not None:
            # A person may have been waiting for this very receipt.
            plan_settlement(session, attempt.tenant, kept, now)
        attempt.note(
            session,
            f"receipt {found.place}",
            f"Cash receipt {receipt.batch} of {movement.money} ({movement.kind}) dated {receipt.received_on}"
            + (f" on invoice {invoice.number}: " if invoice else ": ")
            + ("posted" if found.place == "posted" else "left for an accountant to post"),
            invoice_id=movement.invoice_id,
            refs=[
                invoice.number if invoice else None,
                receipt.batch,
                movement.stripe_id,
                f"op-{attempt.unit.id}",
            ],
            detail={
                "rows": [
                    {"wbs": str(row.wbs), "account": row.account, "amount": str(row.amount)}
                    for row in receipt.rows
                ],
                "bank_code": receipt.bank_code,
                "period": receipt.period,
            },
        )
