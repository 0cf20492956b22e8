"""Stripe's errors in the words of `connector.errors`, each translated here and nowhere else.

Which class stripe-python raises for which status: stripe-python 16.1.0 `_api_requestor.py`
(`specific_v1_api_error`). None of the texts made here holds an API key or any part of one, although some of
Stripe's do.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import stripe
from requests.structures import CaseInsensitiveDict

from connector.errors import Forbidden, NotFound, OutsideError, Refused, SignInRefused, Unavailable

DEFAULT_PAUSE_SECONDS = 1.0
"""How long to be silent after a limit was met whose answer names no Retry-After."""

KEY_IN_USE_SECONDS = 2.0
"""When to ask again while the first request with the same idempotency key still runs."""

_KEY = re.compile(r"\b(?:[srp]k_(?:live|test)|whsec)_[\w*]+")
_PERMISSION = re.compile(r"\brak_([a-z_]+)_(read|write)\b")


class CustomerGone(NotFound):
    """The customer was deleted at Stripe (or never was): a write that names it cannot succeed."""


class IdempotencyMismatch(Refused):
    """The idempotency key was used before with other parameters: a defect in how the key is derived."""


class RateLimited(Unavailable):
    """One of Stripe's limits was met; `retry_after` is always set. The request was not processed."""


class ReplayedFailure(Unavailable):
    """A stored 5xx, given again for the same idempotency key.

    Stripe keeps such an answer for at least 24 hours (docs.stripe.com/api/idempotent_requests), so asking
    with the same key is of no use: look whether the first request had its effect; if it had none, take a
    fresh key.
    """

    replayed = True


def translate(error: stripe.StripeError, endpoint: str, now: datetime) -> OutsideError:
    """The error of the domain for `error`, which `endpoint` ("POST /v1/invoices") answered at `now`."""
    match error:
        case _ if error.http_status == 429 or isinstance(error, stripe.RateLimitError):
            return _limited(error, now)
        case stripe.APIConnectionError():
            cause = type(error.__cause__).__name__ if error.__cause__ else "no connection"
            return unavailable(endpoint, f"no answer ({cause})")
        case stripe.AuthenticationError():
            return _sign_in_refused(error)
        case _ if 400 <= (error.http_status or 0) < 500 and error.http_status != 409 and _body(error):
            return _refused(error, endpoint)
        case _:
            return _failed(error, endpoint, now)


def unavailable(endpoint: str, what: str, retry_after: float | None = None) -> Unavailable:
    """No usable answer of `endpoint`; of a write, the outcome is unknown."""
    writes = not endpoint.startswith("GET ")
    message = f"Stripe, {endpoint}: {what}"
    return Unavailable("Stripe", message, retry_after=retry_after, outcome_unknown=writes)


def _body(error: stripe.StripeError) -> dict[str, Any]:
    """The error object of Stripe's answer; empty if the answer is not the API's (a proxy's page, say)."""
    body = error.json_body
    inner = body.get("error") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}


def _code(error: stripe.StripeError) -> str:
    # error.code is None for 409 and 429: only the body names it (stripe-python 16.1.0 _api_requestor.py).
    return str(_body(error).get("code") or "")


def _headers(error: stripe.StripeError) -> Mapping[str, str]:
    # Of an answer that is not JSON the SDK hands over the headers in the place of the body (stripe-python
    # 16.1.0 _api_requestor.py, _interpret_response).
    return error.json_body if isinstance(error.json_body, CaseInsensitiveDict) else error.headers or {}


def _words(error: stripe.StripeError) -> str:
    if not _body(error):
        return "an answer that is not the API's"
    text = _KEY.sub("***", error.user_message or "no message").strip().rstrip(".")
    return f"{text} (request {error.request_id})" if error.request_id else text


def _limited(error: stripe.StripeError, now: datetime) -> Unavailable:
    retry_after = _retry_after(error, now) or DEFAULT_PAUSE_SECONDS
    if _code(error) == "lock_timeout":
        # Two writes met on one object (docs.stripe.com/rate-limits): nobody else has to slow down.
        return Unavailable("Stripe", f"Stripe: {_words(error)}", retry_after=retry_after)
    return RateLimited("Stripe", f"Stripe's rate limit: {_words(error)}", retry_after=retry_after)


def _retry_after(error: stripe.StripeError, now: datetime) -> float | None:
    """Seconds from the Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3)."""
    value = _headers(error).get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _sign_in_refused(error: stripe.StripeError) -> SignInRefused:
    # Stripe's own text repeats part of the key, so it is not repeated here.
    return SignInRefused(
        "Stripe",
        "Stripe refused the API key",
        status=error.http_status or 401,
        code=_code(error),
        remedy="Store a valid key with 'ml-connector tenant secrets'",
    )


def _refused(error: stripe.StripeError, endpoint: str) -> Refused:
    status, code, param = error.http_status or 400, _code(error), str(_body(error).get("param") or "")
    if isinstance(error, stripe.PermissionError):
        return _forbidden(error, endpoint)
    if isinstance(error, stripe.IdempotencyError):
        kind: type[Refused] = IdempotencyMismatch
    elif code == "resource_missing" and (param == "customer" or endpoint == "POST /v1/customers/{id}"):
        kind = CustomerGone
    else:
        kind = NotFound if status == 404 else Refused
    return kind(
        "Stripe", f"Stripe refused {endpoint}: {_words(error)}", status=status, code=code, param=param
    )


def _forbidden(error: stripe.StripeError, endpoint: str) -> Forbidden:
    """403; the text of a restricted key's refusal names the permission: "Having the 'rak_…' permission …"."""
    missing = _PERMISSION.search(error.user_message or "")
    what = f"lacks the permission {missing[0]}" if missing else f"may not do this: {_words(error)}"
    wanted = f"'{missing[1].replace('_', ' ')}: {missing[2]}'" if missing else "that this request needs"
    return Forbidden(
        "Stripe",
        f"Stripe refused {endpoint}: the API key {what}",
        status=403,
        code=_code(error),
        remedy=f"Give the restricted key the permission {wanted} (Stripe Dashboard, Developers, API keys)",
    )


def _failed(error: stripe.StripeError, endpoint: str, now: datetime) -> Unavailable:
    status = error.http_status
    if _code(error) == "idempotency_key_in_use":
        return Unavailable(
            "Stripe",
            f"Stripe, {endpoint}: the same request is still running",
            retry_after=KEY_IN_USE_SECONDS,
            outcome_unknown=True,
        )
    if _headers(error).get("Idempotent-Replayed") == "true":
        return ReplayedFailure("Stripe", f"Stripe, {endpoint}: a stored {status}", outcome_unknown=True)
    failure = unavailable(endpoint, f"{status}, {_words(error)}", _retry_after(error, now))
    failure.status = status or 0
    return failure
