"""A firm's books in the stand-in, its people, and our client of them over HTTP."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.deltek.records import CashReceipt, ReceiptRow, Wbs
from connector.deltek.session import DeltekCredentials, DeltekSession
from connector.deltek.vantagepoint import Vantagepoint
from connector.sandbox.vantagepoint import (
    Accountant,
    Administrator,
    Bank,
    Books,
    Company,
    Invoice,
    InvoiceLine,
    Sandbox,
)
from connector.secret import Secret
from connector.tenants.description import DeltekDescription

from .support import FreePace, MemoryTokens, TurnedClock

NOW = datetime(2026, 8, 3, 15, tzinfo=UTC)
TODAY = NOW.date()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
USER, PASSWORD = "MLCONNECTOR", "pass-word"
MAIN, SECOND, SLASHED = "24001.00", "24002.00", "2026/014"


@dataclass
class Office:
    """A firm's books, its people, and our client of them."""

    sandbox: Sandbox
    url: str
    client_id: str

    def __post_init__(self) -> None:
        self.books = self.sandbox.books
        self.accountant = Accountant(self.books)
        self.admin = Administrator(self.books)
        self.clock = TurnedClock(NOW)
        self.tokens = MemoryTokens()
        self.session = self.sign_on()
        self.vantagepoint = Vantagepoint(self.session)

    def sign_on(self, password: str = PASSWORD, **settings: Any) -> DeltekSession:
        tokens = self.books.tokens
        credentials = DeltekCredentials(
            Secret(password), Secret(tokens.client_id), Secret(tokens.client_secret)
        )
        base = f"{self.url}/Sandbox/api"
        description = replace(DeltekDescription(base, tokens.database, USER, companies={}), **settings)
        return DeltekSession(
            description, credentials, self.tokens, FreePace(), self.clock, allow_insecure_urls=True
        )

    def post(self, *amounts: str, wbs1: str = MAIN, **changes: Any) -> Invoice:
        lines = tuple(InvoiceLine(wbs1, Decimal(amount), description="Design") for amount in amounts)
        invoice = Invoice(wbs1, lines, TODAY, due=date(2026, 9, 2))
        return self.accountant.post_invoice(replace(invoice, **changes))

    def receipt(self, number: str, *amounts: str, wbs1: str = MAIN) -> CashReceipt:
        rows = tuple(ReceiptRow(Wbs(wbs1), number, "111.00", Decimal(amount)) for amount in amounts)
        return CashReceipt(
            batch="BATCH0001",
            ref_no="R000001",
            company="00",
            bank_code="STRIPE",
            currency="USD",
            received_on=TODAY,
            period=202608,
            comment="py_1",
            description="Stripe payment",
            rows=rows,
        )


def set_up(books: Books) -> str:
    accountant, admin = Accountant(books), Administrator(books)
    books.settings.add_account("103.00", "Stripe Clearing", 1)
    for code in ("00", "01"):
        admin.add_company(Company(code, "Harlow Finch"))
    admin.add_bank(Bank("STRIPE", "00", "103.00", "Stripe clearing"))
    admin.add_login(USER, PASSWORD)
    client_id = str(
        accountant.add_firm({"Name": "Alder Creek", "PrimaryEmail": "ap@example.com"})["ClientID"]
    )
    accountant.add_address(client_id, {"Address1": "1 Main St", "City": "Troy", "Billing": "Y"})
    accountant.add_contact({"ClientID": client_id, "LastName": "Reed", "Email": "reed@example.com"})
    for wbs1 in (MAIN, SECOND, SLASHED):
        names = {"WBS1": wbs1, "WBS2": " ", "WBS3": " ", "Name": f"Project {wbs1}"}
        accountant.add_project({**names, "ClientID": client_id, "BillingClientID": client_id})
    return client_id
