"""Vantagepoint as the rest of the product sees it: one method for each question, records for answers."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from connector.deltek.balances import Balances
from connector.deltek.checks import BankCode, Checks, CompanyFound
from connector.deltek.documents import Documents
from connector.deltek.fiscal import Fiscal
from connector.deltek.hubs import Hubs
from connector.deltek.info_centers import InfoCenters
from connector.deltek.ledger import Ledger
from connector.deltek.receipts import Receipts
from connector.deltek.records import (
    Address,
    ArBalance,
    BalancePage,
    CashReceipt,
    Contact,
    Firm,
    FiscalPeriod,
    InvoiceDocument,
    LedgerRow,
    Project,
    ReceiptFound,
    WbsAmount,
)
from connector.deltek.session import DeltekSession
from connector.tenants.description import ReceiptMode


class Vantagepoint:
    """One tenant's Vantagepoint.

    Beside the errors of DeltekSession every method raises Blocked for an answer whose rows cannot be read or
    trusted. Moments that are handed in are in UTC.
    """

    def __init__(self, session: DeltekSession) -> None:
        ledger = Ledger(session)
        self._ledger = ledger
        self._documents = Documents(session)
        self._balances = Balances(session, ledger)
        self._hubs = Hubs(session)
        self._info_centers = InfoCenters(session)
        self._fiscal = Fiscal(session)
        self._checks = Checks(session)
        self._receipts = Receipts(session, ledger, self._checks)

    def posted_invoices(self, since: datetime) -> Iterator[list[LedgerRow]]:
        """Pages of the invoice ledger posted at or after `since`, oldest first, offsets included.

        Deltek prints PostDate without a zone, so rows up to a day older may be among them.
        """
        return self._ledger.posted_invoices(since)

    def posted_receipts(self, since: datetime) -> Iterator[list[LedgerRow]]:
        """Pages of the receipt ledger posted at or after `since`, as `posted_invoices`; received is negative."""
        return self._ledger.posted_receipts(since)

    def posted_rows_of_invoice(self, number: str) -> list[LedgerRow]:
        """Every posted row with this invoice number, of whatever project."""
        return self._ledger.rows_of_invoice(number)

    def posted_memo_rows_of(self, number: str) -> list[LedgerRow]:
        """Every posted row that has this number in CreditMemoRefNo; for the two directions see `credit_memos_of`.

        Where a memo carries its invoice's number its rows are among `posted_rows_of_invoice` of the invoice.
        """
        return self._ledger.memo_rows_of(number)

    def posted_rows_of_batch(self, batch: str) -> list[LedgerRow]:
        """Every posted row of an invoice batch, offsets included."""
        return self._ledger.rows_of_batch(batch)

    def receipt_rows_of_invoice(self, number: str) -> list[LedgerRow]:
        """Every posted receipt row with this invoice number; received is negative, as the ledger has it."""
        return self._ledger.receipt_rows_of_invoice(number)

    def documents(self, batch: str) -> list[InvoiceDocument]:
        """The invoices of a batch as they were entered; none when the batch is not kept as files."""
        return self._documents.of_batch(batch)

    def balances(self, wbs1: str, number: str) -> list[ArBalance] | None:
        """The A/R rows of an invoice; None when this version of Vantagepoint has no ARReview."""
        return self._balances.of_invoice(wbs1, number)

    def credit_memos_of(self, number: str) -> list[ArBalance] | None:
        """The A/R rows that have this number in CreditMemoRefNo; None without ARReview.

        What CreditMemoRefNo holds is told in two directions. "Own": the memo stands under its own number and
        names the invoice that it credits (integrations in production); then these are the credit memos of invoice
        `number`. "Reference": it stands under the number of its invoice and names itself (Deltek 3.5 help, AR
        report columns); then `balances` of the invoice has it, and this gives the row of the memo called `number`.
        """
        return self._balances.credit_memos_of(number)

    def balances_dated_since(self, day: date) -> Iterator[BalancePage] | None:
        """Pages of the A/R rows of invoices dated `day` or later; None when there is no ARReview.

        Here a row that cannot be read raises nothing.
        """
        return self._balances.dated_since(day)

    def billed_by_wbs(
        self, wbs1: str, number: str, projects: Collection[str] | None = None
    ) -> list[WbsAmount] | None:
        """What was billed on each WBS row, the rest of its billing group included; None without ARReview.

        `projects` are the WBS1 on which the number was posted; without them the ledger is asked.
        """
        return self._balances.billed(wbs1, number, projects)

    def received_by_wbs(
        self, wbs1: str, number: str, projects: Collection[str] | None = None
    ) -> list[WbsAmount] | None:
        """What was received on each WBS row, positive; None without ARReview.

        `projects` are the WBS1 of the rows that `billed_by_wbs` gives; without them it is asked.
        """
        return self._balances.received(wbs1, number, projects)

    def firm(self, client_id: str) -> Firm:
        """Raises NotFound when there is no such firm."""
        return self._hubs.firm(client_id)

    def addresses(self, client_id: str) -> list[Address]:
        return self._hubs.addresses(client_id)

    def contact(self, contact_id: str) -> Contact | None:
        return self._hubs.contact(contact_id)

    def contacts(self, client_id: str) -> list[Contact]:
        return self._hubs.contacts(client_id)

    def project(self, wbs1: str) -> Project | None:
        """The project itself, not its phases or tasks."""
        return self._hubs.project(wbs1)

    def project_fields(self, wbs1: str, names: Iterable[str]) -> dict[str, Any] | None:
        """These columns of the project itself, those that Deltek does not show left out; None without the project."""
        return self._hubs.project_fields(wbs1, names)

    def change_project(self, wbs1: str, fields: Mapping[str, Any]) -> None:
        """Write custom columns of the project itself, without starting a workflow.

        Raises ValueError for any other column, and Blocked for a number that no path can hold.
        """
        self._hubs.change_project(wbs1, fields)

    def info_center_records(self, center: str, columns: Mapping[str, str]) -> list[dict[str, Any]]:
        """The records of a User-Defined Info Center in which these columns hold these texts.

        Each is as Deltek gives it, `UDIC_UID` its key. Raises NotFound when there is no such Info Center.
        """
        return self._info_centers.records(center, columns)

    def create_info_center_record(self, center: str, fields: Mapping[str, Any]) -> None:
        """Create a record, without starting a workflow.

        Deltek gives it a UDIC_UID unless `fields` has one (at most 32 characters). Where it has, a second creation
        raises AlreadyExists.
        """
        self._info_centers.create(center, fields)

    def change_info_center_record(self, center: str, uid: str, fields: Mapping[str, Any]) -> None:
        """Change these columns of the record, without starting a workflow."""
        self._info_centers.change(center, uid, fields)

    def changed_firms(self, since: datetime) -> list[Firm]:
        """Firms modified at or after `since`; as with PostDate, some a day older may be among them."""
        return self._hubs.changed_firms(since)

    def changed_contacts(self, since: datetime) -> list[Contact]:
        return self._hubs.changed_contacts(since)

    def changed_projects(self, since: datetime) -> list[Project]:
        return self._hubs.changed_projects(since)

    def fiscal_period(self, day: date, company: str) -> FiscalPeriod | None:
        """The period that contains the day; None where this version does not tell periods.

        Raises Blocked when no period contains it. For a company other than the API user's active one `closed` is
        known only as far as the period is closed for all.
        """
        return self._fiscal.period(day, company)

    def work_in(self, company: str, period: int) -> None:
        """Make this the API user's company and period, on which its next writes depend."""
        self._fiscal.work_in(company, period)

    def find_receipt(self, batch: str, mode: ReceiptMode, ref_no: str) -> ReceiptFound | None:
        """The receipt with this batch, posted or not, with every row that was entered; received is positive.

        None only when neither the files nor the ledger have it; anything that is no answer raises.
        """
        return self._receipts.find(batch, mode, ref_no)

    def write_receipt(self, receipt: CashReceipt, mode: ReceiptMode) -> None:
        """Create the receipt, unposted. Raises AlreadyExists for a batch that is there."""
        self._receipts.write(receipt, mode)

    def post_batch(self, batch: str, period: int, description: str) -> None:
        """Ask Deltek to post the batch. That it was posted only `find_receipt` can tell."""
        self._receipts.post(batch, period, description)

    def active_company(self) -> str | None:
        """The code of the API user's active company; None where this version does not tell."""
        return self._fiscal.active_company()

    def companies(self) -> list[CompanyFound] | None:
        """The companies that the API user sees, with their currencies."""
        return self._checks.companies()

    def receipt_field_lengths(self) -> dict[str, int] | None:
        """The longest value of each column of a cash receipt, as far as this version tells."""
        return self._checks.receipt_field_lengths()

    def bank_codes(self) -> list[BankCode] | None:
        return self._checks.bank_codes()

    def accounts_receivable(self, company: str) -> str | None:
        """The company's A/R account in Deltek's automatic posting; None where this version does not tell."""
        return self._checks.accounts_receivable(company)

    def one_posted_invoice(self) -> LedgerRow | None:
        """A recently posted row with an invoice number, if there is any."""
        return self._checks.one_posted_invoice()

    def filter_works(self, row: LedgerRow) -> bool:
        """Whether Deltek filters by PostDate as asked.

        The row must come back for a range around it, and nothing for a range in which nothing can be.
        """
        return self._checks.filter_works(row)
