"""Reading all pages of an answer, whatever this version does with `page` and `pageSize`.

Both are documented for hubs and landing pages (Deltek PS 1.1 help, Pagination). `limit` is never sent, because
PSALedger and DataEntry answer it with a 500 (GO scjalliance/vantagepoint query.go). Documented nowhere are a
total, the largest page, and what the ledger does with pages.
"""

from collections.abc import Iterator

from connector.deltek.answers import Absent, Record
from connector.deltek.query import Query
from connector.deltek.reading import VIEW_FIELD
from connector.deltek.session import DeltekSession
from connector.errors import Blocked, NotFound

# Deltek's own sample asks for pages of 10 ("employee?page=1&pageSize=10"), so no server gives fewer: a page
# shorter than that is the last. A longer one may have been cut: the next is asked for in the size it came in.
SURELY_GIVEN = 10
OTHER_SPELLING = 'Set deltek.filter_operators to the other of "symbols" and "words" in the tenant file'
LARGER_PAGES = "Raise deltek.page_size in the tenant file above the number of rows that one query can give"

Keys = set[tuple[str, ...]]


def all_rows(session: DeltekSession, path: str, query: Query) -> list[Record]:
    """The rows of all pages."""
    return [row for page in pages(session, path, query) for row in page]


def pages(session: DeltekSession, path: str, query: Query) -> Iterator[list[Record]]:
    """The rows that answer the query, page by page: each once, and none that its clauses do not admit.

    Raises Blocked when the filter is evidently ignored or the pages cannot be read on: the rest is unknown.
    """
    size = session.description.page_size
    parameters = query.parameters(session.description.filter_operators)
    seen: Keys = set()
    previous: list[Record] = []
    number = 1
    while True:
        page = _asked(session, path, {**parameters, "page": str(number), "pageSize": str(size)})
        if page == previous:
            _check_complete(path, page, session.description.page_size)
            return
        _check_shown(path, page, query)
        admitted = [row for row in page if query.admits(row)]
        if len(page) >= size and not admitted:
            raise Blocked(
                f"Deltek ignores the filter of GET {path}: it gives rows outside of it", OTHER_SPELLING
            )
        yield [row for row in admitted if _is_new(row, query, seen)]
        if len(page) < min(size, SURELY_GIVEN) or (number > 1 and len(page) < size) or len(page) > size:
            return
        previous, number, size = page, number + 1, min(size, len(page))


def _asked(session: DeltekSession, path: str, parameters: dict[str, str]) -> list[Record]:
    """One page; a 404 may be said of the rows that a filter found none of, so the resource itself is asked for.

    Raises Absent when there is no such resource.
    """
    try:
        return session.get(path, parameters)
    except NotFound:
        pass
    try:
        session.get(path, {"page": "1", "pageSize": "1"})
    except NotFound as error:
        raise Absent(error.system, error.message, status=error.status) from None
    return []


def _check_complete(path: str, page: list[Record], page_size: int) -> None:
    """A page that comes twice means that `page` is ignored; then a full one may be all that is ever shown."""
    if len(page) == page_size:
        raise Blocked(f"Deltek gives the first {page_size} rows of GET {path} for every page", LARGER_PAGES)


def _check_shown(path: str, page: list[Record], query: Query) -> None:
    """A role may not see a column: it comes back blank without an error, and no row can be told from another."""
    for column in query.texts:
        if page and not any(str(row.get(column) or "").strip() for row in page):
            raise Blocked(f"Deltek shows no {column} in GET {path}", VIEW_FIELD)


def _is_new(row: Record, query: Query, seen: Keys) -> bool:
    key = tuple(str(row.get(column, "")) for column in query.key)
    if not key or not key[-1].strip():
        return True
    if key in seen:
        return False
    seen.add(key)
    return True
