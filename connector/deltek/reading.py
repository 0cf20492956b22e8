"""From a row of an answer to a record, or to an error that a person can act on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, pre_load

from connector.deltek.answers import Record
from connector.deltek.fields import DeltekField
from connector.errors import Blocked

R = TypeVar("R")
VIEW_FIELD = "See that the API user's role may view this field in Deltek (Settings > Security > Roles)"


class RowSchema(Schema):
    """A row of an answer; columns that are not named are of no concern."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _without_absent(self, row: Record, **_: Any) -> Record:
        columns = {field.data_key: field for field in self.fields.values() if isinstance(field, DeltekField)}
        return {name: row[name] for name, field in columns.items() if name in row and field.takes(row[name])}


@dataclass(frozen=True)
class Reader(Generic[R]):
    """Reads the rows of one table; `key` are the columns that name a row to a person."""

    schema: RowSchema
    build: Callable[..., R]
    key: tuple[str, ...]

    def read(self, row: Record, path: str) -> R:
        """The record. Raises Blocked naming the endpoint, the field and the row's key."""
        try:
            return self.build(**self.schema.load(row))
        except ValidationError as error:
            raise Blocked(self._complaint(row, path, error.messages_dict), VIEW_FIELD) from None

    def read_all(self, rows: Iterable[Record], path: str) -> list[R]:
        return [self.read(row, path) for row in rows]

    def _complaint(self, row: Record, path: str, messages: dict[str, Any]) -> str:
        faults = ", ".join(f"{column} {texts[0]}" for column, texts in messages.items())
        names = ", ".join(f"{column} {row.get(column)!r}" for column in self.key)
        return f"The row of GET {path} with {names} cannot be read: {faults}"
