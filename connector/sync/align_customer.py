"""A Deltek firm and its one Stripe customer are brought, and kept, in line."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import audit
from connector.models import Customer, Invoice, InvoiceState, Operation, OperationKind, Tenant, WorkState
from connector.operations import idempotency_key, plan
from connector.stripe_api.customers import CLIENT_KEY, TENANT_KEY
from connector.stripe_api.errors import CustomerGone
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import CustomerDetails, StripeCustomer
from connector.sync.plan_settlement import asked_at_stripe, plan_settlement
from connector.sync.read_customer import ReadCustomer, details_from, stored_details
from connector.tenants.file import describe_stored
from connector.work import Attempt, reopen

# Stripe's clock and ours may differ; what we look for was created no earlier than this before our first attempt.
CLOCK_MARGIN = timedelta(hours=1)
CORRECTED = "corrected"  # in the progress: what open invoices show of the firm is out of date


def plan_alignment(session: Session, tenant: Tenant, read: ReadCustomer, now: datetime) -> Customer:
    """Keep what was read of the firm and, where Stripe should be told of it, plan the operation that does."""
    customer = find_customer(session, tenant, read.client_id, lock=True)
    if customer is None:
        customer = Customer(
            tenant_id=tenant.id, client_id=read.client_id, created_at=now, details_version=0, details_hash=""
        )
        session.add(customer)
    changed = customer.details_hash != read.details_hash
    corrected = _is_corrected(customer, read)
    customer.contact_wbs1, customer.sources, customer.read_at = read.contact_wbs1, read.sources, now
    customer.details, customer.details_hash = stored_details(read.details), read.details_hash
    session.flush()
    if changed:
        _plan_operation(session, tenant, customer, now, corrected=corrected)
    return customer


def _is_corrected(customer: Customer, read: ReadCustomer) -> bool:
    """Whether the firm changed, rather than its newest invoice being of a project with a billing contact of its own."""
    known = customer.details or {}
    return customer.contact_wbs1 == read.contact_wbs1 or known.get("name") != read.details.name


def _plan_operation(
    session: Session, tenant: Tenant, customer: Customer, now: datetime, *, corrected: bool = False
) -> None:
    customer.details_version += 1
    _reopen_blocked(session, customer, now)
    operation = plan(
        session,
        Operation(
            tenant_id=tenant.id,
            kind=OperationKind.ALIGN_CUSTOMER,
            key=f"customer {customer.client_id} version {customer.details_version}",
            subject=f"tenant {tenant.id} customer {customer.client_id}",
            customer_id=customer.id,
            progress={CORRECTED: corrected},
        ),
        now,
    )
    audit.write(
        session,
        tenant_id=tenant.id,
        at=now,
        action="read client from Deltek",
        summary=f"{customer.details['name']} is new or has changed in Deltek; its Stripe customer will follow",
        refs=[customer.client_id, customer.stripe_customer_id, f"op-{operation.id}"],
    )


def _reopen_blocked(session: Session, customer: Customer, now: datetime) -> None:
    """What Stripe refused has been corrected: invoices may wait for an alignment that was blocked by it."""
    mine = select(Operation).where(
        Operation.customer_id == customer.id, Operation.kind == OperationKind.ALIGN_CUSTOMER
    )
    for blocked in session.scalars(mine.where(Operation.state == WorkState.BLOCKED)):
        reopen(blocked, now)


def plan_new_customer(session: Session, tenant: Tenant, customer: Customer, now: datetime) -> None:
    """Somebody deleted the customer at Stripe, which cannot be undone: the firm takes a new one."""
    customer.stripe_customer_id, customer.aligned_hash = None, ""
    _plan_operation(session, tenant, customer, now)


def find_customer(session: Session, tenant: Tenant, client_id: str, *, lock: bool = False) -> Customer | None:
    statement = select(Customer).where(Customer.tenant_id == tenant.id, Customer.client_id == client_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def pending_alignment(session: Session, customer: Customer) -> int | None:
    """The operation, not yet done, that the customer's invoices have to wait for."""
    return session.scalar(
        select(Operation.id)
        .where(
            Operation.customer_id == customer.id,
            Operation.kind == OperationKind.ALIGN_CUSTOMER,
            Operation.state != WorkState.DONE,
        )
        .order_by(Operation.id.desc())
        .limit(1)
    )


