"""Paging, order and choice of columns, in the order in which an answer is made.

Parameters: Deltek PS 1.1 help, Pagination; `limit` is an error on PSALedger and DataEntry (GO query.go).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connector.sandbox.vantagepoint.errors import ApiError, unknown_field
from connector.sandbox.vantagepoint.filters import Filter, parse
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.tables import Table
from connector.sandbox.vantagepoint.wire import Row


@dataclass(frozen=True)
class Query:
    """The parameters of one request, in the order given."""

    parameters: tuple[tuple[str, str], ...]
    options: Options

    def get(self, name: str) -> str:
        return next((value for key, value in self.parameters if key.lower() == name.lower()), "")

    def filter(self, table: Table) -> Filter:
        options = self.options
        return parse(self.parameters, table, options.filter_operators, options.server_zone)

    def select(self, rows: Iterable[Row], table: Table, *, accounting: bool = False) -> list[Row]:
        """The answer's rows. `accounting` is for PSALedger and DataEntry, where `limit` fails."""
        wanted = self.filter(table)
        matching: Iterable[Row] = (row for row in rows if wanted.matches(row))
        if order := self.get("order"):
            matching = sorted(matching, **_ordering(order, table))
        return [self._columns(row) for row in self._page(iter(matching), accounting)]

    def _page(self, rows: Iterator[Row], accounting: bool) -> Iterator[Row]:
        if accounting and self.get("limit"):
            raise ApiError(500, "Object reference not set to an instance of an object.")
        if accounting and not self.options.ledger_paging:
            return islice(rows, self._number("q.maxrows"))
        size = self._number("pageSize") or self._number("limit") or self._number("q.maxrows")
        start = self._number("offset") or ((self._number("page") or 1) - 1) * (size or 0)
        size = min(filter(None, (size, self.options.max_page_size)), default=None)
        return islice(rows, start, start + size if size else None)

    def _number(self, name: str) -> int | None:
        text = self.get(name)
        return int(text) if text.isdigit() and int(text) > 0 else None

    def _columns(self, row: Row) -> Row:
        chosen = [name for name in self.get("fieldFilter").split(",") if name]
        return {name: row[name] for name in chosen if name in row} if chosen else row


def _ordering(order: str, table: Table) -> dict[str, Any]:
    descending = order.endswith("_D") and order not in table
    name = order.removesuffix("_D") if descending else order
    if name not in table:
        raise unknown_field(name)
    key: Callable[[Row], Any] = lambda row: row[name]  # noqa: E731 - sorted() takes it by keyword
    return {"key": key, "reverse": descending}
