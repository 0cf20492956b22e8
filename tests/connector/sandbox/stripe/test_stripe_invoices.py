"""Draft invoices at the stand-in, their lines, and the lists."""

from typing import Any

import pytest

from connector.sandbox.stripe.clock import DAY
from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, refusal


def test_what_is_not_given_stays_as_stripe_defaults_it(shop: Shop) -> None:
    invoice = shop.api.v1.invoices.create({"customer": shop.customer().id})
    assert (invoice.status, invoice.collection_method, invoice.auto_advance) == (
        "draft",
        "charge_automatically",
        False,
    )
    assert (invoice.due_date, invoice.number, invoice.currency, invoice.total) == (None, None, "usd", 0)


def test_what_basil_removed_is_absent(shop: Shop) -> None:
    shown = shop.invoice(5000).to_dict()
    removed = {
        "charge",
        "payment_intent",
        "paid",
        "paid_out_of_band",
        "subscription",
        "tax",
        "quote",
        "payments",
    }
    assert not removed & shown.keys()


def test_the_header_is_kept_as_given(shop: Shop) -> None:
    invoice = shop.draft(
        number="0001042",
        description="Harbor Terminal",
        footer="Thank you",
        effective_at=NOW - 5 * DAY,
        custom_fields=[{"name": "Project", "value": "2026.01"}],
        metadata={"deltek_invoice": "0001042"},
        payment_settings={"payment_method_types": ["card", "us_bank_account"]},
    )
    shown = shop.reread(invoice).to_dict()
    assert (shown["number"], shown["description"], shown["footer"]) == (
        "0001042",
        "Harbor Terminal",
        "Thank you",
    )
    assert shown["effective_at"] == NOW - 5 * DAY
    assert shown["custom_fields"] == [{"name": "Project", "value": "2026.01"}]
    assert shown["metadata"] == {"deltek_invoice": "0001042"}
    assert shown["payment_settings"]["payment_method_types"] == ["card", "us_bank_account"]


def test_days_until_due_count_from_the_creation(shop: Shop) -> None:
    customer = shop.customer().id
    invoice = shop.api.v1.invoices.create(
        {"customer": customer, "collection_method": "send_invoice", "days_until_due": 30}
    )
    assert invoice.due_date == NOW + 30 * DAY


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"due_date": NOW}, "must be an integer Unix timestamp in the future"),
        ({"due_date": NOW + DAY, "days_until_due": 1}, "You may only specify one of these parameters"),
        (
            {"collection_method": "charge_automatically"},
            "You can only specify 'due_date' or 'days_until_due' if",
        ),
        ({"currency": "xyz"}, "Invalid currency"),
        ({"number": "N" * 27}, "at most 26 characters"),
        ({"custom_fields": [{"name": "n", "value": "v"}] * 5}, "maximum 4"),
        ({"custom_fields": [{"name": "n" * 41, "value": "v"}]}, "at most 40"),
        ({"custom_fields": [{"name": "n", "value": "v" * 141}]}, "at most 140"),
    ],
)
def test_a_header_that_stripe_refuses_is_refused(shop: Shop, changes: dict[str, Any], says: str) -> None:
    customer = shop.customer().id
    with refusal(400) as refused:
        shop.draft(customer=customer, **changes)
    assert says in refused.message
    assert shop.api.v1.invoices.list().data == []


def test_an_invoice_to_be_sent_needs_a_term(shop: Shop) -> None:
    with refusal(400) as refused:
        shop.api.v1.invoices.create({"customer": shop.customer().id, "collection_method": "send_invoice"})
    assert "you must specify 'due_date' or 'days_until_due'" in refused.message


def test_an_invoice_to_be_sent_needs_an_email(shop: Shop) -> None:
    nameless = shop.api.v1.customers.create({"name": "No Mail"})
    with refusal(400) as refused:
        shop.draft(customer=nameless.id)
    assert refused.message.startswith("Missing email.")


def test_an_invoice_needs_a_customer_that_exists(shop: Shop) -> None:
    with refusal(400, param="customer", error_code="parameter_missing"):
        shop.api.v1.invoices.create({"currency": "usd"})
    with refusal(400, param="customer", error_code="resource_missing"):
        shop.draft(customer="cus_none")


def test_a_number_is_borne_once_in_the_account(shop: Shop) -> None:
    first = shop.draft(number="0001042")
    with refusal(400, param="number"):
        shop.draft(number="0001042")
    other = shop.draft()
    with refusal(400, param="number"):
        shop.api.v1.invoices.update(other.id, {"number": "0001042"})
    assert shop.api.v1.invoices.update(first.id, {"number": "0001042"}).number == "0001042"


def test_lines_sum_to_the_invoice_and_the_newest_stand_first(shop: Shop) -> None:
    invoice = shop.draft(120_000, 45_050, -5_000)
    assert (invoice.subtotal, invoice.total, invoice.amount_due, invoice.amount_remaining) == (160_050,) * 4
    assert [line.amount for line in invoice.lines.data] == [-5_000, 45_050, 120_000]
    invoice = shop.api.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 7}]})
    assert (invoice.total, invoice.lines.data[0].amount) == (160_057, 7)


def test_a_line_keeps_its_description_period_and_metadata(shop: Shop) -> None:
    draft = shop.draft()
    line = {
        "amount": 100,
        "description": "02 Schematic Design",
        "period": {"start": NOW - DAY, "end": NOW},
        "metadata": {"wbs2": "02"},
    }
    shop.add(draft, line, invoice_metadata={"lines": "1"})
    shown = shop.reread(draft).to_dict()
    assert shown["lines"]["data"][0]["metadata"] == {"wbs2": "02"}
    assert shown["lines"]["data"][0]["period"] == {"start": NOW - DAY, "end": NOW}
    assert shown["metadata"] == {"lines": "1"}


