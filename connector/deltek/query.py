"""Questions to Vantagepoint: filterHash and order.

filterHash is published nowhere in full; the form here is that of integrations in production (name, value, opp,
type, seq, and condition on the clause before the join) and of GO scjalliance/vantagepoint query.go. A filter that
is spelled wrong is ignored without an error, so every clause can also judge the rows that came back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Protocol

from connector.tenants.description import FilterOperators

Operator = Literal["=", ">=", "<"]
Row = Mapping[str, Any]

WORDS: dict[Operator, str] = {"=": "eq", ">=": "ge", "<": "lt"}
# Deltek prints moments without a zone and documents none for them: two clocks differ by a day at most.
ZONE_SLACK = timedelta(days=1)


class Clause(Protocol):
    """One condition."""

    def admits(self, row: Row) -> bool:
        """Whether the row can be an answer."""

    def parameters(self, operators: FilterOperators) -> dict[str, str]:
        """The clause's entries of filterHash."""


@dataclass(frozen=True)
class Equals:
    """A text that is the same when trimmed and without regard to case, as SQL Server compares."""

    column: str
    text: str

    def admits(self, row: Row) -> bool:
        return same(row.get(self.column, ""), self.text)

    def parameters(self, operators: FilterOperators) -> dict[str, str]:
        return {"name": self.column, "value": self.text, "opp": _spelled("=", operators)}


@dataclass(frozen=True)
class Range:
    """A moment on one side of a limit: `asked` goes to Deltek, `admitted` judges the answer; both UTC.

    A moment that is not shown proves nothing: not every version prints PostDate (GO vantagepoint gl.go).
    """

    column: str
    operator: Operator
    asked: datetime
    admitted: datetime

    def admits(self, row: Row) -> bool:
        shown = parse_moment(row.get(self.column))
        if shown is None:
            return True
        return shown >= self.admitted if self.operator == ">=" else shown < self.admitted

    def parameters(self, operators: FilterOperators) -> dict[str, str]:
        # Without type=datetime and a zone the answer is silently empty, as integrations in production found.
        return {
            "name": self.column,
            "value": f"{self.asked:%Y-%m-%dT%H:%M:%S}Z",
            "type": "datetime",
            "opp": _spelled(self.operator, operators),
        }


def since(column: str, moment: datetime) -> Range:
    """`moment` or later; the answer is judged with the slack of an unknown zone."""
    limit = _without_zone(moment)
    return Range(column, ">=", limit, limit - ZONE_SLACK)


def before(column: str, moment: datetime) -> Range:
    """Earlier than `moment`; the answer is judged with the slack of an unknown zone."""
    limit = _without_zone(moment)
    return Range(column, "<", limit, limit + ZONE_SLACK)


def on_or_after(column: str, day: date) -> Range:
    """`day` or later in a column of dates; a day more is asked for, lest a zone hide midnight."""
    limit = datetime.combine(day, time.min)
    return Range(column, ">=", limit - ZONE_SLACK, limit)


@dataclass(frozen=True)
class Query:
    """All clauses must hold. `key` are the columns that tell rows apart, the one that is never blank last."""

    clauses: tuple[Clause, ...] = ()
    order: str = ""
    key: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def admits(self, row: Row) -> bool:
        return all(clause.admits(row) for clause in self.clauses)

    @property
    def texts(self) -> list[str]:
        """The columns that must equal a text."""
        return [clause.column for clause in self.clauses if isinstance(clause, Equals)]

    def parameters(self, operators: FilterOperators) -> dict[str, str]:
        """The query string's names and values."""
        result = dict(self.extra)
        for position, clause in enumerate(self.clauses):
            entries = clause.parameters(operators) | {"seq": str(position)}
            if position < len(self.clauses) - 1:
                entries["condition"] = "AND"
            result |= {f"filterHash[{position}][{name}]": value for name, value in entries.items()}
        return result | ({"order": self.order} if self.order else {})


def parse_moment(value: Any) -> datetime | None:
    """`YYYY-MM-DDTHH:mm:ss[.fff][Z]` or a date as a moment without a zone; None for anything else."""
    try:
        parsed = datetime.fromisoformat(str(value))
        return _without_zone(parsed) if parsed.tzinfo else parsed
    except (ValueError, OverflowError):
        return None


def same(one: Any, other: Any) -> bool:
    """Whether two keys are one to Deltek: case and outer blanks do not tell them apart."""
    return folded(one) == folded(other)


def folded(key: Any) -> str:
    """The key as all its spellings have it."""
    return str(key).strip().casefold()


def shows(row: Row, column: str, key: str) -> bool:
    """Whether a row that was asked for by its key has this key, or hides the column from the role."""
    shown = str(row.get(column) or "").strip()
    return not shown or same(shown, key)


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _spelled(operator: Operator, operators: FilterOperators) -> str:
    return operator if operators == "symbols" else WORDS[operator]
