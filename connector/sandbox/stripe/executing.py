"""Executes one request on the books, at most once for each idempotency key."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from connector.sandbox.faults import Fault
from connector.sandbox.stripe.access import permissions
from connector.sandbox.stripe.books import ApiKey, Books, Caller, Object
from connector.sandbox.stripe.contract import Reading
from connector.sandbox.stripe.errors import Refusal, crashed, from_problems
from connector.sandbox.stripe.presenting import answer
from connector.sandbox.stripe.routing import ROUTES, Route


@dataclass
class Request:
    """One request to the API, decoded and authenticated."""

    method: str
    path: str
    reading: Reading
    key: ApiKey
    request_id: str
    idempotency_key: str | None


@dataclass
class Answer:
    """What goes back: a JSON text, and whether it is a replay."""

    status: int
    body: str
    replayed: bool = False


def execute(books: Books, request: Request, sleep: Callable[[float], None]) -> Answer:
    """Answers a request, or raises the refusal of one that never began."""
    route = _admit(books, request)
    key = request.idempotency_key
    if request.method != "POST" or not key:
        sleep(books.latency)
        return _run(books, route, request)
    kept = books.idempotency.begin(key, (request.method, request.path, request.reading.params))
    if kept is not None:
        return Answer(kept.status or 500, kept.body, replayed=True)
    try:
        sleep(books.latency)
        answered = _run(books, route, request)
    except BaseException:
        books.idempotency.forget(key)
        raise
    books.idempotency.keep(key, answered.status, answered.body)
    return answered


def _admit(books: Books, request: Request) -> Route:
    reading = request.reading
    if reading.problems or reading.endpoint is None:
        raise from_problems(reading.problems)
    route = ROUTES.get((reading.endpoint.method, reading.endpoint.template))
    if route is None:
        endpoint = f"{reading.endpoint.method} {reading.endpoint.template}"
        raise Refusal(404, f"The sandbox does not play the endpoint {endpoint}", stored=False)
    permissions(books, request.key)(route.permission)
    route.refuse_unplayed(reading.params)
    return route


def _run(books: Books, route: Route, request: Request) -> Answer:
    """Raises the refusals that leave no trace; the others are answers like any."""
    with books.lock:
        books.caller = Caller(request.key, request.request_id, request.idempotency_key)
        try:
            return Answer(200, json.dumps(_handled(books, route, request)))
        except Refusal as refusal:
            if not refusal.stored:
                raise
            return Answer(refusal.status, json.dumps(refusal.body))
        finally:
            books.caller = Caller()


def _handled(books: Books, route: Route, request: Request) -> Object:
    reading = request.reading
    crash = _due_crash(books, request)
    if crash is not None and crash.kind == "before":
        raise crashed()
    found = route.handler(books, reading.params, **reading.arguments)
    if crash is not None:
        raise crashed()
    try:
        return answer(books, found, reading.params.get("expand", []), permissions(books, request.key))
    except Refusal as refusal:
        refusal.stored = True  # the effect is there, so the key must not be free for another
        raise


def _due_crash(books: Books, request: Request) -> Fault | None:
    crash = next((each for each in books.crashes if each.matches(request.method, request.path)), None)
    if crash is None:
        return None
    crash.times -= 1
    if not crash.times:
        books.crashes.remove(crash)
    return crash
