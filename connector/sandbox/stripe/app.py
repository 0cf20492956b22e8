"""The HTTP surface of the stand-in: Stripe's API under /v1, its operator's under /_sandbox."""

import time
from collections.abc import Callable
from urllib.parse import parse_qsl

import flask

from connector.sandbox.stripe import (  # noqa: F401 - each registers its endpoints
    account,
    bank_transfers,
    charges,
    contract,
    credit_notes,
    customers,
    disputes,
    events,
    invoice_life,
    invoice_lines,
    invoice_payments,
    invoices,
    payment_records,
    payouts,
    refunds,
    webhooks,
)
from connector.sandbox.stripe.access import authenticate
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.control import add_control
from connector.sandbox.stripe.delivery import Courier
from connector.sandbox.stripe.errors import Refusal
from connector.sandbox.stripe.events import API_VERSION
from connector.sandbox.stripe.executing import Answer, Request, execute


def create_app(
    *books: Books, courier: Courier | None = None, sleep: Callable[[float], None] = time.sleep
) -> flask.Flask:
    """Serves one or more accounts, told apart by their API keys; the operator's routes go to the first."""
    app = flask.Flask(__name__)
    accounts = list(books)

    @app.route("/v1/<path:_>", methods=["GET", "POST", "DELETE", "PUT", "PATCH"])
    def api(_: str) -> flask.Response:
        return _answer(accounts, sleep)

    add_control(app, accounts, courier or Courier(accounts))
    return app


def _answer(accounts: list[Books], sleep: Callable[[float], None]) -> flask.Response:
    request_id = f"req_{accounts[0].random_text(14)}"
    try:
        books, key = authenticate(accounts, flask.request.headers.get("Authorization"))
    except Refusal as refusal:
        return _respond(_refusal(refusal), request_id)
    request = Request(
        method=flask.request.method,
        path=flask.request.path,
        reading=contract.read(flask.request.method, flask.request.path, _fields()),
        key=key,
        request_id=request_id,
        idempotency_key=flask.request.headers.get("Idempotency-Key"),
    )
    try:
        answer = execute(books, request, sleep)
    except Refusal as refusal:
        answer = _refusal(refusal)
    _log(books, request, answer)
    return _respond(answer, request_id)


def _fields() -> list[tuple[str, str]]:
    if flask.request.method == "POST":
        text = flask.request.get_data(as_text=True)
    else:
        text = flask.request.query_string.decode()
    return parse_qsl(text, keep_blank_values=True)


def _refusal(refusal: Refusal) -> Answer:
    return Answer(refusal.status, flask.json.dumps(refusal.body))


def _respond(answer: Answer, request_id: str) -> flask.Response:
    response = flask.Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = flask.request.headers.get("Stripe-Version", API_VERSION)
    for name in ("Idempotency-Key", "Stripe-Account"):
        if name in flask.request.headers:
            response.headers[name] = flask.request.headers[name]
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _log(books: Books, request: Request, answer: Answer) -> None:
    endpoint = request.reading.endpoint
    name = f"{request.method} {endpoint.template if endpoint else request.path}"
    entry: Object = {
        "at": books.clock().isoformat(),
        "endpoint": name,
        "idempotency_key": request.idempotency_key,
        "method": request.method,
        "params": request.reading.params,
        "path": request.path,
        "problems": [problem.message for problem in request.reading.problems],
        "replayed": answer.replayed,
        "request_id": request.request_id,
        "status": answer.status,
        "version": flask.request.headers.get("Stripe-Version"),
    }
    with books.lock:
        books.requests.append(entry)
        books.request_counts[name] += 1