def align_customer(attempt: Attempt[Operation]) -> None:
    """Bring the Stripe customer to what Deltek says of the firm; create it if it is nowhere to be found."""
    with attempt.runtime.transaction() as session:
        customer = session.get_one(Customer, attempt.unit.customer_id)
    stripe = attempt.runtime.stripe(attempt.tenant)
    details = details_from(customer.details)
    known = customer.stripe_customer_id
    if known is not None and customer.aligned_hash == customer.details_hash:
        _conclude(attempt, customer, known, "already in line")
        return
    if known is not None and _update(attempt, stripe, known, details, customer):
        _conclude(attempt, customer, known, "updated", changed=True)
        return
    found = _find_again(attempt, stripe, customer)
    if found is not None and _update(attempt, stripe, found.id, details, customer):
        how = "found again by its metadata and updated"
        _conclude(attempt, customer, found.id, how, found_again=_is_of_before(attempt, found))
        return
    gone = known or (found.id if found else None)
    created = stripe.create_customer(
        details, idempotency_key=idempotency_key(attempt, "create", [customer.details_hash, gone])
    )
    _conclude(attempt, customer, created, "created")


def _is_of_before(attempt: Attempt[Operation], found: StripeCustomer) -> bool:
    """Whether the customer is older than this operation, so that our record of it, and of its invoices, is lost."""
    if attempt.first:
        return True
    return found.created is not None and found.created < attempt.first_attempt_at - CLOCK_MARGIN


def _find_again(
    attempt: Attempt[Operation], stripe: StripeGateway, customer: Customer
) -> StripeCustomer | None:
    """The customer that an earlier attempt, or an earlier database of ours, left at Stripe."""
    wanted = {TENANT_KEY: attempt.tenant.slug, CLIENT_KEY: customer.client_id}
    candidates = stripe.find_customers(attempt.tenant.slug, customer.client_id)
    if not candidates and not attempt.first:
        recent = stripe.customers_created_since(attempt.first_attempt_at - CLOCK_MARGIN)
        candidates = [one for one in recent if wanted.items() <= one.metadata.items()]
    alive = [one for one in candidates if not one.deleted]
    return alive[-1] if alive else None  # newest first: the oldest is the one invoices hang on


def _update(
    attempt: Attempt[Operation],
    stripe: StripeGateway,
    customer_id: str,
    details: CustomerDetails,
    customer: Customer,
) -> bool:
    """False when somebody deleted the customer at Stripe: it takes a new one."""
    key = idempotency_key(attempt, "update", [customer_id, customer.details_hash])
    try:
        stripe.update_customer(customer_id, details, idempotency_key=key)
    except CustomerGone:
        return False
    return True


def _conclude(
    attempt: Attempt[Operation],
    read: Customer,
    stripe_id: str,
    how: str,
    *,
    found_again: bool = False,
    changed: bool = False,
) -> None:
    with attempt.conclude() as session:
        customer = session.get_one(Customer, read.id, with_for_update=True)
        customer.stripe_customer_id = stripe_id
        customer.aligned_hash = read.details_hash
        customer.found_again = customer.found_again or found_again
        if changed and attempt.unit.progress.get(CORRECTED):
            _follow_on_open_invoices(session, attempt.tenant, customer, attempt.runtime.clock.now())
        attempt.note(
            session,
            "aligned customer",
            f"Stripe customer {stripe_id} of {read.details['name']}: {how}",
            refs=[stripe_id, read.client_id, f"op-{attempt.unit.id}"],
        )


def _follow_on_open_invoices(session: Session, tenant: Tenant, customer: Customer, now: datetime) -> None:
    """A finalized invoice keeps the name, address and e-mail that it was finalized with (stripe-python 16.1.0,
    Invoice.customer_email): the tenant file says whether open ones are made again for a change."""
    if describe_stored(tenant.description).stripe.open_invoices != "recreate":
        return
    mine = select(Invoice).where(Invoice.customer_id == customer.id, Invoice.state == InvoiceState.PUSHED)
    for invoice in session.scalars(mine.order_by(Invoice.id).with_for_update()):
        if asked_at_stripe(invoice) and not invoice.outdated:
            invoice.outdated = "the client's name, address or e-mail changed"
            plan_settlement(session, tenant, invoice, now)
