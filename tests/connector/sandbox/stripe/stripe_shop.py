"""A shop at the stand-in for Stripe: the running sandbox, and the real SDK pointed at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import requests
import stripe
from stripe.params import (
    CustomerCreateParams,
    InvoiceAddLinesParams,
    InvoiceCreateParams,
    InvoicePaymentListParams,
)

from connector.sandbox.stripe import DEFAULT_KEY, Books, Dashboard, Sandbox
from connector.sandbox.stripe.clock import DAY, Clock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())


@dataclass
class Shop:
    """One account with its clock standing at noon."""

    sandbox: Sandbox
    books: Books
    api: stripe.StripeClient

    @property
    def dashboard(self) -> Dashboard:
        return self.sandbox.dashboard

    def client(self, key: str = DEFAULT_KEY, **options: Any) -> stripe.StripeClient:
        return stripe.StripeClient(key, base_addresses={"api": self.sandbox.url}, **options)

    def customer(self, email: str = "ap@client.example", **params: Any) -> stripe.Customer:
        fields = {"email": email, "name": "Client Inc.", **params}
        return self.api.v1.customers.create(cast("CustomerCreateParams", fields))

    def draft(self, *amounts: int, customer: str | None = None, **params: Any) -> stripe.Invoice:
        header = {
            "customer": customer or self.customer().id,
            "collection_method": "send_invoice",
            "due_date": NOW + 30 * DAY,
            "currency": "usd",
            **params,
        }
        invoice = self.api.v1.invoices.create(cast("InvoiceCreateParams", header))
        if amounts:
            invoice = self.add(
                invoice, *({"amount": each, "description": f"Phase {each}"} for each in amounts)
            )
        return invoice

    def add(self, invoice: stripe.Invoice, *lines: dict[str, Any], **params: Any) -> stripe.Invoice:
        return self.api.v1.invoices.add_lines(
            invoice.id, cast("InvoiceAddLinesParams", {"lines": lines, **params})
        )

    def invoice(self, *amounts: int, **params: Any) -> stripe.Invoice:
        return self.api.v1.invoices.finalize_invoice(self.draft(*amounts, **params).id)

    def reread(self, invoice: stripe.Invoice, *expand: str) -> stripe.Invoice:
        return self.api.v1.invoices.retrieve(invoice.id, {"expand": list(expand)})

    def payments(self, **filters: Any) -> list[stripe.InvoicePayment]:
        return self.api.v1.invoice_payments.list(cast("InvoicePaymentListParams", filters)).data

    def event_types(self) -> list[str]:
        """Oldest first."""
        return [event["type"] for event in self.books.table("event").values()]

    def operate(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """One of the operator's routes."""
        url = f"{self.sandbox.url}/_sandbox/{path}"
        return requests.request(method, url, json=body, timeout=10).json()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request as no SDK would send it."""
        headers = {"Authorization": f"Bearer {DEFAULT_KEY}", **options.pop("headers", {})}
        return requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)


@contextmanager
def opened(*accounts: Books, **options: Any) -> Iterator[Shop]:
    """A running shop; webhooks wait for `sandbox.courier.deliver()`."""
    if not accounts:
        clock = Clock()
        clock.set(NOON)
        accounts = (Books(clock=clock),)
    with Sandbox(*accounts, **{"deliver": False, **options}) as sandbox:
        api = stripe.StripeClient(DEFAULT_KEY, base_addresses={"api": sandbox.url})
        yield Shop(sandbox, sandbox.books, api)


def refusal(code: int = 400, *, param: str | None = None, error_code: str | None = None) -> "Refused":
    """Expects the SDK to raise the refusal of these particulars."""
    return Refused(code, param, error_code)


@dataclass
class Refused:
    """A context that must end in a `stripe.StripeError` with the given status, parameter and code."""

    status: int
    param: str | None
    code: str | None
    error: stripe.StripeError | None = None

    def __enter__(self) -> "Refused":
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        assert isinstance(error, stripe.StripeError), f"not refused by Stripe but {error!r}"
        assert error.http_status == self.status, error
        assert self.param is None or getattr(error, "param", None) == self.param, error
        assert self.code is None or (error.error is not None and error.error.code == self.code), error
        self.error = error
        return True

    @property
    def message(self) -> str:
        """What Stripe said."""
        assert self.error is not None
        return str(self.error.user_message)
