"""Cash receipts.

Paths: Deltek's public Postman documents 4.0 to 6.5; PostTransFile is known from integrations in production
only.
"""

from collections.abc import Callable, Iterable
from typing import Any

from connector.sandbox.vantagepoint.calls import Answer, Call, Routes
from connector.sandbox.vantagepoint.errors import ApiError, missing_column, not_found
from connector.sandbox.vantagepoint.receipts import ReceiptFile
from connector.sandbox.vantagepoint.tables import CR_CONTROL, CR_DETAIL, CR_MASTER, LANDING, Table
from connector.sandbox.vantagepoint.wire import Row

routes = Routes()


@routes.post("/DataEntry/crControl")
def create_file(call: Call) -> Answer:
    file = call.books.receipts.create(call.body, call.login)
    return Answer([_whole(call, file)], location=f"DataEntry/crControl/{file.batch}")


@routes.get("/DataEntry/crControl/<batch>")
def receipt_control(call: Call, batch: str) -> Answer:
    """A receipt made without a file has no control to show."""
    return _file(
        call,
        batch,
        CR_CONTROL,
        lambda file: [] if file.single else [call.books.receipt_documents.control(file)],
    )


@routes.put("/DataEntry/crControl/<batch>")
def change_file(call: Call, batch: str) -> Answer:
    file = call.books.receipts.update(batch, call.body, call.login)
    return Answer([call.books.receipt_documents.control(file)])


@routes.delete("/DataEntry/crControl/<batch>")
def delete_file(call: Call, batch: str) -> Answer:
    call.books.receipts.delete(batch)
    return Answer([])


@routes.get("/DataEntry/crMaster/<key>")
def receipt_masters(call: Call, key: str) -> Answer:
    return _file(call, key, CR_MASTER, call.books.receipt_documents.masters)


@routes.post("/DataEntry/crMaster/<key>")
def create_receipt(call: Call, key: str) -> Answer:
    file = call.books.receipts.create_single(key, call.body, call.login)
    return Answer(_single(call, file), location=f"DataEntry/crMaster/{key}")


@routes.put("/DataEntry/crMaster/<key>")
def change_receipt(call: Call, key: str) -> Answer:
    return Answer(_single(call, call.books.receipts.update_single(key, call.body, call.login)))


@routes.get("/DataEntry/crDetail/<key>")
def receipt_details(call: Call, key: str) -> Answer:
    return _file(call, key, CR_DETAIL, call.books.receipt_documents.details)


@routes.get("/DataEntry/crLanding")
def receipt_files(call: Call) -> Answer:
    rows = call.books.receipt_documents.landing(call.login.company)
    return call.rows(rows, LANDING, accounting=True)


@routes.put("/DataEntry/PostTransFile")
def post_file(call: Call) -> Answer:
    """`{"parms": [{"batch", "description", "period", "transtype": "CR"}]}`.

    What it answers is documented nowhere; here, nothing.
    """
    if not call.books.options.post_trans_file:
        raise not_found("PostTransFile")
    for parameters in _posting_parameters(call.body):
        call.books.receipts.request_posting(parameters["batch"], int(parameters["period"]), call.login)
    return Answer([])


def _posting_parameters(body: Any) -> list[Row]:
    given = body.get("parms") if isinstance(body, dict) else None
    rows: list[Any] = given if isinstance(given, list) else [given]
    for row in rows:
        if not isinstance(row, dict):
            raise ApiError(500, "Object reference not set to an instance of an object.")
        for name in ("batch", "period", "transtype"):
            if not row.get(name):
                raise missing_column(name)
        if row["transtype"] != "CR" or not str(row["period"]).isdigit():
            raise ApiError(400, "The request is invalid.")
    return rows


def _file(call: Call, key: str, table: Table, show: Callable[[ReceiptFile], Iterable[Row]]) -> Answer:
    batch, _, ref_no = key.partition("|")
    file = call.books.receipts.visible(batch, ref_no)
    rows = list(show(file)) if file else []
    return call.batch([row for row in rows if ref_no in ("", row.get("RefNo"))] or None, table, key)


def _whole(call: Call, file: ReceiptFile) -> Row:
    documents = call.books.receipt_documents
    nested = {"crMaster": documents.masters(file), "crDetail": documents.details(file)}
    return documents.control(file) | nested


def _single(call: Call, file: ReceiptFile) -> list[Row]:
    documents = call.books.receipt_documents
    return [documents.masters(file)[0] | {"crDetail": documents.details(file)}]
