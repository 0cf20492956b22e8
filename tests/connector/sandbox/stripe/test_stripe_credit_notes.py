"""Credit notes: before payment they lower what is due, after payment they give money back."""

from typing import Any, cast

import pytest
import stripe
from stripe.params import CreditNoteCreateParams

from tests.connector.sandbox.stripe.stripe_shop import Shop, refusal


def credit(shop: Shop, invoice: stripe.Invoice, **params: Any) -> stripe.CreditNote:
    return shop.api.v1.credit_notes.create(cast("CreditNoteCreateParams", {"invoice": invoice.id, **params}))


def test_on_an_open_invoice_it_lowers_what_is_due(shop: Shop) -> None:
    invoice = shop.invoice(5000, number="0001042")
    note = credit(shop, invoice, amount=2000, memo="Scope reduced", email_type="none")
    assert (note.type, note.pre_payment_amount, note.post_payment_amount) == ("pre_payment", 2000, 0)
    assert (note.number, note.status) == ("0001042-CN-01", "issued")
    after = shop.reread(invoice)
    assert (after.amount_due, after.amount_remaining, after.pre_payment_credit_notes_amount) == (
        3000,
        3000,
        2000,
    )
    assert after.total == 5000
    (payment,) = shop.payments(invoice=invoice.id)
    assert payment.amount_requested == 3000


def test_credited_down_to_nothing_the_invoice_is_paid_without_cash(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    credit(shop, invoice, amount=5000)
    after = shop.reread(invoice)
    assert (after.status, after.amount_due, after.amount_paid) == ("paid", 0, 0)
    assert shop.api.v1.balance_transactions.list().data == []
    assert [each.status for each in shop.payments(invoice=invoice.id)] == ["canceled"]


def test_on_a_paid_invoice_it_refunds(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id)
    note = credit(shop, invoice, amount=2000, refund_amount=2000)
    assert (note.type, note.post_payment_amount) == ("post_payment", 2000)
    (entry,) = note.refunds
    refund = shop.api.v1.refunds.retrieve(str(entry.refund))
    assert (refund.charge, refund.amount) == (charge["id"], 2000)
    assert shop.reread(invoice).post_payment_credit_notes_amount == 2000


def test_on_a_paid_invoice_it_may_become_credit_or_an_existing_refund(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer)
    shop.dashboard.pay(invoice.id)
    refund = shop.dashboard.refund(invoice.id, 1000)
    note = credit(
        shop,
        invoice,
        amount=3000,
        credit_amount=1500,
        out_of_band_amount=500,
        refunds=[{"refund": refund["id"], "amount_refunded": 1000}],
    )
    assert [entry.refund for entry in note.refunds] == [refund["id"]]
    assert note.customer_balance_transaction
    assert shop.api.v1.customers.retrieve(customer).balance == -1500


def test_on_a_part_paid_invoice_it_is_mixed(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id, 4000)
    note = credit(shop, invoice, amount=2500, refund_amount=1500)
    assert (note.type, note.pre_payment_amount, note.post_payment_amount) == ("mixed", 1000, 1500)
    assert shop.reread(invoice).status == "paid"


def test_lines_are_credited_by_amount_or_quantity(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    lines = [
        {"type": "invoice_line_item", "invoice_line_item": invoice.lines.data[0].id, "amount": 700},
        {"type": "custom_line_item", "description": "Hours", "quantity": 2, "unit_amount": 150},
    ]
    note = credit(shop, invoice, lines=lines)
    assert (note.total, [line.amount for line in note.lines.data]) == (1000, [700, 300])


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"amount": 0},
        {"amount": 5001},
        {"amount": 1000, "refund_amount": 1000},
        {"amount": 100, "lines": [{"type": "custom_line_item", "amount": 100}]},
        {"lines": [{"type": "custom_line_item", "amount": 100, "quantity": 1}]},
    ],
)
def test_what_cannot_be_credited_is_refused(shop: Shop, params: dict[str, Any]) -> None:
    invoice = shop.invoice(5000)
    with refusal(400):
        credit(shop, invoice, **params)
    assert shop.reread(invoice).amount_due == 5000


def test_after_payment_it_must_say_where_all_of_the_money_goes(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    with refusal(400) as refused:
        credit(shop, invoice, amount=2000, refund_amount=500)
    assert "must equal" in refused.message


def test_a_draft_or_void_invoice_takes_no_credit_note(shop: Shop) -> None:
    void = shop.invoice(5000)
    shop.dashboard.void(void.id)
    for invoice in (shop.draft(5000), void):
        with refusal(400):
            credit(shop, invoice, amount=100)


def test_it_is_voided_while_the_invoice_is_open(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    note = credit(shop, invoice, amount=2000)
    assert shop.api.v1.credit_notes.void_credit_note(note.id).status == "void"
    assert shop.reread(invoice).amount_due == 5000
    with refusal(400):
        shop.api.v1.credit_notes.void_credit_note(note.id)
    other = credit(shop, invoice, amount=2000)
    shop.dashboard.pay(invoice.id)
    with refusal(400):
        shop.api.v1.credit_notes.void_credit_note(other.id)
    assert "credit_note.voided" in shop.event_types()


def test_they_are_listed_by_invoice(shop: Shop) -> None:
    first, second = shop.invoice(5000), shop.invoice(5000)
    note = credit(shop, first, amount=100)
    credit(shop, second, amount=100)
    assert [each.id for each in shop.api.v1.credit_notes.list({"invoice": first.id}).data] == [note.id]
    assert shop.api.v1.credit_notes.retrieve(note.id).invoice == first.id


def test_what_was_refunded_already_is_not_credited_again(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    refund = shop.dashboard.refund(invoice.id, 3000)
    with refusal(400, param="amount"):
        credit(shop, invoice, amount=2001, credit_amount=2001)
    linked = [{"refund": refund["id"], "amount_refunded": 3000}]
    assert credit(shop, invoice, amount=3000, refunds=linked).post_payment_amount == 3000
    assert credit(shop, invoice, amount=2000, credit_amount=2000).post_payment_amount == 2000
    with refusal(400, param="amount"):
        credit(shop, invoice, amount=1, credit_amount=1)


def test_a_refund_that_failed_may_be_credited(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id)
    shop.dashboard.settle_refund(shop.dashboard.refund(invoice.id)["id"], "failed")
    assert credit(shop, invoice, amount=5000, credit_amount=5000).post_payment_amount == 5000


def test_a_person_writes_one_in_the_dashboard(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.invoice(5000, customer=customer)
    note = shop.operate("credit_note", {"invoice": invoice.id, "amount": 1000})
    assert (note["pre_payment_amount"], note["metadata"]) == (1000, {})
    assert shop.operate("void_credit_note", {"credit_note": note["id"]})["status"] == "void"
    shop.dashboard.pay(invoice.id)
    after = shop.operate("credit_note", {"invoice": invoice.id, "amount": 700, "credit_amount": 700})
    assert (after["post_payment_amount"], after["status"]) == (700, "issued")
    assert shop.api.v1.customers.retrieve(customer).balance == -700
    assert (
        "must equal" in shop.operate("credit_note", {"invoice": invoice.id, "amount": 9})["error"]["message"]
    )
