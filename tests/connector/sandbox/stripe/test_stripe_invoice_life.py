"""What becomes of a draft: open, paid, void, uncollectible."""

import pytest
import stripe

from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, refusal


def test_finalising_opens_the_invoice_and_asks_for_one_payment(shop: Shop) -> None:
    customer = shop.customer(invoice_prefix="HARBOR").id
    invoice = shop.invoice(5000, 2500, customer=customer)
    assert (invoice.status, invoice.amount_due, invoice.amount_remaining) == ("open", 7500, 7500)
    assert (invoice.number, invoice.effective_at) == ("HARBOR-0001", NOW)
    assert invoice.status_transitions.finalized_at == NOW
    assert invoice.hosted_invoice_url
    (payment,) = shop.payments(invoice=invoice.id, expand=["data.payment.payment_intent"])
    assert (payment.status, payment.is_default, payment.amount_requested) == ("open", True, 7500)
    intent = payment.to_dict()["payment"]["payment_intent"]
    assert (intent["amount"], intent["status"]) == (7500, "requires_payment_method")
    assert shop.invoice(5000, customer=customer).number == "HARBOR-0002"


def test_finalising_twice_is_refused(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    with refusal(400) as refused:
        shop.api.v1.invoices.finalize_invoice(invoice.id)
    assert refused.message.startswith("This invoice is already finalized")


def test_auto_advance_may_be_turned_on_in_finalising(shop: Shop) -> None:
    draft = shop.draft(5000)
    assert shop.api.v1.invoices.finalize_invoice(draft.id, {"auto_advance": True}).auto_advance is True


def test_an_empty_invoice_is_paid_at_once(shop: Shop) -> None:
    invoice = shop.invoice()
    assert (invoice.status, invoice.total, invoice.attempted, invoice.attempt_count) == ("paid", 0, True, 0)
    assert shop.payments(invoice=invoice.id) == []


def test_what_is_below_the_minimum_charge_is_paid_and_owed_by_the_customer(shop: Shop) -> None:
    customer = shop.customer().id
    small = shop.invoice(49, customer=customer)
    assert (small.status, small.amount_due, small.amount_paid) == ("paid", 0, 0)
    assert shop.api.v1.customers.retrieve(customer).balance == 49
    next_one = shop.invoice(5000, customer=customer)
    assert (next_one.status, next_one.amount_due, next_one.starting_balance) == ("open", 5049, 49)
    assert shop.api.v1.customers.retrieve(customer).balance == 0


def test_a_negative_total_is_paid_and_becomes_credit_that_pays_the_next(shop: Shop) -> None:
    customer = shop.customer().id
    negative = shop.invoice(-3000, customer=customer)
    assert (negative.status, negative.amount_due, negative.total) == ("paid", 0, -3000)
    assert shop.api.v1.customers.retrieve(customer).balance == -3000
    next_one = shop.invoice(5000, customer=customer)
    assert (next_one.amount_due, next_one.ending_balance) == (2000, 0)
    moves = shop.api.v1.customers.balance_transactions.list(customer).data
    assert [move.type for move in moves] == ["applied_to_invoice", "applied_to_invoice"]


def test_credit_may_pay_a_whole_invoice(shop: Shop) -> None:
    customer = shop.customer().id
    shop.api.v1.customers.balance_transactions.create(customer, {"amount": -9000, "currency": "usd"})
    invoice = shop.invoice(5000, customer=customer)
    assert (invoice.status, invoice.amount_paid, shop.payments(invoice=invoice.id)) == ("paid", 0, [])
    assert shop.api.v1.customers.retrieve(customer).balance == -4000


@pytest.mark.parametrize(
    ("amount", "currency", "methods", "code"),
    [
        (99_999_999 + 1, "usd", ["card", "us_bank_account"], "amount_too_large"),
        (1_000_000_000_000, "usd", ["card"], "amount_too_large"),
        (5000, "eur", ["us_bank_account"], "payment_method_currency_mismatch"),
        (5050, "isk", ["card"], None),
        (5050, "ugx", ["card"], None),
        (5005, "kwd", ["card"], None),
    ],
)
def test_an_amount_that_cannot_be_paid_stays_a_draft(
    shop: Shop, amount: int, currency: str, methods: list[str], code: str | None
) -> None:
    draft = shop.draft(amount, currency=currency, payment_settings={"payment_method_types": methods})
    with refusal(400, error_code=code):
        shop.api.v1.invoices.finalize_invoice(draft.id)
    again = shop.reread(draft)
    assert (again.status, again.last_finalization_error is not None) == ("draft", True)
    assert shop.event_types()[-1] == "invoice.finalization_failed"


@pytest.mark.parametrize(
    ("amount", "currency"), [(99_999_999, "usd"), (5000, "jpy"), (5010, "kwd"), (5100, "isk")]
)
def test_an_amount_that_can_be_paid_is_opened(shop: Shop, amount: int, currency: str) -> None:
    methods = ["card", "us_bank_account"] if currency == "usd" else ["card"]
    invoice = shop.invoice(amount, currency=currency, payment_settings={"payment_method_types": methods})
    assert (invoice.status, invoice.amount_due) == ("open", amount)


def test_sending_finalises_a_draft(shop: Shop) -> None:
    draft = shop.draft(5000)
    assert shop.api.v1.invoices.send_invoice(draft.id).status == "open"
    assert shop.event_types()[-3:] == ["invoice.finalized", "payment_intent.created", "invoice.sent"]


def test_only_an_open_invoice_that_is_to_be_sent_can_be_sent(shop: Shop) -> None:
    automatic = shop.api.v1.invoices.create({"customer": shop.customer().id})
    paid = shop.invoice()
    for invoice in (automatic, paid):
        with refusal(400) as refused:
            shop.api.v1.invoices.send_invoice(invoice.id)
        assert refused.message.startswith("This invoice cannot be sent right now.")


def test_paid_outside_stripe_is_paid_without_money(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    paid = shop.api.v1.invoices.pay(
        invoice.id, {"paid_out_of_band": True, "expand": ["amount_paid_off_stripe"]}
    )
    assert (paid.status, paid.amount_paid, paid.amount_paid_off_stripe, paid.amount_remaining) == (
        "paid",
        5000,
        5000,
        0,
    )
    assert paid.attempted is False
    (payment,) = shop.payments(invoice=invoice.id)
    assert (payment.status, payment.amount_paid) == ("canceled", None)
    assert shop.api.v1.balance_transactions.list().data == []
    with refusal(400) as refused:
        shop.api.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
    assert refused.message == "Invoice is already paid"


def test_what_was_paid_elsewhere_shows_only_to_who_asks_and_never_in_an_event(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    shop.dashboard.pay_out_of_band(invoice.id)
    assert "amount_paid_off_stripe" not in shop.reread(invoice).to_dict()
    (listed,) = shop.api.v1.invoices.list({"expand": ["data.amount_paid_off_stripe"]}).data
    assert listed.amount_paid_off_stripe == 5000
    (paid,) = shop.api.v1.events.list({"type": "invoice.paid"}).data
    assert "amount_paid_off_stripe" not in paid.to_dict()["data"]["object"]
    (audited,) = shop.operate("books", method="GET")["invoices"]
    assert audited["amount_paid_off_stripe"] == 5000


def test_paying_needs_a_payment_method(shop: Shop) -> None:
    with refusal(400):
        shop.api.v1.invoices.pay(shop.invoice(5000).id)
    with refusal(400, param="payment_method"):
        shop.api.v1.invoices.pay(shop.invoice(5000).id, {"payment_method": "pm_unknown"})


def test_paying_with_a_test_card_succeeds_or_is_declined(shop: Shop) -> None:
    good, bad = shop.invoice(5000), shop.invoice(5000)
    assert shop.api.v1.invoices.pay(good.id, {"payment_method": "pm_card_visa"}).status == "paid"
    with refusal(402, error_code="card_declined"):
        shop.api.v1.invoices.pay(bad.id, {"payment_method": "pm_card_chargeDeclined"})
    assert shop.reread(bad).attempt_count == 1


def test_a_void_invoice_is_void_for_good(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    void = shop.api.v1.invoices.void_invoice(invoice.id)
    assert (void.status, void.status_transitions.voided_at) == ("void", NOW)
    (payment,) = shop.payments(invoice=invoice.id)
    assert payment.status == "canceled"
    invoices = shop.api.v1.invoices
    for again in (invoices.void_invoice, invoices.mark_uncollectible):
        with refusal(400) as refused:
            again(invoice.id)
        assert refused.message == "You can only pass in open invoices. This invoice isn't open."
    with refusal(400):
        invoices.pay(invoice.id, {"paid_out_of_band": True})


def test_a_draft_and_a_paid_invoice_cannot_be_voided(shop: Shop) -> None:
    with refusal(400):
        shop.api.v1.invoices.void_invoice(shop.draft(5000).id)
    invoice = shop.invoice(5000)
    shop.dashboard.pay(invoice.id, 1000)
    with refusal(400) as refused:
        shop.api.v1.invoices.void_invoice(invoice.id)
    assert "cannot be voided" in refused.message


def test_voiding_gives_back_the_credit_that_was_used(shop: Shop) -> None:
    customer = shop.customer().id
    shop.api.v1.customers.balance_transactions.create(customer, {"amount": -2000, "currency": "usd"})
    invoice = shop.invoice(5000, customer=customer)
    shop.api.v1.invoices.void_invoice(invoice.id)
    assert shop.api.v1.customers.retrieve(customer).balance == -2000


def test_an_uncollectible_invoice_can_still_be_paid(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    given_up = shop.api.v1.invoices.mark_uncollectible(invoice.id)
    assert given_up.status == "uncollectible"
    assert given_up.to_dict()["status_details"] == {"uncollectible": {"reason": "user_forgiven"}}
    with refusal(400) as refused:
        shop.api.v1.invoices.mark_uncollectible(invoice.id)
    assert refused.message == "This invoice has already been marked uncollectible."
    shop.dashboard.pay(invoice.id)
    assert shop.reread(invoice).status == "paid"


@pytest.mark.parametrize(
    "verb", ["finalize_invoice", "pay", "void_invoice", "mark_uncollectible", "retrieve"]
)
def test_an_unknown_invoice_is_missing(shop: Shop, verb: str) -> None:
    with refusal(404, error_code="resource_missing"):
        getattr(shop.api.v1.invoices, verb)("in_none")


# revisions


def revised(shop: Shop, invoice: str) -> stripe.Invoice:
    return shop.api.v1.invoices.create({"from_invoice": {"action": "revision", "invoice": invoice}})


def test_a_revision_is_a_draft_with_the_same_lines_and_no_credit_notes(shop: Shop) -> None:
    original = shop.invoice(5000, 2500, metadata={"deltek_invoice": "1"})
    shop.dashboard.credit_note(original.id, 1000)
    draft = revised(shop, original.id)
    assert (draft.status, draft.number, draft.total, draft.amount_due) == ("draft", None, 7500, 7500)
    assert draft.to_dict()["from_invoice"] == {"action": "revision", "invoice": original.id}
    assert draft.to_dict()["metadata"] == {"deltek_invoice": "1"}
    assert {line.amount for line in draft.lines.data} == {5000, 2500}
    assert shop.reread(original).status == "open"


def test_finalising_a_revision_voids_what_it_revises(shop: Shop) -> None:
    original = shop.invoice(5000)
    revision = shop.api.v1.invoices.finalize_invoice(revised(shop, original.id).id)
    before = shop.reread(original)
    assert (revision.status, before.status, before.latest_revision) == ("open", "void", revision.id)


def test_what_is_void_or_paid_cannot_be_revised(shop: Shop) -> None:
    void, paid = shop.invoice(5000), shop.invoice(5000)
    shop.dashboard.void(void.id)
    shop.dashboard.pay(paid.id)
    for one in (void, paid):
        with refusal(400, param="from_invoice"):
            revised(shop, one.id)
