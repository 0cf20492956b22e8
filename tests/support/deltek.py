"""A firm's Deltek alone: the stand-in over HTTP, its people, and the product's client of it; no database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.deltek.session import DeltekCredentials, DeltekSession
from connector.deltek.vantagepoint import Vantagepoint
from connector.sandbox.serving import serve
from connector.sandbox.vantagepoint import (
    Accountant,
    Administrator,
    Bank,
    Books,
    Company,
    Invoice,
    InvoiceLine,
    Payment,
    Sandbox,
)
from connector.secret import Secret
from connector.sync.read_invoice import InvoiceReader
from connector.sync.reading import InvoiceKey, Reading
from connector.tenants.description import TenantDescription
from connector.tenants.file import describe
from tests.connector.deltek.support import FreePace, MemoryTokens, TurnedClock

NOW = datetime(2026, 11, 3, 15, tzinfo=UTC)
NOVEMBER = date(2026, 11, 2)
USER = "MLCONNECTOR"
MAIN, SECOND, INTERIORS = "24001.00", "24002.00", "31001.00"


class DeltekFirm:
    """Companies 00 and 01, two projects in the one and one in the other; see the methods for what can happen."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.books = sandbox.books
        self.accountant = Accountant(self.books)
        self.admin = Administrator(self.books)
        self._set_up()
        self.tenant = self._described(url)
        self.session = self._signed_on()
        self.client = Vantagepoint(self.session)

    def bill(self, *lines: InvoiceLine, batch: str = "", **changes: Any) -> str:
        """Post an invoice of these lines; its number."""
        invoice = Invoice(lines[0].wbs1, lines, NOVEMBER, due=date(2026, 12, 2))
        return self.accountant.post_invoice(replace(invoice, **changes), batch).number

    def credit(self, number: str, amount: str) -> str:
        """Post a credit memo; its number."""
        return self.accountant.credit_invoice(number, Decimal(amount), NOVEMBER).number

    def receive(self, number: str, amount: str, *, batch: str = "", wbs1: str = MAIN, **changes: Any) -> str:
        """Post a receipt on the invoice: of a check, or with a batch like ours; its batch."""
        return self.receive_rows(Payment(number, wbs1, Decimal(amount), **changes), batch=batch)

    def receive_rows(self, *rows: Payment, batch: str = "", company: str = "00") -> str:
        self._checks += 1
        bank = "STRIPE" if company == "00" else "STRIPE01"
        return self.accountant.record_check(f"{self._checks:04d}", NOVEMBER, rows, bank, batch, company)

    def requests(self) -> list[str]:
        """Method and path of every request so far."""
        return [f"{one.method} {one.path.partition('/api/')[2]}" for one in self.books.requests]

    def read(self, number: str, wbs1: str = MAIN, company: str = "00") -> Reading:
        """What the product makes of all that stands posted under the number."""
        return InvoiceReader(self.client, self.tenant).read_number(InvoiceKey(company, wbs1, number))

    def read_posting(self, batch: str) -> list[Reading]:
        """What it makes of the documents of one batch, as the posting feed shows it."""
        reader, posted = InvoiceReader(self.client, self.tenant), self.client.posted_rows_of_batch(batch)
        rows = [row for row in posted if not row.auto_entry]
        return [
            reader.read_document(document, [row for row in rows if row.invoice == document.invoice])
            for document in reader.documents(batch)
        ]

    _checks = 0

    def _set_up(self) -> None:
        self.books.settings.add_account("103.00", "Stripe Clearing", 1)
        for code, name in (("00", "Acme Architects"), ("01", "Acme Interiors")):
            self.admin.add_company(Company(code, name))
        self.admin.add_bank(Bank("STRIPE", "00", "103.00", "Stripe clearing"))
        self.admin.add_bank(Bank("STRIPE01", "01", "103.00", "Stripe clearing"))
        self.admin.add_login(USER, "password")
        self.client_id = str(self.accountant.add_firm({"Name": "Riverbend Schools"})["ClientID"])
        for wbs1 in (MAIN, SECOND, INTERIORS):
            for wbs2 in (" ", "02", "03"):
                clients = {"ClientID": self.client_id, "BillingClientID": self.client_id}
                place = {"WBS1": wbs1, "WBS2": wbs2, "Name": "Annex"}
                self.accountant.add_project({**place, **clients})

    def _described(self, url: str) -> TenantDescription:
        company = {"currency": "USD", "ar_account": "111.00", "receipts": "files", "post": True}
        return describe(
            {
                "slug": "acme",
                "timezone": "America/New_York",
                "deltek": {
                    "url": f"{url}/Sandbox/api",
                    "database": self.books.tokens.database,
                    "username": USER,
                    "companies": {
                        "00": {**company, "bank_code": "STRIPE"},
                        "01": {**company, "bank_code": "STRIPE01"},
                    },
                },
                "stripe": {"payment_methods": ["card"]},
                "sync": {"poll_every": "5m", "start_date": date(2026, 10, 1)},
            }
        )

    def _signed_on(self) -> DeltekSession:
        tokens = self.books.tokens
        return DeltekSession(
            self.tenant.deltek,
            DeltekCredentials(Secret("password"), Secret(tokens.client_id), Secret(tokens.client_secret)),
            MemoryTokens(),
            FreePace(),
            TurnedClock(NOW),
            allow_insecure_urls=True,
        )


def line(amount: str, wbs1: str = MAIN, wbs2: str = "02", **changes: Any) -> InvoiceLine:
    return InvoiceLine(wbs1=wbs1, wbs2=wbs2, amount=Decimal(amount), **changes)


@contextmanager
def open_firm() -> Iterator[DeltekFirm]:
    sandbox = Sandbox(Books(source=lambda: NOW))
    with serve(sandbox) as serving:
        firm = DeltekFirm(sandbox, serving.url)
        try:
            yield firm
        finally:
            firm.session.close()
