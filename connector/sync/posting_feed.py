"""The feeds of what Deltek posted: which posting runs were read already, and how far a feed has been read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from connector.deltek.records import LedgerRow
from connector.models import Posting, Tenant
from connector.sync.poll_run import PollRun

Position = Literal["ledger_read_to", "receipts_read_to"]


@dataclass(frozen=True)
class PostingKey:
    """One posting run of one batch."""

    batch: str
    period: int
    post_seq: int

    @classmethod
    def of(cls, row: LedgerRow) -> "PostingKey":
        return cls(row.batch, row.period, row.post_seq)


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
            moment = row.post_date if row.post_date.tzinfo else row.post_date.replace(tzinfo=UTC)
            self.falls = self.falls or (self.newest is not None and moment < self.newest)
            self.oldest = min(moment, self.oldest or moment)
            self.newest = max(moment, self.newest or moment)


def unread(run: PollRun, keys: Iterable[PostingKey]) -> list[PostingKey]:
    """Those that no earlier poll has taken in."""
    with run.runtime.transaction() as session:
        return [key for key in keys if session.get(Posting, (run.tenant.id, *_as_tuple(key))) is None]


def mark_read(run: PollRun, key: PostingKey) -> None:
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


def move_on(run: PollRun, position: Position, feed: FeedOrder) -> None:
    """In the midst of a feed the position moves on only as far as its order is sure."""
    if feed.in_order and feed.newest is not None:
        _move_to(run, position, feed.newest)


def move_to_end(run: PollRun, position: Position, feed: FeedOrder, started: datetime) -> None:
    """The whole feed was read, as it stood when the reading started."""
    # Not every version prints PostDate (GO vantagepoint gl.go), but all filter by it.
    if feed.undated or feed.newest is not None:
        _move_to(run, position, started if feed.undated or feed.newest is None else feed.newest)


def _move_to(run: PollRun, position: Position, newest: datetime) -> None:
    """PostDate carries no zone and is kept as if it were UTC."""

    def moved_on(_: Session, tenant: Tenant) -> None:
        setattr(tenant, position, max(newest, getattr(tenant, position) or newest))

    run.save(moved_on)


def _as_tuple(key: PostingKey) -> tuple[str, int, int]:
    return key.batch, key.period, key.post_seq
