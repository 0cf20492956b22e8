"""The posting feed is read from a position on, and every posted invoice becomes a row of ours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from connector.deltek.records import InvoiceDocument, LedgerRow
from connector.dispatch import top_up
from connector.errors import Blocked, Forbidden, Refused, SignInRefused
from connector.models import Posting, Tenant
from connector.remedies import remedy_for
from connector.sync.poll_run import PollRun
from connector.sync.read_invoice import InvoiceReader, is_numbered
from connector.sync.reading import InvoiceKey, Reading, Unclear
from connector.sync.receivable import projects_of
from connector.sync.take_in_invoice import take_in_invoice
from connector.tenants.file import describe_stored


@dataclass(frozen=True)
class PostingKey:
    """One posting run of one batch."""

    batch: str
    period: int
    post_seq: int


@dataclass
class FeedOrder:
    """Whether the rows come oldest first: that is asked for, but what a version does only its rows tell.

    One date alone says nothing, so `in_order` is true only when the dates have been seen to rise, and never to
    fall; then nothing older than `newest` is still to come.
    """

    oldest: datetime | None = None
    newest: datetime | None = None
    falls: bool = False
    undated: bool = False

    @property
    def in_order(self) -> bool:
        return not self.falls and self.oldest != self.newest

    def see(self, page: Sequence[LedgerRow]) -> None:
        for row in page:
            if row.post_date is None:
                self.undated = True
                continue
            moment = _aware(row.post_date)
            self.falls = self.falls or (self.newest is not None and moment < self.newest)
            self.oldest = min(moment, self.oldest or moment)
            self.newest = max(moment, self.newest or moment)


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
            rows = [row for row in page if _key(row) == key]
            if key.batch.strip() and key in (_key(page[0]), _key(page[-1])):
                rows = [row for row in deltek.posted_rows_of_batch(key.batch) if _key(row) == key]
            _take_in_posting(run, reader, key, rows, again)
            read.add(key)
        feed.see(page)
        if feed.in_order and feed.newest is not None:
            _move_to(run, feed.newest)
    # Not every version prints PostDate (GO vantagepoint gl.go), but all filter by it.
    if feed.undated or feed.newest is not None:
        _move_to(run, started if feed.undated or feed.newest is None else feed.newest)
    return True


def take_in_invoice_number(run: PollRun, number: str) -> int:
    """Read the postings of one invoice number again; how many there were."""
    deltek = run.runtime.deltek(run.tenant)
    reader = InvoiceReader(deltek, describe_stored(run.tenant.description))
    rows = deltek.posted_rows_of_invoice(number)
    keys = list(dict.fromkeys(_key(row) for row in rows))
    for key in keys:
        run.keep()
        for reading in _readings(reader, key, [row for row in rows if _key(row) == key], number):
            take_in_invoice(run.runtime, run.tenant, reading, again=True)
    return len(keys)


def _take_in_posting(
    run: PollRun, reader: InvoiceReader, key: PostingKey, rows: Sequence[LedgerRow], again: bool
) -> None:
    """Every invoice of the posting; the posting counts as read only when all of them were taken in."""
    for reading in _readings(reader, key, rows):
        run.keep()
        take_in_invoice(run.runtime, run.tenant, reading, again=again)
    with run.runtime.transaction() as session:
        session.execute(
            insert(Posting)
            .values(
                tenant_id=run.tenant.id,
                batch=key.batch,
                period=key.period,
                post_seq=key.post_seq,
                read_at=run.runtime.clock.now(),
            )
            .on_conflict_do_nothing()
        )
    top_up(run.runtime, run.tenant.id)


def _readings(
    reader: InvoiceReader, key: PostingKey, rows: Sequence[LedgerRow], only: str = ""
) -> Iterable[Reading]:
    """What was posted: the documents of the batch, and the invoices that have none; or the one numbered `only`."""
    try:
        documents = [one for one in reader.documents(key.batch) if one.posted and is_numbered(one.invoice)]
    except Blocked as error:
        # A row of the batch that cannot be read says nothing against the batches after it.
        for number, wbs1 in dict.fromkeys((row.invoice, row.wbs.wbs1) for row in _invoice_rows(rows)):
            yield _unclear(InvoiceKey(reader.company_of(wbs1, number), wbs1, number), key.batch, error)
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
                yield _unclear(
                    InvoiceKey(document.company, document.wbs.wbs1, document.invoice), document.batch, error
                )
    for number in dict.fromkeys(row.invoice for row in posted if row.invoice not in documented):
        mine = [row for row in posted if row.invoice == number]
        for wbs1, billed in reader.by_main_project(number, mine).items():
            yield reader.read_undocumented(number, wbs1, billed)


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
    keys = [key for key in dict.fromkeys(_key(row) for row in _invoice_rows(page)) if key not in read]
    if again:
        return keys
    with run.runtime.transaction() as session:
        return [key for key in keys if session.get(Posting, (run.tenant.id, *_as_tuple(key))) is None]


def _move_to(run: PollRun, newest: datetime) -> None:
    """The position moves on; PostDate carries no zone and is kept as if it were UTC."""

    def moved_on(_: Session, tenant: Tenant) -> None:
        tenant.ledger_read_to = max(newest, tenant.ledger_read_to or newest)

    run.save(moved_on)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _key(row: LedgerRow) -> PostingKey:
    return PostingKey(row.batch, row.period, row.post_seq)


def _as_tuple(key: PostingKey) -> tuple[str, int, int]:
    return key.batch, key.period, key.post_seq
