"""Stand-ins for the gateway's collaborators, and answers in the shape of Stripe's."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests import PreparedRequest

from connector.errors import Unavailable

KEY = "rk_live_51NeverShown0123456789"
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
NOW_EPOCH = 1795194000
API = "https://api.stripe.com"


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing in the gateway sleeps, and it was asked to for {seconds} s")


class RecordingPace:
    """Lets every request pass and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pauses: list[float] = []

    def wait(self, endpoint: str = "") -> None:
        self.asked.append(endpoint)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def answered(self) -> None:
        """Nothing to keep."""


class ClosedPace(RecordingPace):
    """Lets nothing pass."""

    def wait(self, endpoint: str = "") -> None:
        raise Unavailable("Stripe", "the allowance is used up", retry_after=30.0)


def page(*rows: dict[str, Any], has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "url": "/v1/things", "has_more": has_more, "data": list(rows)}


def invoice(**changes: Any) -> dict[str, Any]:
    return {
        "id": "in_1",
        "object": "invoice",
        "status": "draft",
        "number": "0001042",
        "customer": "cus_1",
        "currency": "usd",
        "total": 0,
        "amount_due": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "created": NOW_EPOCH,
        "metadata": {},
        "lines": page(),
        **changes,
    }


def payment(**changes: Any) -> dict[str, Any]:
    return {
        "id": "inpay_1",
        "object": "invoice_payment",
        "invoice": "in_1",
        "status": "paid",
        "amount_requested": 5000,
        "amount_paid": 5000,
        "currency": "usd",
        "created": NOW_EPOCH,
        "payment": {"type": "payment_intent", "payment_intent": "pi_1"},
        "status_transitions": {"paid_at": NOW_EPOCH, "canceled_at": None},
        **changes,
    }


def customer(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cus_1",
        "object": "customer",
        "name": "Harbor Authority",
        "email": None,
        "metadata": {},
        "created": NOW_EPOCH,
        **changes,
    }


def refund(**changes: Any) -> dict[str, Any]:
    return {
        "id": "re_1",
        "object": "refund",
        "status": "succeeded",
        "amount": 1200,
        "currency": "usd",
        "payment_intent": "pi_1",
        "charge": "ch_1",
        "created": NOW_EPOCH,
        "metadata": {},
        **changes,
    }


def balance_transaction(**changes: Any) -> dict[str, Any]:
    return {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": -5000,
        "fee": 1500,
        "net": -6500,
        "currency": "usd",
        "created": NOW_EPOCH,
        "reporting_category": "dispute",
        "type": "adjustment",
        "description": None,
        "source": "du_1",
        **changes,
    }


def dispute(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": "du_1",
        "object": "dispute",
        "status": "needs_response",
        "reason": "general",
        "amount": 5000,
        "currency": "usd",
        "charge": "ch_1",
        "payment_intent": "pi_1",
        "created": NOW_EPOCH,
        "balance_transactions": list(entries),
        **changes,
    }


def credit_note(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cn_1",
        "object": "credit_note",
        "invoice": "in_1",
        "status": "issued",
        "amount": 1500,
        "pre_payment_amount": 1500,
        "post_payment_amount": 0,
        "currency": "usd",
        "created": NOW_EPOCH,
        "memo": "Scope reduced",
        "metadata": {},
        **changes,
    }


def payment_record(**changes: Any) -> dict[str, Any]:
    return {
        "id": "pr_1",
        "object": "payment_record",
        "amount_requested": {"currency": "usd", "value": 2500},
        "created": NOW_EPOCH,
        "metadata": {},
        **changes,
    }


def payout(**changes: Any) -> dict[str, Any]:
    return {
        "id": "po_1",
        "object": "payout",
        "status": "paid",
        "amount": 116_490,
        "currency": "usd",
        "automatic": True,
        "created": NOW_EPOCH,
        "arrival_date": 1795305600,
        "reconciliation_status": "completed",
        "failure_message": None,
        "failure_balance_transaction": None,
        **changes,
    }


def error(message: str, **fields: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "message": message, **fields}}


def sent(request: PreparedRequest) -> list[tuple[str, str]]:
    """The parameters of a request, from its query or its form."""
    form = request.body if isinstance(request.body, str) else ""
    return parse_qsl(urlsplit(request.url or "").query + form, keep_blank_values=True)
