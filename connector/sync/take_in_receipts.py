"""The feed of posted cash receipts: a check recorded in Deltek closes the Stripe invoice; our own are known again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import audit
from connector.deltek.records import LedgerRow, ReceiptRow
from connector.dispatch import top_up
from connector.models import Invoice, Movement
from connector.sync.compare_invoice import compare_invoices, compared_invoices, projects_of
from connector.sync.invoice_in_deltek import OUR_BATCH
from connector.sync.plan_settlement import plan_settlement
from connector.sync.poll_run import PollRun
from connector.sync.posting_feed import FeedOrder, PostingKey, mark_read, move_on, move_to_end, unread
from connector.sync.receipt_fault import stands_as_written
from connector.sync.take_in_postings import read_kept_again

# The time zone of PostDate is not documented: every poll reads the last day again.
OVERLAP = timedelta(hours=24)


def take_in_receipts(run: PollRun, since: datetime | None = None) -> bool:
    """Read what was posted since; False when the slice was used up first (what was read is kept).

    What was received before an invoice was read is part of its reading, so the first poll begins with today.
    """
    started = run.runtime.clock.now()
    feed, fresh = FeedOrder(), set[PostingKey]()
    for page in run.runtime.deltek(run.tenant).posted_receipts(since or _read_from(run, started)):
        rows = [row for row in page if row.invoice.strip() and not row.auto_entry]
        fresh |= set(unread(run, dict.fromkeys(PostingKey.of(row) for row in rows)))
        for key in dict.fromkeys(PostingKey.of(row) for row in rows):
            if key not in fresh:
                continue
            if not run.keep():
                return False
            _take_in_posting(run, [row for row in rows if PostingKey.of(row) == key])
            # One at the end of the page may go on beyond it.
            if key != PostingKey.of(page[-1]):
                mark_read(run, key)
        feed.see(page)
        move_on(run, "receipts_read_to", feed)
    for key in fresh:
        mark_read(run, key)
    move_to_end(run, "receipts_read_to", feed, started)
    return True


def _read_from(run: PollRun, started: datetime) -> datetime:
    return (run.tenant.receipts_read_to or started) - OVERLAP


def _take_in_posting(run: PollRun, rows: Sequence[LedgerRow]) -> None:
    if OUR_BATCH.fullmatch(rows[0].batch.strip()) and _seen_posted(run, rows):
        return
    named = {(row.invoice, row.wbs.wbs1.strip()) for row in rows}
    read_kept_again(run, {number for number, _ in named})
    found = compared_invoices(run, {number for number, _ in named})
    compare_invoices(
        run, [one for one in found if any((one.number, wbs1) in named for wbs1 in projects_of(one))]
    )
    top_up(run.runtime, run.tenant.id)


def _seen_posted(run: PollRun, rows: Sequence[LedgerRow]) -> bool:
    """A receipt of ours, posted as we wrote it: by us, or by an accountant for whom it waited."""
    now, batch = run.runtime.clock.now(), rows[0].batch.strip()
    with run.runtime.transaction() as session:
        mine = select(Movement).where(Movement.tenant_id == run.tenant.id, Movement.batch == batch)
        invoice = session.scalar(
            select(Invoice)
            .where(Invoice.id.in_(mine.with_only_columns(Movement.invoice_id)))
            .with_for_update()
        )
        movement = session.scalar(mine.with_for_update())
        if movement is None or movement.written_at is None:
            return movement is not None
        received = [ReceiptRow(row.wbs, row.invoice, "", -row.amount) for row in rows]
        if not stands_as_written(movement, invoice.number if invoice else "", received):
            return False
        if movement.posted_at is None:
            movement.posted_at = now
            _note_posted(session, run, movement, now)
            if invoice is not None:
                plan_settlement(session, run.tenant, invoice, now)
    return True


def _note_posted(session: Session, run: PollRun, movement: Movement, now: datetime) -> None:
    audit.write(
        session,
        tenant_id=run.tenant.id,
        at=now,
        action="receipt posted",
        summary=f"Cash receipt {movement.batch} of {movement.spoken} was posted in Deltek",
        invoice_id=movement.invoice_id,
        refs=[movement.batch, movement.stripe_id],
    )
