"""Where money moved: invoice payments, and the intents, charges, refunds and disputes behind them.

Since API version 2025-03-31.basil no charge, refund or dispute names its invoice: the way leads by its
payment intent to `payments_of_intent`, and several invoices may be found there.
"""

from collections.abc import Iterator
from datetime import datetime

from stripe.params import DisputeListParams, InvoicePaymentListParams, RefundListParams

from connector.stripe_api import reading
from connector.stripe_api.connection import Connection, epoch
from connector.stripe_api.records import Charge, Dispute, InvoicePayment, PaymentIntent, Refund

_CHARGE = "charge"  # what a refund is of, read along: it tells whether the refund returned money at all


class Movements(Connection):
    def payments_of_invoice(self, invoice_id: str) -> list[InvoicePayment]:
        """Every payment of the invoice: paid, open and canceled."""
        return list(self._payments({"invoice": invoice_id}))

    def payments_of_intent(self, payment_intent_id: str) -> list[InvoicePayment]:
        """What the payment intent pays; more than one row when it pays several invoices."""
        return list(
            self._payments({"payment": {"type": "payment_intent", "payment_intent": payment_intent_id}})
        )

    def payments_created_since(self, since: datetime) -> Iterator[InvoicePayment]:
        """Payments created (not: paid) at `since` or later, newest first."""
        return self._payments({"created": {"gte": epoch(since)}})

    def retrieve_payment(self, inpay_id: str) -> InvoicePayment:
        return self._ask("GET /v1/invoice_payments/{id}", reading.invoice_payment, of=inpay_id)

    def retrieve_payment_intent(self, payment_intent_id: str) -> PaymentIntent:
        return self._ask("GET /v1/payment_intents/{id}", reading.payment_intent, of=payment_intent_id)

    def retrieve_charge(self, charge_id: str) -> Charge:
        return self._ask("GET /v1/charges/{id}", reading.charge, of=charge_id)

    def retrieve_refund(self, refund_id: str) -> Refund:
        return self._ask("GET /v1/refunds/{id}", reading.refund, {"expand": [_CHARGE]}, of=refund_id)

    def refunds_created_since(self, since: datetime) -> Iterator[Refund]:
        """Refunds created at `since` or later, newest first."""
        return self._refunds({"created": {"gte": epoch(since)}})

    def refunds_of_charge(self, charge_id: str) -> list[Refund]:
        return list(self._refunds({"charge": charge_id}))

    def _refunds(self, params: RefundListParams) -> Iterator[Refund]:
        asked = {**params, "expand": [f"data.{_CHARGE}"]}
        return self._walk("GET /v1/refunds", reading.refund, asked)

    def retrieve_dispute(self, dispute_id: str) -> Dispute:
        return self._ask("GET /v1/disputes/{id}", reading.dispute, of=dispute_id)

    def disputes_created_since(self, since: datetime) -> Iterator[Dispute]:
        """Disputes opened at `since` or later, newest first; their money may have moved much later."""
        params: DisputeListParams = {"created": {"gte": epoch(since)}}
        return self._walk("GET /v1/disputes", reading.dispute, params)

    def _payments(self, params: InvoicePaymentListParams) -> Iterator[InvoicePayment]:
        return self._walk("GET /v1/invoice_payments", reading.invoice_payment, params)
