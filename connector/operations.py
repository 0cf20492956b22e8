"""Operations: the one mechanism every write to Deltek or Stripe goes through.

plan      the row is committed, with its deterministic key, together with what made it necessary
perform   claimed by a lease; the use case looks first where an earlier attempt may have left something;
          the outcome is committed, or the failure is classified and the next attempt becomes due
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.doorbell import INVOICES, RECEIPTS, RETRIES, Ring
from connector.errors import Unavailable
from connector.models import Operation, OperationKind, WorkState
from connector.runtime import Runtime, after_commit
from connector.stripe_api.errors import IdempotencyMismatch, ReplayedFailure
from connector.work import Attempt, attempt

UseCase = Callable[[Attempt[Operation]], None]

QUEUE_OF = {
    OperationKind.READ_CLIENT: INVOICES,
    OperationKind.ALIGN_CUSTOMER: INVOICES,
    OperationKind.PUSH_INVOICE: INVOICES,
    OperationKind.SETTLE_INVOICE: INVOICES,
    OperationKind.POST_RECEIPT: RECEIPTS,
    OperationKind.WRITE_BACK: RECEIPTS,
}
TASK_OF = {
    OperationKind.READ_CLIENT: "invoices.read_client",
    OperationKind.ALIGN_CUSTOMER: "invoices.align_customer",
    OperationKind.PUSH_INVOICE: "invoices.push_invoice",
    OperationKind.SETTLE_INVOICE: "invoices.settle_invoice",
    OperationKind.POST_RECEIPT: "receipts.post_receipt",
    OperationKind.WRITE_BACK: "receipts.write_back",
}


def plan(session: Session, operation: Operation, now: datetime) -> Operation:
    """Commit to the operation: adds its row, unless one with its key stands already.

    The message for it is sent by `connector.dispatch`, within the tenant's window.
    """
    standing = session.scalar(
        select(Operation).where(Operation.tenant_id == operation.tenant_id, Operation.key == operation.key)
    )
    if standing is not None:
        return standing
    operation.created_at = operation.due_at = now
    session.add(operation)
    session.flush()
    return operation


def idempotency_key(attempt: Attempt[Operation], step: str, content: object) -> str:
    """Stripe's Idempotency-Key for one request, derived from what it creates.

    The same content gives the same key, on another machine and from a restored database too; corrected content,
    or a new generation after an attempt that left nothing, gives a fresh one.
    """
    operation = attempt.unit
    parts = [attempt.tenant.slug, operation.key, step, operation.generation, content]
    return "ml-connector-" + sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def perform(runtime: Runtime, operation_id: int, use_cases: Mapping[OperationKind, UseCase]) -> bool:
    """One attempt at the operation, if it is due and its subject is free; True if an attempt was made."""
    made = attempt(
        runtime,
        Operation,
        operation_id,
        lambda operation: operation.subject,
        lambda claimed: _with_fresh_keys(claimed, use_cases[claimed.unit.kind]),
    )
    if made:
        ring_followers(runtime, operation_id)
    return made


def _with_fresh_keys(claimed: Attempt[Operation], use_case: UseCase) -> None:
    """A key that is spent (a stored 5xx, or other parameters) is not used again: the next attempt looks, then
    takes a fresh one."""
    try:
        use_case(claimed)
    except (ReplayedFailure, IdempotencyMismatch) as spent:
        with claimed.step():
            claimed.unit.generation += 1
        raise Unavailable("Stripe", spent.message, outcome_unknown=True) from None


def ring(session: Session, operation: Operation, now: datetime) -> None:
    """Tell the queue of the operation that it is due: a first attempt its own, any other the retries."""
    operation.rung_at = now
    after_commit(
        session,
        Ring(
            task=TASK_OF[operation.kind],
            row_id=operation.id,
            queue=RETRIES if operation.failures else QUEUE_OF[operation.kind],
            task_id=f"op-{operation.id}.{operation.attempts + 1}",
        ),
    )


def ring_followers(runtime: Runtime, operation_id: int) -> None:
    """Whoever waited for this operation, and the next of its subject, need not wait for the tick."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        done = session.get_one(Operation, operation_id)
        due = select(Operation).where(Operation.state == WorkState.DUE, Operation.due_at <= now)
        next_of_subject = due.where(Operation.subject == done.subject, Operation.waits_for_id.is_(None))
        found = list(session.scalars(next_of_subject.order_by(Operation.id).limit(1)))
        if done.state is WorkState.DONE:
            found += session.scalars(due.where(Operation.waits_for_id == operation_id))
        for operation in found:
            ring(session, operation, now)
