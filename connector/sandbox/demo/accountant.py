"""What the firm's accountant does in the demo: a client's check is recorded in Deltek, not at Stripe."""

from connector.money import Money
from connector.sandbox.firm.example import Expected
from connector.sandbox.firm.profile import CURRENCY, OPERATING_BANK
from connector.sandbox.rehearsal import Rehearsal
from connector.sandbox.vantagepoint.accountant import Accountant, Payment


def open_invoice(standing: Rehearsal) -> Expected:
    """The newest of the firm's invoices that waits for its client at Stripe."""
    waiting = {
        one["number"] for one in standing.stripe.books.table("invoice").values() if one["status"] == "open"
    }
    return next(one for one in reversed(standing.firm.expected) if one.number in waiting)


def record_check(standing: Rehearsal, invoice: Expected) -> str:
    """A check over the whole invoice; the sentence says what was done."""
    books = standing.vantagepoint
    charged = [
        Payment(
            invoice=invoice.number, wbs1=row.wbs.wbs1, wbs2=row.wbs.wbs2, wbs3=row.wbs.wbs3, amount=row.amount
        )
        for posting in books.ledger.of_invoice("IN", invoice.number)
        for row in posting.rows
        if row.invoice == invoice.number and not row.auto_entry
    ]
    Accountant(books).record_check("10441", books.clock.now().date(), charged, OPERATING_BANK)
    amount = Money.from_decimal(invoice.amount, CURRENCY)
    return f"An accountant records a check of {amount} for invoice {invoice.number} in Deltek"


def is_paid(standing: Rehearsal, invoice: Expected) -> int:
    """1 once the invoice is closed at Stripe."""
    table = standing.stripe.books.table("invoice")
    return sum(one["status"] == "paid" for one in table.values() if one["number"] == invoice.number)
