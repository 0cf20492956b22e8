"""One authenticated request, the ways to answer it, and the table of endpoints."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.errors import ApiError, not_found, unknown_field
from connector.sandbox.vantagepoint.queries import Query
from connector.sandbox.vantagepoint.storing import stored
from connector.sandbox.vantagepoint.tables import Table
from connector.sandbox.vantagepoint.tokens import Login
from connector.sandbox.vantagepoint.wire import Row


@dataclass(frozen=True)
class Call:
    """Who asks, with what. `body` is the request's JSON, numbers exact; None when there is none."""

    books: Books
    login: Login
    query: Query
    body: Any

    @property
    def companies(self) -> set[str] | None:
        """The companies that the role may see; None for all."""
        return self.login.role.companies

    def rows(self, rows: Iterable[Row], table: Table, *, accounting: bool = False) -> "Answer":
        """Filtered, ordered, paged, with what the role may not see blanked."""
        selected = self.query.select(rows, table, accounting=accounting)
        return Answer([self.login.role.mask(table.name, row) for row in selected])

    def one(self, row: Row | None, table: Table, key: str) -> "Answer":
        """A record comes as an array of one. Raises ApiError 404 for None."""
        if row is None:
            raise not_found(key)
        return self.rows([row], table)

    def changes(self, table: Table) -> Row:
        """The columns in the body of a write, as they are stored. Raises ApiError for a column that is none."""
        if not isinstance(self.body, dict):
            raise ApiError(400, "The request is invalid.")
        for name in self.body:
            if name not in table:
                raise unknown_field(name)
        return {name: stored(table.by_name[name], value) for name, value in self.body.items()}

    def batch(self, rows: Iterable[Row] | None, table: Table, key: str) -> "Answer":
        """The rows of a transaction file. What an unknown one answers is documented nowhere."""
        if rows is None:
            if self.books.options.unknown_batch == "404":
                raise not_found(f"Batch {key}")
            rows = ()
        return self.rows(rows, table, accounting=True)


@dataclass(frozen=True)
class Answer:
    """What goes back as JSON. `location` makes it 201."""

    document: Any
    location: str = ""


Handler = Callable[..., Answer]


@dataclass(frozen=True)
class Route:
    method: str
    rule: str
    handler: Handler


class Routes:
    """The endpoints of one subject; paths follow the API base."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(self, rule: str) -> Callable[[Handler], Handler]:
        return self._add("GET", rule)

    def post(self, rule: str) -> Callable[[Handler], Handler]:
        return self._add("POST", rule)

    def put(self, rule: str) -> Callable[[Handler], Handler]:
        return self._add("PUT", rule)

    def delete(self, rule: str) -> Callable[[Handler], Handler]:
        return self._add("DELETE", rule)

    def _add(self, method: str, rule: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.routes.append(Route(method, rule, handler))
            return handler

        return register
