"""Events and the webhook endpoints they are sent to."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import stripe
from stripe.params import EventListParams, WebhookEndpointCreateParams

from connector.secret import Secret
from connector.stripe_api import reading
from connector.stripe_api.connection import Connection, Json, epoch
from connector.stripe_api.records import EventHint, WebhookEndpoint

# Not here: "*", and invoice.created, because Stripe holds back the customer's other invoices for up to 72
# hours until every endpoint that is sent it has answered
# (docs.stripe.com/invoicing/integration/workflow-transitions).
WEBHOOK_EVENTS: tuple[str, ...] = (
    # money in
    "invoice_payment.paid",
    "invoice.paid",
    "invoice.overpaid",
    "charge.succeeded",
    "payment_intent.partially_funded",
    "customer_cash_balance_transaction.created",
    # on its way, or failed
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "charge.failed",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    # money out
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    # the document
    "invoice.voided",
    "invoice.marked_uncollectible",
    "invoice.deleted",
    "invoice.sent",
    "invoice.overdue",
    "credit_note.created",
    "credit_note.updated",
    "credit_note.voided",
    # settlement
    "charge.updated",
    "payout.paid",
    "payout.failed",
    "payout.reconciliation_completed",
)
"""What the product subscribes to."""

TYPES_PER_REQUEST = 20
"""How many types one listing of events can name (stripe-python 16.1.0 params/_event_list_params.py)."""


class Events(Connection):
    def events_since(self, since: datetime, types: Sequence[str]) -> Iterator[EventHint]:
        """Events of `types` created at `since` or later, newest first within each twenty types.

        Stripe keeps 30 days of them, and a restricted key is shown only those whose objects it may read
        (docs.stripe.com/event-destinations): nothing found is no proof that nothing happened.
        """
        distinct = list(dict.fromkeys(types))
        for first in range(0, len(distinct), TYPES_PER_REQUEST):
            yield from self._events(since, distinct[first : first + TYPES_PER_REQUEST])

    def _events(self, since: datetime, types: list[str]) -> Iterator[EventHint]:
        params: EventListParams = {"created": {"gte": epoch(since)}, "types": types}
        return self._walk("GET /v1/events", reading.event, params)

    def register_endpoint(self, url: str, events: Sequence[str], description: str) -> tuple[str, Secret]:
        """A new webhook endpoint: its id and its signing secret, which Stripe tells this once.

        Its events come in the API version of the SDK for as long as it lives, whatever the account's default.
        """
        params: WebhookEndpointCreateParams = {
            "url": url,
            "enabled_events": list(cast("Sequence[Any]", events)),
            "description": description,
            "api_version": cast("Any", stripe.api_version),
        }
        return self._ask("POST /v1/webhook_endpoints", _id_and_secret, params)

    def endpoints(self) -> list[WebhookEndpoint]:
        return list(self._walk("GET /v1/webhook_endpoints", reading.webhook_endpoint))

    def delete_endpoint(self, endpoint_id: str) -> None:
        self._ask("DELETE /v1/webhook_endpoints/{id}", reading.deletion, of=endpoint_id)


def _id_and_secret(row: Json) -> tuple[str, Secret]:
    return row["id"], Secret(row["secret"])
