"""Rule 7: one writer per subject, decided by one UPDATE in PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from connector import leases
from connector.leases import LEASE_TIME, Held, LeaseLost
from tests.support.bench import Bench


def take(bench: Bench, subject: str = "invoice 1") -> Held | None:
    with bench.runtime.transaction() as session:
        return leases.take(session, subject, bench.clock.now())


def held(bench: Bench, subject: str = "invoice 1") -> Held:
    taken = take(bench, subject)
    assert taken is not None
    return taken


def free(bench: Bench, subject: str = "invoice 1") -> bool:
    with bench.runtime.transaction() as session:
        return leases.is_free(session, subject, bench.clock.now())


def renew(bench: Bench, lease: Held) -> None:
    with bench.runtime.transaction() as session:
        leases.renew(session, lease, bench.clock.now())


def test_rule_7_the_second_taker_gets_nothing_and_another_subject_is_free(bench: Bench) -> None:
    assert take(bench)
    assert take(bench) is None
    assert take(bench, "invoice 2")


def test_rule_7_of_many_takers_at_once_one_gets_the_lease(bench: Bench) -> None:
    barrier = threading.Barrier(12)

    def taker(_: int) -> Held | None:
        barrier.wait(10)
        return take(bench)

    with ThreadPoolExecutor(12) as pool:
        taken = [one for one in pool.map(taker, range(12)) if one]

    assert len(taken) == 1


def test_rule_7_of_many_takers_of_an_expired_lease_one_gets_it(bench: Bench) -> None:
    held(bench)
    bench.clock.turn(LEASE_TIME)
    barrier = threading.Barrier(12)

    def taker(_: int) -> Held | None:
        barrier.wait(10)
        return take(bench)

    with ThreadPoolExecutor(12) as pool:
        assert len([one for one in pool.map(taker, range(12)) if one]) == 1


def test_a_lease_runs_out_by_the_clock(bench: Bench) -> None:
    held(bench)

    bench.clock.turn(LEASE_TIME - timedelta(seconds=1))
    assert not free(bench)
    assert take(bench) is None
    bench.clock.turn(timedelta(seconds=1))
    assert free(bench)
    assert take(bench)


def test_a_renewed_lease_lasts_its_whole_time_again(bench: Bench) -> None:
    lease = held(bench)
    bench.clock.turn(LEASE_TIME - timedelta(seconds=1))

    renew(bench, lease)

    bench.clock.turn(LEASE_TIME - timedelta(seconds=1))
    assert take(bench) is None


def test_an_expired_lease_that_nobody_took_can_still_be_renewed(bench: Bench) -> None:
    lease = held(bench)
    bench.clock.turn(2 * LEASE_TIME)

    renew(bench, lease)

    assert not free(bench)


def test_rule_7_who_was_overtaken_can_neither_renew_nor_give_back_the_other_s_lease(bench: Bench) -> None:
    late = held(bench)
    bench.clock.turn(LEASE_TIME)
    held(bench)

    with pytest.raises(LeaseLost, match="invoice 1"):
        renew(bench, late)
    with bench.runtime.transaction() as session:
        leases.release(session, late)
    assert not free(bench)


def test_a_lease_that_is_given_back_is_free_at_once(bench: Bench) -> None:
    lease = held(bench)

    with bench.runtime.transaction() as session:
        leases.release(session, lease)

    assert free(bench)
    assert take(bench)


def test_a_renewal_keeps_takers_waiting_until_its_transaction_ends(bench: Bench) -> None:
    """What a holder writes together with its renewal is committed before anybody else can take over."""
    lease = held(bench)
    bench.clock.turn(LEASE_TIME)
    with ThreadPoolExecutor(1) as pool:
        with bench.runtime.transaction() as session:
            leases.renew(session, lease, bench.clock.now())
            taker = pool.submit(take, bench)
            with pytest.raises(TimeoutError):
                taker.result(0.2)
        assert taker.result(10) is None


def test_rule_7_a_lease_is_renewed_by_the_requests_made_under_it_however_slow_they_are(bench: Bench) -> None:
    lease = held(bench)

    with leases.kept_by_requests(lambda: renew(bench, lease), bench.clock):
        for _ in range(5):
            bench.clock.turn(LEASE_TIME / 2)
            leases.keep_for_request()

    assert not free(bench)


def test_no_request_leaves_under_a_lease_that_somebody_else_took_over(bench: Bench) -> None:
    lost = held(bench)
    bench.clock.turn(LEASE_TIME)
    taken_over = held(bench)

    with leases.kept_by_requests(lambda: renew(bench, lost), bench.clock):
        bench.clock.turn(LEASE_TIME / 2)
        with pytest.raises(LeaseLost):
            leases.keep_for_request()

    renew(bench, taken_over)
