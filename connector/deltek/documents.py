"""Invoices as they were entered: inControl, inMaster and inDetail of a batch.

GO scjalliance/vantagepoint invoices.go; Deltek's public Postman documents, invoice-detail (5.0).

A company that does not use files to group transactions keeps none of this once it is posted (Deltek 4.0 help,
DPS_Set_Acct_Transaction_Contents).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from connector.deltek.answers import Record
from connector.deltek.query import folded, same, shows
from connector.deltek.reading import Reader
from connector.deltek.records import DocumentLine, InvoiceDocument
from connector.deltek.schemas import INVOICE_CONTROL, INVOICE_DETAIL, INVOICE_MASTER, InvoiceHeader
from connector.deltek.session import DeltekSession, path_of
from connector.errors import NotFound

R = TypeVar("R")
Numbered = tuple[str, DocumentLine]


def batch_rows(session: DeltekSession, table: str, batch: str) -> list[Record]:
    """The rows of a DataEntry table that belong to the batch.

    Whether an unknown batch is answered with 404 or [] is documented nowhere, so both are no rows.
    """
    try:
        rows = session.get(path_of("DataEntry", table, batch))
    except NotFound:
        return []
    return [row for row in rows if shows(row, "Batch", batch)]


class Documents:
    def __init__(self, session: DeltekSession) -> None:
        self._session = session

    def of_batch(self, batch: str) -> list[InvoiceDocument]:
        controls = self._read(INVOICE_CONTROL, "inControl", batch)
        if not controls:
            return []
        headers = self._read(INVOICE_MASTER, "inMaster", batch)
        if not headers:
            return []
        lines = self._read(INVOICE_DETAIL, "inDetail", batch)
        company = controls[0].company
        lines_of = _by_header(headers, lines)
        return [
            InvoiceDocument(batch=batch, company=company, lines=tuple(lines_of[place]), **vars(header))
            for place, header in enumerate(headers)
        ]

    def _read(self, reader: Reader[R], table: str, batch: str) -> list[R]:
        return reader.read_all(batch_rows(self._session, table, batch), f"DataEntry/{table}")


def _by_header(headers: Sequence[InvoiceHeader], lines: Iterable[Numbered]) -> dict[int, list[DocumentLine]]:
    """The lines of each invoice, by its place: a number may stand on several projects of a batch."""
    by_number: dict[str, list[int]] = defaultdict(list)
    for place, header in enumerate(headers):
        by_number[folded(header.invoice)].append(place)
    found: dict[int, list[DocumentLine]] = defaultdict(list)
    for number, line in lines:
        numbered = by_number.get(folded(number), [])
        on_project = (place for place in numbered if same(headers[place].wbs.wbs1, line.wbs.wbs1))
        owner = next(on_project, next(iter(numbered), None))
        if owner is not None:
            found[owner].append(line)
    return found
