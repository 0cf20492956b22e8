"""What every table shares: names of constraints that migrations can rely on, and types."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Text without a length, moments with a time zone, JSON as JSONB, enumerations as their words."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        str: Text(),
        datetime: DateTime(timezone=True),
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            length=40,
            values_callable=lambda words: [word.value for word in words],
        ),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


class Numbered:
    """A row known by a number of ours, which is what a task message carries."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
