"""Lists: newest first, a page of 10 unless `limit` says otherwise, cursors on both sides."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from connector.sandbox.stripe.books import Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import missing

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def page(
    table: dict[str, Object],
    keep: Callable[[Object], bool],
    params: Params,
    url: str,
) -> Object:
    """The rows to keep of a table, which holds them oldest first.

    A cursor may be any object of the table: `starting_after` goes on to older rows, `ending_before` back to
    newer ones, whether or not the cursor itself passes the filter.
    """
    limit = params.get("limit", 10)
    rows: Iterable[Object] = reversed(table.values())
    if after := params.get("starting_after"):
        rows = islice(rows, _position(table, after, "starting_after") + 1, None)
    if before := params.get("ending_before"):
        newer = [row for row in islice(rows, _position(table, before, "ending_before")) if keep(row)]
        return envelope(newer[-limit:], url, has_more=len(newer) > limit)
    found = list(islice(filter(keep, rows), limit + 1))
    return envelope(found[:limit], url, has_more=len(found) > limit)


def envelope(rows: list[Object], url: str, *, has_more: bool = False) -> Object:
    """A list object."""
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}


def within(value: int | None, bounds: Any) -> bool:
    """Whether a time fits a filter such as `created[gte]`; a number asks for exactly that second."""
    if bounds is None:
        return True
    if value is None:
        return False
    if isinstance(bounds, int):
        return value == bounds
    return all(_COMPARISONS[name](value, bound) for name, bound in bounds.items())


def equal(row: Object, params: Params, *names: str) -> bool:
    """Whether the row has the value of each filter that was given."""
    return all(name not in params or row[name] == params[name] for name in names)


def _position(table: dict[str, Object], identifier: str, param: str) -> int:
    for index, known in enumerate(reversed(table)):
        if known == identifier:
            return index
    raise missing("object", identifier, param, 400)
