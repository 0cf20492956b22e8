"""Firms, contacts and projects: the hubs that an invoice points into."""

import uuid
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.hub_tables import CONTACT, FIRM, FIRM_ADDRESS, PROJECT
from connector.sandbox.vantagepoint.tables import custom
from connector.sandbox.vantagepoint.wire import Row, Wbs

SYSTEM_USER = "ADMIN"
Key = TypeVar("Key")


class Hubs:
    """Rows as they are printed, by key. `stamp` says now as the server prints it."""

    def __init__(self, stamp: Callable[[], str], random: Random) -> None:
        self._stamp = stamp
        self._random = random
        self.tables = {"firm": FIRM, "contact": CONTACT, "project": PROJECT}
        self.firms: dict[str, Row] = {}
        self.addresses: dict[str, list[Row]] = {}
        self.contacts: dict[str, Row] = {}
        self.projects: dict[Wbs, Row] = {}

    def new_key(self) -> str:
        """32 hexadecimal digits, as Vantagepoint's own keys have."""
        return uuid.UUID(int=self._random.getrandbits(128)).hex.upper()

    def add_column(self, hub: str, name: str, length: int) -> None:
        """A custom column of the firm's own on every record of the hub."""
        self.tables[hub] = self.tables[hub].extended(custom(name, length))
        records = {"firm": self.firms.values(), "project": self.projects.values()}
        for row in records[hub]:
            row[name] = ""

    def add_firm(self, **values: Any) -> Row:
        """Values under Deltek's column names; a missing ClientID is made up."""
        return self._add(self.firms, "ClientID", self.tables["firm"].row(values))

    def add_address(self, client_id: str, **values: Any) -> Row:
        row = FIRM_ADDRESS.row(
            {"ClientID": client_id, "CLAddressID": self.new_key(), **values},
        )
        self.addresses.setdefault(client_id, []).append(row)
        self.touch(self.firm(client_id))
        return row

    def add_contact(self, **values: Any) -> Row:
        return self._add(self.contacts, "ContactID", self.tables["contact"].row(values))

    def add_project(self, **values: Any) -> Row:
        """A project, phase or task. Adding below a row makes that row one that cannot be charged."""
        row = self.tables["project"].row(values)
        wbs = Wbs.of(row["WBS1"], row["WBS2"], row["WBS3"])
        self.projects[wbs] = row | wbs.columns
        self._mark_parent(wbs)
        return self.touch(self.projects[wbs])

    def delete_project(self, wbs1: str) -> None:
        for wbs in [one for one in self.projects if one.wbs1 == wbs1]:
            del self.projects[wbs]

    def firm(self, client_id: str) -> Row:
        return _found(self.firms, client_id, "firm")

    def contact(self, contact_id: str) -> Row:
        return _found(self.contacts, contact_id, "contact")

    def project(self, wbs: Wbs) -> Row:
        return _found(self.projects, wbs, "project")

    def name(self, wbs: Wbs) -> str:
        row = self.projects.get(wbs)
        return row["Name"] if row else ""

    def names(self, wbs: Wbs) -> Row:
        """The names of the three levels, as the accounting tables print them."""
        return {
            "WBS1Name": self.name(Wbs(wbs.wbs1)),
            "WBS2Name": self.name(Wbs(wbs.wbs1, wbs.wbs2)) if wbs.wbs2 != " " else "",
            "WBS3Name": self.name(wbs) if wbs.wbs3 != " " else "",
        }

    def billing_client(self, wbs1: str) -> tuple[str, str]:
        """ClientID and name of the project's billing client, which may differ from its client."""
        project = self.projects.get(Wbs(wbs1), {})
        client_id = project.get("BillingClientID") or project.get("ClientID") or ""
        return client_id, self.firms.get(client_id, {}).get("Name", "")

    def has_children(self, wbs: Wbs) -> bool:
        return bool(self.projects[wbs]["SubLevel"] == "Y")

    def active(self, wbs: Wbs) -> bool:
        """Whether the row and every row above it is active."""
        above = {Wbs(wbs.wbs1), Wbs(wbs.wbs1, wbs.wbs2), wbs}
        return all(self.projects[key]["Status"] == "A" for key in above if key in self.projects)

    def touch(self, row: Row) -> Row:
        if "ModDate" in row:
            row |= {"ModDate": self._stamp(), "ModUser": SYSTEM_USER}
        return row

    def change(self, row: Row, changes: Row) -> Row:
        """Raises OrderRefused for a name that is no column."""
        for name in changes:
            if name not in row:
                raise OrderRefused(f"no column {name}")
        row.update(changes)
        return self.touch(row)

    def _add(self, rows: dict[str, Row], key: str, row: Row) -> Row:
        row[key] = row[key] or self.new_key()
        rows[row[key]] = self.touch(row)
        return row

    def _mark_parent(self, wbs: Wbs) -> None:
        parent = Wbs(wbs.wbs1, wbs.wbs2) if wbs.wbs3 != " " else Wbs(wbs.wbs1)
        if parent != wbs and parent in self.projects:
            self.projects[parent]["SubLevel"] = "Y"


def _found(rows: dict[Key, Row], key: Key, what: str) -> Row:
    try:
        return rows[key]
    except KeyError:
        raise OrderRefused(f"no {what} {key!r}") from None
