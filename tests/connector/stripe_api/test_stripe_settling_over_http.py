"""Against the stand-in over HTTP: an invoice is settled without a payment, and money leaves for the bank."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.errors import NotFound, Refused
from connector.sandbox.stripe import DEFAULT_KEY, Books, Sandbox
from connector.sandbox.stripe.clock import Clock
from connector.secret import Secret
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import CustomerDetails, InvoiceDraft, InvoiceLine, StripeInvoice

from .doubles import NOW, FixedClock, RecordingPace


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Books(clock=Clock(lambda: NOW)), deliver=False) as running:
        yield running


@pytest.fixture
def gateway(sandbox: Sandbox, pace: RecordingPace) -> StripeGateway:
    return StripeGateway(Secret(DEFAULT_KEY), pace=pace, clock=FixedClock(), api_base=sandbox.url)


@pytest.fixture
def customer(gateway: StripeGateway) -> str:
    details = CustomerDetails(name="Harbor Authority", email="ap@harbor.example")
    return gateway.create_customer(details, idempotency_key="customer")


@pytest.fixture
def invoice(gateway: StripeGateway, customer: str) -> StripeInvoice:
    return opened(gateway, customer, "0001042")


def opened(gateway: StripeGateway, customer: str, number: str, amount: int = 10_000) -> StripeInvoice:
    draft = InvoiceDraft(
        customer=customer,
        number=number,
        currency="USD",
        issued_on=date(2026, 11, 20),
        due_on=date(2026, 12, 20),
        timezone=ZoneInfo("America/New_York"),
        payment_methods=("card", "us_bank_account", "customer_balance"),
    )
    made = gateway.create_invoice(draft, idempotency_key=f"create {number}")
    gateway.add_lines(made.id, [InvoiceLine("Phase 1", amount)], idempotency_key=f"lines {number}")
    return gateway.finalize_invoice(made.id, idempotency_key=f"finalize {number}")


def reduced(gateway: StripeGateway, invoice: StripeInvoice, amount: int, key: str = "note") -> str:
    note = gateway.create_credit_note(
        invoice.id, amount, memo="Credit memo", metadata={"revision": key}, idempotency_key=key
    )
    return note.id


def test_a_credit_note_lowers_what_is_due_and_voiding_it_raises_it_again(
    gateway: StripeGateway, invoice: StripeInvoice
) -> None:
    note = reduced(gateway, invoice, 4_000)
    lower = gateway.retrieve_invoice(invoice.id)
    assert (lower.total, lower.amount_remaining, lower.settled_elsewhere) == (10_000, 6_000, 4_000)
    (found,) = gateway.credit_notes_of_invoice(invoice.id)
    assert (found.id, found.memo, found.metadata) == (note, "Credit memo", {"revision": "note"})
    gateway.void_credit_note(note, idempotency_key="void")
    assert gateway.retrieve_invoice(invoice.id).settled_elsewhere == 0
    assert [row.status for row in gateway.credit_notes_of_invoice(invoice.id)] == ["void"]


def test_the_same_key_reduces_once(gateway: StripeGateway, invoice: StripeInvoice) -> None:
    assert reduced(gateway, invoice, 4_000) == reduced(gateway, invoice, 4_000)
    assert gateway.retrieve_invoice(invoice.id).amount_remaining == 6_000


def test_a_credit_note_for_all_of_it_closes_the_invoice_for_good(
    gateway: StripeGateway, invoice: StripeInvoice
) -> None:
    note = reduced(gateway, invoice, 10_000)
    assert gateway.retrieve_invoice(invoice.id).status == "paid"
    with pytest.raises(Refused):
        gateway.void_credit_note(note, idempotency_key="void")


def test_a_credit_note_never_gives_money_back(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    sandbox.dashboard.pay(invoice.id, 7_000)
    with pytest.raises(Refused, match="must equal"):
        reduced(gateway, invoice, 4_000)
    reduced(gateway, invoice, 3_000, "rest")
    paid = gateway.retrieve_invoice(invoice.id)
    assert (paid.status, paid.paid_through_stripe, paid.settled_elsewhere) == ("paid", 7_000, 3_000)


def test_a_reported_check_pays_a_part_and_shows_wherever_the_invoice_is_read(
    gateway: StripeGateway, invoice: StripeInvoice, customer: str
) -> None:
    def report() -> str:
        return gateway.report_payment(
            2_500, "USD", received_at=NOW, label="Check", metadata={"receipt": "7"}, idempotency_key="report"
        )

    record = report()
    assert report() == record
    attached = gateway.attach_payment_record(invoice.id, record, idempotency_key="attach")
    assert (attached.status, attached.amount_remaining) == ("open", 7_500)
    assert (attached.settled_elsewhere, attached.paid_through_stripe) == (2_500, 0)
    (listed,) = gateway.invoices_of_customer(customer, created_since=NOW - timedelta(hours=1))
    assert listed == gateway.retrieve_invoice(invoice.id)
    assert listed.amount_paid_off_stripe == 2_500
    rows = {row.kind: (row.status, row.payment_record) for row in gateway.payments_of_invoice(invoice.id)}
    assert rows["payment_record"] == ("paid", record)
    (found,) = gateway.payment_records_created_since(NOW)
    assert (found.id, found.amount, found.metadata) == (record, 2_500, {"receipt": "7"})
    with pytest.raises(Refused):
        gateway.attach_payment_record(invoice.id, record, idempotency_key="again")


def test_a_voided_invoice_gives_back_the_credit_it_had_used(
    gateway: StripeGateway, customer: str, sandbox: Sandbox
) -> None:
    sandbox.dashboard.adjust_balance(customer, -3_000)
    invoice = opened(gateway, customer, "0001043")
    assert (invoice.amount_due, invoice.credit_used) == (7_000, 3_000)
    assert gateway.void_invoice(invoice.id, idempotency_key="void").status == "void"
    moves = gateway.credit_moves_of_invoice(customer, invoice.id)
    assert [(move.kind, move.amount) for move in moves] == [
        ("unapplied_from_invoice", -3_000),
        ("applied_to_invoice", 3_000),
    ]
    with pytest.raises(Refused):
        gateway.void_invoice(invoice.id, idempotency_key="again")


def test_an_invoice_on_which_anything_was_paid_is_not_voided(
    gateway: StripeGateway, invoice: StripeInvoice, customer: str, sandbox: Sandbox
) -> None:
    sandbox.dashboard.pay(invoice.id, 100)
    by_check = opened(gateway, customer, "0001043")
    sandbox.dashboard.record_payment(by_check.id, 100)
    for one in (invoice, by_check):
        with pytest.raises(Refused, match="cannot be voided"):
            gateway.void_invoice(one.id, idempotency_key=f"void {one.id}")


def test_nothing_is_settled_otherwise_while_a_bank_debit_is_on_its_way(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    sandbox.dashboard.pay(invoice.id, method="us_bank_account")
    with pytest.raises(Refused) as caught:
        gateway.void_invoice(invoice.id, idempotency_key="void")
    assert caught.value.code == "payment_intent_unexpected_state"
    with pytest.raises(Refused) as caught:
        gateway.pay_out_of_band(invoice.id, idempotency_key="pay")
    assert caught.value.code == "payment_intent_unexpected_state"


def test_a_payout_is_itemised_and_its_entries_are_nothing_together(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    charge = sandbox.dashboard.pay(invoice.id)
    refund = sandbox.dashboard.refund(charge["id"], 1_000)
    sandbox.dashboard.charge_fee(40, "Invoicing - Usage Fee")
    payout = gateway.retrieve_payout(sandbox.dashboard.pay_out()["id"])
    entries = gateway.entries_of_payout(payout.id)
    intent = charge["payment_intent"]
    assert [(row.category, row.source_type, row.source, row.payment_intent) for row in entries] == [
        ("payout", "payout", payout.id, None),
        ("fee", None, None, None),
        ("refund", "refund", refund["id"], intent),
        ("charge", "charge", charge["id"], intent),
    ]
    assert sum(row.net for row in entries) == 0
    assert payout.amount == 10_000 - 320 - 1_000 - 40
    assert (payout.status, payout.arrival_date) == ("paid", date(2026, 11, 22))
    assert list(gateway.payouts_created_since(NOW)) == [payout]


def test_the_money_of_a_payout_that_failed_is_in_the_next(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    dispute = sandbox.dashboard.dispute(sandbox.dashboard.pay(invoice.id)["id"], 2_000)
    first = sandbox.dashboard.pay_out()["id"]
    sandbox.dashboard.fail_payout(first)
    failed = gateway.retrieve_payout(first)
    assert (failed.status, failed.failure_message is None) == ("failed", False)
    second = sandbox.dashboard.pay_out()["id"]
    back, out = sorted(gateway.entries_of_payout(second), key=lambda row: row.kind != "payout_failure")
    assert (back.id, back.amount, back.source) == (failed.failure_balance_transaction, failed.amount, first)
    assert (out.kind, out.source) == ("payout", second)
    (withdrawal,) = [row for row in gateway.entries_of_payout(first) if row.source_type == "dispute"]
    assert (withdrawal.source, withdrawal.amount, withdrawal.fee) == (dispute["id"], -2_000, 1_500)


def test_a_payout_by_hand_is_not_itemised(
    gateway: StripeGateway, invoice: StripeInvoice, sandbox: Sandbox
) -> None:
    sandbox.dashboard.pay(invoice.id)
    manual = gateway.retrieve_payout(sandbox.dashboard.pay_out(5_000)["id"])
    assert (manual.automatic, manual.reconciliation_status) == (False, "not_applicable")
    with pytest.raises(Refused, match="automatic"):
        gateway.entries_of_payout(manual.id)


def test_a_transfer_that_the_bank_takes_back_shows_in_the_customers_cash(
    gateway: StripeGateway, invoice: StripeInvoice, customer: str, sandbox: Sandbox
) -> None:
    funding = sandbox.dashboard.transfer(customer, 10_000)["id"]
    paid = [row for row in gateway.payments_of_invoice(invoice.id) if row.status == "paid"]
    moves = sandbox.books.table("customer_cash_balance_transaction").values()
    (applied,) = [row["id"] for row in moves if row["type"] == "applied_to_payment"]
    assert gateway.retrieve_cash_move(customer, applied).payment_intent == paid[0].payment_intent
    reversal = gateway.retrieve_cash_move(customer, sandbox.dashboard.reverse_transfer(funding)["id"])
    assert (reversal.kind, reversal.net_amount, reversal.ending_balance) == (
        "funding_reversed",
        -10_000,
        -10_000,
    )
    assert gateway.retrieve_invoice(invoice.id).status == "paid"
    with pytest.raises(NotFound):
        gateway.retrieve_cash_move("cus_other", funding)


@pytest.mark.parametrize(
    ("lacks", "what"),
    [
        ("credit_note_read", "credit notes"),
        ("payment_records_read", "payment records"),
        ("payout_read", "payouts"),
        ("balance_read", "balance transactions"),
        ("balance_transaction_source_read", "balance transactions"),
        ("customer_cash_balance_read", "customer cash balance"),
    ],
)
def test_what_a_restricted_key_lacks_for_it_is_named(
    invoice: StripeInvoice, sandbox: Sandbox, pace: RecordingPace, lacks: str, what: str
) -> None:
    sandbox.dashboard.pay(invoice.id)
    sandbox.dashboard.add_key("rk_test_some", lacks=[lacks])
    gateway = StripeGateway(Secret("rk_test_some"), pace=pace, clock=FixedClock(), api_base=sandbox.url)
    (missing,) = [check for check in gateway.check_permissions() if not check.ok]
    assert missing.what == what
    assert f"rak_{lacks}" in missing.message
