"""An invoice is made in three requests and read back whole."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import responses

from connector.errors import Refused, Unavailable
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import InvoiceDraft, InvoiceLine

from .doubles import API, NOW, NOW_EPOCH, error, invoice, page, sent

INVOICES = f"{API}/v1/invoices"
PAID_OFF_STRIPE = {"expand[0]": "amount_paid_off_stripe"}
DRAFT = InvoiceDraft(
    customer="cus_1",
    number="0001042",
    currency="USD",
    issued_on=date(2026, 11, 20),
    due_on=date(2026, 12, 20),
    timezone=ZoneInfo("America/New_York"),
    payment_methods=("card", "us_bank_account"),
    metadata={"ml_connector_invoice": "0001042"},
    description="Harbor bridge, November",
    footer="Thank you.",
    custom_fields=(("Project", "2026-014 " + "Harbor bridge " * 20),),
)


def test_the_head_of_an_invoice_says_all_that_stripe_would_else_guess(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(INVOICES, json=invoice())
    made = gateway.create_invoice(DRAFT, idempotency_key="k")
    assert (made.id, made.status, made.line_count) == ("in_1", "draft", 0)
    fields = dict(sent(api.calls[0].request))
    project = fields.pop("custom_fields[0][value]")
    assert len(project) <= 140
    assert project.endswith("bridge…")
    assert fields == {
        "customer": "cus_1",
        "number": "0001042",
        "currency": "usd",
        "collection_method": "send_invoice",
        "auto_advance": "false",
        "pending_invoice_items_behavior": "exclude",
        "effective_at": str(int(datetime(2026, 11, 20, 17, tzinfo=UTC).timestamp())),
        "due_date": str(int(datetime(2026, 12, 20, 17, tzinfo=UTC).timestamp())),
        "payment_settings[payment_method_types][0]": "card",
        "payment_settings[payment_method_types][1]": "us_bank_account",
        "metadata[ml_connector_invoice]": "0001042",
        "description": "Harbor bridge, November",
        "footer": "Thank you.",
        "custom_fields[0][name]": "Project",
        **PAID_OFF_STRIPE,
    }


def test_what_the_tenant_does_not_set_is_left_to_the_account(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(INVOICES, json=invoice())
    bare = replace(DRAFT, payment_methods=(), description="", footer="", custom_fields=(), metadata={})
    gateway.create_invoice(bare, idempotency_key="k")
    fields = dict(sent(api.calls[0].request))
    assert not [name for name in fields if name.startswith(("payment", "desc", "foot", "custom_", "meta"))]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "Pacific/Honolulu"])
def test_a_day_of_the_tenant_is_that_day_at_noon(zone: str) -> None:
    draft = replace(DRAFT, timezone=ZoneInfo(zone), issued_on=date(2026, 3, 8), due_on=date(2026, 11, 1))
    assert draft.issued_at.isoformat()[:16] == "2026-03-08T12:00"
    assert draft.due_at.isoformat()[:16] == "2026-11-01T12:00"


@pytest.mark.parametrize("param", ["number", "due_date"])
def test_a_refused_head_names_the_field(
    api: responses.RequestsMock, gateway: StripeGateway, param: str
) -> None:
    api.post(INVOICES, status=400, json=error("no", param=param))
    with pytest.raises(Refused) as caught:
        gateway.create_invoice(DRAFT, idempotency_key="k")
    assert caught.value.param == param


def test_all_lines_go_in_one_request_with_amounts_as_they_are(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(f"{INVOICES}/in_1/add_lines", json=invoice(total=149_900))
    lines = [
        InvoiceLine("Structural design", 150_000, {"phase": "1"}),
        InvoiceLine("Retainage " * 60, -100),
        InvoiceLine("", 0),
    ]
    assert gateway.add_lines("in_1", lines, idempotency_key="k").total == 149_900
    fields = dict(sent(api.calls[0].request))
    retainage = fields.pop("lines[1][description]")
    assert len(retainage) <= 500
    assert retainage.endswith("Retainage…")
    assert fields == {
        "lines[0][amount]": "150000",
        "lines[0][description]": "Structural design",
        "lines[0][metadata][phase]": "1",
        "lines[1][amount]": "-100",
        "lines[2][amount]": "0",
        **PAID_OFF_STRIPE,
    }


def test_the_steps_after_a_draft_each_take_one_request(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    steps = {"finalize": "open", "send": "open", "pay": "paid", "attach_payment": "open", "void": "void"}
    for step, status in steps.items():
        api.post(f"{INVOICES}/in_1/{step}", json=invoice(status=status))
    assert gateway.finalize_invoice("in_1", idempotency_key="k1").status == "open"
    assert gateway.send_invoice("in_1", idempotency_key="k2").status == "open"
    assert gateway.pay_out_of_band("in_1", idempotency_key="k3").status == "paid"
    assert gateway.attach_payment_record("in_1", "pr_1", idempotency_key="k4").status == "open"
    assert gateway.void_invoice("in_1", idempotency_key="k5").status == "void"
    assert [call.request.headers["Idempotency-Key"] for call in api.calls] == ["k1", "k2", "k3", "k4", "k5"]
    assert [dict(sent(call.request)) for call in api.calls] == [
        PAID_OFF_STRIPE,
        PAID_OFF_STRIPE,
        {"paid_out_of_band": "true", **PAID_OFF_STRIPE},
        {"payment_record": "pr_1", **PAID_OFF_STRIPE},
        PAID_OFF_STRIPE,
    ]


def test_a_draft_is_deleted(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.delete(f"{INVOICES}/in_1", json={"id": "in_1", "object": "invoice", "deleted": True})
    gateway.delete_draft("in_1")
    assert len(api.calls) == 1


def test_an_invoice_is_read_with_its_money(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(
        f"{INVOICES}/in_1",
        json=invoice(
            status="paid",
            currency="eur",
            total=10_000,
            amount_due=8_000,
            amount_paid=8_500,
            amount_overpaid=500,
            amount_paid_off_stripe=300,
            starting_balance=-2_000,
            ending_balance=0,
            pre_payment_credit_notes_amount=100,
            post_payment_credit_notes_amount=200,
            due_date=NOW_EPOCH + 86_400,
            hosted_invoice_url="https://invoice.stripe.com/i/x",
            customer={"id": "cus_1", "object": "customer"},
            lines=page({"id": "il_1"}, {"id": "il_2"}),
            metadata={"ml_connector_invoice": "0001042"},
        ),
    )
    read = gateway.retrieve_invoice("in_1")
    assert (read.currency, read.customer, read.number, read.line_count) == ("EUR", "cus_1", "0001042", 2)
    assert (read.total, read.amount_due, read.amount_paid, read.amount_remaining) == (10_000, 8_000, 8_500, 0)
    assert (read.amount_overpaid, read.amount_paid_off_stripe) == (500, 300)
    assert (read.starting_balance, read.ending_balance) == (-2_000, 0)
    assert (read.pre_payment_credit_notes, read.post_payment_credit_notes) == (100, 200)
    assert read.created == NOW
    assert read.due_date == datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert read.hosted_invoice_url == "https://invoice.stripe.com/i/x"
    assert read.metadata == {"ml_connector_invoice": "0001042"}


def test_what_an_answer_leaves_out_is_none_or_nothing(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    bare = invoice(metadata=None)
    del bare["lines"], bare["number"]
    api.get(f"{INVOICES}/in_1", json=bare)
    read = gateway.retrieve_invoice("in_1")
    assert (read.line_count, read.number, read.due_date, read.ending_balance) == (None, None, None, None)
    assert (read.amount_overpaid, read.starting_balance, read.metadata) == (0, 0, {})


def test_what_settled_an_invoice_is_told_apart_to_the_cent(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(
        f"{INVOICES}/in_1",
        json=invoice(
            total=10_000,
            starting_balance=-1_200,
            pre_payment_credit_notes_amount=800,
            amount_due=8_000,
            amount_paid=5_500,
            amount_paid_off_stripe=2_500,
            amount_remaining=2_500,
        ),
    )
    read = gateway.retrieve_invoice("in_1")
    assert (read.credit_used, read.settled_elsewhere, read.paid_through_stripe) == (1_200, 3_300, 3_000)


def test_an_answer_that_does_not_say_how_an_invoice_was_paid_is_none(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    silent = invoice(amount_due=5_000, amount_paid=5_000)
    del silent["amount_paid_off_stripe"]
    api.get(f"{INVOICES}/in_1", json=silent)
    with pytest.raises(Unavailable, match="cannot be read"):
        gateway.retrieve_invoice("in_1")


def test_of_an_invoice_on_which_nothing_was_paid_nothing_was_paid_elsewhere(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    silent = invoice(amount_due=5_000, amount_remaining=5_000)
    del silent["amount_paid_off_stripe"]
    api.get(f"{INVOICES}/in_1", json=silent)
    assert gateway.retrieve_invoice("in_1").amount_paid_off_stripe == 0


def test_lines_are_counted_to_the_last_page(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{INVOICES}/in_1", json=invoice(lines=page({"id": "il_1"}, has_more=True)))
    api.get(f"{INVOICES}/in_1/lines", json=page({"id": "il_1"}, {"id": "il_2"}, has_more=True))
    api.get(f"{INVOICES}/in_1/lines", json=page({"id": "il_3"}))
    assert gateway.retrieve_invoice("in_1").line_count is None
    assert gateway.line_count("in_1") == 3


@pytest.mark.parametrize("since", [None, NOW])
def test_the_invoices_of_a_customer_can_be_limited_to_new_ones(
    api: responses.RequestsMock, gateway: StripeGateway, since: datetime | None
) -> None:
    api.get(INVOICES, json=page(invoice()))
    assert [row.id for row in gateway.invoices_of_customer("cus_1", created_since=since)] == ["in_1"]
    window = {"created[gte]": str(NOW_EPOCH)} if since else {}
    asked = {"limit": "100", "customer": "cus_1", "expand[0]": "data.amount_paid_off_stripe"}
    assert dict(sent(api.calls[0].request)) == asked | window
