"""What a cash receipt must satisfy before Vantagepoint takes it.

The texts are those that integrations in production meet; the rules are Deltek 4.0 help (Settings > Accounting
> Transactions), the tables' metadata, and KeyCvt/CFGFormat for the lengths.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.sandbox.vantagepoint.companies import Company, Settings
from connector.sandbox.vantagepoint.errors import ApiError, invalid, missing_column, unknown_field
from connector.sandbox.vantagepoint.hubs import Hubs
from connector.sandbox.vantagepoint.ledger import ZERO
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.storing import stored
from connector.sandbox.vantagepoint.tables import Table
from connector.sandbox.vantagepoint.tokens import Login
from connector.sandbox.vantagepoint.wire import Row, Wbs


@dataclass(frozen=True)
class Receipt:
    """A receipt document as it is about to be kept: one control, its receipts and their lines."""

    control: Row
    masters: list[Row]
    details: list[Row]

    @property
    def sum(self) -> Decimal:
        return sum((row["Amount"] for row in self.details), ZERO)


class ReceiptRules:
    """Checks documents; raises ApiError and changes nothing."""

    def __init__(self, options: Options, settings: Settings, hubs: Hubs) -> None:
        self._options = options
        self._settings = settings
        self._hubs = hubs

    def row(self, table: Table, given: Any) -> Row:
        """The full row of a request's JSON: known columns, keys present, texts that fit, numbers that are."""
        if not isinstance(given, dict):
            raise ApiError(500, "Object reference not set to an instance of an object.")
        for name in given:
            if name not in table:
                raise unknown_field(name)
        for column in table.columns:
            if column.required and not _present(given.get(column.name)):
                raise missing_column(column.name)
        lengths = self.lengths
        values = {
            name: stored(table.by_name[name], value, lengths.get(name)) for name, value in given.items()
        }
        return table.blank() | values

    def check(self, receipt: Receipt, login: Login) -> None:
        """The whole document. Raises ApiError with every problem of the accounting in one message."""
        control = receipt.control
        if not control["Company"].strip() and "" not in self._settings.companies:
            raise ApiError(500, "Cannot insert NULL into Company")
        company = self._company(control["Company"], login)
        self._period(int(control["Period"]), company, login)
        problems = [
            *self._receipts(receipt, company),
            *(problem for row in receipt.details for problem in self._line(row, company)),
            *self._totals(receipt),
        ]
        if problems:
            raise invalid(*problems)

    @property
    def lengths(self) -> dict[str, int]:
        """The lengths that are the installation's own."""
        return {"Batch": self._options.batch_length, "RefNo": self._options.refno_length}

    def _company(self, code: str, login: Login) -> Company:
        company = self._settings.companies.get(code)
        if company is None:
            raise invalid(f"Company {code} is not valid.")
        if code != login.company:
            raise invalid(f"Company {code} is not your active company.")
        return company

    def _period(self, period: int, company: Company, login: Login) -> None:
        if not self._settings.has_period(period):
            raise invalid(f"Period {period} is not valid.")
        if period in company.closed and not login.role.closed_periods:
            raise invalid(f"Period {period} is closed.")
        if self._options.period_must_be_active and period != login.period:
            raise invalid(f"Period {period} is not your active period.")

    def _receipts(self, receipt: Receipt, company: Company) -> Iterator[str]:
        if not receipt.masters or not receipt.details:
            raise ApiError(500, "Object reference not set to an instance of an object.")
        numbers = [row["RefNo"] for row in receipt.masters]
        if len(set(numbers)) < len(numbers):
            yield "RefNo is used more than once in this file."
        for row in receipt.masters:
            yield from self._bank(row["BankCode"] or receipt.control["DefaultBank"], company)
        for row in (*receipt.masters, *receipt.details):
            if row["Batch"] != receipt.control["Batch"] or row["RefNo"] not in numbers:
                yield f"Record {row['Batch']}|{row['RefNo']} does not belong to this file."

    def _bank(self, code: str, company: Company) -> Iterator[str]:
        bank = self._settings.banks.get(code)
        if bank is None or bank.company != company.code:
            yield f"Bank code {code} is not valid."

    def _line(self, row: Row, company: Company) -> Iterator[str]:
        if row["Account"] not in self._settings.accounts:
            yield f"Account {row['Account']} is not valid."
        if "" in (row["WBS2"], row["WBS3"]):
            yield "WBS2 and WBS3 cannot be empty."
            return
        yield from self._wbs(Wbs(row["WBS1"], row["WBS2"], row["WBS3"]))
        if row["Account"] == company.ar_account and not row["Invoice"].strip():
            yield "An invoice number is required for Accounts Receivable."

    def _wbs(self, wbs: Wbs) -> Iterator[str]:
        named = "|".join(wbs)
        if wbs not in self._hubs.projects:
            yield f"Project {named} is not valid."
        elif self._hubs.has_children(wbs):
            yield f"Project {named} has lower levels and cannot be charged."
        elif not self._hubs.active(wbs):
            yield f"Project {named} is not active."

    def _totals(self, receipt: Receipt) -> Iterator[str]:
        total = receipt.control["Total"]
        if total < 0 and not self._options.negative_totals:
            yield "Total cannot be negative."
        if total != receipt.sum and not self._options.ignore_control_totals:
            yield f"The control total {total} differs from the sum of the entries {receipt.sum}."


def _present(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or value != "")
