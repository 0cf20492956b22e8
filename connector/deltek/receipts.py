"""Cash receipts: looked for in the files and in the ledger, written, posted.

Creating: Deltek's public Postman documents, create-cash-receipt-control (4.5) and -master (6.0).
Posting: DataEntry/PostTransFile, which integrations in production use and Deltek documents nowhere.
"""

from connector.deltek.answers import Record
from connector.deltek.checks import Checks
from connector.deltek.documents import batch_rows
from connector.deltek.ledger import Ledger
from connector.deltek.receipt_body import control_body, master_body
from connector.deltek.records import CashReceipt, LedgerRow, ReceiptFound, ReceiptRow
from connector.deltek.schemas import RECEIPT_FILE, RECEIPT_ROW
from connector.deltek.session import DeltekSession, path_of
from connector.errors import Forbidden, NotFound
from connector.tenants.description import ReceiptMode

FILE_TABLE: dict[ReceiptMode, str] = {"files": "crControl", "single": "crMaster"}


class Receipts:
    def __init__(self, session: DeltekSession, ledger: Ledger, checks: Checks) -> None:
        self._session = session
        self._ledger = ledger
        self._checks = checks

    def find(self, batch: str, mode: ReceiptMode, ref_no: str) -> ReceiptFound | None:
        # The files first: a receipt that is posted between the two looks is then seen twice, not never.
        files = self._files(batch, mode, ref_no)
        rows = tuple(self._file_rows(batch, mode, ref_no)) if files else ()
        posted = self._ledger.receipt_rows_of_batch(batch)
        if posted:
            return ReceiptFound(batch, "posted", tuple(map(_as_entered, self._entered(posted))))
        if not files:
            return None
        file = RECEIPT_FILE.read(files[0], f"DataEntry/{FILE_TABLE[mode]}")
        return ReceiptFound(batch, "posted" if file.posted else "unposted", rows)

    def write(self, receipt: CashReceipt, mode: ReceiptMode) -> None:
        creator = self._session.description.username
        if mode == "files":
            self._session.post("DataEntry/crControl", control_body(receipt, creator))
        else:
            self._session.post(_single_path("crMaster", receipt.batch, receipt.ref_no), master_body(receipt))

    def post(self, batch: str, period: int, description: str) -> None:
        parameters = {
            "batch": batch,
            "description": description,
            "period": str(period),
            "transtype": "CR",
        }
        self._session.put("DataEntry/PostTransFile", {"parms": [parameters]})

    def _entered(self, posted: list[LedgerRow]) -> list[LedgerRow]:
        """The rows that were entered; Deltek itself generates the bank's side."""
        entered = [row for row in posted if not row.auto_entry]
        if len(entered) < len(posted) or all(_has_a_place(row) for row in entered):
            return entered
        # The bank's side is an AutoEntry. Where no row is marked as one, it is told by what it lacks, an invoice and
        # a project; but rows of other balance sheet accounts may lack both as well (Vision 7.6 help, Cash Receipts
        # Columns), so the account decides. In doubt a row is the bank's: the receipt then reads as changed, and a
        # person looks at it.
        banks = self._bank_accounts()
        return [row for row in entered if _has_a_place(row) or (banks and row.account.strip() not in banks)]

    def _bank_accounts(self) -> set[str]:
        """The accounts of the bank codes; none where this version, or the role, does not show them."""
        try:
            return {bank.account.strip() for bank in self._checks.bank_codes() or []}
        except Forbidden:
            return set()

    def _files(self, batch: str, mode: ReceiptMode, ref_no: str) -> list[Record]:
        if mode == "files":
            return batch_rows(self._session, "crControl", batch)
        # A bank code with automatic numbering puts its own RefNo there (Deltek 5.0 help, cash receipts).
        return self._single("crMaster", batch, ref_no) or batch_rows(self._session, "crMaster", batch)

    def _single(self, table: str, batch: str, ref_no: str) -> list[Record]:
        try:
            return self._session.get(_single_path(table, batch, ref_no))
        except NotFound:
            return []

    def _file_rows(self, batch: str, mode: ReceiptMode, ref_no: str) -> list[ReceiptRow]:
        rows = batch_rows(self._session, "crDetail", batch)
        if not rows and mode == "single":
            # Reading by Batch alone is documented for companies that use files (Cash Receipt Detail, 5.5).
            rows = self._single("crDetail", batch, ref_no)
        return RECEIPT_ROW.read_all(rows, "DataEntry/crDetail")


def _single_path(table: str, batch: str, ref_no: str) -> str:
    return path_of("DataEntry", table, f"{batch}|{ref_no}")


def _has_a_place(row: LedgerRow) -> bool:
    return bool(row.invoice.strip() or row.wbs.wbs1.strip())


def _as_entered(row: LedgerRow) -> ReceiptRow:
    # Positive as entered, negative on the A/R line of the ledger (Deltek PS 1.1 help, Read Cash Receipts).
    return ReceiptRow(row.wbs, row.invoice, row.account, -row.amount)
