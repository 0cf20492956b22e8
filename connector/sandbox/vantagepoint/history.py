"""A ledger of years: enough posted rows to measure how the product reads a large firm."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.companies import AR, REVENUE, period_of
from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.ledger import LedgerRow, Posting
from connector.sandbox.vantagepoint.wire import Wbs

LINES = 3
ROWS_OF_INVOICE = LINES + 1
INVOICES_OF_RUN = 50
_AMOUNTS = tuple(Decimal(cents).scaleb(-2) for cents in range(120_000, 420_000, 1_171))


def load_history(books: Books, rows: int, until: datetime, days: int = 3650) -> int:
    """At least `rows` ledger rows of posted invoices without documents, evenly over `days` before `until`.

    They are charged to the projects of the books, which must have one. Answers with the number of invoices.
    """
    with books.lock:
        chargeable = [wbs for wbs, row in books.hubs.projects.items() if row["SubLevel"] == "N"]
        if not chargeable:
            raise OrderRefused("a history needs a project that can be charged")
        runs = -(-rows // (ROWS_OF_INVOICE * INVOICES_OF_RUN))
        for run in range(runs):
            at = until - timedelta(days=days) * ((runs - run) / runs)
            posting = _posting(books, run, at, chargeable)
            books.ledger.add(posting)
            books.receivables.add(posting)
        return runs * INVOICES_OF_RUN


def _posting(books: Books, run: int, at: datetime, chargeable: list[Wbs]) -> Posting:
    company = next(iter(books.settings.companies))
    period = period_of(at.date())
    posting = Posting("IN", f"HIST{run:07d}", company, period, books.ledger.next_sequence(period), at)
    for number in range(run * INVOICES_OF_RUN, (run + 1) * INVOICES_OF_RUN):
        wbs = chargeable[number % len(chargeable)]
        posting.rows.extend(_invoice(wbs, f"H{number:08d}", at.date(), number))
    return posting


def _invoice(wbs: Wbs, invoice: str, dated: date, number: int) -> Iterator[LedgerRow]:
    total = Decimal(0)
    for line in range(LINES):
        amount = _AMOUNTS[(number + line * 7) % len(_AMOUNTS)]
        total += amount
        yield LedgerRow(wbs, REVENUE, amount, dated, invoice, "L", sub_type="X", main_wbs1=wbs.wbs1)
    yield LedgerRow(Wbs(wbs.wbs1), AR, total, dated, auto_entry=True)
