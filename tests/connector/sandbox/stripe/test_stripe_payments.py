"""Money in: by card, from a bank account, in parts, for several invoices, too much of it."""

import pytest

from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.errors import Refusal
from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, refusal


def test_a_card_payment_pays_the_invoice_at_once(shop: Shop) -> None:
    invoice = shop.invoice(120_000)
    charge = shop.dashboard.pay(invoice.id)
    paid = shop.reread(invoice)
    assert (paid.status, paid.amount_paid, paid.amount_remaining, paid.attempt_count) == (
        "paid",
        120_000,
        0,
        1,
    )
    assert paid.status_transitions.paid_at == NOW
    (payment,) = shop.payments(payment={"type": "payment_intent", "payment_intent": charge["payment_intent"]})
    assert (payment.invoice, payment.amount_paid, payment.status) == (invoice.id, 120_000, "paid")
    assert payment.status_transitions.paid_at == NOW


def test_the_fee_is_in_the_balance_transaction(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(120_000).id)
    found = shop.api.v1.charges.retrieve(charge["id"], {"expand": ["balance_transaction"]}).to_dict()
    money = found["balance_transaction"]
    assert (money["amount"], money["fee"], money["net"]) == (120_000, 3_510, 116_490)
    assert (money["type"], money["reporting_category"], money["currency"]) == ("charge", "charge", "usd")
    assert (money["status"], money["available_on"]) == ("pending", NOW + 2 * DAY)
    shop.books.clock.advance(2 * DAY)
    again = shop.api.v1.balance_transactions.retrieve(money["id"], {"expand": ["source"]}).to_dict()
    assert (again["status"], again["source"]["id"]) == ("available", charge["id"])


def test_a_foreign_currency_settles_in_the_account_s_own(shop: Shop) -> None:
    shop.operate("settings", {"exchange_rates": {"eur": "1.1"}})
    invoice = shop.invoice(10_000, currency="eur", payment_settings={"payment_method_types": ["card"]})
    charge = shop.dashboard.pay(invoice.id)
    money = shop.api.v1.balance_transactions.retrieve(charge["balance_transaction"])
    assert (charge["currency"], money.currency, money.amount, money.exchange_rate) == (
        "eur",
        "usd",
        11_000,
        1.1,
    )


def test_the_money_may_be_booked_after_the_charge(shop: Shop) -> None:
    shop.operate("settings", {"late_balance_transactions": True})
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    assert charge["balance_transaction"] is None
    (booked,) = shop.operate("fill_balance_transactions")["data"]
    assert booked["balance_transaction"].startswith("txn_")
    assert shop.event_types()[-1] == "charge.updated"


def test_a_bank_payment_waits_and_then_succeeds(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id, method="us_bank_account")
    assert charge["status"] == "pending"
    assert shop.api.v1.payment_intents.retrieve(charge["payment_intent"]).status == "processing"
    assert shop.reread(invoice).status == "open"
    shop.dashboard.settle(invoice.id)
    assert shop.reread(invoice).status == "paid"
    settled = shop.api.v1.charges.retrieve(charge["id"], {"expand": ["balance_transaction"]}).to_dict()
    assert (settled["status"], settled["balance_transaction"]["fee"]) == ("succeeded", 40)
    assert settled["balance_transaction"]["type"] == "payment"
    assert settled["balance_transaction"]["id"] == charge["balance_transaction"]


def test_a_bank_payment_that_fails_leaves_the_invoice_open(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id, method="us_bank_account")
    shop.dashboard.settle(charge["id"], succeed=False)
    assert shop.reread(invoice).status == "open"
    intent = shop.api.v1.payment_intents.retrieve(charge["payment_intent"])
    assert (intent.status, intent.last_payment_error is not None) == ("requires_payment_method", True)
    assert shop.event_types()[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
    ]
    shop.dashboard.pay(invoice.id)
    assert shop.reread(invoice).status == "paid"


