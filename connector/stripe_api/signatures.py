"""Is this delivery an event that Stripe sent, and now?"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import stripe

from connector.errors import ConnectorError
from connector.secret import Secret

TOLERANCE_SECONDS = 300
"""How far a delivery's clock may be from ours: Stripe's own default, for both directions."""


class BadSignature(ConnectorError):
    """Nothing proves that Stripe sent this delivery, or that it sent it now."""


class NotAnEvent(BadSignature):
    """Rightly signed, and yet no event of Stripe's: not JSON, or without id and type."""


def verify(
    body: bytes,
    header: str,
    secrets: Sequence[Secret],
    *,
    now: datetime,
    tolerance_seconds: int = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """The event in `body`, proven by `header` (Stripe-Signature) and any one of `secrets`.

    Raises BadSignature and, for a signed body that is no event, NotAnEvent. Several secrets are those of an
    endpoint that is being replaced; several signatures in the header, those of a secret that is being rolled.
    """
    _check_age(header, now, tolerance_seconds)
    payload = _text(body)
    if not any(_matches(payload, header, secret) for secret in secrets):
        raise BadSignature("The webhook's signature matches none of the tenant's webhook secrets")
    return _event(payload)


def _check_age(header: str, now: datetime, tolerance_seconds: int) -> None:
    if abs(now.timestamp() - _timestamp(header)) > tolerance_seconds:
        raise BadSignature(f"The webhook's signature is more than {tolerance_seconds} seconds from now")


def _timestamp(header: str) -> int:
    # The SDK takes the first of several and whatever int() takes, and would let the future pass
    # (stripe-python 16.1.0 _webhook.py): only where there is exactly one, in digits, is it certain that it
    # reads the same.
    found = [item[2:] for item in header.split(",") if item.startswith("t=")]
    if len(found) != 1 or not re.fullmatch("[0-9]{1,12}", found[0]):
        raise BadSignature("The webhook has no Stripe-Signature header with one timestamp")
    return int(found[0])


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise BadSignature("The webhook's body is not UTF-8") from None


def _matches(payload: str, header: str, secret: Secret) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(payload, header, secret.reveal(), tolerance=None))
    except (stripe.SignatureVerificationError, TypeError):
        # TypeError: hmac.compare_digest on a signature that is not ASCII.
        return False


def _event(payload: str) -> dict[str, Any]:
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not all(isinstance(event.get(key), str) for key in ("id", "type")):
        raise NotAnEvent("The webhook's body is not an event of Stripe's")
    return event
