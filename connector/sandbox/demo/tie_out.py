"""The demo's auditor: reads only the books of the two stand-ins, and knows nothing of the product's records."""

import sys
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from connector.sandbox.auditor import ArInvoice, Key, Sums, audit_books, sum_books
from connector.sandbox.firm.profile import SLUG
from connector.sandbox.rehearsal import Rehearsal

ZONE = ZoneInfo("America/Los_Angeles")  # as in the firm's tenant file


@dataclass
class TieOut:
    """Sums of both books, and whatever does not tie."""

    sums: Sums
    wrong: list[str]
    ties: bool

    def show(self) -> None:
        sums = self.sums
        received = sums.money_in - sums.money_back
        rows = [
            ("Billed: the firm's posted invoices at Stripe", sums.billed),
            ("Deltek: balance of these invoices", sums.deltek_balance),
            ("Stripe: remaining to be paid, and returned to clients", sums.stripe_open),
            ("Difference", sums.deltek_balance - sums.stripe_open),
            ("Stripe: received from clients, less returned", received),
            (f"Deltek: {sums.receipt_count} cash receipts of the connector", sums.receipts),
            ("Difference", received - sums.receipts),
        ]
        sys.stdout.write("\n")
        for text, amount in rows:
            sys.stdout.write(f"       {text:<56} {amount:>16,.2f}\n")
        for text in self.wrong:
            sys.stdout.write(f"       NOT TIED: {text}\n")
        sys.stdout.write("\n")
        sys.stdout.flush()


def tie_out(standing: Rehearsal) -> TieOut:
    """Have both books audited, invoice by invoice and receipt by receipt."""
    books = (standing.vantagepoint, standing.stripe.books, SLUG)
    expected = {Key.of(one.company, one.wbs1, one.number) for one in standing.firm.expected}

    def is_expected(invoice: ArInvoice) -> bool:
        return invoice.key in expected

    found = audit_books(*books, zone=ZONE, start_date=standing.firm.start_date, eligible=is_expected)
    sums = sum_books(*books)
    return TieOut(sums, [str(one) for one in found], ties=not found and sums.tie)
