"""Money out: refunds, disputes, returned debits, payouts."""

import pytest
import stripe

from connector.sandbox.stripe.clock import DAY
from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, refusal


def money(shop: Shop) -> list[tuple[str, int, int]]:
    """What moved, oldest first: category, amount, fee."""
    rows = shop.api.v1.balance_transactions.list().data
    return [(row.reporting_category, row.amount, row.fee) for row in rows][::-1]


def charge_of(shop: Shop, charge: str) -> stripe.Charge:
    return shop.api.v1.charges.retrieve(charge, {"expand": ["refunds"]})


def test_a_refund_of_a_card_payment_succeeds_at_once(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id)
    refund = shop.api.v1.refunds.create({"payment_intent": charge["payment_intent"], "amount": 2000})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 2000, charge["id"])
    after = charge_of(shop, charge["id"])
    assert (after.amount_refunded, after.refunded) == (2000, False)
    assert after.refunds is not None
    assert [each.id for each in after.refunds.data] == [refund.id]
    assert shop.reread(invoice).status == "paid"
    assert money(shop)[-1] == ("refund", -2000, 0)
    assert shop.event_types()[-2:] == ["refund.created", "charge.refunded"]


def test_no_more_is_refunded_than_was_paid(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    with refusal(400, param="amount"):
        shop.api.v1.refunds.create({"charge": charge["id"], "amount": 5001})
    shop.api.v1.refunds.create({"charge": charge["id"]})
    assert charge_of(shop, charge["id"]).refunded is True
    with refusal(400, error_code="charge_already_refunded"):
        shop.api.v1.refunds.create({"charge": charge["id"]})


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_is_positive(shop: Shop, amount: int) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    with refusal(400, param="amount"):
        shop.api.v1.refunds.create({"charge": charge["id"], "amount": amount})


def test_a_refund_needs_a_charge_that_succeeded(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    (payment,) = shop.payments(invoice=invoice.id)
    with refusal(400):
        shop.api.v1.refunds.create({"payment_intent": str(payment.payment.payment_intent)})
    pending = shop.dashboard.pay(invoice.id, method="us_bank_account")
    with refusal(400):
        shop.api.v1.refunds.create({"charge": pending["id"]})
    with refusal(400):
        shop.api.v1.refunds.create({"amount": 5})


def test_a_refund_to_a_bank_account_is_pending_and_then_succeeds(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id, method="us_bank_account")
    shop.dashboard.settle(invoice.id)
    refund = shop.dashboard.refund(invoice.id)
    assert (refund["status"], money(shop)[-1]) == ("pending", ("refund", -5000, 0))
    shop.dashboard.settle_refund(refund["id"])
    assert shop.api.v1.refunds.retrieve(refund["id"]).status == "succeeded"
    assert shop.event_types()[-2:] == ["refund.updated", "charge.refund.updated"]


def test_a_refund_may_fail_after_it_had_succeeded(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id)
    refund = shop.dashboard.refund(invoice.id, 2000)
    shop.operate(
        "settle_refund", {"refund": refund["id"], "status": "failed", "reason": "expired_or_canceled_card"}
    )
    failed = shop.api.v1.refunds.retrieve(refund["id"])
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction
    assert charge_of(shop, charge["id"]).amount_refunded == 0
    assert money(shop)[-2:] == [("refund", -2000, 0), ("refund_failure", 2000, 0)]
    assert shop.event_types()[-1] == "refund.failed"
    assert "error" in shop.operate("settle_refund", {"refund": refund["id"]})


def test_a_refund_that_waits_for_the_customer_moves_no_money(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    refund = shop.dashboard.refund(invoice.id, status="requires_action")
    assert (refund["balance_transaction"], len(money(shop))) == (None, 1)
    shop.dashboard.settle_refund(refund["id"], "canceled")
    assert len(money(shop)) == 1
    again = shop.dashboard.refund(invoice.id, status="requires_action")
    shop.dashboard.settle_refund(again["id"])
    assert money(shop)[-1] == ("refund", -5000, 0)


def test_refunds_are_listed_by_charge_intent_and_time(shop: Shop) -> None:
    first, second = shop.invoice(5000), shop.invoice(6000)
    charge = shop.dashboard.pay(first.id)
    shop.dashboard.pay(second.id)
    refund = shop.dashboard.refund(first.id)
    shop.dashboard.refund(second.id)
    refunds = shop.api.v1.refunds
    assert [each.id for each in refunds.list({"charge": charge["id"]}).data] == [refund["id"]]
    assert [each.id for each in refunds.list({"payment_intent": charge["payment_intent"]}).data] == [
        refund["id"]
    ]
    assert refunds.list({"created": {"gt": NOW}}).data == []


def test_a_dispute_withdraws_the_money_and_a_fee(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id)
    dispute = shop.dashboard.dispute(invoice.id, reason="fraudulent")
    assert (dispute["status"], dispute["amount"], dispute["is_charge_refundable"]) == (
        "needs_response",
        5000,
        False,
    )
    (withdrawal,) = shop.api.v1.disputes.retrieve(dispute["id"]).balance_transactions
    assert (withdrawal.amount, withdrawal.fee, withdrawal.net) == (-5000, 1500, -6500)
    assert charge_of(shop, charge["id"]).disputed is True
    assert shop.reread(invoice).status == "paid"
    with refusal(400, error_code="charge_disputed"):
        shop.api.v1.refunds.create({"charge": charge["id"]})
    assert shop.event_types()[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_a_dispute_that_is_won_brings_the_money_back_but_not_the_fee(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    dispute = shop.dashboard.dispute(invoice.id, 3000)
    won = shop.dashboard.win(dispute["id"])
    assert (won["status"], len(won["balance_transactions"])) == ("won", 2)
    assert money(shop)[-2:] == [("dispute", -3000, 1500), ("dispute_reversal", 3000, 0)]
    assert shop.event_types()[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]


def test_a_dispute_that_is_lost_moves_nothing_more(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    lost = shop.dashboard.lose(shop.dashboard.dispute(invoice.id)["id"])
    assert (lost["status"], len(lost["balance_transactions"])) == ("lost", 1)


def test_an_inquiry_moves_no_money_until_it_becomes_a_dispute(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    inquiry = shop.dashboard.dispute(invoice.id, withdrawn=False)
    assert (inquiry["status"], inquiry["is_charge_refundable"]) == ("warning_needs_response", True)
    assert inquiry["balance_transactions"] == []
    assert shop.dashboard.withdraw(inquiry["id"])["status"] == "needs_response"
    assert money(shop)[-1] == ("dispute", -5000, 1500)


def test_a_returned_debit_is_a_dispute_lost_from_the_start(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id, method="us_bank_account")
    shop.dashboard.settle(invoice.id)
    returned = shop.dashboard.return_debit(invoice.id)
    assert (returned["status"], returned["reason"]) == ("lost", "insufficient_funds")
    (listed,) = shop.api.v1.disputes.list({"payment_intent": charge["payment_intent"]}).data
    assert (listed.id, listed.charge) == (returned["id"], charge["id"])
    assert shop.reread(invoice).status == "paid"
    assert shop.event_types()[-3:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


def test_a_charge_is_disputed_once(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    shop.dashboard.dispute(invoice.id)
    assert "error" in shop.operate("dispute", {"payment": invoice.id})


def test_a_payout_lists_what_it_settled(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    payout = shop.dashboard.pay_out()
    later = shop.dashboard.pay(shop.invoice(5000).id)
    assert (payout["status"], payout["amount"], payout["reconciliation_status"]) == (
        "paid",
        116_490,
        "completed",
    )
    settled = shop.api.v1.balance_transactions.list({"payout": payout["id"]}).data
    assert [(row.type, row.amount) for row in settled] == [("payout", -116_490), ("charge", 120_000)]
    assert later["balance_transaction"] not in {row.id for row in settled}
    assert shop.api.v1.payouts.retrieve(payout["id"]).balance_transaction == settled[0].id
    assert shop.event_types().index("payout.reconciliation_completed") > shop.event_types().index(
        "payout.paid"
    )


def test_a_payout_may_fail_after_it_was_paid(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    payout = shop.dashboard.pay_out()
    shop.dashboard.fail_payout(payout["id"])
    (failed,) = shop.api.v1.payouts.list({"status": "failed"}).data
    assert (failed.id, failed.failure_code) == (payout["id"], "account_closed")
    assert money(shop)[-1] == ("payout_reversal", 116_490, 0)


def test_a_payout_that_came_back_goes_out_with_the_next(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    failed = shop.dashboard.fail_payout(shop.dashboard.pay_out()["id"])
    shop.dashboard.pay(shop.invoice(5000).id)
    again = shop.dashboard.pay_out()
    assert again["amount"] == 116_490 + 5000 - 175
    settled = shop.api.v1.balance_transactions.list({"payout": again["id"], "expand": ["data.source"]}).data
    assert [(row.type, row.amount) for row in settled] == [
        ("payout", -again["amount"]),
        ("charge", 5000),
        ("payout_failure", 116_490),
    ]
    assert [row.to_dict()["source"]["id"] for row in settled][::2] == [again["id"], failed["id"]]
    assert sum(row.net for row in settled) == 0
    assert "error" in shop.operate("fail_payout", {"payout": failed["id"]})


def test_a_payout_made_by_hand_cannot_be_itemised(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    manual = shop.dashboard.pay_out(16_490)
    assert (manual["automatic"], manual["reconciliation_status"], manual["status"]) == (
        False,
        "not_applicable",
        "paid",
    )
    assert "payout.reconciliation_completed" not in shop.event_types()
    with refusal(400, param="payout") as refused:
        shop.api.v1.balance_transactions.list({"payout": manual["id"]})
    assert "only be filtered on automatic" in refused.message
    assert "error" in shop.operate("pay_out", {"amount": 100_001})
    rest = shop.dashboard.pay_out()
    settled = shop.api.v1.balance_transactions.list({"payout": rest["id"]}).data
    assert [(row.type, row.amount) for row in settled] == [
        ("payout", -100_000),
        ("payout", -16_490),
        ("charge", 120_000),
    ]


def test_a_payout_is_pending_until_it_arrives_and_only_one_made_by_hand_can_be_canceled(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    manual = shop.dashboard.pay_out(16_490, arrived=False)
    canceled = shop.dashboard.cancel_payout(manual["id"])
    assert (manual["status"], canceled["status"]) == ("pending", "canceled")
    assert shop.event_types()[-1] == "payout.canceled"
    assert "error" in shop.operate("cancel_payout", {"payout": manual["id"]})
    automatic = shop.dashboard.pay_out(arrived=False)
    assert (automatic["amount"], automatic["reconciliation_status"]) == (116_490, "in_progress")
    assert "error" in shop.operate("cancel_payout", {"payout": automatic["id"]})


def test_a_balance_below_zero_is_debited_from_the_bank(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(120_000).id)
    shop.dashboard.pay_out()
    shop.dashboard.refund(charge["id"])
    assert shop.dashboard.pay_out()["amount"] == -120_000
    assert "error" in shop.operate("pay_out", {})


def test_a_fee_that_belongs_to_no_payment_lowers_the_payout(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    fee = shop.operate("charge_fee", {"amount": 480, "description": "Invoicing - Usage Fee"})
    assert (fee["type"], fee["reporting_category"], fee["net"], fee["source"]) == (
        "stripe_fee",
        "fee",
        -480,
        None,
    )
    payout = shop.dashboard.pay_out()
    settled = shop.api.v1.balance_transactions.list({"payout": payout["id"], "expand": ["data.source"]}).data
    assert payout["amount"] == 116_490 - 480
    assert [row.source is None for row in settled] == [False, True, False]


def test_a_payout_holds_the_account_s_own_currency_alone(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    shop.dashboard.pay(shop.invoice(90_000, currency="eur").id)
    assert shop.dashboard.pay_out()["amount"] == 116_490


def test_a_payout_arrives_on_a_day_and_not_at_an_hour(shop: Shop) -> None:
    shop.dashboard.pay(shop.invoice(120_000).id)
    assert shop.dashboard.pay_out()["arrival_date"] % DAY == 0


def test_an_empty_balance_is_not_paid_out(shop: Shop) -> None:
    assert shop.operate("pay_out")["error"]["message"] == "There is nothing to pay out."


def test_balance_transactions_are_listed_by_source_and_type(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    shop.dashboard.refund(charge["id"], 100)
    listed = shop.api.v1.balance_transactions.list
    assert [row.type for row in listed({"source": charge["id"]}).data] == ["charge"]
    assert [row.amount for row in listed({"type": "refund"}).data] == [-100]
    with refusal(400, param="payout"):
        listed({"payout": "po_none"})
