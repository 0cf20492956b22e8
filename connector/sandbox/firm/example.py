"""Harlow Finch Architects: about ninety people, forty clients, seventy projects, four months of billing.

Everything follows from the seed and from the books' today, so two loads on one day are equal.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from connector.sandbox.firm import profile
from connector.sandbox.firm.invoicing import make_invoice
from connector.sandbox.firm.leave_alone import add_old_business, add_unfinished_business
from connector.sandbox.firm.names import FIRM
from connector.sandbox.firm.portfolio import Employee, Project, add_clients, add_projects, employees
from connector.sandbox.vantagepoint.accountant import Accountant
from connector.sandbox.vantagepoint.billing import Invoice
from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.companies import Bank, Company

INVOICES = 150
BATCHES = 30
MONTHS_BACK = 4
FIRST_NUMBER = 24_101


@dataclass(frozen=True)
class Expected:
    """An invoice that a sync has to push, and what it has to push."""

    company: str
    wbs1: str
    number: str
    amount: Decimal
    currency: str
    client_id: str
    dated: date
    due: date | None
    lines: int


@dataclass(frozen=True)
class Firm:
    """What was loaded. `expected` is every pushable invoice, and there is no other from `start_date` on."""

    start_date: date
    employees: tuple[Employee, ...]
    expected: tuple[Expected, ...]

    @property
    def total(self) -> Decimal:
        return sum((one.amount for one in self.expected), Decimal(0))


def load(books: Books, seed: int = 1990) -> Firm:
    """Fills empty books. Invoices are dated from `start_date` to yesterday by the books' clock."""
    random = Random(seed)  # noqa: S311 - a repeatable example, no secret
    with books.lock:
        today = books.clock.now().date()
        start = first_day(today, MONTHS_BACK)
        _set_up(books)
        staff = employees(random)
        projects = add_projects(books, random, add_clients(books, random), staff)
        books.billing.number_from(FIRST_NUMBER)
        old = add_old_business(books, random, projects, start)
        posted = _bill(books, random, projects, start, today)
        add_unfinished_business(books, random, projects, old, today)
        clients = {project.wbs1: project.client_id for project in projects}
        return Firm(start, tuple(staff), tuple(_expected(one, clients[one.wbs1]) for one in posted))


def first_day(today: date, months_back: int) -> date:
    """The first day of the month that many months ago."""
    years, month = divmod(today.year * 12 + today.month - 1 - months_back, 12)
    return date(years, month + 1, 1)


def _set_up(books: Books) -> None:
    settings, tokens = books.settings, books.tokens
    settings.add_company(Company(profile.COMPANY, FIRM, profile.CURRENCY))
    settings.add_account(profile.BANK_ACCOUNT, "Stripe Clearing", 1)
    settings.add_account("101.00", "Cash - First Bank", 1)
    settings.add_account(profile.OVERPAYMENT_ACCOUNT, "Client credits", 2)
    settings.add_bank(Bank(profile.BANK_CODE, profile.COMPANY, profile.BANK_ACCOUNT, "Stripe clearing"))
    settings.add_bank(Bank(profile.OPERATING_BANK, profile.COMPANY, "101.00", "First Bank operating"))
    tokens.database = profile.DATABASE
    tokens.client_id, tokens.client_secret = profile.CLIENT_ID, profile.CLIENT_SECRET
    tokens.add_login(profile.USERNAME, profile.PASSWORD)


def _bill(books: Books, random: Random, projects: list[Project], start: date, today: date) -> list[Invoice]:
    """The files are posted one after the other, in the evening of the day that their invoices bear."""
    accountant, days = Accountant(books), (today - start).days
    posted: list[Invoice] = []
    for batch in range(BATCHES):
        dated = start + timedelta(days=batch * days // BATCHES)
        billed = random.sample(projects, INVOICES // BATCHES)
        invoices = [make_invoice(random, project, dated) for project in billed]
        at = datetime.combine(dated, time(17, 30), UTC) + timedelta(minutes=batch)
        posted += accountant.post_invoices(invoices, at=at)
    return posted


def _expected(invoice: Invoice, client_id: str) -> Expected:
    return Expected(
        company=invoice.company,
        wbs1=invoice.wbs1,
        number=invoice.number,
        amount=invoice.total,
        currency=invoice.currency,
        client_id=client_id,
        dated=invoice.dated,
        due=invoice.due,
        lines=len(invoice.lines),
    )
