"""What the database makes of a value that is written: texts must fit, numbers and dates must be some.

The texts are those that integrations in production meet.
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.sandbox.vantagepoint.errors import ApiError
from connector.sandbox.vantagepoint.tables import Column
from connector.sandbox.vantagepoint.wire import parse_day


def stored(column: Column, value: Any, length: int | None = None) -> Any:
    """The value as it is kept; `length` is the installation's own. Raises ApiError 500 where it cannot be."""
    if column.kind == "Numeric":
        return _amount(column.name, value)
    text = "" if value is None else str(value)
    if column.kind == "Date":
        return _date_text(column.name, text)
    longest = column.length if length is None else length
    if longest and len(text) > longest:
        raise ApiError(500, f"String or binary data would be truncated in table, column '{column.name}'.")
    return text


def _amount(name: str, value: Any) -> Any:
    """Numbers and numeric texts (Deltek PS 1.1 help posts "12.34"); blank is 0."""
    if value in ("", None):
        return 0
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ApiError(500, f"Error converting data type nvarchar to numeric, column '{name}'.") from None
    return int(number) if number == number.to_integral_value() and isinstance(value, int) else number


def _date_text(name: str, text: str) -> str:
    if not text:
        return ""
    try:
        found: date = parse_day(text)
    except ValueError:
        raise ApiError(500, f"Conversion failed when converting date from string, column '{name}'.") from None
    return f"{found:%Y-%m-%d}T00:00:00.000"
