"""The limiter: one account's pace, shared by every worker through PostgreSQL."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine

from connector.errors import HeldBack
from connector.limiter import FAILURES_BEFORE_PAUSE, FAILURES_COUNT_FOR, LONGEST_PAUSE, MAX_WAIT, Limiter
from tests.support.bench import Bench
from tests.support.clock import TurnedClock


class StandingClock(TurnedClock):
    """Notes when each sleeper would wake, and stands."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes: list[datetime] = []

    def sleep(self, seconds: float) -> None:
        self.wakes.append(self.now() + timedelta(seconds=seconds))


def limiter(
    engine: Engine,
    clock: TurnedClock,
    account: str = "deltek acme",
    rate: float = 10.0,
    *more: tuple[str, float],
) -> Limiter:
    return Limiter(engine, clock, Random(5), "Deltek", [(account, rate), *more])


def let_through(pace: Limiter, at_most: int = 100) -> int:
    """How many requests may leave, waiting included, before the limiter holds back."""
    for number in range(at_most):
        try:
            pace.wait()
        except HeldBack:
            return number
    return at_most


def test_the_rate_is_kept_over_many_threads(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: pace.wait(), range(40)))

    turns = sorted([clock.now(), *clock.wakes])
    assert len(turns) == 40
    gaps = [later - earlier for earlier, later in itertools.pairwise(turns)]
    assert min(gaps) >= timedelta(milliseconds=99)
    assert turns[-1] - turns[0] == timedelta(seconds=3.9)


def test_a_single_caller_waits_its_turn_and_no_longer(engine: Engine, bench: Bench) -> None:
    pace = limiter(engine, bench.clock)
    began = bench.clock.now()

    for _ in range(11):
        pace.wait()

    assert bench.clock.now() - began == timedelta(seconds=1)


def test_an_allowance_that_was_not_used_is_not_saved_up(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock, rate=1.0)
    pace.wait()
    clock.turn(timedelta(hours=1))

    pace.wait()
    pace.wait()

    assert clock.wakes == [clock.now() + timedelta(seconds=1)]


def test_who_would_wait_too_long_is_held_back_and_takes_no_turn(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock, rate=1.0)

    assert let_through(pace) == MAX_WAIT.total_seconds() + 1
    clock.turn(timedelta(seconds=1))
    assert let_through(pace) == 1


def test_a_pause_is_shared_by_every_worker_of_the_account_and_by_no_other_account(engine: Engine) -> None:
    clock = StandingClock()
    limiter(engine, clock).pause(30)

    with pytest.raises(HeldBack, match="Deltek"):
        limiter(engine, clock).wait()
    limiter(engine, clock, "deltek other").wait()
    clock.turn(timedelta(seconds=30))
    limiter(engine, clock).wait()
    assert clock.wakes == []


def test_a_short_pause_is_waited_out(engine: Engine, bench: Bench) -> None:
    pace = limiter(engine, bench.clock)
    pace.pause(3)
    began = bench.clock.now()

    pace.wait()

    assert bench.clock.now() - began == timedelta(seconds=3)


def test_a_shorter_pause_does_not_shorten_a_longer_one(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock)
    pace.pause(60)
    pace.pause(1)
    clock.turn(timedelta(seconds=30))

    with pytest.raises(HeldBack):
        pace.wait()


def test_an_absurd_retry_after_silences_an_account_for_a_day_at_most(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock)
    pace.pause(1e20)
    clock.turn(timedelta(days=1))

    pace.wait()


def test_failures_in_a_row_pause_the_account_for_a_growing_and_bounded_time(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock)
    pace.wait()
    pauses = []
    for _ in range(FAILURES_BEFORE_PAUSE + 8):
        pace.failed()
        clock.wakes.clear()
        pauses.append(pause_of(pace, clock))

    assert [pause for pause in pauses[: FAILURES_BEFORE_PAUSE - 1] if pause > timedelta(seconds=1)] == []
    assert max(pauses) <= LONGEST_PAUSE + timedelta(seconds=1)
    assert max(pauses) >= LONGEST_PAUSE / 2
    assert pauses[FAILURES_BEFORE_PAUSE] < pauses[-1]


def test_failures_far_apart_do_not_add_up(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock)
    pace.wait()
    for _ in range(FAILURES_BEFORE_PAUSE * 2):
        pace.failed()
        clock.turn(FAILURES_COUNT_FOR + timedelta(seconds=1))

    pace.wait()
    assert clock.wakes == []


def test_failures_of_one_account_leave_the_others_untouched(engine: Engine) -> None:
    clock = StandingClock()
    acme, other = limiter(engine, clock, "deltek acme"), limiter(engine, clock, "deltek other")
    acme.wait()
    other.wait()
    clock.turn(timedelta(seconds=1))
    for _ in range(10):
        acme.failed()

    with pytest.raises(HeldBack):
        acme.wait()
    other.wait()
    assert clock.wakes == []


def test_each_endpoint_has_an_allowance_of_its_own_within_the_account_s(engine: Engine) -> None:
    clock = StandingClock()
    pace = limiter(engine, clock, "stripe acme", 100.0, ("stripe acme GET:", 1.0))
    pace.wait("/v1/invoices")
    pace.wait("/v1/customers")
    assert clock.wakes == [clock.now() + timedelta(milliseconds=10)]

    pace.wait("/v1/invoices")
    assert clock.wakes[-1] == clock.now() + timedelta(seconds=1)


def test_tenants_of_one_stripe_account_share_its_pace_and_deltek_logins_do_not(bench: Bench) -> None:
    acme, other = bench.tenant("acme"), bench.tenant("other")

    same = bench.runtime.pace(acme, "Stripe").buckets == bench.runtime.pace(other, "Stripe").buckets
    assert same
    assert "sk_test" not in str(bench.runtime.pace(acme, "Stripe"))


def pause_of(pace: Limiter, clock: StandingClock) -> timedelta:
    """How long the account is silent from now; the clock stands afterwards where that ends."""
    began = clock.now()
    while True:
        try:
            pace.wait()
        except HeldBack:
            clock.turn(timedelta(milliseconds=250))
            continue
        return max([clock.now(), *clock.wakes]) - began


def test_a_usable_answer_ends_the_count_of_failures(engine: Engine) -> None:
    clock = TurnedClock()
    pace = limiter(engine, clock)

    for _ in range(FAILURES_BEFORE_PAUSE * 3):
        pace.wait()
        pace.failed()
        pace.wait()
        pace.answered()

    assert let_through(pace, 10) == 10
