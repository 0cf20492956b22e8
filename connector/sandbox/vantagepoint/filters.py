"""filterHash: how a request says which rows it wants, traps included.

The syntax is in no page of Deltek's that can be reached; it is known from GO scjalliance/vantagepoint
query.go and from integrations in production, which also met the traps held here: an operator in a spelling
that the version does not know is ignored, so everything comes back; a range of time without `type=datetime`,
or with a time that has no offset, finds nothing; neither says why.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from connector.sandbox.vantagepoint.errors import ApiError, unknown_field
from connector.sandbox.vantagepoint.tables import Table
from connector.sandbox.vantagepoint.wire import Row, moment, parse_instant

_KEY = re.compile(r"filterHash\[(\d+)\]\[(\w+)\]")
_SYMBOLS = {"=": "=", "==": "=", "!=": "<>", "<>": "<>", ">": ">", "<": "<", ">=": ">=", "<=": "<="}
_WORDS = {"eq": "=", "ne": "<>", "gt": ">", "lt": "<", "ge": ">=", "le": "<=", "like": "like", "in": "in"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_RANGES = (">", "<", ">=", "<=")
_NOTHING: Callable[[Any], bool] = lambda _value: False  # noqa: E731 - a test like the others


@dataclass(frozen=True)
class Clause:
    """One condition on one column; `test` decides on the value as printed."""

    name: str
    operator: str
    value: str
    joined: str
    test: Callable[[Any], bool]


@dataclass(frozen=True)
class Filter:
    """Alternatives of requirements; a requirement is met by any of its clauses, which are on one column."""

    alternatives: tuple[tuple[tuple[Clause, ...], ...], ...] = ()

    def matches(self, row: Row) -> bool:
        return not self.alternatives or any(
            all(any(clause.test(row.get(clause.name, "")) for clause in either) for either in required)
            for required in self.alternatives
        )

    def wanted(self, name: str) -> list[str] | None:
        """The only values of the column that can match, or None when that cannot be said."""
        for either in self._required():
            if all(clause.name == name and clause.operator == "=" for clause in either):
                return [clause.value for clause in either]
        return None

    def bounds(self, name: str) -> list[Clause]:
        """The conditions on a column that every match meets."""
        return [either[0] for either in self._required() if len(either) == 1 and either[0].name == name]

    def _required(self) -> tuple[tuple[Clause, ...], ...]:
        return self.alternatives[0] if len(self.alternatives) == 1 else ()


def parse(
    parameters: Iterable[tuple[str, str]], table: Table, spelling: Literal["symbols", "words"], zone: str
) -> Filter:
    """Raises ApiError 400 for a column that the table does not have."""
    known = _SYMBOLS if spelling == "symbols" else _WORDS
    clauses = [
        _clause(parts, known[parts.get("opp", "") or _default(spelling)], table, zone)
        for parts in _parts(parameters)
        if (parts.get("opp", "") or _default(spelling)) in known
    ]
    return Filter(_join(clauses))


def _default(spelling: str) -> str:
    return "=" if spelling == "symbols" else "eq"


def _parts(parameters: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for key, value in parameters:
        if match := _KEY.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2].lower()] = value
    ordered = sorted(found.items(), key=lambda item: (_integer(item[1].get("seq", ""), item[0]), item[0]))
    return [parts for _, parts in ordered if parts.get("name")]


def _integer(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


def _clause(parts: Mapping[str, str], operation: str, table: Table, zone: str) -> Clause:
    name, value = parts["name"], parts.get("value", "")
    if name not in table:
        raise unknown_field(name)
    is_date = table.by_name[name].kind == "Date"
    test = _date_test(parts, operation, zone) if is_date else _plain_test(operation, value)
    return Clause(name, operation, value, parts.get("condition", "").upper(), test)


def _date_test(parts: Mapping[str, str], operation: str, zone: str) -> Callable[[Any], bool]:
    value = parts.get("value", "")
    if parts.get("type", "").lower() == "datetime":
        instant = parse_instant(value)
        if instant is None:
            return _NOTHING
        limit = moment(instant, zone)
        return lambda printed: bool(printed) and _COMPARE[operation](printed, limit)
    if operation in _RANGES:
        return _NOTHING
    return lambda printed: printed[:10] == value[:10]


def _plain_test(operation: str, value: str) -> Callable[[Any], bool]:
    if operation == "in":
        wanted = {fold(item) for item in value.split(",")}
        return lambda printed: fold(str(printed)) in wanted
    if operation == "like":
        pattern = re.compile(".*".join(re.escape(fold(part)) for part in value.split("%")))
        return lambda printed: pattern.fullmatch(fold(str(printed))) is not None
    compare, text = _COMPARE[operation], fold(value)

    def test(printed: Any) -> bool:
        if isinstance(printed, str):
            return compare(fold(printed), text)
        return compare(Decimal(printed), _decimal(value))

    return test


def _decimal(value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ApiError(500, "Error converting data type nvarchar to numeric.") from None


def fold(text: str) -> str:
    """SQL Server compares texts without case and without trailing blanks."""
    return text.rstrip().casefold()


def _join(clauses: list[Clause]) -> tuple[tuple[tuple[Clause, ...], ...], ...]:
    """A condition stands on the clause before the join; without one, the same column again means OR."""
    alternatives: list[list[list[Clause]]] = []
    before: Clause | None = None
    for clause in clauses:
        if before is None or before.joined == "OR":
            alternatives.append([[clause]])
        elif before.joined != "AND" and before.name == clause.name:
            alternatives[-1][-1].append(clause)
        else:
            alternatives[-1].append([clause])
        before = clause
    return tuple(tuple(tuple(either) for either in required) for required in alternatives)
