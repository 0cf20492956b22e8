"""User-Defined Info Centers: tables that a firm makes for itself, with columns of its own.

Columns: GO scjalliance/vantagepoint udic.go; Deltek's public Postman documents 4.0 and 5.0, "Hubs: User-Defined".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connector.sandbox.vantagepoint.errors import OrderRefused, already_exists, not_found
from connector.sandbox.vantagepoint.hubs import SYSTEM_USER
from connector.sandbox.vantagepoint.tables import Column, Table, computed, custom, dates, numbers, texts
from connector.sandbox.vantagepoint.wire import Row

KEY = "UDIC_UID"
_OWN = (
    Column(KEY, length=32),
    *texts("CustNumber CustName"),
    *computed(texts("CreateUser")),
    *computed(dates("CreateDate")),
    *computed(texts("ModUser")),
    *computed(dates("ModDate")),
    *computed(numbers("HasPhoto")),
    *computed(texts("PhotoModDate UDICNumber UDICName")),
)


@dataclass(frozen=True)
class InfoCenter:
    """One table and its records by key."""

    table: Table
    records: dict[str, Row] = field(default_factory=dict)

    def record(self, uid: str) -> Row:
        """Raises ApiError 404."""
        if uid not in self.records:
            raise not_found(uid)
        return self.records[uid]


class InfoCenters:
    """Every table of the firm's own. `stamp` says now as the server prints it."""

    def __init__(self, stamp: Callable[[], str], new_key: Callable[[], str]) -> None:
        self._stamp = stamp
        self._new_key = new_key
        self._centers: dict[str, InfoCenter] = {}

    def add(self, name: str, columns: Mapping[str, int]) -> None:
        """`columns` are texts by name (`Cust…`) and their longest value. Raises OrderRefused for other names."""
        if name in self._centers:
            raise OrderRefused(f"there is an Info Center {name} already")
        own = tuple(custom(column, length) for column, length in columns.items())
        self._centers[name] = InfoCenter(Table(name, (KEY,), (*_OWN, *own)))

    def center(self, name: str) -> InfoCenter:
        """Raises ApiError 404."""
        if name not in self._centers:
            raise not_found(f"Info Center {name}")
        return self._centers[name]

    def create(self, name: str, values: Row) -> Row:
        """A record; its key is the one given, or a new one."""
        center = self.center(name)
        uid = values.get(KEY) or self._new_key()
        if uid in center.records:
            raise already_exists(uid)
        made = {"CreateUser": SYSTEM_USER, "CreateDate": self._stamp()}
        center.records[uid] = center.table.blank() | made
        return self.change(name, uid, values | {KEY: uid})

    def change(self, name: str, uid: str, values: Row) -> Row:
        """The columns given; the key stays."""
        row = self.center(name).record(uid)
        row |= values | {KEY: uid, "ModUser": SYSTEM_USER, "ModDate": self._stamp()}
        row |= {"UDICNumber": row["CustNumber"], "UDICName": row["CustName"]}
        return row
