"""The pace of requests to one outside account, shared by all workers through PostgreSQL.

Each bucket is one row that says when its allowance is next free (the generic cell rate algorithm): a request
moves that moment on by one interval and waits for its turn. Redis may vanish; a limit that vanished with it
would be no limit.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection, Engine, case, func, update
from sqlalchemy.dialects.postgresql import insert

from connector import leases
from connector.clock import Clock
from connector.errors import HeldBack, System
from connector.models import PaceRow
from connector.pace import LONGEST_SILENCE

MAX_WAIT = timedelta(seconds=5)
# An account that gave this many failures in a short while is left alone for a growing time, so that one tenant's
# outage does not hold the worker threads of all.
FAILURES_BEFORE_PAUSE = 3
FAILURES_COUNT_FOR = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True)
class Limiter:
    """The pace of one account: implements `connector.pace.Pace`.

    `buckets` maps a bucket's name to its requests per second; the endpoint is appended to the names that end in
    a colon, so that each endpoint has an allowance of its own within the account's.
    """

    engine: Engine
    clock: Clock
    random: Random
    system: System
    buckets: Sequence[tuple[str, float]]
    # Learned with each turn, so that an account without trouble costs no statement more.
    _in_trouble: threading.Event = field(default_factory=threading.Event, repr=False)

    def wait(self, endpoint: str = "") -> None:
        leases.keep_for_request()
        turns = [self._turn(self._name(bucket, endpoint), rate) for bucket, rate in self.buckets]
        seconds = (max(turns) - self.clock.now()).total_seconds()
        if seconds > 0:
            self.clock.sleep(seconds)

    def answered(self) -> None:
        if self._in_trouble.is_set():
            self._in_trouble.clear()
            with self._autocommit() as connection:
                connection.execute(
                    update(PaceRow).where(PaceRow.bucket == self._account).values(failures=0, failed_at=None)
                )

    def pause(self, seconds: float) -> None:
        silence = min(seconds, LONGEST_SILENCE.total_seconds())
        self._pause_until(self.clock.now() + timedelta(seconds=silence))

    def failed(self) -> None:
        """A request got no usable answer: after a few in a short while the account is left alone for a moment."""
        now = self.clock.now()
        lately = func.coalesce(PaceRow.failed_at > now - FAILURES_COUNT_FOR, False)
        with self._autocommit() as connection:
            failures = connection.execute(
                update(PaceRow)
                .where(PaceRow.bucket == self._account)
                .values(failures=case((lately, PaceRow.failures + 1), else_=1), failed_at=now)
                .returning(PaceRow.failures)
            ).scalar_one_or_none()
        if failures is not None and failures >= FAILURES_BEFORE_PAUSE:
            longest = min(LONGEST_PAUSE.total_seconds(), 2.0 ** (failures - FAILURES_BEFORE_PAUSE + 1))
            self.pause(self.random.uniform(longest / 2, longest))

    @property
    def _account(self) -> str:
        return self.buckets[0][0]

    @staticmethod
    def _name(bucket: str, endpoint: str) -> str:
        return bucket + endpoint if bucket.endswith(":") else bucket

    def _turn(self, bucket: str, rate: float) -> datetime:
        """Take the next turn of `bucket`, or raise when it is too far off."""
        now, interval = self.clock.now(), timedelta(seconds=1 / rate)
        statement = (
            insert(PaceRow)
            .values(bucket=bucket, next_at=now + interval, failures=0)
            .on_conflict_do_update(
                index_elements=[PaceRow.bucket],
                set_={"next_at": func.greatest(PaceRow.next_at, now) + interval},
                where=PaceRow.next_at <= now + MAX_WAIT,
            )
            .returning(PaceRow.next_at, PaceRow.failures)
        )
        with self._autocommit() as connection:
            turn = connection.execute(statement).one_or_none()
        if turn is None:
            raise HeldBack(
                self.system,
                f"{self.system} gave no answer or asked for silence; it is left alone for a moment",
                retry_after=5.0,
            )
        after, failures = turn
        if failures:
            self._in_trouble.set()
        return after - interval

    @contextmanager
    def _autocommit(self) -> Iterator[Connection]:
        """A connection for one statement: a request is not worth the three round trips of a transaction."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def _pause_until(self, moment: datetime) -> None:
        statement = insert(PaceRow).values(bucket=self._account, next_at=moment, failures=0)
        with self._autocommit() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[PaceRow.bucket],
                    set_={"next_at": func.greatest(PaceRow.next_at, moment)},
                )
            )
