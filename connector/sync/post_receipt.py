"""A movement becomes one cash receipt in Deltek: on the invoice's project and number, dated by the tenant's day.

Deltek takes no idempotency key, so the batch id is the key: it is worked out from the money, the batch is looked
for among unposted files and in the posted ledger before each write, and again after a doubtful one.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from connector.deltek.answers import AlreadyExists
from connector.deltek.records import CashReceipt, ReceiptFound, ReceiptRow, WbsAmount
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, Refused, Unavailable
from connector.models import Invoice, Movement, MovementKind, Operation
from connector.money import Money
from connector.sync.split_receipt import Rows, billed_total, net_rows, spread_payment, spread_reversal, wbs_of
from connector.tenants.description import CompanyDescription, TenantDescription
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
        invoice = session.get_one(Invoice, movement.invoice_id)
    company = _company(attempt, invoice)
    deltek = attempt.runtime.deltek(attempt.tenant)
    receipt = _decided(attempt, deltek, company, invoice, movement)
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
            "Enter the receipt by hand in Deltek if the money is still to be booked",
        )


def _company(attempt: Attempt[Operation], invoice: Invoice) -> CompanyDescription:
    company = describe_stored(attempt.tenant.description).company(invoice.company)
    if company is None:
        raise Blocked(
            f"Company {invoice.company.strip() or '(blank)'} of invoice {invoice.number} is not in the tenant file",
            "Add its table to the tenant file, `ml-connector tenant apply` it, then replay",
        )
    return company


def _decided(
    attempt: Attempt[Operation],
    deltek: Vantagepoint,
    company: CompanyDescription,
    invoice: Invoice,
    movement: Movement,
) -> CashReceipt:
    """The receipt to the last cent, decided once and committed before anything is written (rule 2)."""
    if not movement.rows:
        rows = _rows(attempt, deltek, company, invoice, movement)
        if sum(row["amount"] for row in rows) != movement.amount:
            raise AssertionError("a receipt's rows must sum to its movement")
        period = _period(deltek, company, movement)
        with attempt.step() as session:
            movement = session.get_one(Movement, movement.id)
            movement.rows = rows
            attempt.unit.progress = {**attempt.unit.progress, "period": period}
    return _receipt(attempt, company, invoice, movement)


def _rows(
    attempt: Attempt[Operation],
    deltek: Vantagepoint,
    company: CompanyDescription,
    invoice: Invoice,
    movement: Movement,
) -> Rows:
    with attempt.runtime.transaction() as session:
        others = select(Movement).where(Movement.invoice_id == invoice.id, Movement.id != movement.id)
        earlier = [other for other in session.scalars(others.order_by(Movement.id)) if other.rows]
    if movement.kind is not MovementKind.PAYMENT:
        return spread_reversal(_reversed_rows(movement, earlier), movement.amount)
    projects = sorted({row["wbs1"] for row in invoice.wbs_rows})
    billed = deltek.billed_by_wbs(invoice.wbs1, invoice.number, projects)
    return spread_payment(
        invoice,
        movement.amount,
        billed,
        deltek.received_by_wbs(invoice.wbs1, invoice.number, projects),
        [other for other in earlier if not _is_posted(attempt, deltek, company, other)],
        comes_to=_comes_to(describe_stored(attempt.tenant.description), deltek, invoice, billed, projects),
    )


def _comes_to(
    tenant: TenantDescription,
    deltek: Vantagepoint,
    invoice: Invoice,
    billed: Sequence[WbsAmount] | None,
    projects: Sequence[str],
) -> int | None:
    """What the invoice comes to by now; asked only where the rows of AR review leave it in doubt."""
    if billed_total(invoice, billed) in (None, invoice.amount):
        return None
    rows = [row for wbs1 in projects for row in deltek.balances(wbs1, invoice.number) or ()]
    own = [row.original for row in rows if tenant.same_company(row.company, invoice.company)]
    return Money.from_decimal(sum(own, Decimal(0)), invoice.currency).minor if own else None


def _reversed_rows(movement: Movement, earlier: list[Movement]) -> Rows:
    """Where the money that now goes back was booked; for a failed refund, where the refund took it from."""
    if movement.kind is MovementKind.REFUND_FAILED:
        refund = [
            one for one in earlier if (one.kind, one.stripe_id) == (MovementKind.REFUND, movement.stripe_id)
        ]
        return [{**row, "amount": -row["amount"]} for row in net_rows(refund)]
    by = (movement.payment_intent, movement.charge if not movement.payment_intent else None)
    same = [
        one for one in earlier if (one.payment_intent, one.charge if not one.payment_intent else None) == by
    ]
    rows = net_rows(same)
    if sum(row["amount"] for row in rows) < -movement.amount:
        raise Blocked(
            f"{-movement.money} went back, which is more than was received of that payment on the invoice",
            "Look for a reversal entered by hand in Deltek; enter the rest by hand",
        )
    return rows


def _is_posted(
    attempt: Attempt[Operation], deltek: Vantagepoint, company: CompanyDescription, other: Movement
) -> bool:
    """Whether AR review counts this receipt of ours already."""
    if other.posted_at is not None:
        return True
    if other.written_at is None:
        return False
    found = deltek.find_receipt(other.batch, company.receipts, ref_no(attempt, other.batch))
    if found is None or found.place != "posted":
        return False
    with attempt.step() as session:
        session.get_one(Movement, other.id).posted_at = attempt.runtime.clock.now()
    return True


def _period(deltek: Vantagepoint, company: CompanyDescription, movement: Movement) -> int:
    """The fiscal period of the receipt's day; a version without Settings/Period has calendar months."""
    found = deltek.fiscal_period(movement.moved_on, company.code)
    return found.period if found else movement.moved_on.year * 100 + movement.moved_on.month


