"""One attempt at a unit of work: claimed, classified, retried when due, shown when a person must act."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from connector import inbox, leases
from connector.errors import Blocked, Busy, HeldBack, SignInRefused, Unavailable
from connector.failures import LONGEST_DELAY
from connector.models import Event, Lease, Operation, Tenant, WorkState
from connector.stripe_api.errors import IdempotencyMismatch, ReplayedFailure
from connector.tenants import registry
from connector.work import Attempt, NotYet, reopen
from tests.support.bench import Bench

UseCase = Callable[[Attempt[Operation]], None]


def finish(attempt: Attempt[Operation]) -> None:
    attempt.finish()


def failing(error: Exception) -> UseCase:
    def use_case(_: Attempt[Operation]) -> None:
        raise error

    return use_case


def test_rule_2_the_attempt_is_committed_before_the_use_case_asks_anybody_anything(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    seen: list[int] = []

    def use_case(attempt: Attempt[Operation]) -> None:
        seen.append(bench.read(operation_id).attempts)
        attempt.finish()

    assert bench.perform(operation_id, use_case)
    assert seen == [1]
    assert bench.read(operation_id).state is WorkState.DONE


def test_rule_2_an_attempt_that_was_killed_leaves_the_unit_due_and_the_next_one_knows_it_is_not_the_first(
    bench: Bench,
) -> None:
    operation_id = bench.operation(bench.tenant())

    with pytest.raises(KeyboardInterrupt):
        bench.perform(operation_id, lambda _: (_ for _ in ()).throw(KeyboardInterrupt()))
    firsts: list[bool] = []
    bench.perform(operation_id, lambda attempt: firsts.append(attempt.first))

    assert firsts == [False]


def test_rule_7_a_unit_redelivered_ten_times_at_once_is_done_once(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    done: list[int] = []
    barrier = threading.Barrier(10)

    def use_case(attempt: Attempt[Operation]) -> None:
        done.append(attempt.unit.id)
        attempt.finish()

    def worker(_: int) -> bool:
        barrier.wait(10)
        return bench.perform(operation_id, use_case)

    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(worker, range(10)))

    assert done == [operation_id]
    assert made.count(True) == 1


def test_rule_7_two_workers_never_work_on_one_subject_at_once(bench: Bench) -> None:
    tenant = bench.tenant()
    first = bench.operation(tenant, "receipt 1", subject="deltek writer")
    second = bench.operation(tenant, "receipt 2", subject="deltek writer")
    inside: list[bool] = []

    def use_case(attempt: Attempt[Operation]) -> None:
        inside.append(bench.perform(second, finish))
        attempt.finish()

    assert bench.perform(first, use_case)
    assert inside == [False]
    assert bench.perform(second, finish)


def test_rule_7_a_worker_that_lost_its_lease_writes_nothing(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    def use_case(attempt: Attempt[Operation]) -> None:
        bench.clock.turn(leases.LEASE_TIME + timedelta(seconds=1))
        assert bench.perform(operation_id, finish)  # somebody else takes over, and is done
        with attempt.conclude() as session:
            session.get_one(Operation, operation_id).progress = {"written by": "the late one"}

    assert bench.perform(operation_id, use_case)

    after = bench.read(operation_id)
    assert (after.state, after.progress, after.failures) == (WorkState.DONE, {}, 0)


def test_rule_7_a_worker_that_lost_its_lease_records_no_failure_either(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    def use_case(_: Attempt[Operation]) -> None:
        bench.clock.turn(leases.LEASE_TIME + timedelta(seconds=1))
        assert bench.perform(operation_id, finish)
        raise Unavailable("Deltek", "no answer")

    bench.perform(operation_id, use_case)

    after = bench.read(operation_id)
    assert (after.state, after.failures, after.reason) == (WorkState.DONE, 0, "")


def test_a_lease_is_given_back_after_every_attempt(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(Unavailable("Stripe", "no answer")))

    with bench.runtime.transaction() as session:
        assert session.query(Lease).count() == 0


def test_a_long_attempt_keeps_its_lease_by_its_steps(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    taken_over: list[bool] = []

    def use_case(attempt: Attempt[Operation]) -> None:
        for _ in range(3):
            bench.clock.turn(leases.LEASE_TIME - timedelta(seconds=5))
            attempt.keep()
            taken_over.append(bench.perform(operation_id, finish))
        attempt.finish()

    bench.perform(operation_id, use_case)

    assert taken_over == [False, False, False]
    assert bench.read(operation_id).state is WorkState.DONE


def test_what_fails_in_the_midst_of_a_step_is_classified_like_any_other_failure(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    def use_case(attempt: Attempt[Operation]) -> None:
        with attempt.step():
            attempt.unit.progress = {"half": "done"}
            raise Busy("Somebody else is at it")

    bench.perform(operation_id, use_case)

    after = bench.read(operation_id)
    assert (after.state, after.reason) == (WorkState.DUE, "Somebody else is at it")
    assert (after.progress, after.failures) == ({}, 1)


def test_a_conclusion_that_fails_leaves_the_unit_undone(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    def use_case(attempt: Attempt[Operation]) -> None:
        with attempt.conclude():
            raise Blocked("The amounts differ", "Correct them, then replay")

    bench.perform(operation_id, use_case)

    after = bench.read(operation_id)
    assert (after.state, after.reason) == (WorkState.BLOCKED, "The amounts differ")
    assert after.finished_at is None


def test_a_database_lost_at_the_commit_is_tried_again(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    def use_case(attempt: Attempt[Operation]) -> None:
        with attempt.conclude():
            raise OperationalError("COMMIT", {}, Exception("gone"))

    bench.perform(operation_id, use_case)
    bench.clock.turn(LONGEST_DELAY)
    assert bench.perform(operation_id, finish)

    assert bench.read(operation_id).state is WorkState.DONE


def test_not_yet_is_no_failure_and_is_looked_at_again_when_it_said(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(NotYet(10, "Being posted by Deltek")))

    after = bench.read(operation_id)
    assert (after.failures, after.reason) == (0, "Being posted by Deltek")
    assert after.due_at == bench.clock.now() + timedelta(seconds=10)
    assert [one.action for one in bench.trail() if one.action.startswith("failed")] == []


def test_being_held_back_by_our_own_limiter_is_no_failure(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(HeldBack("Deltek", "left alone for a moment", retry_after=5)))

    after = bench.read(operation_id)
    assert (after.state, after.failures, after.failing_since) == (WorkState.DUE, 0, None)
    assert timedelta(seconds=1) <= after.due_at - bench.clock.now() <= timedelta(seconds=5)


def test_a_refused_sign_in_holds_the_tenant_and_nothing_else_of_it_is_tried(bench: Bench) -> None:
    tenant = bench.tenant()
    first, second = bench.operation(tenant, "receipt 1"), bench.operation(tenant, "receipt 2")
    event = bench.event(tenant)
    refusal = SignInRefused("Deltek", "Deltek refused the sign-in", status=400)

    bench.perform(first, failing(refusal))

    assert not bench.perform(first, finish)
    assert not bench.perform(second, finish)
    assert not inbox.handle(bench.runtime, event, lambda attempt: attempt.finish())
    with bench.runtime.transaction() as session:
        assert session.get_one(Tenant, tenant.id).blocked == "Deltek refused the sign-in"
    assert bench.read(first).state is WorkState.DUE
    assert "tenant secrets" in bench.read(first).remedy


def test_rule_8_the_sign_in_of_one_tenant_says_nothing_of_another(bench: Bench) -> None:
    acme, other = bench.tenant("acme"), bench.tenant("other")

    bench.perform(
        bench.operation(acme), failing(SignInRefused("Deltek", "Deltek refused the sign-in", status=400))
    )

    assert bench.perform(bench.operation(other), finish)


def test_after_a_resume_the_work_of_a_held_tenant_goes_on(bench: Bench) -> None:
    tenant = bench.tenant()
    operation_id = bench.operation(tenant)
    bench.perform(operation_id, failing(SignInRefused("Deltek", "Deltek refused the sign-in", status=400)))

    with bench.runtime.transaction() as session:
        registry.resume(session, session.get_one(Tenant, tenant.id), bench.clock.now())

    assert bench.perform(operation_id, finish)


def test_nothing_of_a_paused_tenant_is_tried(bench: Bench) -> None:
    tenant = bench.tenant()
    operation_id = bench.operation(tenant)
    with bench.runtime.transaction() as session:
        registry.pause(session, session.get_one(Tenant, tenant.id), bench.clock.now())

    assert not bench.perform(operation_id, finish)
    assert bench.read(operation_id).attempts == 0


def test_an_operation_waits_until_the_one_before_it_is_done(bench: Bench) -> None:
    tenant = bench.tenant()
    before = bench.operation(tenant, "customer")
    after = bench.operation(tenant, "invoice", waits_for=before)

    assert not bench.perform(after, finish)
    bench.perform(before, failing(Blocked("no address", "add one")))
    assert not bench.perform(after, finish)
    with bench.runtime.transaction() as session:
        reopen(session.get_one(Operation, before), bench.clock.now())
    assert bench.perform(before, finish)
    assert bench.perform(after, finish)


def test_a_unit_that_is_done_is_not_done_again(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    assert bench.perform(operation_id, finish)

    assert not bench.perform(operation_id, finish)
    assert not bench.perform(operation_id + 1000, finish)


def test_a_reopened_unit_begins_its_time_to_fail_anew_but_still_looks_for_what_was_left(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    bench.perform(operation_id, failing(Blocked("wrong", "correct it")))

    with bench.runtime.transaction() as session:
        reopen(session.get_one(Operation, operation_id), bench.clock.now())

    fresh = bench.read(operation_id)
    assert (fresh.state, fresh.failures, fresh.failing_since) == (WorkState.DUE, 0, None)
    assert (fresh.reason, fresh.remedy) == ("", "")
    firsts: list[bool] = []
    bench.perform(operation_id, lambda attempt: firsts.append(attempt.first))
    assert firsts == [False]


@pytest.mark.parametrize(
    "error",
    [
        ReplayedFailure("Stripe", "a stored 500", outcome_unknown=True),
        IdempotencyMismatch("Stripe", "other parameters", status=400),
    ],
)
def test_a_spent_idempotency_key_is_not_used_again(bench: Bench, error: Exception) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(error))

    after = bench.read(operation_id)
    assert (after.state, after.generation, after.failures) == (WorkState.DUE, 1, 1)


def test_who_waited_for_a_unit_is_rung_for_as_soon_as_it_is_done(bench: Bench) -> None:
    tenant = bench.tenant()
    first = bench.operation(tenant, "receipt 1", subject="writer")
    next_of_subject = bench.operation(tenant, "receipt 2", subject="writer")
    follower = bench.operation(tenant, "receipt 3", waits_for=first)

    bench.perform(first, finish)

    assert {ring.row_id for ring in bench.doorbell.rings} == {next_of_subject, follower}


def test_every_failure_names_the_operation_in_the_audit_trail(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(Unavailable("Stripe", "Stripe gave no answer")))

    (entry,) = [one for one in bench.trail() if one.action.startswith("failed")]
    assert (entry.actor, entry.summary) == (f"operation {operation_id}", "Stripe gave no answer")
    assert entry.refs == [f"op-{operation_id}"]


def test_a_poison_event_is_shown_and_the_next_one_is_handled(bench: Bench) -> None:
    tenant = bench.tenant()
    poison, good = bench.event(tenant, "evt_poison"), bench.event(tenant, "evt_good")

    def use_case(attempt: Attempt[Event]) -> None:
        if attempt.unit.stripe_event_id == "evt_poison":
            raise Blocked("It makes no sense", "Look at it in Stripe")
        attempt.finish()

    assert inbox.handle(bench.runtime, poison, use_case)
    assert inbox.handle(bench.runtime, good, use_case)

    with bench.runtime.transaction() as session:
        assert session.get_one(Event, poison).state is WorkState.BLOCKED
        assert session.get_one(Event, good).state is WorkState.DONE


def test_an_expired_lease_of_a_killed_worker_holds_nobody_up_for_longer_than_its_time(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    with bench.runtime.transaction() as session:
        assert leases.take(session, "receipt 1", bench.clock.now())

    assert not bench.perform(operation_id, finish)
    bench.clock.turn(leases.LEASE_TIME)
    assert bench.perform(operation_id, finish)


def test_a_unit_that_was_changed_while_it_waited_for_its_subject_is_looked_at_again(bench: Bench) -> None:
    """The claim reads the unit once more when it has the lease: it may have been put off meanwhile."""
    operation_id = bench.operation(bench.tenant())
    later = bench.clock.now() + timedelta(minutes=5)
    with bench.runtime.transaction() as session:
        session.execute(update(Operation).where(Operation.id == operation_id).values(due_at=later))

    assert not bench.perform(operation_id, finish)
