"""The posted ledger, receivables, and the documents of invoices.

Paths: GO scjalliance/vantagepoint gl.go, ar_review.go, invoices.go, billing.go; Deltek's Postman documents
7.1.
"""

from collections.abc import Callable, Iterable

from connector.sandbox.vantagepoint.billing import InvoiceFile
from connector.sandbox.vantagepoint.calls import Answer, Call, Routes
from connector.sandbox.vantagepoint.errors import not_found
from connector.sandbox.vantagepoint.filters import Filter
from connector.sandbox.vantagepoint.hub_tables import (
    AR_BALANCE,
    AR_BALANCE_DETAIL,
    AR_BALANCE_DETAIL_CR,
    INVOICE_MASTER,
    LEDGER_TAX,
    PSA_LEDGER,
)
from connector.sandbox.vantagepoint.tables import IN_CONTROL, IN_DETAIL, IN_MASTER, LANDING, Table
from connector.sandbox.vantagepoint.wire import Row

routes = Routes()
_EVERYTHING = Filter()
View = Callable[[Filter, str, set[str] | None], Iterable[Row]]


@routes.get("/PSALedger/<trans_type>")
def ledger(call: Call, trans_type: str) -> Answer:
    """Posted rows of one transaction type; types that nothing was posted of are empty."""
    rows = call.books.ledger.printed(trans_type.upper(), call.query.filter(PSA_LEDGER), call.companies)
    answer = call.rows(rows, PSA_LEDGER, accounting=True)
    if not call.books.options.ledger_prints_post_date:
        for row in answer.document:
            row.pop("PostDate", None)
    return answer


@routes.get("/LedgerTax/<trans_type>")
def ledger_tax(call: Call, trans_type: str) -> Answer:
    posted = call.books.ledger.printed(trans_type.upper(), _EVERYTHING, call.companies)
    rows = (
        {name: row[name] for name in LEDGER_TAX.by_name} for row in posted if row["InvoiceSection"] == "T"
    )
    return call.rows(rows, LEDGER_TAX)


@routes.get("/ARReview/ARBalance")
def balances(call: Call) -> Answer:
    return _review(call, AR_BALANCE, call.books.receivables.balances)


@routes.get("/ARReview/ARBalanceDetail")
def balance_details(call: Call) -> Answer:
    return _review(call, AR_BALANCE_DETAIL, call.books.receivables.details)


@routes.get("/ARReview/ARBalanceDetailCR")
def balance_receipts(call: Call) -> Answer:
    return _review(call, AR_BALANCE_DETAIL_CR, call.books.receivables.receipts)


def _review(call: Call, table: Table, view: View) -> Answer:
    options = call.books.options
    if not options.ar_review:
        raise not_found("ARReview")
    asked = call.query.get(options.ar_review_key)
    companies = {call.login.company} if options.ar_review_active_company_only else call.companies
    return call.rows(view(call.query.filter(table), asked, companies), table)


@routes.get("/DataEntry/inLanding")
def invoice_files(call: Call) -> Answer:
    rows = call.books.documents.landing(call.login.company)
    return call.rows(rows, LANDING, accounting=True)


@routes.get("/DataEntry/inControl/<batch>")
def invoice_control(call: Call, batch: str) -> Answer:
    return _file(call, batch, IN_CONTROL, lambda file: [call.books.documents.control(file)])


@routes.get("/DataEntry/inMaster/<batch>")
def invoice_masters(call: Call, batch: str) -> Answer:
    return _file(call, batch, IN_MASTER, call.books.documents.masters)


@routes.get("/DataEntry/inDetail/<batch>")
def invoice_details(call: Call, batch: str) -> Answer:
    return _file(call, batch, IN_DETAIL, call.books.documents.details)


def _file(call: Call, batch: str, table: Table, show: Callable[[InvoiceFile], Iterable[Row]]) -> Answer:
    file = call.books.documents.visible(batch)
    return call.batch(None if file is None else show(file), table, batch)


@routes.get("/InteractiveDetail/<wbs1>/InvoiceMaster")
def interactive(call: Call, wbs1: str) -> Answer:
    return call.rows(call.books.documents.interactive(wbs1), INVOICE_MASTER)