def _receipt(
    attempt: Attempt[Operation], company: CompanyDescription, invoice: Invoice, movement: Movement
) -> CashReceipt:
    by = movement.payment_intent or movement.charge or movement.stripe_id
    rows = [
        ReceiptRow(
            wbs=wbs_of(row),
            invoice=invoice.number,
            account=company.ar_account,
            amount=Money(row["amount"], movement.currency).to_decimal(),
        )
        for row in movement.rows
    ]
    return CashReceipt(
        batch=movement.batch,
        ref_no=ref_no(attempt, movement.batch),
        company=invoice.company if invoice.company.strip() else company.code,
        bank_code=company.bank_code,
        currency=movement.currency,
        received_on=movement.moved_on,
        period=attempt.unit.progress["period"],
        comment=f"Stripe {movement.kind} {movement.stripe_id} ({by}) on invoice {invoice.number}",
        description=f"Stripe {by}"[:40],
        rows=tuple(rows),
    )


def ref_no(attempt: Attempt[Operation], batch: str) -> str:
    """The receipt's number within its batch, as long as the tenant's Deltek allows."""
    return batch[-describe_stored(attempt.tenant.description).deltek.refno_length :]


def _write(
    attempt: Attempt[Operation], deltek: Vantagepoint, company: CompanyDescription, receipt: CashReceipt
) -> ReceiptFound:
    """Write the batch; whatever Deltek answers, it is there only once it has been seen there."""
    attempt.keep()
    deltek.work_in(receipt.company, receipt.period)
    doubt: Unavailable | None = None
    try:
        with suppress(AlreadyExists):
            deltek.write_receipt(receipt, company.receipts)
    except Unavailable as error:
        if not error.outcome_unknown:
            raise
        doubt = error
    found = deltek.find_receipt(receipt.batch, company.receipts, receipt.ref_no)
    if found is None:
        raise doubt or Unavailable("Deltek", f"Batch {receipt.batch} was written but is not to be seen yet")
    return found


def _check_same(receipt: CashReceipt, found: ReceiptFound) -> None:
    """The batch carries our id, so it must carry our amounts; an accountant may have changed it."""
    if _totals(receipt.rows) != _totals(found.rows):
        raise Blocked(
            f"Batch {receipt.batch} in Deltek holds {found.total} where Stripe moved {receipt.total}, or other rows",
            "Somebody changed the batch in Deltek: correct or delete it there, then replay",
        )


def _totals(rows: Iterable[ReceiptRow]) -> dict[tuple[object, str], Decimal]:
    totals: dict[tuple[object, str], Decimal] = {}
    for row in rows:
        place = (row.wbs.key, row.invoice.strip())
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
    attempt: Attempt[Operation], invoice: Invoice, receipt: CashReceipt, found: ReceiptFound
) -> None:
    now = attempt.runtime.clock.now()
    with attempt.conclude() as session:
        movement = session.get_one(Movement, attempt.unit.movement_id, with_for_update=True)
        movement.written_at = movement.written_at or now
        if found.place == "posted":
            movement.posted_at = movement.posted_at or now
        attempt.note(
            session,
            f"receipt {found.place}",
            f"Cash receipt {receipt.batch} of {movement.money} dated {receipt.received_on} on invoice "
            f"{invoice.number}: "
            + ("posted" if found.place == "posted" else "left for an accountant to post"),
            invoice_id=invoice.id,
            refs=[invoice.number, receipt.batch, movement.stripe_id, f"op-{attempt.unit.id}"],
            detail={
                "rows": [{"wbs": str(row.wbs), "amount": str(row.amount)} for row in receipt.rows],
                "bank_code": receipt.bank_code,
                "period": receipt.period,
            },
        )
