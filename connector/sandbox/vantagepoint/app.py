"""The HTTP face: tokens, endpoints under `/{instance}/api`, and the operator's routes under `/_sandbox/`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from connector.sandbox.faults import FaultInjector
from connector.sandbox.vantagepoint import (
    api_accounting,
    api_hubs,
    api_info_centers,
    api_receipts,
    api_settings,
)
from connector.sandbox.vantagepoint.accountant import Accountant
from connector.sandbox.vantagepoint.administrator import Administrator
from connector.sandbox.vantagepoint.books import Books, RequestRecord
from connector.sandbox.vantagepoint.calls import Answer, Call, Route
from connector.sandbox.vantagepoint.control import add_control_routes
from connector.sandbox.vantagepoint.errors import ApiError, TokenError
from connector.sandbox.vantagepoint.queries import Query
from connector.sandbox.vantagepoint.wire import dumps, loads

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SUBJECTS = (api_settings, api_hubs, api_info_centers, api_accounting, api_receipts)


class Gateway:
    """Before the application: `dvp-postAsGet` and a base path in any case.

    A POST with that header is a GET whose parameters came as a form, for queries too long for a URL
    (GO scjalliance/vantagepoint client.go).
    """

    def __init__(self, app: "WSGIApplication", prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.lower().startswith(self._prefix.lower()):
            environ["PATH_INFO"] = self._prefix + path[len(self._prefix) :]
        post_as_get = environ.get("HTTP_DVP_POSTASGET", "").lower() == "true"
        if post_as_get and environ["REQUEST_METHOD"] == "POST":
            form = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
            query = "&".join(part for part in (environ.get("QUERY_STRING", ""), form) if part)
            environ |= {"REQUEST_METHOD": "GET", "QUERY_STRING": query, "CONTENT_LENGTH": "0"}
        return self._app(environ, start_response)


def create_app(books: Books) -> Flask:
    """The API and the operator's routes of these books; see `Sandbox` for faults around it."""
    app = Flask("vantagepoint")
    base = f"/{books.instance}/api"
    app.add_url_rule(f"{base}/token", "token", lambda: _token(books), methods=["POST"])
    app.add_url_rule(f"{base}/LoginConfig", "LoginConfig", lambda: _login_config(books))
    app.add_url_rule(
        f"{base}/LoginConfig/<database>",
        "LoginConfig/database",
        lambda database: _login_config(books, database),
    )
    for subject in _SUBJECTS:
        for route in subject.routes.routes:
            _add(app, base, route, books)
    app.register_error_handler(ApiError, _refusal)
    app.register_error_handler(404, lambda _: _refusal(ApiError(404, "No HTTP resource was found.")))
    app.register_error_handler(405, lambda _: _refusal(ApiError(405, "The method is not allowed.")))
    app.after_request(lambda response: _record(books, base, response))
    add_control_routes(app, books)
    app.wsgi_app = Gateway(app.wsgi_app, base)  # type: ignore[method-assign]  # Flask's own way to add middleware
    return app


class Sandbox:
    """A WSGI application: the books' API, with faults on order (`/_sandbox/faults`), and those who work on it."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.accountant = Accountant(books)
        self.administrator = Administrator(books)
        self.faults = FaultInjector(create_app(books), error=_injected)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return self.faults(environ, start_response)


def _injected(status: int) -> tuple[str, bytes]:
    return "application/json", dumps({"message": "An error has occurred.", "detail": f"{status}"}).encode()


def _add(app: Flask, base: str, route: Route, books: Books) -> None:
    def view(**path: Any) -> Response:
        with books.lock:
            return _answer(books, base, route.handler(_call(books, base), **path))

    app.add_url_rule(base + route.rule, f"{route.method} {route.rule}", view, methods=[route.method])


def _call(books: Books, base: str) -> Call:
    login = books.tokens.authenticate(request.headers.get("Authorization", ""))
    resource = request.path[len(base) + 1 :]
    if not login.role.allows(request.method, resource):
        raise ApiError(403, "You do not have access to this resource.", resource)
    books.receipts.post_due()
    return Call(books, login, Query(tuple(request.args.items(multi=True)), books.options), _body())


def _body() -> Any:
    data = request.get_data()
    if not data:
        return None
    if request.mimetype != "application/json":
        raise ApiError(415, "The request entity's media type is not supported for this resource.")
    try:
        return loads(data)
    except ValueError:
        raise ApiError(400, "The request is invalid.") from None


def _answer(books: Books, base: str, answer: Answer) -> Response:
    response = _json(answer.document, 201 if answer.location else 200)
    if answer.location:
        response.headers["Location"] = f"{request.host_url.rstrip('/')}{base}/{answer.location}"
    return response


def _json(document: Any, status: int = 200) -> Response:
    return Response(dumps(document), status, mimetype="application/json")


def _refusal(problem: Exception) -> Response:
    if not isinstance(problem, ApiError):
        raise problem
    return _json({"message": problem.message, "detail": problem.detail}, problem.status)


def _token(books: Books) -> Response:
    if request.mimetype != "application/x-www-form-urlencoded":
        return _json({"error": "invalid_request"}, 400)
    try:
        with books.lock:
            return _json(books.tokens.grant(request.form.to_dict()))
    except TokenError as refused:
        described = {"error_description": refused.description} if refused.description else {}
        return _json({"error": refused.error} | described, 400)


def _login_config(books: Books, database: str = "") -> Response:
    """Open to all, and an object rather than an array (GO login_config.go)."""
    if database not in ("", books.tokens.database):
        return _refusal(ApiError(404, "Record not found", database))
    return _json(
        {
            "database": books.tokens.database,
            "winAuthDefault": "N",
            "emailConfig": False,
            "WAADEnabled": False,
            "Languages": [{"Culture": "en-US", "Caption": "English (United States)"}],
        }
    )


def _record(books: Books, base: str, response: Response) -> Response:
    if request.path.startswith(base):
        rule = request.url_rule.rule if request.url_rule else request.path
        with books.lock:
            books.record(
                RequestRecord(
                    request.method,
                    request.path,
                    request.args.to_dict(),
                    response.status_code,
                    books.clock.now(),
                ),
                f"{request.method} {rule.removeprefix(base)}",
            )
    return response
