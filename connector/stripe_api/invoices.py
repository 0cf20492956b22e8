"""Invoices: `create_invoice`, `add_lines`, `finalize_invoice`: three requests, whatever the lines."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from stripe.params import (
    InvoiceAddLinesParams,
    InvoiceAddLinesParamsLine,
    InvoiceAttachPaymentParams,
    InvoiceCreateParams,
    InvoiceListParams,
    InvoicePayParams,
)

from connector.stripe_api import reading
from connector.stripe_api.connection import NOTHING, Connection, epoch
from connector.stripe_api.records import InvoiceDraft, InvoiceLine, StripeInvoice
from connector.stripe_api.text import shorten

MAX_LINES = 250
"""The most lines that an invoice can have (docs.stripe.com/invoicing/multi-currency-customers)."""

LINE_DESCRIPTION_LIMIT = 500
"""Characters in a line's description (Stripe's changelog, 2018-10-31)."""

TEXT_LIMIT = 5000
"""Characters in any other text (stripe/openapi issue 51)."""

CUSTOM_FIELD_NAME_LIMIT = 40
CUSTOM_FIELD_VALUE_LIMIT = 140

# No answer has it unasked (Stripe's changelog, 2026-05-27).
_PAID_OFF_STRIPE = "amount_paid_off_stripe"


class Invoices(Connection):
    def create_invoice(self, draft: InvoiceDraft, *, idempotency_key: str) -> StripeInvoice:
        """A draft without lines, which stays a draft until it is finalized.

        Raises Refused with param "due_date" when that is not in the future, with param "number" when the
        account has an invoice of this number, and "Missing email" when the customer has no e-mail address;
        CustomerGone when the customer was deleted.
        """
        return self._invoice("POST /v1/invoices", _create_params(draft), key=idempotency_key)

    def add_lines(
        self, invoice_id: str, lines: Sequence[InvoiceLine], *, idempotency_key: str
    ) -> StripeInvoice:
        """All lines in one request; the invoice must be a draft. At most MAX_LINES together."""
        params: InvoiceAddLinesParams = {"lines": [_line(line) for line in lines]}
        return self._invoice("POST /v1/invoices/{id}/add_lines", params, of=invoice_id, key=idempotency_key)

    def finalize_invoice(self, invoice_id: str, *, idempotency_key: str) -> StripeInvoice:
        """The draft becomes an open invoice, without an e-mail; amounts and lines are fixed from now on."""
        return self._invoice("POST /v1/invoices/{id}/finalize", of=invoice_id, key=idempotency_key)

    def send_invoice(self, invoice_id: str, *, idempotency_key: str) -> StripeInvoice:
        """Stripe e-mails the invoice to the customer, after finalizing it if it is a draft."""
        return self._invoice("POST /v1/invoices/{id}/send", of=invoice_id, key=idempotency_key)

    def pay_out_of_band(self, invoice_id: str, *, idempotency_key: str) -> StripeInvoice:
        """Mark the whole rest of an open invoice paid elsewhere: no money moves. It cannot be undone.

        Raises Refused when the invoice is not open, and while a payment of it is processing.
        """
        params: InvoicePayParams = {"paid_out_of_band": True}
        return self._invoice("POST /v1/invoices/{id}/pay", params, of=invoice_id, key=idempotency_key)

    def attach_payment_record(
        self, invoice_id: str, record_id: str, *, idempotency_key: str
    ) -> StripeInvoice:
        """A payment that was reported pays the invoice, or a part of it, from now on. It cannot be undone.

        Raises Refused when the invoice is not open.
        """
        params: InvoiceAttachPaymentParams = {"payment_record": record_id}
        endpoint = "POST /v1/invoices/{id}/attach_payment"
        return self._invoice(endpoint, params, of=invoice_id, key=idempotency_key)

    def void_invoice(self, invoice_id: str, *, idempotency_key: str) -> StripeInvoice:
        """The invoice counts for nothing any more, and gives back the credit it had used. Irreversible.

        Raises Refused when anything was paid on it, in Stripe or elsewhere, and while a payment is processing.
        """
        return self._invoice("POST /v1/invoices/{id}/void", of=invoice_id, key=idempotency_key)

    def delete_draft(self, invoice_id: str) -> None:
        """Only a draft can be deleted; for any other Stripe refuses."""
        self._ask("DELETE /v1/invoices/{id}", reading.deletion, of=invoice_id)

    def retrieve_invoice(self, invoice_id: str) -> StripeInvoice:
        return self._invoice("GET /v1/invoices/{id}", of=invoice_id)

    def invoices_of_customer(
        self, customer_id: str, *, created_since: datetime | None
    ) -> Iterator[StripeInvoice]:
        """The customer's invoices, newest first."""
        params: InvoiceListParams = {"customer": customer_id}
        if created_since is not None:
            params["created"] = {"gte": epoch(created_since)}
        return self._invoices(params)

    def invoices_created_since(self, since: datetime) -> Iterator[StripeInvoice]:
        """The account's invoices created at `since` or later, newest first."""
        return self._invoices({"created": {"gte": epoch(since)}})

    def line_count(self, invoice_id: str) -> int:
        """How many lines the invoice has: zero when `add_lines` did not take effect."""
        lines = self._walk("GET /v1/invoices/{id}/lines", lambda row: row["id"], of=invoice_id)
        return sum(1 for _ in lines)

    def _invoice(
        self, endpoint: str, params: Mapping[str, object] = NOTHING, *, of: str = "", key: str | None = None
    ) -> StripeInvoice:
        asked = {**params, "expand": [_PAID_OFF_STRIPE]}
        return self._ask(endpoint, reading.invoice, asked, of=of, key=key)

    def _invoices(self, params: InvoiceListParams) -> Iterator[StripeInvoice]:
        asked = {**params, "expand": [f"data.{_PAID_OFF_STRIPE}"]}
        return self._walk("GET /v1/invoices", reading.invoice, asked)


def _create_params(draft: InvoiceDraft) -> InvoiceCreateParams:
    params: InvoiceCreateParams = {
        "customer": draft.customer,
        "number": draft.number,
        "currency": draft.currency.lower(),
        "collection_method": "send_invoice",
        # Left to itself Stripe would finalize a draft whose lines have not arrived, and mark it paid.
        "auto_advance": False,
        # Items that others left on the customer stay off this invoice.
        "pending_invoice_items_behavior": "exclude",
        "due_date": epoch(draft.due_at),
        "effective_at": epoch(draft.issued_at),
        "metadata": draft.metadata,
    }
    _add_options(params, draft)
    return params


def _add_options(params: InvoiceCreateParams, draft: InvoiceDraft) -> None:
    if draft.payment_methods:
        params["payment_settings"] = {"payment_method_types": list(draft.payment_methods)}
    if draft.description:
        params["description"] = shorten(draft.description, TEXT_LIMIT)
    if draft.footer:
        params["footer"] = shorten(draft.footer, TEXT_LIMIT)
    if draft.custom_fields:
        params["custom_fields"] = [
            {
                "name": shorten(name, CUSTOM_FIELD_NAME_LIMIT),
                "value": shorten(value, CUSTOM_FIELD_VALUE_LIMIT),
            }
            for name, value in draft.custom_fields
        ]


def _line(line: InvoiceLine) -> InvoiceAddLinesParamsLine:
    row: InvoiceAddLinesParamsLine = {"amount": line.amount_minor, "metadata": line.metadata}
    if line.description:
        row["description"] = shorten(line.description, LINE_DESCRIPTION_LIMIT)
    return row