def test_a_line_may_be_a_quantity_of_a_price(shop: Shop) -> None:
    draft = shop.draft()
    price = {"currency": "usd", "product_data": {"name": "Hour"}, "unit_amount": 15_000}
    assert shop.add(draft, {"quantity": 3, "price_data": price}).total == 45_000


@pytest.mark.parametrize(
    ("line", "param"),
    [
        ({"amount": "10.50"}, "lines[0][amount]"),
        ({"amount": 10, "quantity": 2}, "lines[0][amount]"),
        ({"description": "nothing"}, "lines[0][amount]"),
        ({"amount": 10, "unit_amount": 5}, "lines[0][unit_amount]"),
        (
            {"price_data": {"currency": "eur", "product": "prod_1", "unit_amount": 1}},
            "lines[0][price_data][currency]",
        ),
    ],
)
def test_a_line_that_stripe_refuses_is_refused(shop: Shop, line: dict[str, Any], param: str) -> None:
    draft = shop.draft()
    with refusal(400, param=param):
        shop.add(draft, line)
    assert shop.reread(draft).total == 0


def test_an_invoice_has_at_most_250_lines(shop: Shop) -> None:
    draft = shop.draft(*[100] * 250)
    assert draft.total == 25_000
    with refusal(400, param="lines"):
        shop.api.v1.invoices.add_lines(draft.id, {"lines": [{"amount": 1}]})


def test_an_invoice_embeds_ten_lines_and_pages_the_rest(shop: Shop) -> None:
    draft = shop.draft(*range(1, 26))
    assert (len(draft.lines.data), draft.lines.has_more) == (10, True)
    amounts = [line.amount for line in shop.api.v1.invoices.line_items.list(draft.id).auto_paging_iter()]
    assert amounts == list(range(25, 0, -1))


def test_a_draft_may_be_changed(shop: Shop) -> None:
    draft = shop.draft(5000)
    changed = shop.api.v1.invoices.update(draft.id, {"description": "New", "due_date": NOW + DAY})
    assert (changed.description, changed.due_date) == ("New", NOW + DAY)
    with refusal(400, param="due_date"):
        shop.api.v1.invoices.update(draft.id, {"due_date": NOW - DAY})


@pytest.mark.parametrize(
    "changes",
    [{"description": "New"}, {"due_date": NOW + DAY}, {"number": "1"}, {"collection_method": "send_invoice"}],
)
def test_a_finalised_invoice_keeps_what_it_says(shop: Shop, changes: dict[str, Any]) -> None:
    invoice = shop.invoice(5000)
    with refusal(400) as refused:
        shop.api.v1.invoices.update(invoice.id, changes)  # type: ignore[arg-type]
    assert refused.message == "Finalized invoices can't be updated in this way"


def test_metadata_payment_settings_and_auto_advance_change_after_finalisation(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    changed = shop.api.v1.invoices.update(
        invoice.id,
        {
            "auto_advance": True,
            "metadata": {"k": "v"},
            "payment_settings": {"payment_method_types": ["card"]},
        },
    )
    assert changed.auto_advance is True
    assert changed.to_dict()["metadata"] == {"k": "v"}
    assert changed.payment_settings.payment_method_types == ["card"]


def test_lines_of_a_finalised_invoice_stay(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    with refusal(400, error_code="invoice_not_editable"):
        shop.api.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 1}]})


def test_a_draft_can_be_deleted_and_nothing_else(shop: Shop) -> None:
    draft, opened_one = shop.draft(5000), shop.invoice(5000)
    assert shop.api.v1.invoices.delete(draft.id).deleted is True
    with refusal(404, param="invoice", error_code="resource_missing"):
        shop.api.v1.invoices.retrieve(draft.id)
    with refusal(400) as refused:
        shop.api.v1.invoices.delete(opened_one.id)
    assert refused.message == "You can only delete draft invoices."
    assert "invoice.deleted" in shop.event_types()


def test_a_draft_follows_its_customer_until_it_is_finalised(shop: Shop) -> None:
    customer = shop.customer()
    draft = shop.draft(5000, customer=customer.id)
    shop.api.v1.customers.update(customer.id, {"email": "new@client.example"})
    assert shop.reread(draft).customer_email == "new@client.example"
    shop.api.v1.invoices.finalize_invoice(draft.id)
    shop.api.v1.customers.update(customer.id, {"email": "newer@client.example"})
    assert shop.reread(draft).customer_email == "new@client.example"


def test_the_list_filters_as_stripe_does(shop: Shop) -> None:
    one, other = shop.customer("a@client.example").id, shop.customer("b@client.example").id
    draft = shop.draft(5000, customer=one)
    shop.books.clock.advance(60)
    sent = shop.invoice(5000, customer=other, due_date=NOW + 3 * DAY)

    def found(**filters: Any) -> list[str]:
        return [each.id for each in shop.api.v1.invoices.list(filters).data]  # type: ignore[arg-type]

    assert found() == [sent.id, draft.id]
    assert found(customer=one) == [draft.id]
    assert found(status="open") == [sent.id]
    assert found(created={"gte": NOW + 60}) == [sent.id]
    assert found(due_date={"lt": NOW + 4 * DAY}) == [sent.id]
    assert found(collection_method="charge_automatically") == []
    with refusal(400, param="status"):
        found(status="late")
