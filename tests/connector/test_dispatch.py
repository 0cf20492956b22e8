"""The tick: whatever is due is found in the database and told to its queue, tenant by tenant."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import dispatch, inbox, leases
from connector.dispatch import POLL_TASK, UNHEARD_AFTER, WINDOW
from connector.doorbell import EVENTS, INVOICES, POLLING, RECEIPTS, RETRIES, Ring
from connector.errors import Blocked, Unavailable
from connector.models import Lease, OperationKind, Tenant
from connector.tenants import registry
from tests.support.bench import Bench


def ticked(bench: Bench) -> list[Ring]:
    """What one tick rings, the polls left out."""
    bench.doorbell.rings.clear()
    dispatch.tick(bench.runtime)
    return [ring for ring in bench.doorbell.rings if ring.task != POLL_TASK]


def polls(bench: Bench) -> list[int]:
    bench.doorbell.rings.clear()
    dispatch.tick(bench.runtime)
    return [ring.row_id for ring in bench.doorbell.rings if ring.task == POLL_TASK]


def test_rule_1_everything_due_is_found_again_when_redis_lost_all(bench: Bench) -> None:
    tenant = bench.tenant()
    units = {bench.operation(tenant, f"receipt {number}") for number in range(3)}
    event = bench.event(tenant)
    ticked(bench)  # told to Redis, which forgets it

    bench.clock.turn(UNHEARD_AFTER + timedelta(seconds=1))
    again = ticked(bench)

    assert {ring.row_id for ring in again if ring.queue == RECEIPTS} == units
    assert [ring.row_id for ring in again if ring.queue == EVENTS] == [event]


def test_a_message_is_given_time_to_be_heard_before_it_is_sent_again(bench: Bench) -> None:
    bench.operation(bench.tenant())

    assert len(ticked(bench)) == 1
    bench.clock.turn(UNHEARD_AFTER - timedelta(seconds=1))
    assert ticked(bench) == []


def test_two_ticks_at_once_ring_once(bench: Bench) -> None:
    tenant = bench.tenant()
    bench.operation(tenant)
    bench.event(tenant)
    bench.clock.turn(UNHEARD_AFTER + timedelta(seconds=1))
    bench.doorbell.rings.clear()

    with bench.runtime.transaction() as session:  # the one tick has read, and has not yet committed
        now = bench.clock.now()
        assert len(dispatch.due_operations(session, now)) == 1
        assert len(dispatch.due_events(session, now)) == 1
        assert len(dispatch.due_polls(session, now)) == 1
        dispatch.tick(bench.runtime)  # the other

    assert bench.doorbell.rings == []


def test_every_kind_of_unit_goes_to_its_own_queue_and_task(bench: Bench) -> None:
    tenant = bench.tenant()
    for kind in OperationKind:
        bench.operation(tenant, str(kind), kind=kind)

    assert {(ring.task, ring.queue) for ring in ticked(bench)} == {
        ("invoices.read_client", INVOICES),
        ("invoices.align_customer", INVOICES),
        ("invoices.push_invoice", INVOICES),
        ("invoices.settle_invoice", INVOICES),
        ("receipts.post_receipt", RECEIPTS),
        ("receipts.write_back", RECEIPTS),
    }


def test_rule_8_failing_work_goes_to_the_retries_and_never_stands_before_fresh_work(bench: Bench) -> None:
    tenant = bench.tenant()
    failed, fresh = bench.operation(tenant, "failed"), bench.operation(tenant, "fresh")
    event = bench.event(tenant)

    def fail(_: object) -> None:
        raise Unavailable("Deltek", "no answer")

    bench.perform(failed, fail)
    inbox.handle(bench.runtime, event, fail)
    bench.clock.turn(timedelta(minutes=2))

    queues = {(ring.task, ring.row_id): ring.queue for ring in ticked(bench)}
    assert queues == {
        ("receipts.post_receipt", failed): RETRIES,
        ("receipts.post_receipt", fresh): RECEIPTS,
        ("events.handle_event", event): RETRIES,
    }


def test_rule_8_a_tenant_with_a_thousand_due_units_does_not_starve_another(bench: Bench) -> None:
    flood, other = bench.tenant("flood"), bench.tenant("other")
    for number in range(1000):
        bench.operation(flood, f"receipt {number}")
    modest = bench.operation(other)

    rung = ticked(bench)

    assert modest in {ring.row_id for ring in rung}
    assert len(rung) == WINDOW + 1
    assert ticked(bench) == []  # the window is full until something of it is done


def test_rule_8_the_window_takes_the_oldest_first_and_moves_on_as_work_is_done(bench: Bench) -> None:
    tenant = bench.tenant()
    units = []
    for number in range(WINDOW + 5):
        units.append(bench.operation(tenant, f"receipt {number}"))
        bench.clock.turn(timedelta(milliseconds=1))
    assert {ring.row_id for ring in ticked(bench)} == set(units[:WINDOW])

    for unit in units[:3]:
        bench.perform(unit, lambda attempt: attempt.finish())

    assert {ring.row_id for ring in ticked(bench)} == set(units[WINDOW : WINDOW + 3])


def test_what_is_not_due_blocked_or_waiting_is_not_rung_for(bench: Bench) -> None:
    tenant = bench.tenant()
    blocked = bench.operation(tenant, "blocked")
    bench.operation(tenant, "waiting", waits_for=blocked)
    later = bench.operation(tenant, "later")

    def block(_: object) -> None:
        raise Blocked("no", "see to it")

    def later_on(_: object) -> None:
        raise Unavailable("Deltek", "no answer", retry_after=60)

    bench.perform(blocked, block)
    bench.perform(later, later_on)

    assert ticked(bench) == []


def test_a_unit_whose_subject_is_worked_on_is_not_rung_for_until_the_lease_is_over(bench: Bench) -> None:
    tenant = bench.tenant()
    bench.operation(tenant, "receipt 1", subject="writer")
    with bench.runtime.transaction() as session:
        leases.take(session, "writer", bench.clock.now())

    assert ticked(bench) == []
    bench.clock.turn(leases.LEASE_TIME)
    assert len(ticked(bench)) == 1


def test_a_paused_or_held_tenant_is_asked_for_nothing(bench: Bench) -> None:
    paused, held = bench.tenant("paused"), bench.tenant("held")
    for tenant in (paused, held):
        bench.operation(tenant)
        bench.event(tenant, f"evt_{tenant.slug}")
    with bench.runtime.transaction() as session:
        registry.pause(session, session.get_one(Tenant, paused.id), bench.clock.now())
        session.get_one(Tenant, held.id).blocked = "Deltek refused the sign-in"
    bench.clock.turn(UNHEARD_AFTER + timedelta(seconds=1))

    assert ticked(bench) == []
    assert polls(bench) == []


def test_a_tenant_is_polled_when_its_own_schedule_says_so_and_not_again_at_once(bench: Bench) -> None:
    tenant = bench.tenant()

    assert polls(bench) == [tenant.id]
    assert polls(bench) == []
    bench.clock.turn(UNHEARD_AFTER)
    assert polls(bench) == [tenant.id]  # the message was lost: nobody polled


def test_a_poll_goes_to_the_polling_queue_under_an_id_that_names_the_tenant(bench: Bench) -> None:
    bench.tenant("acme")
    dispatch.tick(bench.runtime)

    (ring,) = bench.doorbell.rings
    assert ring.queue == POLLING
    assert ring.task_id.startswith("poll-acme-")


def test_a_top_up_rings_for_one_tenant_only(bench: Bench) -> None:
    acme, other = bench.tenant("acme"), bench.tenant("other")
    mine = bench.operation(acme)
    bench.operation(other)

    dispatch.top_up(bench.runtime, acme.id)

    assert [ring.row_id for ring in bench.doorbell.rings] == [mine]


def test_leases_that_ran_out_long_ago_are_swept_away(bench: Bench) -> None:
    with bench.runtime.transaction() as session:
        leases.take(session, "old", bench.clock.now() - timedelta(days=2))
        leases.take(session, "young", bench.clock.now())

    dispatch.tick(bench.runtime)

    with bench.runtime.transaction() as session:
        assert session.scalars(select(Lease.subject)).all() == ["young"]


def test_nothing_is_rung_for_that_was_not_committed(bench: Bench) -> None:
    tenant = bench.tenant()

    def ring_in_vain(session: Session) -> None:
        dispatch.ring_poll(session, session.get_one(Tenant, tenant.id), bench.clock.now())

    bench.fail_to_commit(ring_in_vain)

    assert bench.doorbell.rings == []
