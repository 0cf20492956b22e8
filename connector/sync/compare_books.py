"""The full comparison: every invoice at Stripe against Deltek's balance, our receipts, and the due dates.

Undo Posting takes rows out of the ledger without a trace, so no feed tells of it (Deltek 6.0 help, UT_Undo_Posting).
One list of balances is read for all; only what is not as expected is looked at one by one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from connector.deltek.records import ArBalance, UnreadBalance
from connector.errors import Blocked
from connector.models import Invoice, InvoiceState, Movement, Tenant
from connector.money import Money
from connector.sync.compare_due_dates import compare_due_dates
from connector.sync.compare_invoice import COMPARED, compare_invoice, has_other_client, projects_of
from connector.sync.movements import booked_by_invoice
from connector.sync.plan_settlement import asked_at_stripe
from connector.sync.poll_run import PollRun
from connector.sync.read_invoice import CREDITED, HIDDEN_BALANCE, SETTLED
from connector.sync.reading import CLOSED_BY_HAND
from connector.sync.receipts_in_deltek import (
    CAN_BE_UNDONE,
    look_at_receipts,
    not_seen_lately,
    unposted,
)
from connector.sync.take_in_postings import kept_from_stripe, take_in_invoice_number
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe_stored


@dataclass(frozen=True)
class Balances:
    """The list of balances by invoice number, a credit memo under its invoice's number too.

    `unread` are the numbers of rows that cannot be read: those invoices are looked at one by one.
    """

    rows: dict[str, list[ArBalance]]
    unread: set[str]

    @cached_property
    def lists_paid(self) -> bool:
        """Whether this version's list shows settled invoices."""
        return any(row.balance == 0 for rows in self.rows.values() for row in rows)

    @property
    def all_zero(self) -> bool:
        return bool(self.rows) and not any(row.balance for rows in self.rows.values() for row in rows)


NO_BALANCES = Balances({}, set())


@dataclass(frozen=True)
class Expected:
    """What our own records say: by invoice what our posted receipts settled of it (minor units).

    `at_once`: nothing is put off.
    """

    booked: dict[int, int]
    at_once: bool


def compare_books(run: PollRun, *, at_once: bool = False) -> bool:
    """Compare all, if it is time to; False when the slice was used up first (what was compared is kept)."""
    description, started = describe_stored(run.tenant.description), run.runtime.clock.now()
    compared_at = run.tenant.compared_at
    if compared_at is not None and started - compared_at < description.sync.compare_every and not at_once:
        return True
    with run.runtime.transaction() as session:
        invoices, closed = _compared(session, run.tenant), _closed(session, run.tenant)
        kept = session.scalars(kept_from_stripe(run.tenant)).all()
        waiting, booked = unposted(session, run.tenant), booked_by_invoice(session, run.tenant)
        unseen = not_seen_lately(session, run.tenant, started)
    balances = _balances(run, description) if invoices or closed or kept else None
    expected = Expected(booked, at_once)
    if not (
        _compare_balances(run, description, invoices, balances, expected)
        and _read_again(run, _to_read_again(run, description, closed, kept, balances, at_once=at_once))
        and compare_due_dates(run, description, invoices, at_once=at_once)
    ):
        return False
    look_at_receipts(run, waiting)
    if not _look_at_unseen(run, unseen):
        return False

    def compared(_: Session, tenant: Tenant) -> None:
        tenant.compared_at = started

    run.save(compared)
    return True


def _look_at_unseen(run: PollRun, receipts: Iterable[Movement]) -> bool:
    for receipt in receipts:
        if not run.keep():
            return False
        look_at_receipts(run, [receipt])
    return True


def _compared(session: Session, tenant: Tenant) -> list[Invoice]:
    mine = select(Invoice).where(Invoice.tenant_id == tenant.id, Invoice.state.in_(COMPARED))
    return list(session.scalars(mine.order_by(Invoice.id)))


def _closed(session: Session, tenant: Tenant) -> list[Invoice]:
    """Those that are not at Stripe because nothing was open of them: before they were pushed, or since.

    What a person has closed stays closed.
    """
    was_at_stripe = func.jsonb_array_length(Invoice.former_stripe_ids) > 0
    mine = select(Invoice).where(
        Invoice.tenant_id == tenant.id,
        Invoice.state == InvoiceState.LEFT_ALONE,
        or_(Invoice.reason.in_([SETTLED, CREDITED]), was_at_stripe),
        ~Invoice.reason.startswith(CLOSED_BY_HAND),
    )
    return list(session.scalars(mine.order_by(Invoice.id)))


