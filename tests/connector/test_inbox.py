"""The inbox: stored before it is acknowledged, done only when its handling is done."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connector import inbox
from connector.doorbell import EVENTS, RETRIES
from connector.errors import Unavailable
from connector.models import Event, WorkState
from connector.work import Attempt
from tests.support.bench import Bench


def fail(_: Attempt[Event]) -> None:
    raise Unavailable("Stripe", "Stripe gave no answer")


def finish(attempt: Attempt[Event]) -> None:
    attempt.finish()


def read(bench: Bench, row_id: int) -> Event:
    with bench.runtime.transaction() as session:
        return session.get_one(Event, row_id)


def test_an_event_is_rung_for_once_however_often_it_is_delivered(bench: Bench) -> None:
    tenant = bench.tenant()

    rows = {bench.event(tenant, "evt_1") for _ in range(3)}

    assert len(rows) == 1
    assert [(ring.queue, ring.task_id) for ring in bench.doorbell.rings] == [(EVENTS, "evt_1")]


def test_the_same_event_of_two_tenants_is_two_events(bench: Bench) -> None:
    for tenant in (bench.tenant("acme"), bench.tenant("other")):
        with bench.runtime.transaction() as session:
            for _ in range(2):
                inbox.store(
                    session,
                    tenant,
                    event_id="evt_1",
                    event_type="x",
                    object_id="",
                    raw=b"{}",
                    now=bench.clock.now(),
                )

    with bench.runtime.transaction() as session:
        assert session.scalar(select(func.count(Event.id))) == 2


def test_rule_6_an_event_whose_handling_failed_is_still_due_and_delivered_again_is_no_second_one(
    bench: Bench,
) -> None:
    tenant = bench.tenant()
    row_id = bench.event(tenant)
    assert inbox.handle(bench.runtime, row_id, fail)
    assert read(bench, row_id).state is WorkState.DUE

    assert bench.event(tenant) == row_id
    bench.clock.turn(timedelta(minutes=20))
    assert inbox.handle(bench.runtime, row_id, finish)

    assert read(bench, row_id).state is WorkState.DONE
    assert not inbox.handle(bench.runtime, row_id, finish)


def test_a_failed_event_is_rung_for_in_the_retries(bench: Bench) -> None:
    row_id = bench.event(bench.tenant())
    inbox.handle(bench.runtime, row_id, fail)
    bench.doorbell.rings.clear()

    with bench.runtime.transaction() as session:
        inbox.ring(session, session.get_one(Event, row_id), bench.clock.now())

    (ring,) = bench.doorbell.rings
    assert (ring.queue, ring.task_id) == (RETRIES, "evt_1.2")


def test_nothing_is_rung_for_an_event_that_could_not_be_stored(bench: Bench) -> None:
    tenant = bench.tenant()

    def store_in_vain(session: Session) -> None:
        inbox.store(
            session, tenant, event_id="evt_1", event_type="x", object_id="", raw=b"", now=bench.clock.now()
        )

    bench.fail_to_commit(store_in_vain)

    assert bench.doorbell.rings == []
