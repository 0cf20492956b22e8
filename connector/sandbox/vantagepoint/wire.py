"""How Vantagepoint writes values: dates without a zone, Y and N, one space for an absent phase or task.

Sources: the samples of Deltek's public Postman documents; GO scjalliance/vantagepoint types.go.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Row = dict[str, Any]
ABSENT = " "


class Wbs(NamedTuple):
    """A project, phase or task. An absent level is one space, in answers as in requests."""

    wbs1: str
    wbs2: str = ABSENT
    wbs3: str = ABSENT

    @classmethod
    def parse(cls, key: str) -> "Wbs":
        """`WBS1|WBS2|WBS3`, the last two optional."""
        return cls.of(*key.split("|"))

    @classmethod
    def of(cls, wbs1: str, wbs2: str = "", wbs3: str = "") -> "Wbs":
        return cls(wbs1, wbs2.strip() or ABSENT, wbs3.strip() or ABSENT)

    @property
    def columns(self) -> Row:
        return {"WBS1": self.wbs1, "WBS2": self.wbs2, "WBS3": self.wbs3}


def day(value: date | None) -> str:
    """A date as midnight without a zone; "" when there is none."""
    return f"{value:%Y-%m-%d}T00:00:00.000" if value else ""


def moment(value: datetime | None, zone: str) -> str:
    """A point in time on the server's wall clock, which the answer does not name."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}"


def flag(value: bool) -> str:
    return "Y" if value else "N"


def parse_day(value: str) -> date:
    """The date of `2026-08-01` or `2026-08-01T00:00:00.000`. Raises ValueError."""
    return date.fromisoformat(value[:10])


def parse_instant(value: str) -> datetime | None:
    """The instant in UTC, or None for a text without an offset or that is no time at all."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else None


def dumps(document: Any) -> str:
    """JSON as Vantagepoint prints it: amounts as numbers."""
    return json.dumps(document, default=_number)


def loads(text: bytes) -> Any:
    """JSON whose numbers stay exact."""
    return json.loads(text, parse_float=Decimal)


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} is not for JSON")
