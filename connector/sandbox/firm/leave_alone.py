"""What also stands in a firm's books and must not reach a client a second time, or at all."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from connector.sandbox.firm.invoicing import make_invoice
from connector.sandbox.firm.portfolio import Project
from connector.sandbox.firm.profile import OPERATING_BANK
from connector.sandbox.vantagepoint.accountant import Accountant, Payment
from connector.sandbox.vantagepoint.billing import Invoice, Kind
from connector.sandbox.vantagepoint.books import Books

OLD_INVOICES, PAID_BY_CHECK, CREDITED = 12, 8, 2
DRAFTS = 6
UNPOSTED = 4


def add_old_business(books: Books, random: Random, projects: list[Project], start: date) -> list[Invoice]:
    """Invoices from before `start`: most paid by check, two still open, two to be credited."""
    accountant = Accountant(books)
    dated = start - timedelta(days=20)
    invoices = [make_invoice(random, project, dated) for project in projects[20 : 20 + OLD_INVOICES]]
    posted = accountant.post_invoices(invoices, at=datetime.combine(dated, time(17), UTC))
    _pay_by_check(accountant, posted[:PAID_BY_CHECK], start)
    return posted


def add_unfinished_business(
    books: Books, random: Random, projects: list[Project], old: list[Invoice], today: date
) -> None:
    """Credit memos, a void, drafts, an unposted file, a pre-invoice and a statement."""
    accountant = Accountant(books)
    yesterday = today - timedelta(days=1)
    _credit(accountant, old[PAID_BY_CHECK : PAID_BY_CHECK + CREDITED], yesterday)
    _void(accountant, make_invoice(random, projects[3], yesterday))
    for project in projects[:DRAFTS]:
        accountant.draft_invoice(make_invoice(random, project, today))
    for project in projects[DRAFTS : DRAFTS + UNPOSTED]:
        accountant.accept_invoice(make_invoice(random, project, today), batch="INUNPOSTED")
    _issue(accountant, make_invoice(random, projects[-1], yesterday), "pre_invoice")
    _issue(accountant, make_invoice(random, projects[-2], yesterday), "statement")


def _issue(accountant: Accountant, invoice: Invoice, kind: Kind) -> None:
    accountant.issue_document(replace(invoice, kind=kind))


def _pay_by_check(accountant: Accountant, invoices: list[Invoice], dated: date) -> None:
    """Checks in full, each to the rows that it was billed on."""
    for number, invoice in enumerate(invoices, 5_001):
        payments = [
            Payment(invoice.number, line.wbs1, line.amount, line.wbs2, line.wbs3) for line in invoice.lines
        ]
        accountant.record_check(str(number), dated, payments, bank=OPERATING_BANK)


def _credit(accountant: Accountant, invoices: list[Invoice], dated: date) -> None:
    for invoice in invoices:
        accountant.credit_invoice(invoice.number, (invoice.total / 10).quantize(invoice.total), dated)


def _void(accountant: Accountant, invoice: Invoice) -> None:
    posted = accountant.post_invoice(invoice)
    accountant.void_invoice(posted.number, posted.dated)
