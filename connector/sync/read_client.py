"""A client that Deltek would not give when the poll asked for it is read again, and shown where that needs a person.

Its Stripe customer stays as it is meanwhile, and so does every other client.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.errors import Blocked, NotFound, Refused, SignInRefused
from connector.models import Customer, Operation, OperationKind, Tenant, WorkState
from connector.operations import plan
from connector.remedies import remedy_for
from connector.sync.align_customer import plan_alignment
from connector.sync.read_customer import read_customer
from connector.work import Attempt, reopen


def plan_reading(session: Session, tenant: Tenant, customer: Customer, now: datetime) -> None:
    """Have the client read again by an operation of its own; one that waits for a person goes on waiting."""
    operation = plan(
        session,
        Operation(
            tenant_id=tenant.id,
            kind=OperationKind.READ_CLIENT,
            key=f"read client {customer.client_id}",
            subject=f"tenant {tenant.id} customer {customer.client_id}",
            customer_id=customer.id,
        ),
        now,
    )
    if operation.state is WorkState.DONE:
        reopen(operation, now)


def try_blocked_again(session: Session, customer: Customer, now: datetime) -> None:
    """Deltek gave the client now."""
    mine = select(Operation).where(
        Operation.customer_id == customer.id,
        Operation.kind == OperationKind.READ_CLIENT,
        Operation.state == WorkState.BLOCKED,
    )
    for operation in session.scalars(mine):
        reopen(operation, now)


def read_client(attempt: Attempt[Operation]) -> None:
    """Keep what Deltek says of the client now; raises Blocked where it does not give it."""
    with attempt.runtime.transaction() as session:
        customer = session.get_one(Customer, attempt.unit.customer_id)
    deltek = attempt.runtime.deltek(attempt.tenant)
    try:
        read = read_customer(deltek, attempt.tenant.slug, customer.client_id, customer.contact_wbs1)
    except NotFound:
        attempt.finish()  # deleted: its customer stays as it is
        return
    except SignInRefused:
        raise
    except (Refused, Blocked) as error:
        name = customer.details["name"]
        remedy = error.remedy or (remedy_for(error) if isinstance(error, Refused) else "")
        raise Blocked(
            f"The client {name} cannot be read, so its Stripe customer stays as it is: {error.message}",
            remedy,
        ) from None
    with attempt.conclude() as session:
        plan_alignment(session, attempt.tenant, read, attempt.runtime.clock.now())
