"""The posted ledger: PSALedger/IN for invoices, PSALedger/CR for receipts.

GO scjalliance/vantagepoint gl.go; Deltek PS data dictionary.
"""

from collections.abc import Iterator
from datetime import datetime

from connector.deltek.paging import all_rows, pages
from connector.deltek.query import Clause, Equals, Query, since
from connector.deltek.records import LedgerRow
from connector.deltek.schemas import LEDGER
from connector.deltek.session import DeltekSession

INVOICES = "PSALedger/IN"
RECEIPTS = "PSALedger/CR"
# A posting run is (Period, PostSeq), and PKey tells its rows apart (Deltek PS data dictionary).
KEY = ("Period", "PostSeq", "PKey")


class Ledger:
    def __init__(self, session: DeltekSession) -> None:
        self._session = session

    def posted_invoices(self, moment: datetime) -> Iterator[list[LedgerRow]]:
        return self._posted(INVOICES, moment)

    def posted_receipts(self, moment: datetime) -> Iterator[list[LedgerRow]]:
        return self._posted(RECEIPTS, moment)

    def rows_of_invoice(self, number: str) -> list[LedgerRow]:
        return self._rows(INVOICES, Equals("Invoice", number))

    def rows_of_batch(self, batch: str) -> list[LedgerRow]:
        return self._rows(INVOICES, Equals("Batch", batch))

    def memo_rows_of(self, number: str) -> list[LedgerRow]:
        return self._rows(INVOICES, Equals("CreditMemoRefNo", number))

    def receipt_rows_of_invoice(self, number: str) -> list[LedgerRow]:
        return self._rows(RECEIPTS, Equals("Invoice", number))

    def receipt_rows_of_batch(self, batch: str) -> list[LedgerRow]:
        return self._rows(RECEIPTS, Equals("Batch", batch))

    def _posted(self, path: str, moment: datetime) -> Iterator[list[LedgerRow]]:
        query = Query((since("PostDate", moment),), order="PostDate", key=KEY)
        for page in pages(self._session, path, query):
            yield LEDGER.read_all(page, path)

    def _rows(self, path: str, clause: Clause) -> list[LedgerRow]:
        query = Query((clause,), order="PKey", key=KEY)
        return LEDGER.read_all(all_rows(self._session, path, query), path)
