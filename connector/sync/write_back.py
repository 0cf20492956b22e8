"""The state of an invoice at Stripe is written to Deltek: to a record of an Info Center, to a column of its project.

An AR invoice of Deltek has no record that could be written to. That of the Info Center is found by the invoice's
company, project and number; it is created under a key that is worked out from them (Deltek's public Postman documents
4.0, create-a-user-defined-hub-record), so that a second creation is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from connector.deltek.answers import AlreadyExists
from connector.deltek.info_centers import KEY
from connector.deltek.query import shows
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, ConnectorError, Forbidden, NotFound, Refused, SignInRefused
from connector.leases import LeaseLost
from connector.models import Invoice, Operation
from connector.sync.plan_write_back import Shown, fingerprint, newest_of_project, shown
from connector.tenants.description import TenantDescription, WriteBackDescription
from connector.tenants.file import describe_stored
from connector.work import Attempt, NotYet

# The columns of the Info Center, where the tenant file names no others.
COLUMNS = {
    "company": "CustCompany",
    "project": "CustProject",
    "invoice": "CustInvoice",
    "status": "CustStatus",
    "paid": "CustPaid",
    "last_payment": "CustLastPayment",
    "pay_link": "CustPayLink",
}
# What every Info Center has, and Deltek shows a record by (GO scjalliance/vantagepoint udic.go).
NAME = "CustName"
KEY_LENGTH = 32


@dataclass(frozen=True)
class Told:
    """What is to stand in Deltek, and where."""

    tenant: TenantDescription
    where: WriteBackDescription
    invoice: Invoice
    shown: Shown
    line: str  # of the project, which tells of its newest invoice

    @property
    def center(self) -> str:
        return self.where.info_center or ""

    @property
    def columns(self) -> dict[str, str]:
        return columns_of(self.where)

    @property
    def fields(self) -> dict[str, str]:
        """The record's columns and values."""
        return {column: getattr(self.shown, name) for name, column in self.columns.items()}

    @property
    def project_fields(self) -> dict[str, str]:
        return {self.where.project_column: self.line} if self.where.project_column else {}

    @property
    def key(self) -> str:
        """The same for the same invoice, whenever and wherever it is worked out."""
        parts = (self.tenant.slug, self.shown.company, self.shown.project, self.shown.invoice)
        return sha256("\n".join(parts).encode()).hexdigest()[:KEY_LENGTH].upper()


def columns_of(where: WriteBackDescription) -> dict[str, str]:
    """The columns of the Info Center by what they hold; none for pay links where there are none."""
    named = COLUMNS | where.columns
    return {name: column for name, column in named.items() if name != "pay_link" or where.pay_links}


def write_back(attempt: Attempt[Operation]) -> None:
    """Bring what Deltek shows of the invoice to how it stands now, and see it there."""
    told = _told(attempt)
    if told is None:
        attempt.finish()
        return
    deltek = attempt.runtime.deltek(attempt.tenant)
    written = []
    if told.where.info_center and _keep_record(deltek, told):
        written.append(f"Info Center {told.center}")
    if told.where.project_column and _keep_project(deltek, told):
        written.append(f"{told.where.project_column} of project {told.shown.project}")
    _conclude(attempt, told, written)


def _told(attempt: Attempt[Operation]) -> Told | None:
    """What to write as of this moment; None where the tenant file names no place any more."""
    tenant = describe_stored(attempt.tenant.description)
    where = tenant.deltek.write_back
    if where is None:
        return None
    with attempt.runtime.transaction() as session:
        invoice = session.get_one(Invoice, attempt.unit.invoice_id)
        line = shown(session, newest_of_project(session, invoice), where).line
        return Told(tenant, where, invoice, shown(session, invoice, where), line)


def _keep_record(deltek: Vantagepoint, told: Told) -> bool:
    """Create or change the invoice's record; whether anything had to be written."""
    standing = _find(deltek, told)
    row = standing or _create(deltek, told)
    changes = _differences(row, told.fields)
    if changes:
        with _explained(told):
            deltek.change_info_center_record(told.center, _key_of(row), changes)
        row = _find(deltek, told) or {}
    _check_reads(row, told.fields, f"Info Center {told.center}")
    return standing is None or bool(changes)


def _find(deltek: Vantagepoint, told: Told) -> Mapping[str, Any] | None:
    """The invoice's record. Raises Blocked when there are several: one of them would go stale unseen."""
    columns, what = told.columns, told.shown
    with _explained(told):
        rows = deltek.info_center_records(
            told.center, {columns["project"]: what.project, columns["invoice"]: what.invoice}
        )
    ours = [row for row in rows if _is_of_company(row, told)]
    if len(ours) > 1:
        raise Blocked(
            f"Info Center {told.center} has {len(ours)} records of invoice {what.invoice}",
            "Delete all but one of them in Deltek, then replay",
        )
    return ours[0] if ours else None


