"""Money that comes by other ways: checks that were reported, and bank transfers into a cash balance."""

import stripe

from connector.sandbox.stripe.clock import DAY
from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, refusal

BY_TRANSFER = {"payment_method_types": ["card", "customer_balance"]}


def report(shop: Shop, value: int, currency: str = "usd") -> stripe.PaymentRecord:
    return shop.api.v1.payment_records.report_payment(
        {
            "amount_requested": {"currency": currency, "value": value},
            "initiated_at": NOW,
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": NOW},
            "payment_method_details": {"type": "custom", "custom": {"display_name": "Check"}},
        }
    )


def test_a_reported_check_pays_a_part_outside_stripe(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    record = report(shop, 2000)
    shop.api.v1.invoices.attach_payment(invoice.id, {"payment_record": record.id})
    after = shop.reread(invoice, "amount_paid_off_stripe")
    assert (after.status, after.amount_paid, after.amount_paid_off_stripe, after.amount_remaining) == (
        "open",
        2000,
        2000,
        3000,
    )
    (payment,) = shop.payments(payment={"type": "payment_record", "payment_record": record.id})
    assert (payment.amount_paid, payment.status, payment.payment.type) == (2000, "paid", "payment_record")
    assert shop.api.v1.payment_records.retrieve(record.id).amount_guaranteed.value == 2000
    assert shop.api.v1.balance_transactions.list().data == []


def test_a_check_for_the_rest_closes_the_invoice(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id, 1000)
    closed = shop.operate("record_payment", {"invoice": invoice.id, "amount": 4000})
    assert (closed["status"], closed["amount_paid"], closed["amount_paid_off_stripe"]) == ("paid", 5000, 4000)


def test_a_check_of_another_currency_or_of_too_much_is_refused(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    attach = shop.api.v1.invoices.attach_payment
    for record in (report(shop, 5001), report(shop, 100, "eur")):
        with refusal(400, param="payment_record"):
            attach(invoice.id, {"payment_record": record.id})
    with refusal(400):
        attach(invoice.id, {"payment_record": report(shop, 1).id, "payment_intent": "pi_1"})


def test_a_check_pays_once(shop: Shop) -> None:
    invoice, record = shop.invoice(5000), report(shop, 2000)
    shop.api.v1.invoices.attach_payment(invoice.id, {"payment_record": record.id})
    for again in (invoice, shop.invoice(5000)):
        with refusal(400, param="payment_record"):
            shop.api.v1.invoices.attach_payment(again.id, {"payment_record": record.id})


def test_a_check_of_nothing_is_refused(shop: Shop) -> None:
    with refusal(400, param="amount_requested[value]"):
        report(shop, 0)


def test_reports_are_listed_by_time(shop: Shop) -> None:
    first = report(shop, 1000)
    shop.books.clock.advance(60)
    second = report(shop, 2000)
    records = shop.api.v1.payment_records
    assert [row.id for row in records.list().data] == [second.id, first.id]
    assert [row.id for row in records.list({"created_after": NOW}).data] == [second.id]
    assert [row.id for row in records.list({"created_before": NOW + 60}).data] == [first.id]


def test_a_transfer_pays_the_invoice_of_its_amount_before_an_older_one(shop: Shop) -> None:
    customer = shop.customer().id
    older = shop.invoice(7000, customer=customer, payment_settings=BY_TRANSFER)
    meant = shop.invoice(5000, customer=customer, payment_settings=BY_TRANSFER)
    shop.dashboard.transfer(customer, 5000, reference="Invoice 2")
    assert (shop.reread(meant).status, shop.reread(older).status) == ("paid", "open")
    moves = shop.api.v1.customers.cash_balance_transactions.list(customer).data
    assert [(move.type, move.net_amount) for move in moves] == [
        ("applied_to_payment", -5000),
        ("funded", 5000),
    ]
    (paid,) = shop.payments(invoice=meant.id, expand=["data.payment.payment_intent.latest_charge"])
    charge = paid.to_dict()["payment"]["payment_intent"]["latest_charge"]
    assert charge["payment_method_details"]["type"] == "customer_balance"


def test_a_transfer_of_too_little_waits_for_the_rest(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer, payment_settings=BY_TRANSFER)
    shop.dashboard.transfer(customer, 2000)
    assert shop.event_types()[-1] == "payment_intent.partially_funded"
    held = shop.api.v1.customers.cash_balance.retrieve(customer).to_dict()
    assert (held["available"], shop.reread(invoice).status) == ({"usd": 2000}, "open")
    shop.dashboard.transfer(customer, 4000)
    assert shop.reread(invoice).status == "paid"
    assert shop.api.v1.customers.cash_balance.retrieve(customer).to_dict()["available"] == {"usd": 1000}


def test_a_transfer_passes_over_what_takes_none_or_is_long_overdue(shop: Shop) -> None:
    customer = shop.customer().id
    by_card = shop.invoice(5000, customer=customer)
    stale = shop.invoice(5000, customer=customer, due_date=NOW + DAY, payment_settings=BY_TRANSFER)
    shop.books.clock.advance(32 * DAY)
    move = shop.operate("transfer", {"customer": customer, "amount": 5000})
    assert (move["type"], move["ending_balance"]) == ("funded", 5000)
    assert {shop.reread(by_card).status, shop.reread(stale).status} == {"open"}


def test_a_refund_of_a_transfer_waits_for_the_customer(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer, payment_settings=BY_TRANSFER)
    shop.dashboard.transfer(customer, 5000)
    assert shop.dashboard.refund(invoice.id)["status"] == "requires_action"


def test_a_transfer_that_is_taken_back_leaves_the_invoice_paid_and_is_taken_from_the_account(
    shop: Shop,
) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer, payment_settings=BY_TRANSFER)
    funding = shop.dashboard.transfer(customer, 5000)
    reversal = shop.operate("reverse_transfer", {"cash_balance_transaction": funding["id"]})
    assert (reversal["type"], reversal["net_amount"], reversal["ending_balance"]) == (
        "funding_reversed",
        -5000,
        -5000,
    )
    assert shop.event_types()[-1] == "customer_cash_balance_transaction.created"
    assert shop.reread(invoice).status == "paid"
    assert "error" in shop.operate("reverse_transfer", {"cash_balance_transaction": funding["id"]})
    assert "error" in shop.operate("reverse_transfer", {"cash_balance_transaction": reversal["id"]})
    covered = shop.api.v1.customers.cash_balance_transactions.list(customer).data[0].to_dict()
    about = covered["adjusted_for_overdraft"]
    assert (covered["type"], covered["net_amount"], covered["ending_balance"]) == (
        "adjusted_for_overdraft",
        5000,
        0,
    )
    assert about["linked_transaction"] == reversal["id"]
    taken = shop.api.v1.balance_transactions.retrieve(about["balance_transaction"])
    assert (taken.reporting_category, taken.amount, taken.source) == ("dispute", -5000, covered["id"])


def test_a_transfer_that_was_not_applied_is_taken_back_without_a_trace_on_invoices(shop: Shop) -> None:
    customer = shop.customer().id
    funding = shop.dashboard.transfer(customer, 5000)
    assert shop.dashboard.reverse_transfer(funding["id"])["ending_balance"] == 0
    later = shop.invoice(3000, customer=customer, payment_settings=BY_TRANSFER)
    shop.dashboard.transfer(customer, 3000)
    assert shop.reread(later).status == "paid"


def test_a_movement_of_cash_is_found_under_its_own_customer_alone(shop: Shop) -> None:
    owner, other = shop.customer().id, shop.customer("other@client.example").id
    move = shop.dashboard.transfer(owner, 5000)
    retrieve = shop.api.v1.customers.cash_balance_transactions.retrieve
    assert retrieve(owner, move["id"]).net_amount == 5000
    with refusal(404):
        retrieve(other, move["id"])


def test_a_person_gives_credit_and_the_next_invoice_uses_it(shop: Shop) -> None:
    customer = shop.customer().id
    shop.operate("adjust_balance", {"customer": customer, "amount": -1500})
    invoice = shop.invoice(5000, customer=customer)
    assert (invoice.amount_due, invoice.starting_balance) == (3500, -1500)
    moves = shop.api.v1.customers.balance_transactions
    assert [(row.type, row.amount) for row in moves.list(customer, {"invoice": invoice.id}).data] == [
        ("applied_to_invoice", 1500)
    ]
    assert moves.list(customer, {"created": {"gt": NOW}}).data == []
