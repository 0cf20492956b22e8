"""User-Defined Info Centers.

Paths: GO scjalliance/vantagepoint udic.go; Deltek's public Postman documents 4.0 and 5.0, "Hubs: User-Defined".
"""

from connector.sandbox.vantagepoint.calls import Answer, Call, Routes
from connector.sandbox.vantagepoint.info_centers import KEY
from connector.sandbox.vantagepoint.tables import Table

routes = Routes()


@routes.get("/UDIC/<center>")
def records(call: Call, center: str) -> Answer:
    found = call.books.info_centers.center(center)
    return call.rows(found.records.values(), found.table)


@routes.get("/UDIC/<center>/<uid>")
def record(call: Call, center: str, uid: str) -> Answer:
    found = call.books.info_centers.center(center)
    return call.rows([found.record(uid)], found.table)


@routes.post("/UDIC/<center>")
def create(call: Call, center: str) -> Answer:
    """Answers with the key alone, as Deltek's own sample does."""
    values = call.changes(_table(call, center))
    uid = call.books.info_centers.create(center, values)[KEY]
    return Answer([{KEY: uid}], location=f"UDIC/{center}/{uid}")


@routes.put("/UDIC/<center>/<uid>")
def change(call: Call, center: str, uid: str) -> Answer:
    call.books.info_centers.change(center, uid, call.changes(_table(call, center)))
    return record(call, center, uid)


def _table(call: Call, center: str) -> Table:
    return call.books.info_centers.center(center).table
