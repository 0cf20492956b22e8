"""What Stripe, and the client who reads the invoice there, see of a posted Deltek invoice."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.models import InvoiceState, WorkState
from connector.sandbox.faults import Fault
from connector.sandbox.stripe import currencies
from connector.sandbox.stripe import invoice_lines as stripe_lines
from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.sync.replay import replay
from tests.support.calls import counted
from tests.support.money import pushed
from tests.support.world import World, tenant_file

NEW_YORK = ZoneInfo("America/New_York")


def day_of(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, NEW_YORK).date()


def company_in(world: World, currency: str) -> None:
    """Company 77 keeps its books in this currency, with a project 77001 of its own."""
    world.deltek_books.settings.add_company(Company("77", "Acme Abroad", currency))
    world.deltek_books.settings.add_bank(Bank("STRIPE77", "77", "103.00", "Stripe clearing", currency))
    table = f'[deltek.companies."77"]\ncurrency = "{currency}"\nbank_code = "STRIPE77"\n'
    world.set_up(companies=table + 'ar_account = "111.00"\nreceipts = "files"\npost = false')
    world.project("77001", world.client())


def bill_in(world: World, currency: str, amount: str) -> str:
    company_in(world, currency)
    line = InvoiceLine(wbs1="77001", amount=Decimal(amount))
    posted = world.accountant.post_invoice(
        Invoice("77001", (line,), date(2026, 11, 2), company="77", currency=currency, due=date(2026, 12, 2))
    )
    world.poll()
    world.work()
    return posted.number


def push(world: World, amounts: dict[str, str], **more: Any) -> str:
    number = world.bill(amounts, **more)
    world.poll()
    world.work()
    return number


def test_the_invoice_has_deltek_s_number_dates_currency_and_key(acme: World) -> None:
    number = push(acme, {"02": "1200.00"})

    invoice = acme.stripe_invoice(number)
    assert invoice["collection_method"] == "send_invoice"
    assert invoice["currency"] == "usd"
    assert (day_of(invoice["effective_at"]), day_of(invoice["due_date"])) == (
        date(2026, 11, 2),
        date(2026, 12, 2),
    )
    assert invoice["payment_settings"]["payment_method_types"] == ["card", "us_bank_account"]
    assert invoice["metadata"] == {
        "ml_connector_tenant": "acme",
        "deltek_company": "00",
        "deltek_wbs1": "24001.00",
        "deltek_invoice": number,
    }
    assert {"name": "Project", "value": "Annex"} in invoice["custom_fields"]


@pytest.mark.parametrize("lines", [1, 250])
def test_rule_10_an_invoice_of_any_number_of_lines_takes_three_requests(acme: World, lines: int) -> None:
    push(acme, {"02": "1.00"})  # its customer is there
    line = InvoiceLine(wbs1="24001.00", wbs2="02", amount=Decimal("2.50"))
    number = acme.accountant.post_invoice(
        Invoice("24001.00", (line,) * lines, date(2026, 11, 3), due=date(2026, 12, 3))
    ).number
    acme.poll()

    with counted(acme, "Stripe") as asked:
        acme.work()

    assert asked == [
        "POST /v1/invoices",
        "POST /v1/invoices/{invoice}/add_lines",
        "POST /v1/invoices/{invoice}/finalize",
    ]
    assert acme.stripe_invoice(number)["total"] == 250 * lines


def test_every_create_carries_an_idempotency_key_of_its_own(acme: World) -> None:
    push(acme, {"02": "1200.00"})
    push(acme, {"03": "1200.00"})

    writes = [one for one in acme.stripe_books.requests if one["method"] == "POST"]
    keys = [one["idempotency_key"] for one in writes if "webhook_endpoints" not in one["path"]]
    assert len(keys) == 7
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_a_replay_after_a_day_does_not_write_to_the_client_again(world: World) -> None:
    world.annex()
    world.set_up(stripe="send_email = true")
    number = world.bill({"02": "500.00"})
    world.poll()
    world.work()
    world.clock.turn(timedelta(hours=25))

    with counted(world, "Stripe") as requests:
        replay(world.runtime, world.tenant(), number)

    assert not [one for one in requests if one.endswith("/send")]


def test_with_send_email_stripe_sends_it_to_the_client_once(world: World) -> None:
    world.set_up(stripe="send_email = true")
    world.annex()
    push(world, {"02": "1200.00"})
    world.settle()

    sent = [one for one in world.stripe_books.table("event").values() if one["type"] == "invoice.sent"]
    assert len(sent) == 1


def test_an_overdue_invoice_is_due_tomorrow_and_says_since_when_it_is_due(acme: World) -> None:
    number = push(acme, {"02": "1200.00"}, due=date(2026, 11, 10))

    invoice = acme.stripe_invoice(number)
    assert invoice["status"] == "open"
    assert day_of(invoice["due_date"]) == acme.clock.now().astimezone(NEW_YORK).date() + timedelta(days=1)
    assert {"name": "Due since", "value": "2026-11-10"} in invoice["custom_fields"]


@pytest.mark.parametrize("due", [date(2026, 11, 10), date(2026, 11, 22)])
def test_an_invoice_that_falls_due_while_stripe_is_down_still_arrives(acme: World, due: date) -> None:
    number = acme.bill({"02": "1200.00"}, due=due)
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", "POST", "/v1/invoices", status=503))
    acme.work()

    acme.clock.turn(timedelta(days=3))
    acme.settle()

    invoice = acme.stripe_invoice(number)
    assert invoice["status"] == "open"
    assert day_of(invoice["due_date"]) == date(2026, 11, 24)


def test_a_number_with_outer_blanks_is_shown_without_them_and_kept_with_them_in_our_key(acme: World) -> None:
    acme.bill({"02": "1200.00"}, number="   000417")
    acme.poll()
    acme.work()

    assert acme.stripe_invoice("000417")["status"] == "open"
    assert acme.invoice("   000417").state is InvoiceState.PUSHED


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("JPY", "120000", 120000),
        ("KWD", "12.350", 12350),
        ("ISK", "5000.00", 500000),
        ("HUF", "990.50", 99050),
    ],
)
def test_currencies_of_any_number_of_decimals_arrive_to_the_unit(
    world: World, currency: str, amount: str, minor: int
) -> None:
    number = bill_in(world, currency, amount)

    invoice = world.stripe_invoice(number)
    assert (invoice["total"], invoice["currency"], invoice["status"]) == (minor, currency.lower(), "open")
    # A bank debit in US dollars cannot pay it.
    assert invoice["payment_settings"]["payment_method_types"] == ["card"]


@pytest.mark.parametrize(
    ("currency", "amount", "reason"),
    [
        ("JPY", "120000.50", "cannot be expressed in JPY"),
        ("KWD", "12.345", "cannot charge 12.345 KWD"),
        ("UGX", "5000.50", "cannot charge 5,000.50 UGX"),
    ],
)
def test_rule_4_an_amount_that_stripe_cannot_charge_is_blocked_and_not_rounded(
    world: World, currency: str, amount: str, reason: str
) -> None:
    number = bill_in(world, currency, amount)

    assert world.invoice(number).state is InvoiceState.BLOCKED
    assert reason in world.invoice(number).reason
    assert world.stripe_invoices() == []


def test_above_the_card_limit_only_the_bank_may_pay(world: World) -> None:
    world.set_up(stripe='card_limit = "5000.00"')
    world.annex()

    at_limit, above = push(world, {"02": "5000.00"}), push(world, {"02": "5000.01"})

    methods = {
        number: world.stripe_invoice(number)["payment_settings"]["payment_method_types"]
        for number in (at_limit, above)
    }
    assert methods == {at_limit: ["card", "us_bank_account"], above: ["us_bank_account"]}


def test_the_card_limit_is_about_what_is_left_to_be_paid(world: World) -> None:
    world.set_up(stripe='card_limit = "5000.00"')
    world.annex()
    number = world.bill({"02": "8000.00"})
    paid = Payment(number, "24001.00", Decimal("4000.00"), wbs2="02")
    world.accountant.record_check("7001", date(2026, 11, 3), [paid], "FIRST")

    world.poll()
    world.work()

    invoice = world.stripe_invoice(number)
    assert invoice["amount_remaining"] == 400000
    assert invoice["payment_settings"]["payment_method_types"] == ["card", "us_bank_account"]


def test_above_999_999_99_only_the_card_may_pay(acme: World) -> None:
    number = push(acme, {"02": "1000000.00"})

    invoice = acme.stripe_invoice(number)
    assert invoice["total"] == 100_000_000
    assert invoice["payment_settings"]["payment_method_types"] == ["card"]


@pytest.mark.parametrize(
    ("amount", "reason"), [("2000000.00", "None of the payment methods"), ("0.30", "no less than 0.50 USD")]
)
def test_what_no_method_can_take_is_blocked_with_the_way_out(world: World, amount: str, reason: str) -> None:
    world.set_up(stripe='card_limit = "5000.00"')
    world.annex()
    push(world, {"02": amount})

    push_operation = world.operations()[-1]
    assert push_operation.state is WorkState.BLOCKED
    assert reason in push_operation.reason
    assert "outside Stripe" in push_operation.remedy
    assert world.stripe_invoices() == []


def test_a_total_that_stripe_computes_otherwise_blocks_the_invoice_and_its_draft_is_gone(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = stripe_lines._sums

    def taxed(*of: Any) -> dict[str, Any]:
        return {**honest(*of), "total": honest(*of)["total"] + 1}

    monkeypatch.setattr(stripe_lines, "_sums", taxed)
    number = push(acme, {"02": "1200.00"})

    assert acme.stripe_invoices() == []
    blocked = acme.operations()[-1]
    assert blocked.state is WorkState.BLOCKED
    assert "1,200.01 USD for an invoice of 1,200.00 USD" in blocked.reason
    assert "automatic tax" in blocked.remedy

    monkeypatch.undo()
    replay(acme.runtime, acme.tenant(), number)
    assert acme.stripe_invoice(number)["status"] == "open"


def test_what_stripe_refuses_to_finalize_leaves_no_draft_and_comes_through_once_it_is_put_right(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(currencies, "LARGEST_CARD", 100)
    number = push(acme, {"02": "1200.00"})

    assert acme.stripe_invoices() == []
    blocked = acme.operations()[-1]
    assert blocked.state is WorkState.BLOCKED
    assert "payment method" in blocked.remedy

    acme.apply(tenant_file(acme.deltek_url).replace('["card", "us_bank_account"]', '["us_bank_account"]'))
    replay(acme.runtime, acme.tenant(), number)
    assert acme.stripe_invoice(number)["status"] == "open"


def test_a_number_that_somebody_else_s_invoice_has_is_blocked_and_replay_finishes_it(acme: World) -> None:
    foreign = push(acme, {"02": "1.00"}, number="000100")
    acme.stripe_invoice(foreign)["metadata"] = {}
    acme.stripe_invoice(foreign)["number"] = "000101"

    number = push(acme, {"02": "1200.00"}, number="000101")
    blocked = acme.operations()[-1]
    assert "already in use" in blocked.reason
    assert "void or renumber it in Stripe" in blocked.remedy

    acme.stripe_invoice("000101")["number"] = "OTHER"
    replay(acme.runtime, acme.tenant(), number)
    assert acme.stripe_invoice(number)["total"] == 120000


def test_a_blocked_invoice_does_not_hold_up_the_firm_s_next_one(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.bill({"02": "0.30"})
    second = acme.bill({"02": "1200.00"})
    acme.poll()
    acme.work()

    assert acme.stripe_invoice(second)["status"] == "open"
    assert acme.status().failed == 1
    assert acme.status().backlog == 0


def test_a_draft_that_was_altered_at_stripe_is_made_anew(acme: World) -> None:
    number = acme.bill({"02": "1200.00"})
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", "POST", "/v1/invoices/.*/finalize"))
    acme.work()
    (draft,) = acme.stripe_invoices()
    draft["total"] += 500

    acme.settle()

    (invoice,) = acme.stripe_invoices()
    assert invoice["id"] != draft["id"]
    assert (invoice["number"], invoice["total"], invoice["status"]) == (number, 120000, "open")


def test_a_draft_that_was_deleted_at_stripe_is_made_anew(acme: World) -> None:
    number = acme.bill({"02": "1200.00"})
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", "POST", "/v1/invoices/.*/finalize"))
    acme.work()
    acme.stripe_books.table("invoice").clear()

    acme.settle()

    assert acme.stripe_invoice(number)["status"] == "open"


@pytest.mark.parametrize("moment", ["before its draft", "after its draft"])
def test_a_customer_that_was_deleted_at_stripe_is_replaced_by_a_new_one(acme: World, moment: str) -> None:
    push(acme, {"02": "1.00"})
    (old,) = acme.stripe_books.table("customer")
    number = acme.bill({"02": "1200.00"})
    acme.poll()
    if moment == "after its draft":
        acme.stripe_sandbox.faults.add(Fault("before", "POST", "/v1/invoices/.*/finalize"))
        acme.work()
    acme.stripe_sandbox.dashboard.delete_customer(old)

    acme.settle()

    (new,) = acme.stripe_books.table("customer")
    assert new != old
    assert acme.stripe_invoice(number)["customer"] == new
    assert [one["status"] for one in acme.stripe_invoices()] == ["open", "open"]


def test_a_number_that_is_an_other_project_s_too_has_as_much_of_a_long_project_as_stripe_takes(
    acme: World,
) -> None:
    number = pushed(acme, {"02": "100.00"})
    long = acme.project("2024-SCHOOL-ANNEX-EAST-0001", acme.clients["Riverbend Schools"], ["02"])

    pushed(acme, {"02": "50.00"}, wbs1=long, number=number)

    open_now = {one["number"]: one["status"] for one in acme.stripe_invoices()}
    assert open_now == {number: "open", f"{number}-EX-EAST-0001": "open"}
