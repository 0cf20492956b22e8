"""Companies, accounts, banks and accounting periods: what Vantagepoint calls settings.

Names of columns: GO scjalliance/vantagepoint settings.go, keycvt.go; Deltek PS 1.1 help, General and
Configuration.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.wire import Row, day, flag

AR, RETAINAGE, WIP, REVENUE, TAX = "111.00", "112.00", "121.00", "401.00", "225.00"


@dataclass
class Company:
    """One company. `receipts` is its setting "Use Files to Group Transactions": "files" is Yes."""

    code: str
    name: str
    currency: str = "USD"
    country: str = "United States"
    receipts: Literal["files", "single"] = "files"
    ar_account: str = AR
    closed: set[int] = field(default_factory=set)

    @property
    def printed(self) -> Row:
        return {
            "Company": self.code,
            "FirmName": self.name,
            "FunctionalCurrencyCode": self.currency,
            "Country": self.country,
            "Status": "A",
        }


@dataclass(frozen=True)
class Bank:
    """A bank code. With `auto_number` it gives out RefNos itself, whatever the receipt says."""

    code: str
    company: str
    account: str
    description: str = ""
    currency: str = "USD"
    auto_number: bool = False

    @property
    def printed(self) -> Row:
        return {
            "Code": self.code,
            "Description": self.description,
            "Company": self.company,
            "Org": self.company,
            "Account": self.account,
            "CurrencyCode": self.currency,
        }


def period_of(on: date) -> int:
    """The calendar month as a period, YYYYPP."""
    return on.year * 100 + on.month


class Settings:
    """The configuration of the whole database."""

    def __init__(self) -> None:
        self.companies: dict[str, Company] = {}
        self.banks: dict[str, Bank] = {}
        self.accounts: dict[str, tuple[str, int]] = {}
        self.first_year = 2015
        self.last_year = 2035

    def add_company(self, company: Company) -> Company:
        self.companies[company.code] = company
        return company

    def add_bank(self, bank: Bank) -> Bank:
        self.banks[bank.code] = bank
        return bank

    def add_account(self, number: str, name: str, kind: int) -> None:
        """`kind` is Vantagepoint's account type: 1 asset, 2 liability, 4 revenue, 7 expense."""
        self.accounts[number] = (name, kind)

    def company(self, code: str) -> Company:
        """Raises OrderRefused for an unknown company."""
        try:
            return self.companies[code]
        except KeyError:
            raise OrderRefused(f"no company {code!r}") from None

    def has_period(self, period: int) -> bool:
        return self.first_year <= period // 100 <= self.last_year and 1 <= period % 100 <= 12

    def periods(self, active_company: str) -> Iterator[Row]:
        for year in range(self.first_year, self.last_year + 1):
            for month in range(1, 13):
                yield self.period(year * 100 + month, active_company)

    def period(self, period: int, active_company: str) -> Row:
        year, month = divmod(period, 100)
        closed = [code for code, company in self.companies.items() if period in company.closed]
        return {
            "Period": period,
            "FmtPeriod": f"{month:02d}/{year}",
            "AccountPdStart": day(date(year, month, 1)),
            "AccountPdEnd": day(date(year, month, calendar.monthrange(year, month)[1])),
            "FYStart": day(date(year, 1, 1)),
            "FYEnd": day(date(year, 12, 31)),
            "ActiveCompanyClosed": flag(active_company in closed),
            "AllCompaniesClosed": flag(len(closed) == len(self.companies)),
            "ApplytoAllCompanies": "N",
        }
