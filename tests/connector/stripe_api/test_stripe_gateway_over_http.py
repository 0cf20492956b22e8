"""The gateway against the stand-in for Stripe, over HTTP: what happens there, and in how many requests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from connector.errors import NotFound, Refused, SignInRefused, Unavailable
from connector.sandbox.faults import Fault
from connector.sandbox.serving import serve
from connector.sandbox.stripe import DEFAULT_KEY, Books, Sandbox
from connector.sandbox.stripe.clock import Clock
from connector.secret import Secret
from connector.stripe_api.customers import CLIENT_KEY, TENANT_KEY
from connector.stripe_api.errors import CustomerGone, IdempotencyMismatch, RateLimited, ReplayedFailure
from connector.stripe_api.events import WEBHOOK_EVENTS
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import (
    CustomerDetails,
    InvoiceDraft,
    InvoiceLine,
    PostalAddress,
    StripeInvoice,
)
from connector.stripe_api.signatures import verify

from .doubles import NOW, FixedClock, RecordingPace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CLIENT = CustomerDetails(
    name="Harbor Authority",
    email="ap@harbor.example",
    phone="+1 206 555 0100",
    address=PostalAddress(line1="1 Pier", city="Seattle", state="WA", postal_code="98101", country="US"),
    metadata={TENANT_KEY: "acme", CLIENT_KEY: "HARBOR"},
)
LINES = [InvoiceLine(f"Phase {number}", 10_000 + number, {"phase": str(number)}) for number in range(200)]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Books(clock=Clock(lambda: NOW)), deliver=False) as running:
        yield running


@pytest.fixture
def gateway(sandbox: Sandbox, pace: RecordingPace) -> StripeGateway:
    return StripeGateway(Secret(DEFAULT_KEY), pace=pace, clock=FixedClock(), api_base=sandbox.url)


@pytest.fixture
def draft(gateway: StripeGateway) -> InvoiceDraft:
    return InvoiceDraft(
        customer=gateway.create_customer(CLIENT, idempotency_key="customer"),
        number="0001042",
        currency="USD",
        issued_on=date(2026, 11, 20),
        due_on=date(2026, 12, 20),
        timezone=ZoneInfo("America/New_York"),
        payment_methods=("card", "us_bank_account"),
        metadata={"ml_connector_invoice": "0001042"},
    )


@pytest.fixture
def invoice(gateway: StripeGateway, draft: InvoiceDraft) -> StripeInvoice:
    made = gateway.create_invoice(draft, idempotency_key="create")
    gateway.add_lines(made.id, LINES, idempotency_key="lines")
    return gateway.finalize_invoice(made.id, idempotency_key="finalize")


def test_an_invoice_of_two_hundred_lines_takes_three_requests(
    gateway: StripeGateway, draft: InvoiceDraft, pace: RecordingPace
) -> None:
    pace.asked.clear()
    made = gateway.create_invoice(draft, idempotency_key="create")
    with_lines = gateway.add_lines(made.id, LINES, idempotency_key="lines")
    opened = gateway.finalize_invoice(made.id, idempotency_key="finalize")
    assert pace.asked == [
        "POST /v1/invoices",
        "POST /v1/invoices/{id}/add_lines",
        "POST /v1/invoices/{id}/finalize",
    ]
    total = sum(line.amount_minor for line in LINES)
    assert (made.total, with_lines.total, opened.total, opened.amount_remaining) == (0, total, total, total)
    assert (opened.status, opened.number, opened.currency) == ("open", "0001042", "USD")
    assert opened.due_date == draft.due_at
    assert opened.hosted_invoice_url


def test_every_request_and_no_more_reaches_stripe(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox, pace: RecordingPace
) -> None:
    assert gateway.line_count(invoice.id) == 200
    assert len(sandbox.books.requests) == len(pace.asked) == 4 + 2
    assert all(row["status"] == 200 for row in sandbox.books.requests)


def test_the_same_key_gives_the_same_invoice_and_other_parameters_are_a_mismatch(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox
) -> None:
    first = gateway.create_invoice(draft, idempotency_key="create")
    assert gateway.create_invoice(draft, idempotency_key="create") == first
    with pytest.raises(IdempotencyMismatch):
        gateway.create_invoice(replace(draft, number="0001043"), idempotency_key="create")
    assert len(sandbox.books.table("invoice")) == 1


def test_a_number_that_is_taken_is_refused(gateway: StripeGateway, draft: InvoiceDraft) -> None:
    gateway.create_invoice(draft, idempotency_key="one")
    with pytest.raises(Refused) as caught:
        gateway.create_invoice(draft, idempotency_key="two")
    assert caught.value.param == "number"


def test_a_due_date_that_has_passed_is_refused(gateway: StripeGateway, draft: InvoiceDraft) -> None:
    overdue = replace(draft, due_on=date(2026, 11, 19))
    assert overdue.due_at < NOW
    with pytest.raises(Refused) as caught:
        gateway.create_invoice(overdue, idempotency_key="k")
    assert caught.value.param == "due_date"


def test_a_client_without_an_e_mail_address_gets_no_invoice(
    gateway: StripeGateway, draft: InvoiceDraft
) -> None:
    silent = gateway.create_customer(replace(CLIENT, email=None), idempotency_key="silent")
    with pytest.raises(Refused, match="Missing email"):
        gateway.create_invoice(replace(draft, customer=silent), idempotency_key="k")


def test_after_a_cut_connection_the_same_key_finds_the_invoice_that_was_made(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault("disconnect", "POST", "/v1/invoices"))
    with pytest.raises(Unavailable) as caught:
        gateway.create_invoice(draft, idempotency_key="k")
    assert caught.value.outcome_unknown
    made = gateway.create_invoice(draft, idempotency_key="k")
    assert list(sandbox.books.table("invoice")) == [made.id]


def test_a_stored_failure_is_seen_and_the_invoice_behind_it_found_by_its_metadata(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox
) -> None:
    sandbox.books.crashes.append(Fault("after", "POST", "/v1/invoices"))
    with pytest.raises(Unavailable) as first:
        gateway.create_invoice(draft, idempotency_key="k")
    assert not isinstance(first.value, ReplayedFailure)
    with pytest.raises(ReplayedFailure):
        gateway.create_invoice(draft, idempotency_key="k")
    (found,) = gateway.invoices_of_customer(draft.customer, created_since=NOW - timedelta(hours=1))
    assert found.metadata == {"ml_connector_invoice": "0001042"}
    assert found.line_count == 0


def test_a_limit_makes_the_whole_account_pause(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox, pace: RecordingPace
) -> None:
    sandbox.faults.add(Fault("rate_limit", "POST", "/v1/invoices", seconds=7))
    with pytest.raises(RateLimited) as caught:
        gateway.create_invoice(draft, idempotency_key="k")
    assert caught.value.retry_after == 7
    assert pace.pauses == [7]


def test_a_gateways_page_is_not_taken_for_an_empty_list(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault("garbage", "GET", "/v1/invoices"))
    with pytest.raises(Unavailable):
        list(gateway.invoices_of_customer(draft.customer, created_since=None))


def test_a_draft_is_deleted_and_an_open_invoice_is_not(
    gateway: StripeGateway, draft: InvoiceDraft, invoice: StripeInvoice
) -> None:
    second = gateway.create_invoice(replace(draft, number="0001043"), idempotency_key="k")
    gateway.delete_draft(second.id)
    with pytest.raises(NotFound):
        gateway.retrieve_invoice(second.id)
    with pytest.raises(Refused):
        gateway.delete_draft(invoice.id)


def test_a_card_payment_is_found_from_the_invoice_from_the_intent_and_by_time(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    intent_id = sandbox.dashboard.pay(invoice.id)["payment_intent"]
    (payment,) = gateway.payments_of_invoice(invoice.id)
    assert (payment.status, payment.amount_paid, payment.paid_at) == ("paid", invoice.total, NOW)
    assert gateway.payments_of_intent(intent_id) == [payment]
    assert list(gateway.payments_created_since(NOW)) == [payment]
    assert gateway.retrieve_payment(payment.id) == payment
    intent = gateway.retrieve_payment_intent(intent_id)
    assert (intent.status, intent.amount_received) == ("succeeded", invoice.total)
    assert intent.latest_charge is not None
    charge = gateway.retrieve_charge(intent.latest_charge)
    assert (charge.status, charge.payment_method_type) == ("succeeded", "card")
    assert charge.balance_transaction is not None
    paid = gateway.retrieve_invoice(invoice.id)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", invoice.total, 0)


def test_a_bank_debit_on_its_way_has_paid_nothing_yet(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    charge = sandbox.dashboard.pay(invoice.id, method="us_bank_account")
    intent = gateway.retrieve_payment_intent(charge["payment_intent"])
    assert intent.status == "processing"
    (payment,) = gateway.payments_of_invoice(invoice.id)
    assert (payment.status, payment.paid_at) == ("open", None)
    entered = gateway.retrieve_charge(charge["id"])
    assert (entered.status, entered.balance_transaction is None) == ("pending", False)


def test_an_invoice_paid_elsewhere_is_paid_without_a_payment(
    gateway: StripeGateway, invoice: StripeInvoice
) -> None:
    paid = gateway.pay_out_of_band(invoice.id, idempotency_key="k")
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert [row for row in gateway.payments_of_invoice(invoice.id) if row.status == "paid"] == []


def test_sending_a_draft_opens_it(gateway: StripeGateway, draft: InvoiceDraft) -> None:
    made = gateway.create_invoice(draft, idempotency_key="create")
    gateway.add_lines(made.id, LINES, idempotency_key="lines")
    assert gateway.send_invoice(made.id, idempotency_key="send").status == "open"


def test_hundreds_of_customers_are_listed_and_ours_is_found_with_and_without_search(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox, pace: RecordingPace
) -> None:
    for number in range(204):
        sandbox.books.add(
            "customer", {"name": f"Client {number}", "email": None, "metadata": {TENANT_KEY: "acme"}}
        )
    pace.asked.clear()
    assert len(list(gateway.customers_created_since(NOW))) == 205
    assert pace.asked == ["GET /v1/customers"] * 3
    assert [found.id for found in gateway.find_customers("acme", "HARBOR")] == [draft.customer]
    sandbox.faults.add(Fault("before", "GET", "/v1/customers/search", status=400))
    assert [found.id for found in gateway.find_customers("acme", "HARBOR")] == [draft.customer]
    assert gateway.find_customers("acme", "O'HARE AND SONS") == []


def test_a_customer_who_was_deleted_is_gone_for_every_write(
    gateway: StripeGateway, draft: InvoiceDraft, sandbox: Sandbox
) -> None:
    gateway.update_customer(draft.customer, replace(CLIENT, name="Harbor"), idempotency_key="k1")
    assert gateway.retrieve_customer(draft.customer).name == "Harbor"
    sandbox.dashboard.delete_customer(draft.customer)
    assert gateway.retrieve_customer(draft.customer).deleted
    with pytest.raises(CustomerGone):
        gateway.update_customer(draft.customer, CLIENT, idempotency_key="k2")
    with pytest.raises(CustomerGone):
        gateway.create_invoice(draft, idempotency_key="k3")


def test_a_revoked_key_is_a_refused_sign_in(gateway: StripeGateway, sandbox: Sandbox) -> None:
    sandbox.dashboard.revoke_key(DEFAULT_KEY)
    with pytest.raises(SignInRefused):
        gateway.retrieve_invoice("in_1")


def test_a_restricted_key_is_told_what_it_lacks(sandbox: Sandbox, pace: RecordingPace) -> None:
    sandbox.dashboard.add_key("rk_test_some", lacks=["dispute_read"])
    gateway = StripeGateway(Secret("rk_test_some"), pace=pace, clock=FixedClock(), api_base=sandbox.url)
    checks = gateway.check_permissions()
    assert [check.what for check in checks if not check.ok] == ["disputes"]
    assert "rak_dispute_read" in next(check.message for check in checks if not check.ok)


def test_a_new_endpoint_hears_of_a_payment_and_the_event_can_be_caught_up(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    endpoint_id, secret = gateway.register_endpoint("http://127.0.0.1:9/x", WEBHOOK_EVENTS, "ml-connector")
    assert secret.reveal().startswith("whsec_")
    (endpoint,) = gateway.endpoints()
    assert (endpoint.id, endpoint.status, endpoint.events) == (endpoint_id, "enabled", WEBHOOK_EVENTS)
    sandbox.dashboard.pay(invoice.id)
    (payment,) = gateway.payments_of_invoice(invoice.id)
    (paid,) = gateway.events_since(NOW - timedelta(minutes=1), ["invoice_payment.paid"])
    assert (paid.object_type, paid.object_id) == ("invoice_payment", payment.id)
    every = list(gateway.events_since(NOW - timedelta(minutes=1), WEBHOOK_EVENTS))
    assert {"charge.succeeded", "invoice.paid", "invoice_payment.paid"} <= {hint.type for hint in every}
    gateway.delete_endpoint(endpoint_id)
    assert gateway.endpoints() == []


def test_the_account_behind_the_key_is_known(gateway: StripeGateway, sandbox: Sandbox) -> None:
    assert gateway.account_id() == sandbox.books.account


def test_one_payment_of_two_invoices_is_found_in_both(
    gateway: StripeGateway, draft: InvoiceDraft, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    second = gateway.create_invoice(replace(draft, number="0001043"), idempotency_key="create 2")
    gateway.add_lines(second.id, LINES[:1], idempotency_key="lines 2")
    gateway.finalize_invoice(second.id, idempotency_key="finalize 2")
    charge = sandbox.dashboard.pay_together([invoice.id, second.id])
    paid = gateway.payments_of_intent(charge["payment_intent"])
    assert {row.invoice: row.amount_paid for row in paid} == {invoice.id: invoice.total, second.id: 10_000}


def test_a_refund_that_fails_later_is_read_as_it_is_now(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    charge = sandbox.dashboard.pay(invoice.id)
    refund = sandbox.dashboard.refund(charge["id"], 5_000)
    (read,) = gateway.refunds_created_since(NOW)
    assert (read.id, read.status, read.amount) == (refund["id"], "succeeded", 5_000)
    assert (read.charge, read.payment_intent) == (charge["id"], charge["payment_intent"])
    sandbox.dashboard.settle_refund(refund["id"], "failed", "lost_or_stolen_card")
    failed = gateway.retrieve_refund(refund["id"])
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert gateway.retrieve_charge(charge["id"]).amount == invoice.total


def test_a_dispute_shows_its_money_only_when_it_moves(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    charge = sandbox.dashboard.pay(invoice.id)
    dispute = sandbox.dashboard.dispute(charge["id"], withdrawn=False)["id"]
    inquiry = gateway.retrieve_dispute(dispute)
    assert (inquiry.withdrawals, inquiry.reinstatements) == ((), ())
    sandbox.dashboard.withdraw(dispute)
    (withdrawal,) = gateway.retrieve_dispute(dispute).withdrawals
    assert withdrawal.amount == -invoice.total
    sandbox.dashboard.win(dispute)
    won = gateway.retrieve_dispute(dispute)
    assert [row.amount for row in won.withdrawals] == [-invoice.total]
    assert [row.amount for row in won.reinstatements] == [invoice.total]
    assert won.payment_intent == charge["payment_intent"]
    assert list(gateway.disputes_created_since(NOW)) == [won]


def test_a_debit_that_the_bank_returns_leaves_the_invoice_paid_and_a_withdrawal(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    charge = sandbox.dashboard.pay(invoice.id, method="us_bank_account")
    sandbox.dashboard.settle(charge["id"])
    returned = gateway.retrieve_dispute(sandbox.dashboard.return_debit(charge["id"])["id"])
    assert (returned.status, len(returned.withdrawals)) == ("lost", 1)
    assert gateway.retrieve_invoice(invoice.id).status == "paid"


def test_deliveries_are_proven_by_the_secret_that_registration_gave_also_while_it_is_rolled(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    received: list[tuple[bytes, str]] = []

    def receiver(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        received.append((body, environ["HTTP_STRIPE_SIGNATURE"]))
        start_response("200 OK", [])
        return []

    with serve(receiver) as hook:
        endpoint, secret = gateway.register_endpoint(hook.url, ["invoice_payment.paid", "invoice.voided"], "")
        sandbox.dashboard.roll_secret(endpoint)
        sandbox.dashboard.pay(invoice.id)
        sandbox.courier.deliver(also_later=True)
    ((body, header),) = received
    event = verify(body, header, [secret], now=NOW)
    assert event["type"] == "invoice_payment.paid"
    assert header.count("v1=") == 2
