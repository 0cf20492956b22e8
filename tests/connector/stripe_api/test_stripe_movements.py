"""Where money moved is read with amounts, moments and references."""

from typing import Any

import pytest
import responses

from connector.stripe_api.gateway import StripeGateway

from .doubles import (
    API,
    NOW,
    NOW_EPOCH,
    balance_transaction,
    dispute,
    page,
    payment,
    refund,
    sent,
)

PAYMENTS = f"{API}/v1/invoice_payments"


def test_a_payment_names_its_invoice_and_its_intent(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{PAYMENTS}/inpay_1", json=payment())
    read = gateway.retrieve_payment("inpay_1")
    assert (read.invoice, read.kind, read.payment_intent, read.charge) == (
        "in_1",
        "payment_intent",
        "pi_1",
        None,
    )
    assert (read.status, read.amount_requested, read.amount_paid, read.currency) == (
        "paid",
        5000,
        5000,
        "USD",
    )
    assert (read.created, read.paid_at) == (NOW, NOW)


@pytest.mark.parametrize("kind", ["charge", "payment_record"])
def test_a_payment_without_an_intent_names_what_it_has(
    api: responses.RequestsMock, gateway: StripeGateway, kind: str
) -> None:
    api.get(
        f"{PAYMENTS}/inpay_1",
        json=payment(invoice={"id": "in_1"}, payment={"type": kind, kind: {"id": "x_1", "object": kind}}),
    )
    read = gateway.retrieve_payment("inpay_1")
    assert read.kind == kind
    assert {"charge": read.charge, "payment_record": read.payment_record}[kind] == "x_1"
    assert read.invoice == "in_1"
    assert read.payment_intent is None


def test_an_open_payment_has_paid_nothing_that_is_known(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{PAYMENTS}/inpay_1", json=payment(status="open", amount_paid=None, status_transitions=None))
    read = gateway.retrieve_payment("inpay_1")
    assert (read.status, read.amount_paid, read.paid_at) == ("open", None, None)


def test_payments_are_found_by_invoice_by_intent_and_by_time(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(PAYMENTS, json=page(payment(id="inpay_2", invoice="in_2"), payment()))
    assert [row.invoice for row in gateway.payments_of_invoice("in_1")] == ["in_2", "in_1"]
    assert [row.id for row in gateway.payments_of_intent("pi_1")] == ["inpay_2", "inpay_1"]
    assert [row.id for row in gateway.payments_created_since(NOW)] == ["inpay_2", "inpay_1"]
    assert [dict(sent(call.request)) for call in api.calls] == [
        {"limit": "100", "invoice": "in_1"},
        {"limit": "100", "payment[type]": "payment_intent", "payment[payment_intent]": "pi_1"},
        {"limit": "100", "created[gte]": str(NOW_EPOCH)},
    ]


def test_a_refund_is_read_alone_and_in_the_list(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    failed = refund(
        status="failed",
        failure_reason="lost_or_stolen_card",
        failure_balance_transaction="txn_9",
        payment_intent={"id": "pi_1"},
    )
    api.get(f"{API}/v1/refunds/re_1", json=failed)
    api.get(f"{API}/v1/refunds", json=page(refund()))
    read = gateway.retrieve_refund("re_1")
    assert (read.status, read.failure_reason, read.amount, read.currency) == (
        "failed",
        "lost_or_stolen_card",
        1200,
        "USD",
    )
    assert (read.payment_intent, read.charge, read.created) == ("pi_1", "ch_1", NOW)
    assert read.failure_balance_transaction == "txn_9"
    assert [row.status for row in gateway.refunds_created_since(NOW)] == ["succeeded"]


def test_a_refund_of_a_charge_that_failed_is_told_from_money_that_went_back(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    of = [{"id": "ch_1", "status": status, "payment_intent": "pi_1"} for status in ("failed", "succeeded")]
    rows = [refund(charge=charge, payment_intent=None) for charge in of]
    api.get(f"{API}/v1/refunds", json=page(*rows))

    read = gateway.refunds_of_charge("ch_1")

    assert [(row.money_went_back, row.charge, row.payment_intent) for row in read] == [
        (False, "ch_1", "pi_1"),
        (True, "ch_1", "pi_1"),
    ]


def test_a_dispute_tells_withdrawals_from_reinstatements(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    back = balance_transaction(
        id="txn_2", amount=5000, fee=0, net=5000, reporting_category="dispute_reversal"
    )
    api.get(f"{API}/v1/disputes/du_1", json=dispute(balance_transaction(), back, status="won"))
    read = gateway.retrieve_dispute("du_1")
    (withdrawal,), (reinstatement,) = read.withdrawals, read.reinstatements
    assert (withdrawal.amount, withdrawal.fee, withdrawal.net) == (-5000, 1500, -6500)
    assert (reinstatement.id, reinstatement.amount) == ("txn_2", 5000)
    assert (reinstatement.category, reinstatement.currency) == ("dispute_reversal", "USD")
    assert (read.status, read.amount, read.payment_intent) == ("won", 5000, "pi_1")


@pytest.mark.parametrize("entries", [[], None])
def test_a_dispute_that_moved_no_money_has_neither(
    api: responses.RequestsMock, gateway: StripeGateway, entries: list[Any] | None
) -> None:
    warning = dispute(status="warning_needs_response", balance_transactions=entries)
    api.get(f"{API}/v1/disputes/du_1", json=warning)
    read = gateway.retrieve_dispute("du_1")
    assert (read.withdrawals, read.reinstatements) == ((), ())


def test_a_charge_tells_how_it_was_paid_and_whether_it_has_settled(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    row = {
        "id": "ch_1",
        "object": "charge",
        "status": "pending",
        "amount": 5000,
        "amount_refunded": 0,
        "currency": "usd",
        "created": NOW_EPOCH,
        "payment_intent": "pi_1",
        "payment_method_details": {"type": "us_bank_account"},
        "balance_transaction": None,
        "failure_message": None,
    }
    api.get(f"{API}/v1/charges/ch_1", json=row)
    read = gateway.retrieve_charge("ch_1")
    assert (read.status, read.payment_method_type, read.balance_transaction) == (
        "pending",
        "us_bank_account",
        None,
    )
    assert (read.amount, read.amount_refunded, read.currency) == (5000, 0, "USD")


def test_a_payment_intent_says_why_it_failed(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    row = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "requires_payment_method",
        "amount": 5000,
        "currency": "usd",
        "created": NOW_EPOCH,
        "latest_charge": {"id": "ch_1"},
        "last_payment_error": {"message": "The account has insufficient funds."},
    }
    api.get(f"{API}/v1/payment_intents/pi_1", json=row)
    read = gateway.retrieve_payment_intent("pi_1")
    assert (read.status, read.latest_charge) == ("requires_payment_method", "ch_1")
    assert read.last_error_message == "The account has insufficient funds."
    assert (read.amount, read.amount_received) == (5000, 0)
