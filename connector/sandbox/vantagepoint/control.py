"""The operator's routes.

`POST /_sandbox/NAME` calls the accountant's or the administrator's method of that name. The body is a JSON
object of the method's arguments; dates are ISO 8601, amounts texts. `GET /_sandbox/books`, `requests`,
`options`, `clock` and `logins` read. A refused order answers 400 and says why.
"""

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

from flask import Flask, Response, request

from connector.sandbox.vantagepoint.accountant import Accountant
from connector.sandbox.vantagepoint.administrator import Administrator
from connector.sandbox.vantagepoint.auditor import audit, text
from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.errors import ApiError, OrderRefused
from connector.sandbox.vantagepoint.ledger import Posting
from connector.sandbox.vantagepoint.wire import dumps, loads

_PARSERS: dict[Any, Callable[[Any], Any]] = {
    Decimal: lambda value: Decimal(str(value)),
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    float: float,
}


def add_control_routes(app: Flask, books: Books) -> None:
    accountant, administrator = Accountant(books), Administrator(books)
    readings: dict[str, Callable[[], Any]] = {
        "books": lambda: audit(books),
        "requests": lambda: books.recorded,
        "options": lambda: asdict(books.options),
        "clock": lambda: {"now": books.clock.now().isoformat()},
        "logins": administrator.logins,
    }

    def read(name: str) -> Response:
        if name not in readings:
            return _json({"error": f"no reading {name}; there are {', '.join(readings)}"}, 404)
        with books.lock:
            return _json(readings[name]())

    def order(name: str) -> Response:
        method = _method(name, accountant, administrator)
        if method is None:
            return _json({"error": f"no order {name}"}, 404)
        return _carry_out(method)

    def forget() -> Response:
        with books.lock:
            books.forget_requests()
        return _json({})

    app.add_url_rule("/_sandbox/<name>", "read", read)
    app.add_url_rule("/_sandbox/<name>", "order", order, methods=["POST"])
    app.add_url_rule("/_sandbox/requests", "forget", forget, methods=["DELETE"])


def _method(name: str, *people: object) -> Callable[..., Any] | None:
    if name.startswith("_"):
        return None
    found = (getattr(person, name, None) for person in people)
    return next((method for method in found if method), None)


def _carry_out(method: Callable[..., Any]) -> Response:
    try:
        given = loads(request.get_data() or b"{}")
        return _json({"done": _jsonable(method(**arguments(method, given)))})
    except (OrderRefused, ValueError, TypeError, ArithmeticError, LookupError) as problem:
        return _json({"error": str(problem)}, 400)
    except ApiError as problem:
        return _json({"error": problem.message}, 400)


def arguments(method: Callable[..., Any], given: Any) -> dict[str, Any]:
    """A method's arguments from JSON, as its annotations want them. Raises TypeError or ValueError."""
    hints = get_type_hints(method)
    known = inspect.signature(method).parameters
    if not isinstance(given, dict) or (given.keys() - known.keys()):
        raise TypeError(f"{method.__name__} takes an object of {', '.join(known)}")
    return {name: parsed(hints[name], value) for name, value in given.items()}


def parsed(hint: Any, value: Any) -> Any:
    """A JSON value as the annotation wants it."""
    if is_dataclass(hint):
        return _record(hint, value)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else parsed(inner[0], value)
    if origin in (tuple, Sequence, list):
        items = [parsed(inner[0], item) for item in value]
        return tuple(items) if origin is tuple else items
    if hint in (str, int, bool) and type(value) is not hint:
        raise TypeError(f"{value!r} is not {hint.__name__}")
    return _PARSERS[hint](value) if hint in _PARSERS else value


def _record(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} is an object of {', '.join(field.name for field in fields(kind))}")
    hints = get_type_hints(kind)
    return kind(**{name: parsed(hints.get(name), item) for name, item in value.items()})


def _jsonable(value: Any) -> Any:
    """What a method answers, for reading: amounts and dates as texts."""
    if isinstance(value, Posting):
        return {"batch": value.batch, "period": value.period, "post_seq": value.post_seq}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    if isinstance(value, Decimal):
        return text(value)
    return value.isoformat() if isinstance(value, date) else value


def _json(document: Any, status: int = 200) -> Response:
    return Response(dumps(document), status, mimetype="application/json")
