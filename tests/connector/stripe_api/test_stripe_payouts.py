"""Payouts are read with what they settled; a customer's balances are read move by move."""

from datetime import date
from typing import Any

import pytest
import responses

from connector.stripe_api.gateway import StripeGateway

from .doubles import API, NOW, NOW_EPOCH, balance_transaction, dispute, page, payout, refund, sent

ENTRIES = f"{API}/v1/balance_transactions"


def test_a_payout_arrives_on_a_day(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{API}/v1/payouts/po_1", json=payout())
    read = gateway.retrieve_payout("po_1")
    assert (read.id, read.status, read.amount, read.currency) == ("po_1", "paid", 116_490, "USD")
    assert (read.automatic, read.reconciliation_status) == (True, "completed")
    assert (read.created, read.arrival_date) == (NOW, date(2026, 11, 22))
    assert (read.failure_message, read.failure_balance_transaction) == (None, None)


def test_a_payout_that_came_back_says_why_and_by_which_entry(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    failed = payout(
        status="failed",
        failure_message="The account was closed.",
        failure_balance_transaction={"id": "txn_9"},
    )
    api.get(f"{API}/v1/payouts", json=page(failed))
    (read,) = gateway.payouts_created_since(NOW)
    assert (read.status, read.failure_message) == ("failed", "The account was closed.")
    assert read.failure_balance_transaction == "txn_9"
    assert dict(sent(api.calls[0].request)) == {"limit": "100", "created[gte]": str(NOW_EPOCH)}


def test_the_entries_of_a_payout_name_what_moved_the_money(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    rows = [
        balance_transaction(id="txn_4", source=payout(), type="payout", reporting_category="payout"),
        balance_transaction(id="txn_3", source=dispute()),
        balance_transaction(id="txn_2", source=refund(), type="refund", reporting_category="refund"),
        balance_transaction(
            id="txn_1",
            source=None,
            type="stripe_fee",
            reporting_category="fee",
            description="Billing - Usage Fee",
        ),
    ]
    api.get(ENTRIES, json=page(*rows))
    found = gateway.entries_of_payout("po_1")
    assert [(row.kind, row.category, row.source, row.source_type, row.payment_intent) for row in found] == [
        ("payout", "payout", "po_1", "payout", None),
        ("adjustment", "dispute", "du_1", "dispute", "pi_1"),
        ("refund", "refund", "re_1", "refund", "pi_1"),
        ("stripe_fee", "fee", None, None, None),
    ]
    assert [row.description for row in found] == [None, None, None, "Billing - Usage Fee"]
    assert dict(sent(api.calls[0].request)) == {
        "limit": "100",
        "payout": "po_1",
        "expand[0]": "data.source",
    }


def test_an_entry_whose_source_was_not_read_along_tells_its_id_alone(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{API}/v1/disputes/du_1", json=dispute(balance_transaction(), reason="insufficient_funds"))
    read = gateway.retrieve_dispute("du_1")
    assert read.reason == "insufficient_funds"
    (entry,) = read.withdrawals
    assert (entry.kind, entry.source, entry.source_type, entry.payment_intent) == (
        "adjustment",
        "du_1",
        None,
        None,
    )


@pytest.mark.parametrize("invoice", ["in_1", {"id": "in_1"}])
def test_credit_that_an_invoice_used_is_positive(
    api: responses.RequestsMock, gateway: StripeGateway, invoice: Any
) -> None:
    row = {
        "id": "cbtxn_1",
        "object": "customer_balance_transaction",
        "type": "applied_to_invoice",
        "amount": 3000,
        "currency": "usd",
        "invoice": invoice,
        "created": NOW_EPOCH,
    }
    api.get(f"{API}/v1/customers/cus_1/balance_transactions", json=page(row))
    (read,) = gateway.credit_moves_of_invoice("cus_1", "in_1")
    assert (read.id, read.kind, read.amount, read.currency) == (
        "cbtxn_1",
        "applied_to_invoice",
        3000,
        "USD",
    )
    assert (read.invoice, read.created) == ("in_1", NOW)
    assert dict(sent(api.calls[0].request)) == {"limit": "100", "invoice": "in_1"}


@pytest.mark.parametrize(
    ("kind", "about", "intent"),
    [
        ("applied_to_payment", {"payment_intent": "pi_1"}, "pi_1"),
        ("unapplied_from_payment", {"payment_intent": {"id": "pi_1"}}, "pi_1"),
        ("funded", {"bank_transfer": {}}, None),
        ("funding_reversed", None, None),
    ],
)
def test_a_move_of_cash_is_read_under_its_customer(
    api: responses.RequestsMock, gateway: StripeGateway, kind: str, about: Any, intent: str | None
) -> None:
    row = {
        "id": "ccsbtxn_1",
        "object": "customer_cash_balance_transaction",
        "type": kind,
        "net_amount": -5000,
        "ending_balance": -2000,
        "currency": "usd",
        "customer": "cus_1",
        "created": NOW_EPOCH,
        **({kind: about} if about else {}),
    }
    api.get(f"{API}/v1/customers/cus_1/cash_balance_transactions/ccsbtxn_1", json=row)
    read = gateway.retrieve_cash_move("cus_1", "ccsbtxn_1")
    assert (read.kind, read.net_amount, read.ending_balance, read.payment_intent) == (
        kind,
        -5000,
        -2000,
        intent,
    )
    assert (read.id, read.customer, read.currency, read.created) == ("ccsbtxn_1", "cus_1", "USD", NOW)
