"""How an object leaves the books: a copy, with what is derived, and with what `expand` asked for."""

import json
from collections.abc import Callable
from typing import Any

from connector.sandbox.stripe.books import KINDS, Books, Object
from connector.sandbox.stripe.errors import invalid
from connector.sandbox.stripe.lists import envelope

View = Callable[[Books, Object], Object]
Include = Callable[[Books, Object], Any]
Allowed = Callable[[str], None]

VIEWS: dict[str, View] = {}
"""What a kind of object shows beyond what the books keep."""

INCLUDABLE: dict[tuple[str, str], Include] = {}
"""Properties that are absent unless expanded, such as the payments of an invoice."""

_OWN_PERMISSION = {("balance_transaction", "source"): "balance_transaction_source_read"}
"""Expanding these takes a permission beside that of what is expanded (docs.stripe.com/security/permissions)."""

_DEEPEST = 4
_NESTED_LINES = 10


def view(kind: str) -> Callable[[View], View]:
    """Registers what a kind of object derives."""

    def register(derive: View) -> View:
        VIEWS[kind] = derive
        return derive

    return register


def includable(kind: str, name: str) -> Callable[[Include], Include]:
    """Registers a property that appears only when it is expanded, whether or not the books keep it."""

    def register(derive: Include) -> Include:
        INCLUDABLE[kind, name] = derive
        return derive

    return register


def copied(value: Any) -> Any:
    """A deep copy of something that is JSON; several times faster than `copy.deepcopy`."""
    return json.loads(json.dumps(value))


def present(books: Books, row: Object) -> Object:
    """A copy that the caller may keep, as it stands now."""
    kind = row.get("object", "")
    return {name: value for name, value in whole(books, row).items() if (kind, name) not in INCLUDABLE}


def whole(books: Books, row: Object) -> Object:
    """A copy for the operator, with all that the books keep."""
    shown: Object = copied(row)
    derive = VIEWS.get(row.get("object", ""))
    return shown if derive is None or row.get("deleted") else {**shown, **derive(books, row)}


def answer(books: Books, found: Object, expand: list[str], allowed: Allowed) -> Object:
    """Presents an object or a list of them, expanded; `allowed` raises when a key may not read a kind."""
    if found.get("object") == "list":
        shown = {**found, "data": [present(books, row) for row in found["data"]]}
    else:
        shown = present(books, found)
    for path in expand:
        steps = path.split(".")
        if len(steps) > _DEEPEST + (steps[0] == "data"):
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property", "expand")
        _expand(books, shown, steps, path, allowed)
    return shown


def _expand(books: Books, node: Any, steps: list[str], path: str, allowed: Allowed) -> None:
    if isinstance(node, list):
        for each in node:
            _expand(books, each, steps, path, allowed)
        return
    if not steps or node is None:
        return
    if not isinstance(node, dict):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    step, *rest = steps
    node[step] = _opened(books, node, step, path, allowed, last=not rest)
    _expand(books, node[step], rest, path, allowed)


def _opened(books: Books, node: Object, step: str, path: str, allowed: Allowed, *, last: bool) -> Any:
    value = node.get(step)
    include = INCLUDABLE.get((node.get("object", ""), step))
    if step not in node and include is not None:
        return _included(books, include(books, node))
    if step not in node:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    if isinstance(value, str):
        if own := _OWN_PERMISSION.get((node.get("object", ""), step)):
            allowed(own)
        return _resolved(books, value, path, allowed)
    if last and value is not None and not _expanded(value):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    return value


def _included(books: Books, value: Any) -> Any:
    if not _expanded(value):
        return value
    return {**value, "data": [present(books, row) for row in value["data"]]}


def _resolved(books: Books, identifier: str, path: str, allowed: Allowed) -> Object:
    target = books.find(identifier)
    if target is None:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    allowed(f"{KINDS[identifier.partition('_')[0]]}_read")
    return present(books, target)


def _expanded(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and "object" in value)


def lines_of(rows: list[Object], url: str) -> Object:
    """The first lines of an object, embedded in it; the rest is on the page of its own."""
    return envelope(copied(rows[:_NESTED_LINES]), url, has_more=len(rows) > _NESTED_LINES)