def _is_of_company(row: Mapping[str, Any], told: Told) -> bool:
    column, company = told.columns["company"], told.shown.company
    return shows(row, column, company) or told.tenant.same_company(str(row[column]), company)


def _create(deltek: Vantagepoint, told: Told) -> Mapping[str, Any]:
    """Create the record; whatever Deltek answers, it is there only once it has been seen there."""
    name = f"Invoice {told.shown.invoice}"
    problem: ConnectorError | None = None
    try:
        with _explained(told):
            deltek.create_info_center_record(told.center, {KEY: told.key, NAME: name, **told.fields})
    except (SignInRefused, LeaseLost):
        raise
    except ConnectorError as error:
        problem = error
    row = _find(deltek, told)
    if row is not None:
        return row
    if problem is not None and not isinstance(problem, AlreadyExists):
        raise problem
    raise Blocked(
        f"Info Center {told.center} has record {told.key}, but does not show it as that of invoice "
        f"{told.shown.invoice}",
        "Delete it there if its company, project or number was changed. If not: "
        + _let_view("all records of the Info Center"),
    )


def _key_of(row: Mapping[str, Any]) -> str:
    key = str(row.get(KEY) or "").strip()
    if not key:
        raise Blocked(f"Deltek shows no {KEY} of its record", _let_view(KEY))
    return key


def _keep_project(deltek: Vantagepoint, told: Told) -> bool:
    """Write the line of the project's newest invoice; whether it had to be written."""
    changes = _differences(_read_project(deltek, told), told.project_fields)
    if changes:
        with _explained(told):
            deltek.change_project(told.shown.project, changes)
        project = f"project {told.shown.project}"
        _check_reads(_read_project(deltek, told), told.project_fields, project)
    return bool(changes)


def _read_project(deltek: Vantagepoint, told: Told) -> Mapping[str, Any]:
    with _explained(told):
        found = deltek.project_fields(told.shown.project, told.project_fields)
    if found is None:
        project = f"project {told.shown.project}"
        raise Blocked(f"Deltek does not show {project}", _let_view(project))
    return found


def _differences(row: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """The columns that read otherwise, with what they should read."""
    return {column: text for column, text in wanted.items() if not _reads(row.get(column), text)}


def _reads(found: Any, wanted: str) -> bool:
    """Whether a column of text, or one of numbers, holds this."""
    text = "" if found is None else str(found).strip()
    if text == wanted.strip():
        return True
    try:
        return Decimal(text) == Decimal(wanted)
    except InvalidOperation:
        return False


def _check_reads(row: Mapping[str, Any], wanted: Mapping[str, str], place: str) -> None:
    """Deltek gives no error for a column that the role may not see or change, nor always for one that is too short."""
    wrong = _differences(row, wanted)
    if not wrong:
        return
    column, text = next(iter(wrong.items()))
    found = f"reads {str(row[column])!r} there" if column in row else "is not shown"
    raise Blocked(
        f"Deltek took {text!r} for {column} of {place}, but it {found}",
        f"Make it a column of text, of {len(text)} characters or more, that the connector's role may view and "
        "change (Settings > Security > Roles); then replay",
    )


@contextmanager
def _explained(told: Told) -> Iterator[None]:
    """What Deltek refuses here is put right in its Info Center, its project, or the tenant file."""
    try:
        yield
    except (SignInRefused, Forbidden, AlreadyExists):
        raise
    except NotFound as missing:
        raise Blocked(
            missing.message,
            "Make it in Deltek, or correct deltek.write_back in the tenant file and `ml-connector tenant apply` it; "
            "then replay",
        ) from None
    except Refused as refusal:
        columns = [*(told.fields if told.center else ()), *told.project_fields]
        raise Blocked(
            refusal.message,
            f"Make sure in Deltek that {', '.join(columns)} are columns of text and long enough, or name others in "
            "deltek.write_back of the tenant file and `ml-connector tenant apply` it; then replay",
        ) from None


def _let_view(what: str) -> str:
    return f"Let the connector's role view {what} (Settings > Security > Roles), then replay"


def _conclude(attempt: Attempt[Operation], told: Told, written: list[str]) -> None:
    """Done, unless the invoice has changed while it was done."""
    with attempt.conclude() as session:
        invoice = session.get_one(Invoice, told.invoice.id, with_for_update=True)
        if shown(session, invoice, told.where) != told.shown:
            raise NotYet(0, f"Invoice {invoice.number} changed meanwhile")
        invoice.written_back = fingerprint(told.shown, told.where)
        if written:
            attempt.note(
                session,
                "told Deltek",
                f"Invoice {invoice.number} is {told.shown.status}, paid {told.shown.paid}: written to "
                + " and ".join(written),
                invoice_id=invoice.id,
                refs=[invoice.number, invoice.stripe_invoice_id, f"op-{attempt.unit.id}"],
            )
