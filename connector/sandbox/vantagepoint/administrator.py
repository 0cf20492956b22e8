"""What the firm's administrators and the stand-in's operator do: logins, roles, companies, switches, time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.sandbox.vantagepoint.history import load_history
from connector.sandbox.vantagepoint.wire import Row


class Administrator:
    """Each method takes the lock and does one thing."""

    def __init__(self, books: Books) -> None:
        self._books = books

    # companies and switches

    def add_company(self, company: Company) -> None:
        with self._books.lock:
            self._books.settings.add_company(company)

    def add_bank(self, bank: Bank) -> None:
        with self._books.lock:
            self._books.settings.add_bank(bank)

    def add_account(self, number: str, name: str, kind: int) -> None:
        """`kind` is Vantagepoint's account type: 1 asset, 2 liability, 4 revenue, 7 expense."""
        with self._books.lock:
            self._books.settings.add_account(number, name, kind)

    def add_project_column(self, name: str, length: int) -> None:
        """A custom column of text (`Cust…`) on every project."""
        with self._books.lock:
            self._books.hubs.add_column("project", name, length)

    def add_firm_column(self, name: str, length: int) -> None:
        with self._books.lock:
            self._books.hubs.add_column("firm", name, length)

    def add_info_center(self, name: str, columns: dict[str, int]) -> None:
        """A User-Defined Info Center; `columns` are texts by name (`Cust…`) and their longest value."""
        with self._books.lock:
            self._books.info_centers.add(name, columns)

    def set_receipt_mode(self, company: str, receipts: Literal["files", "single"]) -> None:
        """The company's setting "Use Files to Group Transactions"."""
        with self._books.lock:
            self._books.settings.company(company).receipts = receipts

    def set_options(self, changes: dict[str, Any]) -> None:
        """Raises ValueError for an unknown switch or an unsuitable value."""
        with self._books.lock:
            self._books.options.change(changes)

    def load_history(self, rows: int, days: int = 3650) -> int:
        """At least `rows` ledger rows of older invoices without documents; answers with their number."""
        with self._books.lock:
            return load_history(self._books, rows, self._books.clock.now(), days)

    # logins

    def add_login(self, username: str, password: str, company: str = "00") -> None:
        with self._books.lock:
            self._books.tokens.add_login(username, password).company = company

    def disable_login(self, username: str) -> None:
        with self._books.lock:
            self._books.tokens.login(username).disabled = True

    def enable_login(self, username: str) -> None:
        with self._books.lock:
            login = self._books.tokens.login(username)
            login.disabled, login.failures = False, 0

    def change_password(self, username: str, password: str) -> None:
        with self._books.lock:
            self._books.tokens.login(username).password = password

    def change_client_secret(self, secret: str) -> None:
        """Regenerating it breaks every integration that uses it."""
        with self._books.lock:
            self._books.tokens.client_secret = secret

    def expire_tokens(self) -> None:
        """Every access token answers 401 from now on; refresh tokens still work."""
        with self._books.lock:
            self._books.tokens.expire_access()

    def revoke_refresh_tokens(self) -> None:
        with self._books.lock:
            self._books.tokens.revoke_refresh()

    # roles

    def deny(self, username: str, resources: Sequence[str]) -> None:
        """The role's only denials from now on: beginnings of paths, such as `ARReview`."""
        with self._books.lock:
            self._books.tokens.login(username).role.denied = set(resources)

    def hide(self, username: str, table: str, columns: Sequence[str]) -> None:
        """The columns come back blank or 0."""
        with self._books.lock:
            self._books.tokens.login(username).role.hidden[table] = set(columns)

    def allow_closed_periods(self, username: str, allowed: bool = True) -> None:
        with self._books.lock:
            self._books.tokens.login(username).role.closed_periods = allowed

    def limit_companies(self, username: str, companies: Sequence[str]) -> None:
        with self._books.lock:
            self._books.tokens.login(username).role.companies = set(companies)

    # time

    def set_clock(self, at: datetime) -> None:
        """The books' time stands still here until it is moved."""
        with self._books.lock:
            self._books.clock.set(at)

    def advance_clock(self, seconds: float) -> None:
        with self._books.lock:
            self._books.clock.advance(seconds)

    def logins(self) -> list[Row]:
        """Every login's state, passwords left out."""
        with self._books.lock:
            return [
                {
                    "username": login.username,
                    "disabled": login.disabled,
                    "failures": login.failures,
                    "company": login.company,
                    "period": login.period,
                }
                for login in self._books.tokens.logins.values()
            ]
