"""Cash receipts: files of unposted receipts, their posting, and what a person does to them.

Sources: Deltek's public Postman documents 4.5 to 6.5 (cash receipt control, master, detail); the posting
request is known from integrations in production only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from connector.sandbox.vantagepoint.clock import SandboxClock
from connector.sandbox.vantagepoint.companies import RETAINAGE, Settings, period_of
from connector.sandbox.vantagepoint.errors import (
    ApiError,
    OrderRefused,
    already_exists,
    invalid,
    missing_column,
    not_found,
)
from connector.sandbox.vantagepoint.hubs import Hubs
from connector.sandbox.vantagepoint.ledger import ZERO, Ledger, LedgerRow, Posting
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.receipt_rules import Receipt, ReceiptRules
from connector.sandbox.vantagepoint.receivables import Receivables
from connector.sandbox.vantagepoint.tables import CR_CONTROL, CR_DETAIL, CR_MASTER
from connector.sandbox.vantagepoint.tokens import Login
from connector.sandbox.vantagepoint.wire import Row, Wbs, parse_day

NO_PROJECT = Wbs("")
BALANCE_SHEET = (1, 2)  # account types
_COMPUTED = frozenset(column.name for column in CR_CONTROL.columns if not column.updateable)


@dataclass(eq=False)
class ReceiptFile:
    """A transaction file of cash receipts; in single mode it holds one. `due` is a posting under way."""

    receipt: Receipt
    entered_by: str
    entered_at: datetime
    single: bool = False
    approval: str = "N"
    due: datetime | None = None
    posting: Posting | None = None

    @property
    def batch(self) -> str:
        return str(self.receipt.control["Batch"])

    @property
    def company(self) -> str:
        return str(self.receipt.control["Company"])


class Receipts:
    """Every cash receipt of the books, ours and others'."""

    def __init__(
        self,
        options: Options,
        clock: SandboxClock,
        settings: Settings,
        hubs: Hubs,
        ledger: Ledger,
        receivables: Receivables,
    ) -> None:
        self._options = options
        self._clock = clock
        self._settings = settings
        self._hubs = hubs
        self._ledger = ledger
        self._receivables = receivables
        self._auto_numbers = count(1)
        self.rules = ReceiptRules(options, settings, hubs)
        self._files: list[ReceiptFile] = []

    # what the API does

    def create(self, body: Any, login: Login) -> ReceiptFile:
        """POST crControl, with its receipts and lines nested. Raises ApiError."""
        receipt = self._document(_object(body))
        self._refuse_mode(receipt, "files")
        if self._find(receipt.control["Batch"]):
            raise already_exists(receipt.control["Batch"])
        return self._keep(receipt, login, single=False)

    def create_single(self, key: str, body: Any, login: Login) -> ReceiptFile:
        """POST crMaster/{Batch}|{RefNo}, the lines nested: a receipt without a file.

        Once posted it has left Transaction Entry, so nothing there stops a second one of the same key.
        """
        batch, ref_no = _split(key)
        receipt = self._single(batch, ref_no, _object(body), login)
        self._refuse_mode(receipt, "single")
        if self.visible(batch, ref_no):
            raise already_exists(key)
        return self._keep(receipt, login, single=True)

    def update(self, batch: str, body: Any, login: Login) -> ReceiptFile:
        """PUT crControl: the columns given, and the nested tables where they are given."""
        file = self._unposted(batch)
        before, changes = file.receipt, _object(body)
        nested = {
            "crMaster": changes.get("crMaster", before.masters),
            "crDetail": changes.get("crDetail", before.details),
        }
        control = {name: value for name, value in before.control.items() if name not in _COMPUTED}
        receipt = self._document(control | changes | nested | {"Batch": batch})
        self.rules.check(receipt, login)
        file.receipt = receipt
        return file

    def update_single(self, key: str, body: Any, login: Login) -> ReceiptFile:
        """PUT crMaster/{Batch}|{RefNo} in single mode."""
        batch, ref_no = _split(key)
        file = self._unposted(batch, ref_no)
        self._refuse_mode(file.receipt, "single")
        before = {**file.receipt.masters[0], "crDetail": file.receipt.details}
        receipt = self._single(batch, ref_no, before | _object(body), login)
        self.rules.check(receipt, login)
        file.receipt = receipt
        return file

    def delete(self, batch: str) -> None:
        self._files.remove(self._unposted(batch))

    def request_posting(self, batch: str, period: int, login: Login) -> None:
        """PUT PostTransFile: at once, or after the installation's delay."""
        file = self._unposted(batch)
        if file.due:
            raise invalid(f"File {batch} is being posted.")
        if self._options.approvals and file.approval != "A":
            raise invalid(f"File {batch} is not approved.")
        self._check_postable(file, period, login)
        if self._options.posting_delay:
            file.due = self._clock.now() + timedelta(seconds=self._options.posting_delay)
        else:
            self.post(file)

    def post_due(self) -> None:
        """Ends the postings whose time has come."""
        now = self._clock.now()
        for file in self._files:
            if file.due and file.due <= now:
                self.post(file, file.due)

    def visible(self, batch: str, ref_no: str = "") -> ReceiptFile | None:
        """The file while it is in Transaction Entry."""
        file = self._find(batch, ref_no)
        return file if file and self.kept(file) else None

    def kept(self, file: ReceiptFile) -> bool:
        """Without files to group transactions, posted ones leave Transaction Entry (Deltek 4.0 help)."""
        return not file.posting or self._settings.company(file.company).receipts == "files"

    # what people do

    @property
    def files(self) -> list[ReceiptFile]:
        return list(self._files)

    def file(self, batch: str) -> ReceiptFile:
        """Raises OrderRefused."""
        found = self._find(batch)
        if found is None:
            raise OrderRefused(f"no cash receipt file {batch}")
        return found

    def enter(self, receipt: Receipt, user: str) -> ReceiptFile:
        """A file as entered in the browser, which the API's rules did not see."""
        file = ReceiptFile(receipt, user, self._clock.now())
        self._files.append(file)
        return file

    def remove(self, batch: str) -> None:
        file = self.file(batch)
        if file.posting:
            raise OrderRefused(f"file {batch} is posted")
        self._files.remove(file)

    def alter(self, batch: str, row: int, changes: Row) -> None:
        """Changes a line of an unposted file, as in its grid; totals are left as they are."""
        file = self.file(batch)
        if file.posting:
            raise OrderRefused(f"file {batch} is posted")
        details = [dict(detail) for detail in file.receipt.details]
        details[row] |= self.rules.row(CR_DETAIL, details[row] | changes)
        file.receipt = replace(file.receipt, details=details)

    def alter_header(self, batch: str, changes: Row) -> None:
        """Changes the day or the bank of the receipts of an unposted file."""
        file = self.file(batch)
        if file.posting:
            raise OrderRefused(f"file {batch} is posted")
        masters = [self.rules.row(CR_MASTER, master | changes) for master in file.receipt.masters]
        file.receipt = replace(file.receipt, masters=masters)

    def post(self, file: ReceiptFile, at: datetime | None = None) -> Posting:
        """The rows of the ledger: the receivable falls, the bank rises by a row of the system's own."""
        if file.posting:
            raise OrderRefused(f"file {file.batch} is posted already")
        period = int(file.receipt.control["Period"])
        posting = Posting(
            "CR",
            file.batch,
            file.company,
            period,
            self._ledger.next_sequence(period),
            at or self._clock.now(),
            list(self._rows(file)),
        )
        self._ledger.add(posting)
        self._receivables.add(posting)
        file.posting, file.due = posting, None
        return posting

    def undo(self, batch: str) -> None:
        file = self.file(batch)
        if not file.posting:
            raise OrderRefused(f"file {batch} is not posted")
        self._ledger.remove(file.posting)
        self._receivables.remove(file.posting)
        file.posting = None

    # inside

    def _find(self, batch: str, ref_no: str = "") -> ReceiptFile | None:
        """The last one of that key: a posted single receipt does not keep its key."""
        for file in reversed(self._files):
            if file.batch == batch and ref_no in ("", *(row["RefNo"] for row in file.receipt.masters)):
                return file
        return None

    def _unposted(self, batch: str, ref_no: str = "") -> ReceiptFile:
        file = self.visible(batch, ref_no)
        if file is None:
            raise not_found(f"Batch {batch}")
        if file.posting:
            raise invalid(f"File {batch} has already been posted.")
        return file

    def _document(self, body: Row) -> Receipt:
        control = {name: value for name, value in body.items() if name not in ("crMaster", "crDetail")}
        return Receipt(
            self.rules.row(CR_CONTROL, control),
            [self.rules.row(CR_MASTER, row) for row in _rows(body.get("crMaster"))],
            self._numbered([self.rules.row(CR_DETAIL, row) for row in _rows(body.get("crDetail"))]),
        )

    def _numbered(self, details: list[Row]) -> list[Row]:
        return [row | {"Seq": row["Seq"] or number} for number, row in enumerate(details, 1)]

    def _single(self, batch: str, ref_no: str, body: Row, login: Login) -> Receipt:
        details = body.get("crDetail")
        given = {name: value for name, value in body.items() if name != "crDetail"}
        master = self.rules.row(CR_MASTER, {"Batch": batch, "RefNo": ref_no} | given)
        lines = self._numbered([self.rules.row(CR_DETAIL, row) for row in _rows(details)])
        control = CR_CONTROL.blank() | {
            "Batch": batch,
            "EndDate": master["TransDate"],
            "Total": sum(row["Amount"] for row in lines),
            "DefaultBank": master["BankCode"],
            "Company": login.company,
            "Period": login.period or period_of(parse_day(master["TransDate"])),
        }
        return Receipt(control, [master], lines)

    def _refuse_mode(self, receipt: Receipt, mode: str) -> None:
        company = self._settings.companies.get(receipt.control["Company"])
        if company and company.receipts != mode:
            raise invalid(
                f"Company {company.code} "
                + ("does not use files" if mode == "files" else "uses files")
                + " to group transactions."
            )

    def _keep(self, receipt: Receipt, login: Login, *, single: bool) -> ReceiptFile:
        self.rules.check(receipt, login)
        file = ReceiptFile(self._renumbered(receipt), login.username, self._clock.now(), single=single)
        if not self._options.approvals:
            file.approval = receipt.masters[0]["Status"] or "N"
        self._files.append(file)
        return file

    def _renumbered(self, receipt: Receipt) -> Receipt:
        """Banks that number by themselves do not take a RefNo (Deltek 5.0 help, Cash Receipts)."""
        banks = [self._settings.banks.get(row["BankCode"]) for row in receipt.masters]
        if not any(bank and bank.auto_number for bank in banks):
            return receipt
        given = {row["RefNo"]: f"{next(self._auto_numbers):07d}" for row in receipt.masters}
        return replace(
            receipt,
            masters=[row | {"RefNo": given[row["RefNo"]]} for row in receipt.masters],
            details=[row | {"RefNo": given[row["RefNo"]]} for row in receipt.details],
        )

    def _check_postable(self, file: ReceiptFile, period: int, login: Login) -> None:
        company = self._settings.company(file.company)
        if period != file.receipt.control["Period"]:
            raise invalid(f"File {file.batch} is not of period {period}.")
        if period in company.closed and not login.role.closed_periods:
            raise invalid(f"Period {period} is closed.")
        if file.receipt.control["Total"] != file.receipt.sum and not self._options.ignore_control_totals:
            raise invalid(f"File {file.batch} is out of balance.")

    def _rows(self, file: ReceiptFile) -> Iterator[LedgerRow]:
        """What was entered, negated, and the bank's side of each receipt that moves money at all."""
        masters = {row["RefNo"]: row for row in file.receipt.masters}
        moved = dict.fromkeys(masters, ZERO)
        for row in file.receipt.details:
            moved[row["RefNo"]] += row["Amount"]
            yield self._entered_row(file, row, masters[row["RefNo"]])
        for ref_no, amount in moved.items():
            if amount:
                yield self._bank_row(file.receipt, masters[ref_no], amount)

    def _entered_row(self, file: ReceiptFile, row: Row, master: Row) -> LedgerRow:
        retained = row["Retainer"] == "Y" or row["Account"] == RETAINAGE
        return LedgerRow(
            wbs=self._place(file, row),
            account=row["Account"],
            amount=-row["Amount"],
            trans_date=parse_day(master["TransDate"]),
            invoice=row["Invoice"].strip(),
            # R for retainers and retainage alike, and nothing for interest (Deltek PS data dictionary).
            sub_type="R" if retained else "",
            ref_no=row["RefNo"],
            desc1=row["Description"],
            desc2=master["TransComment"],
            currency=master["CurrencyCode"],
        )

    def _place(self, file: ReceiptFile, row: Row) -> Wbs:
        receivable = self._settings.company(file.company).ar_account
        _, kind = self._settings.accounts.get(row["Account"], ("", 0))
        on_balance_sheet = kind in BALANCE_SHEET and row["Account"] not in (receivable, RETAINAGE)
        if on_balance_sheet and not self._options.balance_sheet_projects:
            return NO_PROJECT
        return Wbs(row["WBS1"], row["WBS2"], row["WBS3"])

    def _bank_row(self, receipt: Receipt, master: Row, amount: Decimal) -> LedgerRow:
        code = master["BankCode"] or receipt.control["DefaultBank"]
        return LedgerRow(
            wbs=NO_PROJECT,
            account=self._settings.banks[code].account,
            amount=amount,
            trans_date=parse_day(master["TransDate"]),
            ref_no=master["RefNo"],
            auto_entry=self._options.bank_side_marked,
            bank_code=code,
            currency=master["CurrencyCode"],
        )


def _split(key: str) -> tuple[str, str]:
    batch, bar, ref_no = key.partition("|")
    if not bar or not ref_no:
        raise missing_column("RefNo")
    return batch, ref_no


def _object(body: Any) -> Row:
    if not isinstance(body, dict):
        raise ApiError(400, "The request is invalid.")
    return body


def _rows(given: Any) -> list[Any]:
    """A nested table comes as a list or, in some clients, as its only row."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