def test_a_bank_payment_that_fails_leaves_the_balance_again_and_is_not_paid_out_before(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id, method="us_bank_account")
    assert "error" in shop.operate("pay_out", {})
    failed = shop.dashboard.settle(charge["id"], succeed=False)
    (refund,) = shop.api.v1.refunds.list({"charge": charge["id"]}).data
    booked = [
        one
        for source in (refund.id, charge["id"])
        for one in shop.api.v1.balance_transactions.list({"source": source})
    ]
    assert [(one.type, one.reporting_category, one.amount, one.fee) for one in booked] == [
        ("payment_failure_refund", "charge_failure", -5000, -40),
        ("payment", "charge", 5000, 40),
    ]
    assert [failed["failure_balance_transaction"], failed["balance_transaction"]] == [
        one.id for one in booked
    ]
    shop.dashboard.pay(shop.invoice(3000).id)
    payout = shop.dashboard.pay_out()
    assert payout["amount"] == 3000 - 117
    assert len(shop.api.v1.balance_transactions.list({"payout": payout["id"]}).data) == 4


def test_the_refund_of_a_bank_payment_that_failed_took_nothing_from_the_invoice(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id, method="us_bank_account")
    shop.dashboard.settle(charge["id"], succeed=False)
    (refund,) = shop.api.v1.refunds.list({"charge": charge["id"]}).data

    note = shop.api.v1.credit_notes.create({"invoice": invoice.id, "amount": 5000})
    assert (note.pre_payment_amount, shop.reread(invoice).status) == (5000, "paid")
    with pytest.raises(Refusal, match="is of a payment that failed"):
        shop.dashboard.settle_refund(refund.id, "failed")


def test_while_a_bank_payment_is_under_way_the_invoice_is_left_alone(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id, method="us_bank_account")
    with refusal(400, error_code="payment_intent_unexpected_state"):
        shop.api.v1.invoices.void_invoice(invoice.id)
    with refusal(400, error_code="payment_intent_unexpected_state"):
        shop.api.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
    assert shop.reread(invoice).status == "open"


def test_a_part_payment_leaves_the_rest_due(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id, 2000)
    rest = shop.reread(invoice, "payments.data.payment.payment_intent")
    assert (rest.status, rest.amount_paid, rest.amount_remaining) == ("open", 2000, 3000)
    assert rest.payments is not None
    part, default = rest.to_dict()["payments"]["data"]
    assert (part["is_default"], part["amount_paid"], part["status"]) == (False, 2000, "paid")
    assert (default["is_default"], default["amount_requested"]) == (True, 3000)
    assert default["payment"]["payment_intent"]["amount"] == 3000
    shop.dashboard.pay(invoice.id)
    assert shop.reread(invoice).status == "paid"
    assert sorted(each.amount_paid or 0 for each in shop.payments(invoice=invoice.id, status="paid")) == [
        2000,
        3000,
    ]


def test_one_payment_may_pay_several_invoices(shop: Shop) -> None:
    customer = shop.customer().id
    first, second = shop.invoice(5000, customer=customer), shop.invoice(7000, customer=customer)
    charge = shop.dashboard.pay_together([first.id, second.id])
    assert charge["amount"] == 12_000
    assert {shop.reread(first).status, shop.reread(second).status} == {"paid"}
    shares = shop.payments(payment={"type": "payment_intent", "payment_intent": charge["payment_intent"]})
    assert {(each.invoice, each.amount_paid) for each in shares} == {(first.id, 5000), (second.id, 7000)}


def test_an_overpayment_becomes_the_customer_s_credit(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer)
    shop.dashboard.pay(invoice.id, 6000)
    paid = shop.reread(invoice)
    assert (paid.status, paid.amount_paid, paid.amount_overpaid, paid.amount_remaining) == (
        "paid",
        5000,
        1000,
        0,
    )
    assert shop.api.v1.customers.retrieve(customer).balance == -1000
    assert shop.event_types()[-1] == "invoice.overpaid"


