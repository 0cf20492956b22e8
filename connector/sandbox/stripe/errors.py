"""Stripe's refusals: the status, and the `error` object of the answer (docs.stripe.com/api/errors)."""

from typing import Any

from connector.sandbox.stripe.contract import Problem


class Refusal(Exception):
    """An answer other than 200.

    `stored` says whether an idempotency key keeps it: Stripe keeps what the execution of an endpoint
    answered, and forgets what was refused before it began (docs.stripe.com/api/idempotent_requests).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        stored: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        given = {"code": code, "message": message, "param": param, "type": kind, **more}
        self.error = {name: value for name, value in given.items() if value is not None}
        if code:
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        return {"error": self.error}


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    """400: the parameters cannot be right; refused before anything began."""
    return Refusal(400, message, code=code, param=param, stored=False)


def refused(message: str, code: str | None = None, param: str | None = None) -> Refusal:
    """400: the object is in no state for this."""
    return Refusal(400, message, code=code, param=param)


def missing(kind: str, identifier: str, param: str = "id", status: int = 404) -> Refusal:
    """404 for an unknown id in the path, 400 for one in a parameter."""
    message = f"No such {kind}: '{identifier}'"
    return Refusal(status, message, code="resource_missing", param=param)


def from_problems(problems: list[Problem]) -> Refusal:
    """400, or 404 for an unknown endpoint; Stripe reports one problem at a time."""
    first = problems[0]
    status = 404 if first.message.startswith("Unrecognized request URL") else 400
    return Refusal(status, first.message, code=first.code, param=first.param, stored=False)


def declined(message: str, decline_code: str, charge: str, intent: dict[str, Any]) -> Refusal:
    """402: the issuer said no."""
    return Refusal(
        402,
        message,
        code="card_declined",
        kind="card_error",
        decline_code=decline_code,
        charge=charge,
        payment_intent=intent,
    )


def crashed() -> Refusal:
    """500: indeterminate for the caller, and kept by an idempotency key (docs.stripe.com/error-low-level)."""
    return Refusal(500, "An unknown error occurred", kind="api_error")
