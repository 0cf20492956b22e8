"""Operations: planned once under a deterministic key, and the keys Stripe is shown for each of their requests."""

import contextlib
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from connector.models import Operation, OperationKind
from connector.operations import idempotency_key, plan
from connector.work import Attempt
from tests.support.bench import Bench


def key_of(bench: Bench, operation_id: int, step: str = "create", content: object = (1, "USD")) -> str:
    """The idempotency key as one attempt works it out."""
    keys: list[str] = []
    bench.clock.turn(timedelta(minutes=1))
    bench.perform(operation_id, lambda attempt: keys.append(idempotency_key(attempt, step, content)))
    return keys[0]


def test_rule_2_an_operation_planned_twice_stands_once(bench: Bench) -> None:
    tenant = bench.tenant()

    assert bench.operation(tenant, "receipt 1") == bench.operation(tenant, "receipt 1")
    assert bench.operation(tenant, "receipt 2") != bench.operation(tenant, "receipt 1")


def test_rule_8_the_same_key_of_two_tenants_is_two_operations(bench: Bench) -> None:
    assert bench.operation(bench.tenant("acme")) != bench.operation(bench.tenant("other"))


def test_rule_2_a_planned_operation_is_gone_with_the_transaction_that_made_it_necessary(bench: Bench) -> None:
    tenant = bench.tenant()

    def plan_in_vain(session: Session) -> None:
        operation = Operation(
            tenant_id=tenant.id, kind=OperationKind.POST_RECEIPT, key="receipt 1", subject="writer"
        )
        plan(session, operation, bench.clock.now())

    bench.fail_to_commit(plan_in_vain)

    with bench.runtime.transaction() as session:
        assert session.query(Operation).count() == 0


def test_rule_2_every_attempt_shows_stripe_the_same_key_for_the_same_content(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())

    first = key_of(bench, operation_id)

    assert key_of(bench, operation_id) == first
    assert first.startswith("ml-connector-")
    assert len(first) < 255


def test_another_step_corrected_content_or_another_generation_takes_a_fresh_key(bench: Bench) -> None:
    operation_id = bench.operation(bench.tenant())
    keys = {key_of(bench, operation_id), key_of(bench, operation_id, "finalize")}
    keys.add(key_of(bench, operation_id, content=(2, "USD")))
    with bench.runtime.transaction() as session:
        session.get_one(Operation, operation_id).generation += 1
    keys.add(key_of(bench, operation_id))

    assert len(keys) == 4


def test_the_key_does_not_hang_on_numbers_that_a_restored_database_would_give_anew(bench: Bench) -> None:
    tenant = bench.tenant()
    bench.operation(tenant, "receipt 0")
    operation_id = bench.operation(tenant, "receipt 1")
    keys: list[str] = []

    def use_case(attempt: Attempt[Operation]) -> None:
        keys.append(idempotency_key(attempt, "create", 1))
        attempt.unit.id += 1000
        attempt.tenant.id += 1000
        keys.append(idempotency_key(replace(attempt), "create", 1))
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        bench.perform(operation_id, use_case)

    assert keys[0] == keys[1]
