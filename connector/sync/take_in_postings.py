"""The posting feed is read from a position on, and every posted invoice becomes a row of ours."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, or_, select

from connector.deltek.records import InvoiceDocument, LedgerRow
from connector.dispatch import top_up
from connector.errors import Blocked, Forbidden, Refused, SignInRefused
from connector.models import Invoice, InvoiceState, Operation, OperationKind, Tenant, WorkState
from connector.remedies import remedy_for
from connector.sync.compare_invoice import compare_invoices, compared_invoices
from connector.sync.poll_run import PollRun
from connector.sync.posting_feed import FeedOrder, PostingKey, mark_read, move_on, move_to_end, unread
from connector.sync.read_invoice import InvoiceReader, is_numbered
from connector.sync.reading import InvoiceKey, Reading, Unclear
from connector.sync.receivable import projects_of
from connector.sync.take_in_invoice import take_in_invoice
from connector.tenants.file import describe_stored


def take_in_postings(run: PollRun, since: datetime, *, again: bool = False) -> bool:
    """Read what was posted since; False when the slice was used up first (what was read is kept).

    `again` reads the postings that were read before too: what was set aside may be taken in now.
    """
    deltek, started = run.runtime.deltek(run.tenant), run.runtime.clock.now()
    reader = InvoiceReader(deltek, describe_stored(run.tenant.description))
    read: set[PostingKey] = set()
    feed = FeedOrder()
    for page in deltek.posted_invoices(since):
        # A posting at the edge of a page may go on beyond it: that one is read whole.
        for key in _to_read(run, page, read, again):
            if not run.keep():
                return False
            rows = [row for row in page if PostingKey.of(row) == key]
            if key.batch.strip() and key in (PostingKey.of(page[0]), PostingKey.of(page[-1])):
                rows = [row for row in deltek.posted_rows_of_batch(key.batch) if PostingKey.of(row) == key]
            _take_in_posting(run, reader, key, rows, again)
            read.add(key)
        feed.see(page)
        move_on(run, "ledger_read_to", feed)
    move_to_end(run, "ledger_read_to", feed, started)
    return True


def take_in_invoice_number(run: PollRun, number: str) -> int:
    """Read the postings of one invoice number again, and how those at Stripe stand; how many there were."""
    deltek = run.runtime.deltek(run.tenant)
    reader = InvoiceReader(deltek, describe_stored(run.tenant.description))
    rows = deltek.posted_rows_of_invoice(number)
    keys = list(dict.fromkeys(PostingKey.of(row) for row in rows))
    read_before = compared_invoices(run, {number})
    for key in keys:
        run.keep()
        for reading in _readings(reader, key, [row for row in rows if PostingKey.of(row) == key], number):
            take_in_invoice(run.runtime, run.tenant, reading, again=True, named=True)
    compare_invoices(run, read_before)
    return len(keys) + len(read_before)


def kept_from_stripe(tenant: Tenant) -> Select[Invoice]:
    """The invoices that wait for a person before they can go to Stripe."""
    blocked = select(Operation.invoice_id).where(
        Operation.kind == OperationKind.PUSH_INVOICE, Operation.state == WorkState.BLOCKED
    )
    pending = and_(Invoice.state == InvoiceState.PENDING, Invoice.id.in_(blocked))
    return (
        select(Invoice)
        .where(Invoice.tenant_id == tenant.id, or_(Invoice.state == InvoiceState.BLOCKED, pending))
        .order_by(Invoice.id)
    )


def read_kept_again(run: PollRun, numbers: Collection[str]) -> None:
    """Of these numbers, what waits for a person: what happened to it in Deltek may have seen to it."""
    with run.runtime.transaction() as session:
        kept = session.scalars(kept_from_stripe(run.tenant).where(Invoice.number.in_(numbers)))
        waiting = list(dict.fromkeys(one.number for one in kept))
    for number in waiting:
        take_in_invoice_number(run, number)


def _take_in_posting(
    run: PollRun, reader: InvoiceReader, key: PostingKey, rows: Sequence[LedgerRow], again: bool
) -> None:
    """Every invoice of the posting; the posting counts as read only when all of them were taken in."""
    named = {one for row in _invoice_rows(rows) for one in (row.invoice, row.credit_memo_ref)}
    read_kept_again(run, named)
    # What was read before has been credited, voided or charged more.
    read_before = compared_invoices(run, named)
    for reading in _readings(reader, key, rows):
        run.keep()
        take_in_invoice(run.runtime, run.tenant, reading, again=again)
    compare_invoices(run, read_before)
    mark_read(run, key)
    top_up(run.runtime, run.tenant.id)


def _readings(
    reader: InvoiceReader, key: PostingKey, rows: Sequence[LedgerRow], only: str = ""
) -> Iterable[Reading]:
    """What was posted: the documents of the batch, and the invoices that have none; or the one numbered `only`."""
    try:
        documents = [one for one in reader.documents(key.batch) if one.posted and is_numbered(one.invoice)]
    except (Blocked, Refused) as error:
        # A row of the batch that cannot be read says nothing against the batches after it.
        for number, wbs1 in dict.fromkeys((row.invoice, row.wbs.wbs1) for row in _invoice_rows(rows)):
            yield _unclear(reader.key_of(wbs1, number), key.batch, error)
        return
    documented = {one.invoice for one in documents}
    # A memo's rows may stand under the number of the invoice that it credits (Deltek 3.5 help, AR report columns).
    posted = [row for row in _invoice_rows(rows) if row.credit_memo_ref not in documented]
    for document in documents:
        if only in ("", document.invoice):
            rows_of_it = _rows_of(document, posted)
            try:
                yield reader.read_document(document, rows_of_it)
            except (Blocked, Refused) as error:
                yield _unclear(reader.key_of_document(document), document.batch, error)
    for number in dict.fromkeys(row.invoice for row in posted if row.invoice not in documented):
        mine = [row for row in posted if row.invoice == number]
        yield from _undocumented(reader, key.batch, number, mine)


def _undocumented(
    reader: InvoiceReader, batch: str, number: str, rows: Sequence[LedgerRow]
) -> Iterable[Reading]:
    try:
        by_project = reader.by_main_project(number, rows)
    except (Blocked, Refused) as error:
        yield _unclear(reader.key_of(rows[0].wbs.wbs1, number), batch, error)
        return
    for wbs1, billed in by_project.items():
        try:
            yield reader.read_undocumented(number, wbs1, billed)
        except (Blocked, Refused) as error:
            yield _unclear(reader.key_of(wbs1, number), batch, error)


def _unclear(key: InvoiceKey, batch: str, error: Blocked | Refused) -> Unclear:
    """An invoice that Deltek gives in a form that cannot be read, or not at all: it stops no other.

    Raises what would refuse every invoice alike.
    """
    if isinstance(error, SignInRefused | Forbidden):
        raise error
    remedy = error.remedy or (remedy_for(error) if isinstance(error, Refused) else "")
    return Unclear(key, batch, error.message, remedy)


def _rows_of(document: InvoiceDocument, posted: Sequence[LedgerRow]) -> list[LedgerRow]:
    """The document's own: another project may have an invoice of the same number."""
    projects = projects_of(document, [])
    return [row for row in posted if row.invoice == document.invoice and row.wbs.wbs1 in projects]


def _invoice_rows(rows: Iterable[LedgerRow]) -> list[LedgerRow]:
    """Rows of invoices: a blank number is a system offset, "<…>" a draft or a statement."""
    return [row for row in rows if is_numbered(row.invoice) and not row.auto_entry]


def _to_read(run: PollRun, page: Sequence[LedgerRow], read: set[PostingKey], again: bool) -> list[PostingKey]:
    named = dict.fromkeys(PostingKey.of(row) for row in _invoice_rows(page))
    keys = [key for key in named if key not in read]
    return keys if again else unread(run, keys)
