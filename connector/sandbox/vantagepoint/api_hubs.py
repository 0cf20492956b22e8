"""Firms, contacts, projects.

Paths: Deltek's public Postman documents 4.0 to 7.0; GO scjalliance/vantagepoint firms.go, contacts.go,
projects.go.
"""

from connector.sandbox.vantagepoint.calls import Answer, Call, Routes
from connector.sandbox.vantagepoint.errors import not_found
from connector.sandbox.vantagepoint.hub_tables import FIRM_ADDRESS
from connector.sandbox.vantagepoint.tables import Table
from connector.sandbox.vantagepoint.wire import Row, Wbs

routes = Routes()
ESCAPED_SLASH = "[_$2F_]"


@routes.get("/firm")
def firms(call: Call) -> Answer:
    return call.rows(call.books.hubs.firms.values(), _table(call, "firm"))


@routes.get("/firm/<client_id>")
def firm(call: Call, client_id: str) -> Answer:
    return call.one(call.books.hubs.firms.get(client_id), _table(call, "firm"), client_id)


@routes.put("/firm/<client_id>")
def change_firm(call: Call, client_id: str) -> Answer:
    """Partial. Custom columns (`Cust…`) are writable as any other."""
    row = call.books.hubs.firms.get(client_id)
    if row is None:
        raise not_found(client_id)
    call.books.hubs.change(row, _changes(call, "firm"))
    return firm(call, client_id)


@routes.get("/firm/<client_id>/address")
def addresses(call: Call, client_id: str) -> Answer:
    return call.rows(call.books.hubs.addresses.get(client_id, ()), FIRM_ADDRESS)


@routes.get("/contact")
def contacts(call: Call) -> Answer:
    return call.rows(call.books.hubs.contacts.values(), _table(call, "contact"))


@routes.get("/contact/<contact_id>")
def contact(call: Call, contact_id: str) -> Answer:
    return call.one(call.books.hubs.contacts.get(contact_id), _table(call, "contact"), contact_id)


@routes.get("/project")
def projects(call: Call) -> Answer:
    """Projects; phases and tasks with `wbstype=wbs2` and `wbs3` (GO query.go)."""
    level = call.query.get("wbstype").lower() or "wbs1"
    found = (row for row in call.books.hubs.projects.values() if _level(row) == level)
    return call.rows(found, _table(call, "project"))


@routes.get("/project/<key>")
def project(call: Call, key: str) -> Answer:
    return call.one(call.books.hubs.projects.get(_wbs(call, key)), _table(call, "project"), key)


@routes.put("/project/<key>")
def change_project(call: Call, key: str) -> Answer:
    row = call.books.hubs.projects.get(_wbs(call, key))
    if row is None:
        raise not_found(key)
    call.books.hubs.change(row, _changes(call, "project"))
    return project(call, key)


@routes.get("/project/hierarchy/<wbs1>")
def hierarchy(call: Call, wbs1: str) -> Answer:
    """The project's row and every row below it."""
    rows = [row for wbs, row in call.books.hubs.projects.items() if wbs.wbs1 == wbs1]
    if not rows:
        raise not_found(wbs1)
    return call.rows(rows, _table(call, "project"))


def _level(row: Row) -> str:
    if row["WBS2"] == " ":
        return "wbs1"
    return "wbs2" if row["WBS3"] == " " else "wbs3"


def _wbs(call: Call, key: str) -> Wbs:
    """A slash in a project's number comes escaped, where the version knows the browser's way to write it."""
    slash = ESCAPED_SLASH if call.books.options.escaped_slash else "/"
    return Wbs.parse(key.replace(slash, "/"))


def _table(call: Call, hub: str) -> Table:
    return call.books.hubs.tables[hub]


def _changes(call: Call, hub: str) -> Row:
    table = _table(call, hub)
    return {name: value for name, value in call.changes(table).items() if name not in table.keys}
