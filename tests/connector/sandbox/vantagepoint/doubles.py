"""A small firm in the books, and an API client that does no more than HTTP."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

from connector.sandbox.vantagepoint import (
    Accountant,
    Administrator,
    Bank,
    Books,
    Company,
    Invoice,
    InvoiceLine,
)

NOW = datetime(2026, 8, 3, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
WBS1, PHASE = "24001.00", "02"
USER, PASSWORD = "MLCONNECTOR", "pass-word"
Json = dict[str, Any]


class Office:
    """The books with one firm, one project of two phases, an overhead project, and two companies."""

    def __init__(self) -> None:
        self.books = Books(source=lambda: NOW)
        self.accountant = Accountant(self.books)
        self.admin = Administrator(self.books)
        self.books.settings.add_account("103.00", "Stripe Clearing", 1)
        self.admin.add_company(Company("00", "Harlow Finch"))
        self.admin.add_company(Company("01", "Harlow Finch Interiors"))
        self.admin.add_bank(Bank("STRIPE", "00", "103.00", "Stripe clearing"))
        self.admin.add_bank(Bank("STRIPE01", "01", "103.00", "Stripe clearing"))
        self.admin.add_login(USER, PASSWORD)
        self.client_id = self.accountant.add_firm({"Name": "Alder Creek"})["ClientID"]
        self.add_project(WBS1, "Library")
        self.add_project(WBS1, "Schematic Design", PHASE)
        self.add_project(WBS1, "Interiors", "03", "01")
        self.add_project("24002.00", "Clinic")

    def add_project(self, wbs1: str, name: str, wbs2: str = " ", wbs3: str = " ") -> None:
        clients = {"ClientID": self.client_id, "BillingClientID": self.client_id}
        self.accountant.add_project({"WBS1": wbs1, "WBS2": wbs2, "WBS3": wbs3, "Name": name, **clients})

    def invoice(self, *amounts: str, **changes: Any) -> Invoice:
        """An invoice of labor lines on the project's phase, not yet accepted."""
        lines = tuple(line(amount) for amount in amounts or ("100.00",))
        given: Json = {"wbs1": WBS1, "lines": lines, "dated": TODAY, "due": date(2026, 9, 2)} | changes
        return Invoice(**given)

    def post(self, *amounts: str, at: datetime | None = None, **changes: Any) -> Invoice:
        return self.accountant.post_invoice(self.invoice(*amounts, **changes), at=at)


def line(amount: str, **changes: Any) -> InvoiceLine:
    given: Json = {"wbs1": WBS1, "wbs2": PHASE, "amount": Decimal(amount), "description": "Design"}
    return InvoiceLine(**given | changes)


class Api:
    """Requests to the API base, signed in or not."""

    def __init__(self, url: str, books: Books) -> None:
        self.url = url
        self.base = f"{url}/Sandbox/api"
        self._books = books
        self.session = requests.Session()
        self.session.headers["Content-Type"] = "application/json"

    def token(self, **changes: str) -> requests.Response:
        form = {
            "username": USER,
            "password": PASSWORD,
            "grant_type": "password",
            "database": self._books.tokens.database,
            "client_id": self._books.tokens.client_id,
            "client_secret": self._books.tokens.client_secret,
        }
        return requests.post(f"{self.base}/token", data=form | changes, timeout=10)

    def sign_in(self) -> Json:
        granted: Json = self.token().json()
        self.session.headers["Authorization"] = f"Bearer {granted['access_token']}"
        return granted

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        url = f"{self.base}/{quote(path)}"
        return self.session.request(method, url, params=query, json=body, timeout=10)

    def rows(self, path: str, **query: str) -> list[Json]:
        """The rows of a successful GET."""
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()
        return found

    def order(self, name: str, /, **given: Any) -> requests.Response:
        return requests.post(f"{self.url}/_sandbox/{name}", json=given, timeout=10)

    def reading(self, name: str) -> Any:
        return requests.get(f"{self.url}/_sandbox/{name}", timeout=10).json()


def clause(index: int, name: str, value: str, opp: str = "", **parts: str) -> dict[str, str]:
    """One filterHash clause as query parameters."""
    given = {"name": name, "value": value, **({"opp": opp} if opp else {}), **parts}
    return {f"filterHash[{index}][{part}]": text for part, text in given.items()}


def receipt(amount: str = "100.00", invoice: str = "000000001", **changes: Any) -> Json:
    """The body of a cash receipt on the project's phase."""
    body: Json = {
        "Batch": "BATCH0001",
        "Description": "Stripe",
        "Recurring": "N",
        "EndDate": "2026-08-03T00:00:00.000",
        "Total": amount,
        "DefaultBank": "STRIPE",
        "Selected": "N",
        "Posted": "N",
        "Creator": USER,
        "Period": 202608,
        "Company": "00",
    } | changes
    key = {"Batch": body["Batch"], "RefNo": "R000001"}
    master = {
        "TransDate": "2026-08-03T00:00:00.000",
        "BankCode": body["DefaultBank"],
        "Seq": 1,
        "Status": "N",
    }
    wbs = {"WBS1": WBS1, "WBS2": PHASE, "WBS3": " "}
    detail = {"PKey": "P1", "Seq": "", "Invoice": invoice, "Account": "111.00", "Amount": amount}
    nested = {"crMaster": [key | master | {"CurrencyCode": "USD"}], "crDetail": [key | wbs | detail]}
    return nested | body


def with_line(body: Json, **changes: Any) -> Json:
    """The receipt with its only line changed; None leaves a column out."""
    changed = body["crDetail"][0] | changes
    return body | {"crDetail": [{name: value for name, value in changed.items() if value is not None}]}
