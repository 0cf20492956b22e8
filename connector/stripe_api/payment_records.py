"""Payment records: payments that did not go through Stripe and are reported to it, such as a check.

Source: docs.stripe.com/payments/payment-records.
"""

from collections.abc import Iterator
from datetime import datetime

from stripe.params import PaymentRecordListParams, PaymentRecordReportPaymentParams

from connector.stripe_api import reading
from connector.stripe_api.connection import Connection, epoch
from connector.stripe_api.records import PaymentRecord


class PaymentRecords(Connection):
    def report_payment(
        self,
        amount: int,
        currency: str,
        *,
        received_at: datetime,
        label: str,
        metadata: dict[str, str],
        idempotency_key: str,
    ) -> str:
        """The id of a new record of a payment that came; `label` names the way it was paid.

        It has no effect until it is attached to an invoice.
        """
        received = epoch(received_at)
        params: PaymentRecordReportPaymentParams = {
            "amount_requested": {"currency": currency.lower(), "value": amount},
            "initiated_at": received,
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": received},
            "payment_method_details": {"type": "custom", "custom": {"display_name": label}},
            "metadata": metadata,
        }
        endpoint = "POST /v1/payment_records/report_payment"
        return self._ask(endpoint, reading.payment_record, params, key=idempotency_key).id

    def payment_records_created_since(self, since: datetime) -> Iterator[PaymentRecord]:
        """Records created at `since` or later: whether a report whose answer was lost took effect."""
        # The filter is exclusive (stripe-python 16.1.0 params/_payment_record_list_params.py).
        params: PaymentRecordListParams = {"created_after": epoch(since) - 1}
        return self._walk("GET /v1/payment_records", reading.payment_record, params)
