"""Both books without the product: what it would have written at either system is written by hand.

So books are made in a moment, and may be wrong in any way. What the product itself makes of the same is in
tests.support.world.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from connector.sandbox.stripe import Books as StripeBooks
from connector.sandbox.stripe import (
    credit_notes,
    customers,
    invoice_life,
    invoice_lines,
    invoices,
    payment_records,
)
from connector.sandbox.stripe.books import Object
from connector.sandbox.stripe.clock import Clock
from connector.sandbox.stripe.dashboard import Dashboard
from connector.sandbox.vantagepoint import (
    Accountant,
    Administrator,
    Bank,
    Books,
    Company,
    Invoice,
    InvoiceLine,
    Payment,
)
from tests.support.auditing import RECEIVABLE, TODAY, Entered, enter, receipt_of
from tests.support.clock import TurnedClock

DATED = date(2026, 11, 2)
PHASES = {"02": "600.00", "03": "400.00"}
ANNEX, CLIENT = "24001.00", "Riverbend"
OURS = {"ml_connector_tenant": "acme"}


class HandMade:
    """Tenant acme with one client and its project of two phases."""

    slug = "acme"

    def __init__(self) -> None:
        self.clock = TurnedClock()
        self.deltek_books = Books(source=self.clock.now)
        self.stripe_books = StripeBooks(clock=Clock(self.clock.now), entropy=Random(7))
        self.accountant, self.administrator = Accountant(self.deltek_books), Administrator(self.deltek_books)
        self.dashboard = Dashboard(self.stripe_books)
        self.company("00", RECEIVABLE)
        self.deltek_books.settings.add_bank(Bank("FIRST", "00", "101.00", "First Bank"))
        self.accountant.add_firm({"Name": "Riverbend Schools", "ClientID": CLIENT})
        self.project(ANNEX, "02", "03")
        metadata = OURS | {"ml_connector_client": CLIENT}
        self.customer = str(
            customers.create(self.stripe_books, {"email": "ap@riverbend.example", "metadata": metadata})["id"]
        )

    # Deltek

    def company(self, code: str, receivable: str) -> None:
        settings = self.deltek_books.settings
        settings.add_company(Company(code, f"Acme {code}", ar_account=receivable))
        settings.add_account(receivable, "A/R", 1)
        settings.add_bank(Bank("STRIPE" if code == "00" else f"STRIPE{code}", code, "103.00"))

    def project(self, wbs1: str, *phases: str) -> None:
        for phase in ("", *phases):
            self.accountant.add_project({"WBS1": wbs1, "WBS2": phase or " ", "Name": "Annex"})

    def bill(self, amounts: dict[str, str] = PHASES, *, wbs1: str = ANNEX, **about: Any) -> str:
        """Post an invoice with a line for each phase and amount; its number."""
        lines = (InvoiceLine(wbs1, Decimal(amount), wbs2=phase) for phase, amount in amounts.items())
        return self.post(*lines, **about)

    def post(self, *lines: InvoiceLine, **about: Any) -> str:
        """Post an invoice with these lines, on the project of the first; its number."""
        posted = self.accountant.post_invoice(Invoice(lines[0].wbs1, lines, **{"dated": DATED, **about}))
        return posted.number

    def check(self, number: str, amount: str, phase: str = "02", **about: str) -> None:
        """A check that an accountant enters and posts."""
        line = Payment(number, ANNEX, Decimal(amount), phase, **about)
        batch = f"CHK{len(self.deltek_books.receipts.files)}"
        self.accountant.record_check("1001", TODAY, [line], "FIRST", batch)

    # Stripe

    def push(self, number: str, amounts: Iterable[str] = PHASES.values(), **key: str) -> Object:
        """What the connector makes of a posted invoice: its Stripe invoice, open, with these lines."""
        books = self.stripe_books
        known = {"deltek_company": "00", "deltek_wbs1": ANNEX, "deltek_invoice": number} | key
        draft = invoices.create(
            books,
            {
                "customer": self.customer,
                "collection_method": "send_invoice",
                "days_until_due": 30,
                "number": number,
                "metadata": OURS | known,
            },
        )
        lines = [{"description": "Services", "amount": int(Decimal(amount) * 100)} for amount in amounts]
        invoice_lines.add_lines(books, {"lines": lines}, draft["id"])
        return invoice_life.finalize(books, {}, draft["id"])

    def pushed(self, amounts: dict[str, str] = PHASES, **about: Any) -> str:
        """An invoice that is open on both sides; its number."""
        number = self.bill(amounts, **about)
        self.push(number, amounts.values())
        return number

    def paid(self, amounts: dict[str, str] = PHASES) -> str:
        """An invoice of these amounts that was paid by card, its receipt posted; its number."""
        number = self.pushed(amounts)
        self.dashboard.pay(self.at_stripe(number)["id"])
        rows = [Entered(amount, number, phase) for phase, amount in amounts.items()]
        enter(self, f"Stripe payment {self.payment(number)} (pi_1) on invoice {number}", *rows)
        return number

    def refunded(self, number: str, amount: int, *rows: Entered) -> str:
        """A refund of minor units, booked on these rows; its id."""
        refund = self.dashboard.refund(self.at_stripe(number)["id"], amount)
        enter(self, f"Stripe refund {refund['id']} (pi_1) on invoice {number}", *rows, dated=self.today)
        return str(refund["id"])

    def at_stripe(self, number: str) -> Object:
        """Its first Stripe invoice, as the books keep it."""
        found = (
            one
            for one in self.stripe_books.table("invoice").values()
            if one["metadata"].get("deltek_invoice") == number
        )
        return next(found)

    def payment(self, number: str) -> str:
        """The newest InvoicePayment by which the invoice was paid."""
        return self.latest("invoice_payment", invoice=self.at_stripe(number)["id"], status="paid")

    def latest(self, kind: str, **about: Any) -> str:
        """The id of the newest object of a kind with these fields."""
        rows = self.stripe_books.table(kind).values()
        return str([row["id"] for row in rows if all(row[name] == about[name] for name in about)][-1])

    def credit_note(self, number: str, amount: int, metadata: dict[str, str] = OURS) -> str:
        """The Stripe invoice is reduced, by the connector or by somebody else; the credit note's id."""
        asked = {"invoice": self.at_stripe(number)["id"], "amount": amount, "metadata": metadata}
        return str(credit_notes.create(self.stripe_books, asked)["id"])

    def note_payment(self, number: str, amount: int, metadata: dict[str, str] = OURS) -> None:
        """A payment that came in elsewhere is noted at Stripe, by the connector or by somebody else."""
        asked = {
            "amount_requested": {"currency": "usd", "value": amount},
            "guaranteed": {"guaranteed_at": self.stripe_books.now()},
            "outcome": "guaranteed",
            "payment_method_details": {"type": "custom", "custom": {"display_name": "Check"}},
            "metadata": metadata,
        }
        record = payment_records.report(self.stripe_books, asked)
        payment_records.attach(self.stripe_books, self.at_stripe(number), record)

    @property
    def today(self) -> date:
        """In the tenant's time zone, five hours behind UTC in these tests."""
        return (self.clock.now() - timedelta(hours=5)).date()


def receipt_file(books: HandMade, number: str) -> Any:
    """The receipt of the invoice's newest payment."""
    return receipt_of(books, books.payment(number))


def both(number: str, first: str, second: str) -> Sequence[Entered]:
    """Rows of a receipt on both phases."""
    return Entered(first, number), Entered(second, number, "03")
