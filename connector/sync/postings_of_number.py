"""An invoice number that was posted several times is one invoice: what was added, taken off or corrected under it.

A correction may be entered under the number that it corrects (KB109307), a void is a reversal under it (Deltek 4.5
help, bill_Void_a_Final_Invoice); either is an invoice file of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connector.deltek.query import same
from connector.deltek.records import InvoiceDocument, LedgerRow
from connector.deltek.vantagepoint import Vantagepoint
from connector.sync.reading import InvoiceKey
from connector.sync.receivable import projects_of
from connector.tenants.description import TenantDescription


@dataclass(frozen=True)
class Postings:
    """All that stands posted under one number, oldest first, credit memos left out.

    `document` holds the lines of all documents, and `rows` are those of its projects. Where a posting has no
    document (any more) it is None, and the rows are those of every project that has the number.
    """

    rows: Sequence[LedgerRow]
    document: InvoiceDocument | None


def postings_of(deltek: Vantagepoint, tenant: TenantDescription, key: InvoiceKey) -> Postings:
    """The ledger tells which batches stand posted: one that was undone is in it no more, or again."""
    found = [row for row in deltek.posted_rows_of_invoice(key.number) if _is_charge(row)]
    rows = sorted(found, key=_moment)
    numbered = [
        document
        for batch in dict.fromkeys(row.batch for row in rows if row.batch.strip())
        for document in deltek.documents(batch)
        if _may_be_part(document, tenant, key)
    ]
    documents, projects = _related(numbered, key.wbs1)
    own = [row for row in rows if row.wbs.wbs1.strip() in projects]
    if {row.batch for row in own} <= {document.batch for document in documents} != set():
        return Postings(own, _merged(documents))
    return Postings(rows, None)


def is_credit_memo(document: InvoiceDocument) -> bool:
    return document.credit_memo or any(line.credit_memo_ref.strip() for line in document.lines)


def _related(documents: Sequence[InvoiceDocument], wbs1: str) -> tuple[list[InvoiceDocument], set[str]]:
    """The documents that charge the project or, of a billing group, a project beside it; and all their projects.

    Another project may have an invoice of the same number; a correction of a billing group's may stand under any
    of its projects.
    """
    projects = {wbs1.strip()}
    while True:
        found = [one for one in documents if projects & _places(one)]
        wider = projects.union(*map(_places, found))
        if wider == projects:
            return found, projects
        projects = wider


def _places(document: InvoiceDocument) -> set[str]:
    return {wbs1.strip() for wbs1 in projects_of(document, [])}


def _merged(documents: Sequence[InvoiceDocument]) -> InvoiceDocument:
    first = next((one for one in documents if sum(line.amount for line in one.lines) > 0), documents[0])
    due_dates = [one.due_date for one in documents if one.due_date]
    lines = [line for document in documents for line in document.lines]
    return replace(first, due_date=due_dates[-1] if due_dates else None, lines=tuple(lines))


def _may_be_part(document: InvoiceDocument, tenant: TenantDescription, key: InvoiceKey) -> bool:
    return (
        document.posted
        and same(document.invoice, key.number)
        and tenant.same_company(document.company, key.company)
        and not is_credit_memo(document)
    )


def _is_charge(row: LedgerRow) -> bool:
    return not row.auto_entry and not row.credit_memo_ref.strip()


def _moment(row: LedgerRow) -> tuple[datetime, int, int]:
    """PostDate is not printed by every version (GO vantagepoint gl.go)."""
    return row.post_date or datetime.min, row.period, row.post_seq  # noqa: DTZ901 - Deltek prints no zone
