"""Vantagepoint's values as marshmallow fields: liberal in what they take, exact in what it means.

Deltek's samples print flags as Y and N, unset texts as "", some unset numbers as "" too, dates as
`YYYY-MM-DDTHH:mm:ss.fff` without a zone, and a period as 201305 or "05/2013".
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from marshmallow import ValidationError, fields

from connector.deltek.query import parse_moment

T = TypeVar("T")
PERIOD = re.compile(r"(?P<part>\d{1,2})/(?P<year>\d{4})")
WHOLE = re.compile(r"(?P<digits>-?\d{1,18})(\.0*)?", re.ASCII)
YES = ("y", "1", "true")


class DeltekField(fields.Field[T]):
    """A field named as Deltek names its column. Without `default` there must be a value."""

    default_error_messages = {"required": "is missing"}

    def __init__(self, column: str, *default: T | None) -> None:
        if default:
            super().__init__(data_key=column, load_default=default[0])
        else:
            super().__init__(data_key=column, required=True)

    def takes(self, value: Any) -> bool:
        """Whether there is a value at all: null never counts as one, a blank only as a text."""
        return value is not None and not (isinstance(value, str) and not value.strip())


class Text(DeltekField[str]):
    """A text exactly as Deltek gives it: blanks and leading zeros belong to its keys."""

    def takes(self, value: Any) -> bool:
        return value is not None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        if isinstance(value, bool | dict | list):
            raise ValidationError("is not a text")
        return str(value)


class Amount(DeltekField[Decimal]):
    """A number, or a text that is one. Blank is absent, never zero."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Decimal:
        if isinstance(value, bool | float):
            raise ValidationError("is not an exact number")
        try:
            number = Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            raise ValidationError("is not a number") from None
        # Deltek keeps decimal(19,4); "1e999999999" is finite too, but its digits would fill the memory.
        if not number.is_finite() or not -20 < number.adjusted() < 20:
            raise ValidationError("is not a number")
        return number


class Whole(DeltekField[int]):
    """A whole number, or a text that is one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        match = WHOLE.fullmatch(str(value).strip())
        if match is None:
            raise ValidationError("is not a whole number")
        return int(match["digits"])


class Period(Whole):
    """A fiscal period as YYYYPP, also when it is printed PP/YYYY."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        match = PERIOD.fullmatch(str(value).strip())
        if match:
            return int(match["year"]) * 100 + int(match["part"])
        return super()._deserialize(value, attr, data, **options)


class Flag(DeltekField[bool]):
    """True for Y, 1 and true; whatever else a column holds is not a yes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        return str(value).strip().lower() in YES


class Moment(DeltekField[datetime]):
    """A moment without a zone, as Deltek has it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        moment = parse_moment(value)
        if moment is None:
            raise ValidationError("is not a date")
        return moment


class Day(DeltekField[date]):
    """The date part, for Deltek prints dates as midnight. A zone, if one is printed, shifts no day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> date:
        try:
            return datetime.fromisoformat(str(value)).date()
        except ValueError:
            raise ValidationError("is not a date") from None
