"""Tie every invoice out, Deltek against Stripe to the cent, and name each difference.

What is open in Deltek, less our receipts that wait there for an accountant to post them, must be what is open at
Stripe: what remains to be paid there, and what went back to the client. Both sides are read in whole lists, so the
number of requests grows by pages and not by invoices.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from connector.deltek.records import ArBalance
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Forbidden, NotFound, Unavailable
from connector.models import Invoice, InvoiceState, Movement, MovementKind, Operation, Tenant, WorkState
from connector.money import InexactAmount, Money
from connector.runtime import Runtime
from connector.stripe_api.customers import TENANT_KEY
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import Dispute, InvoicePayment, StripeInvoice
from connector.sync import movements
from connector.sync.align_customer import CLOCK_MARGIN
from connector.sync.invoice_at_stripe import NUMBER_KEY, WBS1_KEY
from connector.sync.plan_settlement import OWED
from connector.sync.read_invoice import is_numbered
from connector.sync.receipts_in_deltek import Waiting, explain, look_at_waiting
from connector.sync.tied_invoice import WENT_BACK, AtStripe, TiedInvoice, notes_of
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe_stored

logger = logging.getLogger(__name__)

ProjectAndNumber = tuple[str, str]  # WBS1, invoice number


@dataclass(frozen=True)
class Reconciliation:
    since: date
    invoices: list[TiedInvoice]

    @property
    def differences(self) -> list[TiedInvoice]:
        return [invoice for invoice in self.invoices if not invoice.ties]


@dataclass(frozen=True)
class Ours:
    """What our own database says, read at once."""

    invoices: list[Invoice]
    read: set[ProjectAndNumber]  # every invoice that was read
    at_stripe: set[str]  # the Stripe invoice of every invoice, however old
    booked: dict[int, list[Movement]]
    work: dict[int, list[str]]
    waiting: Waiting
    description: TenantDescription

    @property
    def booked_by_stripe_id(self) -> dict[str, list[Movement]]:
        found: dict[str, list[Movement]] = defaultdict(list)
        for movement in chain.from_iterable(self.booked.values()):
            found[movement.stripe_id].append(movement)
        return found


@dataclass(frozen=True)
class Balances:
    """The list of balances; `unread` are the invoices with a row in it that cannot be read."""

    rows: dict[ProjectAndNumber, list[ArBalance]]
    unread: set[ProjectAndNumber]


def reconcile(runtime: Runtime, tenant: Tenant, since: date | None) -> Reconciliation:
    """Compare both sides for the invoices dated `since` (default: start_date) or later."""
    description = describe_stored(tenant.description)
    since = max(since or description.sync.start_date, description.sync.start_date)
    deltek = runtime.deltek(tenant)
    with runtime.transaction() as session:
        waiting = look_at_waiting(session, tenant, deltek, description, runtime.clock.now())
        ours = _ours(session, tenant, since, waiting)
    balances = _balances(deltek, since)
    stripe = _read_stripe(runtime.stripe(tenant), tenant, ours.invoices)
    by_stripe_id = ours.booked_by_stripe_id
    tied = [_tie(invoice, deltek, balances, stripe, ours, by_stripe_id) for invoice in ours.invoices]
    for one, invoice in zip(tied, ours.invoices, strict=True):
        if one.difference:
            one.notes += explain(deltek, description, invoice, ours.booked[invoice.id])
    tied += _unread(description, balances, ours.read)
    tied += _unknown_at_stripe(stripe, ours.at_stripe)
    return Reconciliation(since, tied)


def _ours(session: Session, tenant: Tenant, since: date, waiting: Waiting) -> Ours:
    every = select(Invoice.stripe_invoice_id, Invoice.former_stripe_ids).where(Invoice.tenant_id == tenant.id)
    at_stripe = {one for current, former in session.execute(every) for one in (current, *former)}
    return Ours(
        invoices=_known_invoices(session, tenant, since),
        read=_read_keys(session, tenant),
        at_stripe={one for one in at_stripe if one is not None},
        booked=_booked(session, tenant),
        work=_open_work(session, tenant),
        waiting=waiting,
        description=describe_stored(tenant.description),
    )


def _known_invoices(session: Session, tenant: Tenant, since: date) -> list[Invoice]:
    """The invoices that are at Stripe or should be, and those on which something is still to be done."""
    with_work = select(Operation.invoice_id).where(
        Operation.tenant_id == tenant.id, Operation.state != WorkState.DONE
    )
    mine = select(Invoice).where(
        Invoice.tenant_id == tenant.id,
        or_(Invoice.state != InvoiceState.LEFT_ALONE, Invoice.id.in_(with_work)),
        or_(Invoice.invoice_date >= since, Invoice.invoice_date.is_(None)),
    )
    return list(session.scalars(mine.order_by(Invoice.invoice_date, Invoice.number)))


def _read_keys(session: Session, tenant: Tenant) -> set[ProjectAndNumber]:
    """Of every invoice that was read, each project of a billing group included."""
    mine = select(Invoice.wbs1, Invoice.number, Invoice.wbs_rows).where(Invoice.tenant_id == tenant.id)
    keys: set[ProjectAndNumber] = set()
    for wbs1, number, rows in session.execute(mine):
        keys |= {(project.strip(), number) for project in (wbs1, *(row["wbs1"] for row in rows))}
    return keys


def _booked(session: Session, tenant: Tenant) -> dict[int, list[Movement]]:
    booked: dict[int, list[Movement]] = defaultdict(list)
    for movement in session.scalars(select(Movement).where(Movement.tenant_id == tenant.id)):
        if movement.invoice_id is not None:
            booked[movement.invoice_id].append(movement)
    return booked


def _open_work(session: Session, tenant: Tenant) -> dict[int, list[str]]:
    """By invoice: what is still to be done for it, or waits for a person, in words."""
    words: dict[int, list[str]] = defaultdict(list)
    mine = select(Operation).where(Operation.tenant_id == tenant.id, Operation.state != WorkState.DONE)
    for operation in session.scalars(mine.order_by(Operation.id)):
        if operation.invoice_id is not None:
            why = f": {operation.reason}" if operation.reason else ""
            words[operation.invoice_id].append(
                f"{operation.kind} (op-{operation.id}) is {operation.state}{why}"
            )
    return words


def _balances(deltek: Vantagepoint, since: date) -> Balances | None:
    """None where this version of Deltek has no AR review."""
    pages = deltek.balances_dated_since(since)
    if pages is None:
        return None
    found, unread = defaultdict[ProjectAndNumber, list[ArBalance]](list), set[ProjectAndNumber]()
    for page in pages:
        unread |= {(row.wbs1.strip(), number) for row in page.unread for number in row.numbers}
        for row in page.rows:
            # A credit memo may have a number of its own and name its invoice, or stand under its invoice's.
            for number in dict.fromkeys((row.invoice, row.credit_memo_ref)):
                if number.strip():
                    found[row.wbs1.strip(), number].append(row)
    return Balances(found, unread)


def _read_stripe(stripe: StripeGateway, tenant: Tenant, known: Sequence[Invoice]) -> AtStripe:
    since = min((invoice.created_at for invoice in known), default=tenant.created_at) - CLOCK_MARGIN
    ours = {
        one.id: one
        for one in stripe.invoices_created_since(since)
        if one.metadata.get(TENANT_KEY) == tenant.slug and one.status != "draft"
    }
    payments: dict[str, list[InvoicePayment]] = defaultdict(list)
    for payment in stripe.payments_created_since(since):
        payments[payment.invoice].append(payment)
    for invoice_id in {invoice.stripe_invoice_id or "" for invoice in known} - {"", *ours}:
        # Older at Stripe than here: read again after our database was lost.
        with suppress(NotFound):
            ours[invoice_id] = stripe.retrieve_invoice(invoice_id)
            payments[invoice_id] = stripe.payments_of_invoice(invoice_id)
    return AtStripe(ours, payments, list(stripe.refunds_created_since(since)), _disputes(stripe, since))


def _tie(
    invoice: Invoice,
    deltek: Vantagepoint,
    balances: Balances | None,
    stripe: AtStripe,
    ours: Ours,
    by_stripe_id: Mapping[str, Sequence[Movement]],
) -> TiedInvoice:
    at_stripe = stripe.invoices.get(invoice.stripe_invoice_id or "")
    booked = ours.booked[invoice.id]
    tied = TiedInvoice(
        company=invoice.company,
        project=invoice.wbs1,
        number=invoice.number,
        currency=invoice.currency,
        stripe_invoice=invoice.stripe_invoice_id or "",
        deltek_balance=_deltek_balance(ours.description, invoice, deltek, balances, booked),
        receipts_to_post=ours.waiting.amounts.get(invoice.id, 0),
        stripe_remaining=_asked(at_stripe) if at_stripe else None,
        stripe_returned=_returned(invoice, at_stripe, booked),
    )
    tied.notes += notes_of(invoice, tied, at_stripe, stripe, booked, by_stripe_id)
    tied.notes += ours.waiting.notes.get(invoice.id, []) + ours.work.get(invoice.id, [])
    return tied


def _asked(at_stripe: StripeInvoice) -> int:
    """What it asks for: one that is void keeps what remained of it."""
    return at_stripe.amount_remaining if at_stripe.status in OWED else 0


def _returned(invoice: Invoice, at_stripe: StripeInvoice | None, booked: Sequence[Movement]) -> int:
    """What went back to the client and was not settled by other means since; minor units."""
    returned = -sum(one.settles for one in booked if one.kind in WENT_BACK)
    otherwise = invoice.settled_elsewhere - (_less_asked(invoice, at_stripe) if at_stripe else 0)
    # What had settled it before the payment came leaves as much of that beside the invoice.
    otherwise -= sum(one.amount - one.settles for one in booked if one.kind is MovementKind.PAYMENT)
    return returned - min(max(0, returned), max(0, otherwise))


def _less_asked(invoice: Invoice, at_stripe: StripeInvoice) -> int:
    """What Stripe knows to be settled by other means, or never asked for: a revision may be over another amount."""
    return at_stripe.settled_elsewhere + invoice.amount - at_stripe.total


def _deltek_balance(
    description: TenantDescription,
    invoice: Invoice,
    deltek: Vantagepoint,
    balances: Balances | None,
    booked: Sequence[Movement],
) -> int | None:
    """What is open on the invoice in Deltek; None when Deltek does not say."""
    if not invoice.currency:
        return None
    projects = dict.fromkeys([invoice.wbs1, *(row["wbs1"] for row in invoice.wbs_rows)])
    if balances is None:
        received = [row for row in deltek.receipt_rows_of_invoice(invoice.number) if row.wbs.wbs1 in projects]
        settled = _minor((-row.amount for row in received), invoice.currency)
        return None if settled is None else invoice.amount - invoice.credited - settled
    rows: list[ArBalance] = []
    keys = [(wbs1.strip(), invoice.number) for wbs1 in projects]
    if any(key in balances.unread for key in keys):
        return None
    for key, wbs1 in zip(keys, projects, strict=True):
        rows += balances.rows.get(key) or deltek.balances(wbs1, invoice.number) or []
    rows = [row for row in rows if description.same_company(row.company, invoice.company)]
    if rows:
        balance = _minor((row.balance for row in rows), invoice.currency)
        return None if balance is None else balance - invoice.retainage
    # Whether AR review lists paid invoices is not documented: what was settled, as far as we saw, proves it paid.
    settled = invoice.settled_elsewhere + sum(one.settles for one in booked if movements.is_booked(one))
    return 0 if settled == invoice.amount else None


def _disputes(stripe: StripeGateway, since: datetime) -> list[Dispute]:
    """Where they cannot be read, the rest is compared all the same."""
    try:
        return list(stripe.disputes_created_since(since))
    except (Forbidden, NotFound, Unavailable) as trouble:
        logger.warning("Disputes cannot be read and are left out: %s", trouble.message)
        return []


def _unread(
    description: TenantDescription,
    balances: Balances | None,
    known: set[ProjectAndNumber],
) -> Iterable[TiedInvoice]:
    """Invoices that Deltek has posted and the connector has not read."""
    for key, rows in (balances.rows if balances else {}).items():
        row = rows[0]
        company = description.company(row.company)
        if key in known or company is None or not is_numbered(row.invoice):
            continue
        if row.balance <= 0 or row.credit_memo_ref.strip() or not description.takes_project(row.wbs1):
            continue
        if description.takes_client(row.billing_client_id):
            balance = _minor((one.balance for one in rows), company.currency)
            note = f"posted in Deltek, not read yet: ml-connector sync {description.slug} --invoice {row.invoice}"
            yield TiedInvoice(row.company, row.wbs1, row.invoice, company.currency, "", balance, notes=[note])


def _unknown_at_stripe(stripe: AtStripe, known: set[str]) -> Iterable[TiedInvoice]:
    """Stripe invoices that carry this tenant's name and that no invoice of ours stands behind."""
    for one in stripe.invoices.values():
        if one.id not in known and one.status != "void":
            number, project = one.metadata.get(NUMBER_KEY, one.number or ""), one.metadata.get(WBS1_KEY, "")
            note = f"{one.id} at Stripe carries this tenant's name, but is not known here"
            yield TiedInvoice(
                "", project, number, one.currency, one.id, None, 0, one.amount_remaining, 0, [note]
            )


def _minor(amounts: Iterable[Decimal], currency: str) -> int | None:
    """Their sum; None where that has parts of a cent, so that the currency cannot express it."""
    with suppress(InexactAmount):
        return Money.from_decimal(sum(amounts, Decimal(0)), currency).minor
    return None
