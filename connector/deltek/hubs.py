"""Firms, contacts and projects (GO scjalliance/vantagepoint firms.go, contacts.go, projects.go)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from connector.deltek.answers import Record
from connector.deltek.info_centers import QUIETLY
from connector.deltek.paging import all_rows
from connector.deltek.query import Equals, Query, shows, since
from connector.deltek.reading import Reader
from connector.deltek.records import Address, Contact, Firm, Project
from connector.deltek.schemas import ADDRESS, CONTACT, FIRM, PROJECT
from connector.deltek.session import DeltekSession, path_of
from connector.errors import Blocked, NotFound

R = TypeVar("R")
# What the API makes of a quoted slash in a path is documented nowhere; such keys are asked for by a filter.
SAFE_IN_A_PATH = re.compile(r"\w[\w.-]*", re.ASCII)
# So the browser's own service writes a slash; "%2F" may be taken for a step down, to another resource.
SLASH_IN_A_PATH = "[_$2F_]"
NO_ONE_PROJECT = re.compile(r"[.\s]*|.*\|.*", re.DOTALL)
CUSTOM = re.compile(r"Cust\w+", re.ASCII)
PROJECT_LEVEL = {"wbstype": "wbs1"}


class Hubs:
    def __init__(self, session: DeltekSession) -> None:
        self._session = session

    def firm(self, client_id: str) -> Firm:
        rows = self._single("firm", "ClientID", client_id)
        if not rows:
            raise NotFound("Deltek", f"There is no firm with ClientID {client_id}", status=404)
        return FIRM.read(rows[0], "firm")

    def addresses(self, client_id: str) -> list[Address]:
        try:
            rows = self._session.get(path_of("firm", client_id, "address"))
        except NotFound:
            return []
        return ADDRESS.read_all(rows, "firm/address")

    def contact(self, contact_id: str) -> Contact | None:
        rows = self._single("contact", "ContactID", contact_id)
        return CONTACT.read(rows[0], "contact") if rows else None

    def contacts(self, client_id: str) -> list[Contact]:
        query = Query((Equals("ClientID", client_id),), order="ContactID", key=("ContactID",))
        return self._changed("contact", CONTACT, query)

    def project(self, wbs1: str) -> Project | None:
        row = self._project(wbs1)
        return PROJECT.read(row, "project") if row else None

    def project_fields(self, wbs1: str, names: Iterable[str]) -> dict[str, Any] | None:
        row = self._project(wbs1)
        return {name: row[name] for name in names if name in row} if row else None

    def change_project(self, wbs1: str, fields: Mapping[str, Any]) -> None:
        foreign = [name for name in fields if not CUSTOM.fullmatch(name)]
        if foreign or not fields:
            raise ValueError(f"only custom columns of a project are changed, not {foreign}")
        self._session.put(_changed_at(wbs1), fields, QUIETLY)

    def changed_firms(self, moment: datetime) -> list[Firm]:
        return self._changed("firm", FIRM, Query((since("ModDate", moment),), "ModDate", ("ClientID",)))

    def changed_contacts(self, moment: datetime) -> list[Contact]:
        return self._changed(
            "contact", CONTACT, Query((since("ModDate", moment),), "ModDate", ("ContactID",))
        )

    def changed_projects(self, moment: datetime) -> list[Project]:
        query = Query((since("ModDate", moment),), "ModDate", ("WBS2", "WBS3", "WBS1"), PROJECT_LEVEL)
        rows = all_rows(self._session, "project", query)
        return PROJECT.read_all(filter(_is_top_level, rows), "project")

    def _changed(self, hub: str, reader: Reader[R], query: Query) -> list[R]:
        try:
            return reader.read_all(all_rows(self._session, hub, query), hub)
        except NotFound:
            return []  # this version lists no such hub

    def _single(self, hub: str, column: str, key: str) -> list[Record]:
        try:
            rows = self._session.get(path_of(hub, key))
        except NotFound:
            return []
        return [row for row in rows if shows(row, column, key)]

    def _project(self, wbs1: str) -> Record | None:
        rows = self._project_by_path(wbs1) or self._project_by_filter(wbs1)
        return next(iter(rows), None)

    def _project_by_path(self, wbs1: str) -> list[Record]:
        if not SAFE_IN_A_PATH.fullmatch(wbs1):
            return []
        return [row for row in self._single("project", "WBS1", wbs1) if _is_top_level(row)]

    def _project_by_filter(self, wbs1: str) -> list[Record]:
        query = Query((Equals("WBS1", wbs1),), extra=PROJECT_LEVEL)
        return [row for row in all_rows(self._session, "project", query) if _is_top_level(row)]


def _changed_at(wbs1: str) -> str:
    """The path of the project itself. Raises Blocked for a number that a path would lead elsewhere."""
    if NO_ONE_PROJECT.fullmatch(wbs1):
        raise Blocked(
            f"Project {wbs1!r} cannot be addressed through Deltek's API, so nothing is written to it",
            "Have the state written to an Info Center instead (deltek.write_back in the tenant file)",
        )
    return path_of("project", wbs1.replace("/", SLASH_IN_A_PATH))


def _is_top_level(row: Record) -> bool:
    return not any(str(row.get(level) or "").strip() for level in ("WBS2", "WBS3"))