def _to_read_again(
    run: PollRun,
    description: TenantDescription,
    closed: Iterable[Invoice],
    kept: Iterable[Invoice],
    balances: Balances | None,
    *,
    at_once: bool,
) -> Iterator[Invoice]:
    """What was settled and is no more: a check came back, or a memo's posting was undone. And, once a day, what waits
    for a person and has no balance: it was settled or voided, or the role may not see its balance."""
    for invoice in closed:
        open_now = sum(row.balance for row in _rows_of(description, balances or NO_BALANCES, invoice))
        if open_now > 0 or (balances is None and _may_be_undone(run, invoice, at_once)):
            yield invoice
    for invoice in kept:
        has_balance = any(row.balance for row in _rows_of(description, balances or NO_BALANCES, invoice))
        if not has_balance and _is_long_ago(run, invoice.deltek_read_at, at_once=at_once):
            yield invoice


def _read_again(run: PollRun, invoices: Iterable[Invoice]) -> bool:
    for invoice in invoices:
        if not run.keep():
            return False
        take_in_invoice_number(run, invoice.number)
    return True


def _compare_balances(
    run: PollRun,
    description: TenantDescription,
    invoices: Sequence[Invoice],
    balances: Balances | None,
    expected: Expected,
) -> bool:
    unexpected = [one for one in invoices if not _as_expected(run, description, balances, one, expected)]
    if balances is not None and balances.all_zero and len(unexpected) > 1:
        _check_not_hidden(run, unexpected[0])
    for invoice in unexpected:
        if not run.keep():
            return False
        compare_invoice(run, invoice)
    return True


def _balances(run: PollRun, description: TenantDescription) -> Balances | None:
    """None where this version of Deltek has no AR review; raises Blocked where none of its rows can be read."""
    pages = run.runtime.deltek(run.tenant).balances_dated_since(description.sync.start_date)
    if pages is None:
        return None
    found, unread = defaultdict[str, list[ArBalance]](list), list[UnreadBalance]()
    for page in pages:
        run.keep()
        unread += page.unread
        for row in page.rows:
            for number in dict.fromkeys((row.invoice.strip(), row.credit_memo_ref.strip())):
                if number:
                    found[number].append(row)
    if not found and len(unread) > 1:
        raise unread[0].problem
    return Balances(found, {number.strip() for row in unread for number in row.numbers})


def _as_expected(
    run: PollRun,
    description: TenantDescription,
    balances: Balances | None,
    invoice: Invoice,
    ours: Expected,
) -> bool:
    """Whether Deltek's balance is what our own records say. Some versions may not list a settled invoice."""
    booked = ours.booked.get(invoice.id, 0)
    expected = invoice.amount - invoice.settled_elsewhere - booked + invoice.retainage
    if balances is None:
        return expected == 0 and not _may_be_undone(run, invoice, ours.at_once)
    if invoice.number.strip() in balances.unread:
        return False
    rows = _rows_of(description, balances, invoice)
    balance = sum((row.balance for row in rows), Decimal(0))
    if not rows:
        return expected == 0 and not balances.lists_paid and not _may_be_undone(run, invoice, ours.at_once)
    if invoice.reason or _is_other(invoice, rows) or (balance == 0 and expected != 0):
        return False
    return balance == Money(expected, invoice.currency).to_decimal()  # one that has parts of a cent is told


def _is_other(invoice: Invoice, rows: Sequence[ArBalance]) -> bool:
    """Whether what is open at Stripe is to be made again, or is another client's by now."""
    told = next((row.billing_client_id for row in rows if row.billing_client_id.strip()), "")
    return bool(asked_at_stripe(invoice)) and bool(invoice.outdated or has_other_client(invoice, told))


def _rows_of(description: TenantDescription, balances: Balances, invoice: Invoice) -> list[ArBalance]:
    """Of one that was never to be pushed, neither its projects nor perhaps its company are known."""
    projects = projects_of(invoice) if invoice.wbs_rows else None
    return [
        row
        for row in balances.rows.get(invoice.number.strip(), ())
        if (projects is None or row.wbs1.strip() in projects)
        and (description.same_company(row.company, invoice.company) or not invoice.company.strip())
    ]


def _may_be_undone(run: PollRun, invoice: Invoice, at_once: bool) -> bool:
    """Where settled invoices are not listed, one that was undone looks like them; the recent ones are asked for
    daily."""
    first_day = run.runtime.clock.now().date() - CAN_BE_UNDONE
    recent = invoice.invoice_date is not None and invoice.invoice_date > first_day
    return recent and _is_long_ago(run, invoice.deltek_read_at, at_once=at_once)


def _is_long_ago(run: PollRun, read_at: datetime | None, *, at_once: bool) -> bool:
    return at_once or read_at is None or run.runtime.clock.now() - read_at > timedelta(days=1)


def _check_not_hidden(run: PollRun, invoice: Invoice) -> None:
    """All balances read as 0.00: one invoice tells whether the role may not see them; raises Blocked."""
    compare_invoice(run, invoice)
    with run.runtime.transaction() as session:
        problem = session.get_one(Invoice, invoice.id).reason
    if problem:
        raise Blocked(
            "Every balance in AR review reads as 0.00, which the ledger contradicts", HIDDEN_BALANCE[1]
        )