def test_a_double_payment_is_an_overpayment_of_the_whole(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay_twice(invoice.id)
    paid = shop.reread(invoice)
    assert (paid.status, paid.amount_paid, paid.amount_overpaid) == ("paid", 5000, 5000)
    received = [each.amount_paid for each in shop.payments(invoice=invoice.id, status="paid")]
    assert received == [5000, 5000]


def test_a_bank_payment_under_way_is_an_overpayment_once_the_invoice_is_paid_otherwise(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    slow = shop.dashboard.pay(invoice.id, method="us_bank_account")
    shop.dashboard.pay(invoice.id, 6000)
    assert (shop.reread(invoice).status, shop.reread(invoice).amount_overpaid) == ("paid", 1000)
    shop.dashboard.settle(slow["id"])
    assert shop.reread(invoice).amount_overpaid == 6000


def test_a_declined_card_is_an_attempt_and_nothing_more(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.decline(invoice.id)
    assert (charge["status"], charge["failure_code"]) == ("failed", "card_declined")
    after = shop.reread(invoice)
    assert (after.status, after.attempt_count, after.attempted) == ("open", 1, True)


def test_a_payment_intent_pays_in_part_when_it_is_attached(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer)
    intents = shop.api.v1.payment_intents
    intent = intents.create({"amount": 2000, "currency": "usd", "customer": customer})
    shop.api.v1.invoices.attach_payment(invoice.id, {"payment_intent": intent.id})
    (attached,) = shop.payments(payment={"type": "payment_intent", "payment_intent": intent.id})
    assert (attached.amount_requested, attached.is_default, attached.status) == (2000, False, "open")
    with refusal(400, param="payment_intent"):
        shop.api.v1.invoices.attach_payment(invoice.id, {"payment_intent": intent.id})


@pytest.mark.parametrize("fields", [{"currency": "eur"}, {"customer": None}, {"canceled": True}])
def test_a_foreign_or_dead_payment_intent_cannot_be_attached(shop: Shop, fields: dict[str, object]) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer)
    owner = shop.customer("other@client.example").id if "customer" in fields else customer
    intents = shop.api.v1.payment_intents
    intent = intents.create(
        {"amount": 2000, "currency": str(fields.get("currency", "usd")), "customer": owner}
    )
    if "canceled" in fields:
        intents.cancel(intent.id)
    with refusal(400):
        shop.api.v1.invoices.attach_payment(invoice.id, {"payment_intent": intent.id})


def test_the_payment_intent_of_an_invoice_is_not_canceled_by_itself(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    (payment,) = shop.payments(invoice=invoice.id)
    with refusal(400):
        shop.api.v1.payment_intents.cancel(str(payment.payment.payment_intent))


def test_only_an_open_invoice_takes_another_payment(shop: Shop) -> None:
    customer = shop.customer().id
    paid = shop.invoice(customer=customer)
    intent = shop.api.v1.payment_intents.create({"amount": 100, "currency": "usd", "customer": customer})
    with refusal(400):
        shop.api.v1.invoices.attach_payment(paid.id, {"payment_intent": intent.id})
    with refusal(400):
        shop.api.v1.invoices.attach_payment(shop.invoice(5000, customer=customer).id)


def test_payments_are_listed_by_invoice_intent_status_and_time(shop: Shop) -> None:
    first, second = shop.invoice(5000), shop.invoice(6000)
    charge = shop.dashboard.pay(first.id)
    assert [each.invoice for each in shop.payments(status="open")] == [second.id]
    assert [each.invoice for each in shop.payments(status="paid")] == [first.id]
    assert shop.payments(created={"gt": NOW}) == []
    by_intent = {"type": "payment_intent", "payment_intent": charge["payment_intent"]}
    (found,) = shop.payments(payment=by_intent)
    assert shop.api.v1.invoice_payments.retrieve(found.id).id == found.id
    with refusal(400):
        shop.payments(payment={"type": "payment_intent"})
    with refusal(400, param="payment[charge]", error_code="parameter_unknown"):
        shop.payments(payment={"type": "payment_intent", "charge": charge["id"]})


def test_nothing_leads_from_a_charge_to_its_invoice_but_the_payments(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    assert "invoice" not in shop.api.v1.charges.retrieve(charge["id"]).to_dict()
    assert "invoice" not in shop.api.v1.payment_intents.retrieve(charge["payment_intent"]).to_dict()
    assert [
        each.id for each in shop.api.v1.charges.list({"payment_intent": charge["payment_intent"]}).data
    ] == [charge["id"]]


@pytest.mark.parametrize("path", ["amount", "nonsense", "payment.nonsense", "payment.payment_intent.amount"])
def test_what_cannot_be_expanded_is_refused(shop: Shop, path: str) -> None:
    invoice = shop.invoice(5000)
    (payment,) = shop.payments(invoice=invoice.id)
    with refusal(400) as refused:
        shop.api.v1.invoice_payments.retrieve(payment.id, {"expand": [path]})
    assert refused.message == f"This property cannot be expanded ({path})."
