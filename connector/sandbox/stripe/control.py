"""The operator's routes under /_sandbox: what people do at Stripe, the auditor's books, the record of requests.

A route is a method of `Dashboard`: `POST /_sandbox/pay {"invoice": "in_...", "method": "card"}`. With several
accounts, `?account=acct_...` names one; the first is meant otherwise.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask

from connector.sandbox.faults import Fault
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.dashboard import Dashboard
from connector.sandbox.stripe.delivery import Courier
from connector.sandbox.stripe.errors import Refusal
from connector.sandbox.stripe.presenting import whole

ACTIONS = frozenset(name for name in vars(Dashboard) if not name.startswith("_"))
SETTINGS = frozenset({"exchange_rates", "late_balance_transactions", "latency", "search_delay"})
DELIVERY = frozenset({"copies", "drop", "paused", "shuffle"})
AUDITED = (
    "balance_transaction",
    "charge",
    "credit_note",
    "customer",
    "customer_balance_transaction",
    "customer_cash_balance_transaction",
    "dispute",
    "invoice",
    "invoice_payment",
    "payment_intent",
    "payment_record",
    "payout",
    "refund",
    "webhook_endpoint",
)


def add_control(app: flask.Flask, accounts: list[Books], courier: Courier) -> None:
    """Adds the routes."""

    def chosen() -> Books:
        asked = flask.request.args.get("account", accounts[0].account)
        return next(books for books in accounts if books.account == asked)

    def route(path: str, *methods: str) -> Callable[[Callable[[Books, Any], Object]], None]:
        def add(answer: Callable[[Books, Any], Object]) -> None:
            def view() -> tuple[Object, int]:
                return _guarded(lambda: answer(chosen(), flask.request.get_json(silent=True) or {}))

            app.add_url_rule(f"/_sandbox/{path}", endpoint=path, view_func=view, methods=list(methods))

        return add

    for name in ACTIONS:
        route(name, "POST")(_action(name))
    route("books", "GET")(lambda books, _: audit(books))
    route("requests", "GET", "DELETE")(_requests)
    route("clock", "GET", "POST")(_clock)
    route("settings", "GET", "POST")(lambda books, given: _set(books, SETTINGS, given))
    route("delivery", "GET", "POST")(lambda books, given: _set(books.delivery, DELIVERY, given))
    route("crashes", "POST", "DELETE")(_crashes)
    route("events/deliver", "POST")(
        lambda _, given: {"delivered": courier.deliver(also_later=bool(given.get("all", True)))}
    )


def audit(books: Books) -> Object:
    """Every object of the account by kind in the plural, oldest first, as plain JSON."""
    with books.lock:
        return {f"{kind}s": [whole(books, row) for row in books.table(kind).values()] for kind in AUDITED}


def _guarded(answer: Callable[[], Object]) -> tuple[Object, int]:
    try:
        return answer(), 200
    except Refusal as refusal:
        return refusal.body, refusal.status
    except (TypeError, ValueError, KeyError, StopIteration) as problem:
        return {"error": {"message": repr(problem)}}, 400


def _action(name: str) -> Callable[[Books, Any], Object]:
    def act(books: Books, given: Any) -> Object:
        result = getattr(Dashboard(books), name)(**given)
        return {"data": result} if isinstance(result, list) else result

    return act


def _requests(books: Books, _: Any) -> Object:
    with books.lock:
        if flask.request.method == "DELETE":
            books.requests.clear()
            books.request_counts.clear()
        return {"counts": dict(books.request_counts), "requests": list(books.requests)}


def _clock(books: Books, given: Any) -> Object:
    """POST {"at": ISO 8601 with a zone} stands, {"advance": seconds} moves on, {} follows the system again."""
    if "advance" in given:
        books.clock.advance(given["advance"])
    elif flask.request.method == "POST":
        books.clock.set(datetime.fromisoformat(given["at"]) if "at" in given else None)
    return {"at": books.clock().isoformat()}


def _set(target: object, names: frozenset[str], given: Any) -> Object:
    if unknown := set(given) - names:
        raise ValueError(f"Unknown setting: {', '.join(sorted(unknown))}")
    for name, value in given.items():
        setattr(target, name, value)
    return {name: getattr(target, name) for name in sorted(names)}


def _crashes(books: Books, given: Any) -> Object:
    """A fault inside the execution: `before` or `after` its effect; the 500 is kept by the idempotency key."""
    with books.lock:
        if flask.request.method == "DELETE":
            books.crashes.clear()
        else:
            books.crashes.append(Fault.from_json(given))
        return {"crashes": [vars(crash) for crash in books.crashes]}
