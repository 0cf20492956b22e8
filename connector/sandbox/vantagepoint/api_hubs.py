"""Firms, contacts, projects.

Paths: Deltek's public Postman documents 4.0 to 7.0; GO scjalliance/vantagepoint firms.go, contacts.go,
projects.go.
"""

from typing import Any

from connector.sandbox.vantagepoint.calls import Answer, Call, Routes
from connector.sandbox.vantagepoint.errors import ApiError, not_found, unknown_field
from connector.sandbox.vantagepoint.hub_tables import CONTACT, FIRM, FIRM_ADDRESS, PROJECT
from connector.sandbox.vantagepoint.tables import Table
from connector.sandbox.vantagepoint.wire import Row, Wbs

routes = Routes()


@routes.get("/firm")
def firms(call: Call) -> Answer:
    return call.rows(call.books.hubs.firms.values(), FIRM)


@routes.get("/firm/<client_id>")
def firm(call: Call, client_id: str) -> Answer:
    return call.one(call.books.hubs.firms.get(client_id), FIRM, client_id)


@routes.put("/firm/<client_id>")
def change_firm(call: Call, client_id: str) -> Answer:
    """Partial. Custom fields (`Cust…`) are writable as any other."""
    row = call.books.hubs.firms.get(client_id)
    if row is None:
        raise not_found(client_id)
    call.books.hubs.change(row, _changes(call.body, FIRM))
    return firm(call, client_id)


@routes.get("/firm/<client_id>/address")
def addresses(call: Call, client_id: str) -> Answer:
    return call.rows(call.books.hubs.addresses.get(client_id, ()), FIRM_ADDRESS)


@routes.get("/contact")
def contacts(call: Call) -> Answer:
    return call.rows(call.books.hubs.contacts.values(), CONTACT)


@routes.get("/contact/<contact_id>")
def contact(call: Call, contact_id: str) -> Answer:
    return call.one(call.books.hubs.contacts.get(contact_id), CONTACT, contact_id)


@routes.get("/project")
def projects(call: Call) -> Answer:
    """Projects; phases and tasks with `wbstype=wbs2` and `wbs3` (GO query.go)."""
    level = call.query.get("wbstype").lower() or "wbs1"
    return call.rows((row for row in call.books.hubs.projects.values() if _level(row) == level), PROJECT)


@routes.get("/project/<key>")
def project(call: Call, key: str) -> Answer:
    return call.one(call.books.hubs.projects.get(Wbs.parse(key)), PROJECT, key)


@routes.put("/project/<key>")
def change_project(call: Call, key: str) -> Answer:
    row = call.books.hubs.projects.get(Wbs.parse(key))
    if row is None:
        raise not_found(key)
    call.books.hubs.change(row, _changes(call.body, PROJECT))
    return project(call, key)


@routes.get("/project/hierarchy/<wbs1>")
def hierarchy(call: Call, wbs1: str) -> Answer:
    """The project's row and every row below it."""
    rows = [row for wbs, row in call.books.hubs.projects.items() if wbs.wbs1 == wbs1]
    if not rows:
        raise not_found(wbs1)
    return call.rows(rows, PROJECT)


def _level(row: Row) -> str:
    if row["WBS2"] == " ":
        return "wbs1"
    return "wbs2" if row["WBS3"] == " " else "wbs3"


def _changes(body: Any, table: Table) -> Row:
    if not isinstance(body, dict):
        raise ApiError(400, "The request is invalid.")
    for name in body:
        if name not in table and not name.startswith("Cust"):
            raise unknown_field(name)
    return {name: value for name, value in body.items() if name not in table.keys}
