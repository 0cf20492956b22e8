"""Rule 9 at work: what a failed attempt leaves behind, and when the next one is due."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from connector.errors import Blocked, Busy, Forbidden, Refused, Unavailable
from connector.failures import DEFECT_GIVE_UP_AFTER, FIRST_DELAY, GIVE_UP_AFTER, LONGEST_DELAY
from connector.models import Operation, WorkState
from connector.work import Attempt
from tests.support.bench import Bench

UseCase = Callable[[Attempt[Operation]], None]


def finish(attempt: Attempt[Operation]) -> None:
    attempt.finish()


def failing(error: Exception) -> UseCase:
    def use_case(_: Attempt[Operation]) -> None:
        raise error

    return use_case


@pytest.mark.parametrize("error", [Unavailable("Stripe", "Stripe gave no answer"), Busy("Held elsewhere")])
def test_rule_9_a_temporary_failure_is_due_again_after_a_jittered_delay(
    bench: Bench, error: Exception
) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(error))

    after = bench.read(operation_id)
    assert after.state is WorkState.DUE
    assert after.reason in str(error)
    assert bench.clock.now() <= after.due_at <= bench.clock.now() + 2 * FIRST_DELAY + timedelta(seconds=1)
    assert not bench.perform(operation_id, finish) or after.due_at == bench.clock.now()


def test_rule_9_retry_after_is_honoured(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(Unavailable("Stripe", "slow down", retry_after=90)))

    assert bench.read(operation_id).due_at >= bench.clock.now() + timedelta(seconds=90)


def test_rule_9_an_absurd_retry_after_is_not_waited_for_for_ever(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(Unavailable("Deltek", "later", retry_after=1e20)))

    after = bench.read(operation_id)
    assert after.state is WorkState.DUE
    assert after.due_at < bench.clock.now() + timedelta(days=2)


def test_rule_9_an_outage_is_ridden_out_for_days_and_then_shown_to_a_person(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    outage = failing(Unavailable("Deltek", "Deltek gave no answer"))
    began = bench.clock.now()
    for _ in range(15):
        assert bench.perform(operation_id, outage)
        wait = bench.read(operation_id).due_at - bench.clock.now()
        assert wait <= LONGEST_DELAY
        bench.clock.turn(wait)
    bench.clock.turn(began + GIVE_UP_AFTER - bench.clock.now())
    bench.perform(operation_id, outage)
    assert bench.read(operation_id).state is WorkState.DUE

    bench.clock.turn(LONGEST_DELAY)
    bench.perform(operation_id, outage)

    after = bench.read(operation_id)
    assert after.state is WorkState.BLOCKED
    assert after.reason == "Deltek gave no answer"
    assert "replay" in after.remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (Blocked("The number is taken", "Renumber it, then replay"), "Renumber it, then replay"),
        (Refused("Deltek", "Period 202611 is closed", status=400), "Open the accounting period"),
        (Refused("Stripe", "Invalid email", status=400, param="email"), "e-mail address"),
        (Forbidden("Deltek", "No access", status=403), "role in Deltek"),
    ],
)
def test_rule_9_what_a_person_must_see_to_is_blocked_with_reason_and_remedy(
    bench: Bench, error: Blocked | Refused, remedy: str
) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(error))

    after = bench.read(operation_id)
    assert (after.state, after.reason) == (WorkState.BLOCKED, error.message)
    assert remedy in after.remedy
    assert not bench.perform(operation_id, finish)
    (entry,) = [one for one in bench.trail() if one.action == "blocked"]
    assert f"op-{operation_id}" in entry.refs
    assert error.message in entry.summary


def test_rule_9_a_defect_is_tried_a_few_times_then_shown_and_never_quotes_what_it_held(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    began = bench.clock.now()
    while bench.read(operation_id).state is WorkState.DUE:
        bench.clock.turn(max(bench.read(operation_id).due_at - bench.clock.now(), timedelta(0)))
        bench.perform(operation_id, failing(KeyError("4242 4242 4242 4242")))

    after = bench.read(operation_id)
    assert bench.clock.now() - began < DEFECT_GIVE_UP_AFTER + LONGEST_DELAY
    assert after.reason == "An unforeseen error (KeyError)"
    assert "4242" not in "".join(entry.summary for entry in bench.trail())


def test_a_database_that_did_not_answer_is_temporary(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    bench.perform(operation_id, failing(OperationalError("SELECT 1", {}, Exception("gone"))))

    after = bench.read(operation_id)
    assert (after.state, after.reason) == (WorkState.DUE, "The database did not answer (OperationalError)")
