"""What is open, billed and received on invoices: ARReview, which older versions do not have.

Deltek's public Postman documents, 7.1: retrieve-ar-balance and its siblings.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from itertools import chain

from connector.deltek.answers import Absent, Record
from connector.deltek.ledger import Ledger
from connector.deltek.paging import all_rows, pages
from connector.deltek.query import Clause, Equals, Query, on_or_after, same
from connector.deltek.records import ArBalance, BalancePage, UnreadBalance, WbsAmount
from connector.deltek.schemas import AR_BALANCE, BILLED, RECEIVED
from connector.deltek.session import DeltekSession
from connector.errors import Blocked, Forbidden, NotFound, Refused, SignInRefused

BALANCE = "ARReview/ARBalance"
DETAIL = "ARReview/ARBalanceDetail"
DETAIL_CR = "ARReview/ARBalanceDetailCR"
# A credit memo may stand under the number of the invoice it applies to (Deltek 3.5 help, AR report columns).
KEY = ("Company", "CreditMemoRefNo", "WBS1", "Invoice")


class Balances:
    """ARReview, as far as this version has it. What it learns of the version lasts as long as the object."""

    def __init__(self, session: DeltekSession, ledger: Ledger) -> None:
        self._session = session
        self._ledger = ledger
        self._absent: set[str] = set()
        self._key_parameter_works: bool | None = None

    def of_invoice(self, wbs1: str, number: str) -> list[ArBalance] | None:
        return self._balances(Equals("WBS1", wbs1), Equals("Invoice", number))

    def credit_memos_of(self, number: str) -> list[ArBalance] | None:
        return self._balances(Equals("CreditMemoRefNo", number))

    def dated_since(self, day: date) -> Iterator[BalancePage] | None:
        query = Query((on_or_after("InvoiceDate", day),), order="Invoice", key=KEY)
        found = pages(self._session, BALANCE, query)
        first = self._unless_absent(BALANCE, lambda: next(found, []))
        if first is None:
            return None
        return (_page(rows) for rows in chain([first], found))

    def billed(
        self, wbs1: str, number: str, projects: Collection[str] | None = None
    ) -> list[WbsAmount] | None:
        # The key parameter gives the rows of the projects that it names, so all that bear the number are named.
        bearers = self._projects_of(number) if projects is None else projects
        rows = self._details(DETAIL, number, {wbs1, *bearers})
        return None if rows is None else BILLED.read_all((row for row in rows if _is_of(row, [wbs1])), DETAIL)

    def received(
        self, wbs1: str, number: str, projects: Collection[str] | None = None
    ) -> list[WbsAmount] | None:
        if projects is None:
            # The rows of ARBalanceDetailCR do not name their billing group; those of ARBalanceDetail do.
            billed = self.billed(wbs1, number) or []
            projects = {row.wbs.wbs1 for row in billed}
        rows = self._details(DETAIL_CR, number, {wbs1, *projects})
        return None if rows is None else RECEIVED.read_all(rows, DETAIL_CR)

    def _balances(self, *clauses: Clause) -> list[ArBalance] | None:
        query = Query(clauses, key=KEY)
        rows = self._unless_absent(BALANCE, lambda: all_rows(self._session, BALANCE, query))
        return None if rows is None else AR_BALANCE.read_all(rows, BALANCE)

    def _projects_of(self, number: str) -> set[str]:
        return {row.wbs.wbs1 for row in self._ledger.rows_of_invoice(number) if row.wbs.wbs1.strip()}

    def _details(self, path: str, number: str, projects: Collection[str]) -> list[Record] | None:
        def ask() -> list[Record]:
            rows = self._by_parameter(path, number, projects)
            return self._by_filter(path, number, projects) if rows is None else rows

        return self._unless_absent(path, ask)

    def _by_filter(self, path: str, number: str, projects: Collection[str]) -> list[Record]:
        query = Query((Equals("Invoice", number),), order="WBS1")
        return [row for row in all_rows(self._session, path, query) if _is_of(row, projects)]

    def _by_parameter(self, path: str, number: str, projects: Collection[str]) -> list[Record] | None:
        """The rows asked for by `WBS1|Invoice`, or None where this version does not know the parameter.

        Its name is documented nowhere (the default: GO scjalliance/vantagepoint ar_review.go). Foreign rows
        mean that it is ignored; none mean nothing until it has been seen to work.
        """
        if self._key_parameter_works is False:
            return None
        keys = ",".join(f"{project}|{number}" for project in sorted(projects))
        try:
            rows = self._session.get(path, {self._session.description.detail_parameter: keys})
        except (NotFound, Forbidden, SignInRefused):
            raise
        except Refused:
            self._key_parameter_works = False
            return None
        if rows:
            self._key_parameter_works = all(
                same(row.get("Invoice"), number) and _is_of(row, projects) for row in rows
            )
        return rows if self._key_parameter_works else None

    def _unless_absent(self, path: str, ask: Callable[[], list[Record]]) -> list[Record] | None:
        """What `ask` finds; None when this version has no such resource."""
        if path in self._absent:
            return None
        try:
            return ask()
        except Absent:
            self._absent.add(path)
            return None
        except NotFound:
            return [] if self._exists(path) else None

    def _exists(self, path: str) -> bool:
        """A 404 may be said of the rows that a filter found none of: the resource itself is asked for."""
        try:
            self._session.get(path, {"page": "1", "pageSize": "1"})
        except NotFound:
            self._absent.add(path)
            return False
        return True


def _page(rows: Iterable[Record]) -> BalancePage:
    page = BalancePage([], [])
    for row in rows:
        try:
            page.rows.append(AR_BALANCE.read(row, BALANCE))
        except Blocked as problem:
            wbs1, *numbers = (str(row.get(one) or "") for one in ("WBS1", "Invoice", "CreditMemoRefNo"))
            named = dict.fromkeys(number for number in numbers if number.strip())
            page.unread.append(UnreadBalance(wbs1, tuple(named), problem))
    return page


def _is_of(row: Record, projects: Collection[str]) -> bool:
    """Whether the row is of one of these projects, by itself or through its billing group."""
    places = (row.get("WBS1"), row.get("BillingGroupWBS1"))
    return any(same(place, project) for place in places for project in projects)
