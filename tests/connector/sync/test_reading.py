"""Which Deltek invoices go to Stripe, which are left alone, which wait for a person (rule 3: unknown is not paid)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from connector.models import Invoice, InvoiceState
from connector.sandbox.faults import Fault
from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.administrator import Administrator
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.sync.poll import poll_tenant, read_news
from connector.sync.replay import replay
from tests.support.calls import killed_after
from tests.support.world import World, tenant_file

NOVEMBER = date(2026, 11, 2)


def line(amount: str = "500.00", wbs1: str = "24001.00", wbs2: str = "02") -> InvoiceLine:
    return InvoiceLine(wbs1=wbs1, wbs2=wbs2, amount=Decimal(amount))


def invoice(
    *lines: InvoiceLine, number: str = "", dated: date = NOVEMBER, company: str = "00"
) -> DeltekInvoice:
    return DeltekInvoice(
        "24001.00", lines or (line(),), dated, number=number, due=dated + timedelta(30), company=company
    )


def administrator(world: World) -> Administrator:
    return world.deltek_sandbox.administrator


def poll(world: World) -> None:
    world.poll()
    world.work()
    assert world.status().poll_problem == ""


def at_stripe(world: World) -> dict[str, int]:
    return {one["number"]: one["total"] for one in world.stripe_invoices()}


def pay_by_check(world: World, number: str, amount: str) -> None:
    payment = Payment(number, "24001.00", Decimal(amount), wbs2="02")
    world.accountant.record_check(f"C{number[-3:]}", NOVEMBER, [payment], "FIRST")


def test_drafts_statements_pre_invoices_and_unposted_files_are_not_pushed(acme: World) -> None:
    accountant = acme.accountant
    accountant.draft_invoice(invoice())
    accountant.issue_document(DeltekInvoice("24001.00", (line(),), NOVEMBER, kind="statement"))
    accountant.issue_document(DeltekInvoice("24001.00", (line(),), NOVEMBER, kind="pre_invoice"))
    accountant.accept_invoice(invoice())
    posted = accountant.post_invoice(invoice())

    poll(acme)

    assert at_stripe(acme) == {posted.number: 50000}


@pytest.mark.parametrize("direction", ["reference", "own"])
@pytest.mark.parametrize("documents", ["files", "single"])
def test_credit_memos_are_not_pushed_and_leave_the_invoice_itself_alone(
    acme: World, direction: str, documents: str
) -> None:
    administrator(acme).set_options({"credit_memo_direction": direction})
    number = acme.bill({"02": "500.00"})
    poll(acme)
    acme.accountant.credit_invoice(number, Decimal("100.00"), NOVEMBER)
    acme.deltek_books.settings.company("00").receipts = documents  # type: ignore[assignment]

    poll(acme)

    assert at_stripe(acme) == {number: 50000}
    assert acme.status().failed == 0


@pytest.mark.parametrize("direction", ["reference", "own"])
@pytest.mark.parametrize("documents", ["files", "single"])
def test_a_credit_memo_posted_while_stripe_is_down_does_not_withdraw_its_invoice(
    acme: World, direction: str, documents: Literal["files", "single"]
) -> None:
    administrator(acme).set_options({"credit_memo_direction": direction})
    administrator(acme).set_receipt_mode("00", documents)
    number = acme.bill({"02": "500.00"})
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/customers.*", status=503))
    acme.work()
    acme.accountant.credit_invoice(number, Decimal("100.00"), NOVEMBER)

    acme.poll()
    acme.settle()

    assert at_stripe(acme) == {number: 50000}
    assert acme.stripe_invoice(number)["amount_remaining"] == 40000
    assert acme.status().failed == 0


def test_a_void_posted_before_the_poll_leaves_the_invoice_and_its_reversal_alone(acme: World) -> None:
    number = acme.bill({"02": "500.00"})
    acme.accountant.void_invoice(number, NOVEMBER)

    poll(acme)

    assert at_stripe(acme) == {}
    assert acme.invoice(number).state is InvoiceState.LEFT_ALONE
    assert "voided" in acme.invoice(number).reason
    assert acme.status().failed == 0


@pytest.mark.parametrize("changes", [{}, {"ar_review": False}, {"ar_review_lists_paid": False}])
def test_an_invoice_paid_by_check_before_the_poll_is_left_alone(
    acme: World, changes: dict[str, bool]
) -> None:
    administrator(acme).set_options(changes)
    paid, unpaid = acme.bill({"02": "500.00"}), acme.bill({"02": "700.00"})
    pay_by_check(acme, paid, "500.00")

    poll(acme)

    assert at_stripe(acme) == {unpaid: 70000}
    assert "settled" in acme.invoice(paid).reason
    assert acme.status().failed == 0


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_paid_in_part_before_the_poll_is_pushed_whole_and_asks_for_the_rest(
    acme: World, ar_review: bool
) -> None:
    administrator(acme).set_options({"ar_review": ar_review})
    number = acme.bill({"02": "500.00"})
    pay_by_check(acme, number, "200.00")

    poll(acme)
    acme.settle()

    assert at_stripe(acme) == {number: 50000}
    assert acme.stripe_invoice(number)["amount_remaining"] == 30000
    assert acme.status().failed == 0


def test_only_invoices_dated_from_start_date_on_are_pushed(acme: World) -> None:
    old = acme.bill({"02": "500.00"}, dated=date(2026, 9, 30), due=date(2026, 12, 1))
    new = acme.bill({"02": "600.00"}, dated=date(2026, 10, 1), due=date(2026, 12, 1))

    poll(acme)

    assert at_stripe(acme) == {new: 60000}
    assert "before start_date 2026-10-01" in acme.invoice(old).reason


def test_an_earlier_start_date_takes_in_what_was_left_alone_when_it_is_read_again(acme: World) -> None:
    old = acme.bill({"02": "500.00"}, dated=date(2026, 9, 30), due=date(2026, 12, 1))
    poll(acme)
    acme.apply(tenant_file(acme.deltek_url).replace("2026-10-01", "2026-09-01"))

    since = acme.clock.now() - timedelta(days=60)
    poll_tenant(acme.runtime, acme.tenant().id, lambda run: read_news(run, since=since))
    acme.work()

    assert at_stripe(acme) == {old: 50000}


def test_only_the_companies_of_the_tenant_file_take_part(acme: World) -> None:
    acme.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    ours = acme.accountant.post_invoice(invoice())
    theirs = acme.accountant.post_invoice(invoice(company="01"))

    poll(acme)

    assert at_stripe(acme) == {ours.number: 50000}
    assert acme.invoice(theirs.number).reason == "Its company 01 is not in the tenant file"


@pytest.mark.parametrize(
    "selection",
    [
        'exclude_projects = ["24002.00"]',
        'include_projects = ["24001.00"]',
        "exclude_clients",
        "include_clients",
    ],
)
def test_clients_and_projects_can_be_included_and_excluded(world: World, selection: str) -> None:
    world.annex()
    other = world.client("Hillside Clinic")
    world.project("24002.00", other)
    if selection == "exclude_clients":
        selection = f'exclude_clients = ["{other}"]'
    if selection == "include_clients":
        selection = f'include_clients = ["{world.clients["Riverbend Schools"]}"]'
    world.set_up(sync=selection)
    ours, theirs = world.bill({"02": "500.00"}), world.bill({"": "70.00"}, wbs1="24002.00")

    poll(world)

    assert at_stripe(world) == {ours: 50000}
    assert "excluded" in world.invoice(theirs).reason


HIDING: list[tuple[str, list[str]]] = [
    ("ARBalance", ["OriginalAmt"]),
    ("ARBalance", ["Balance"]),
    ("ARBalance", ["Balance", "OriginalAmt"]),
    ("inDetail", ["Amount"]),
]


@pytest.mark.parametrize(("table", "columns"), HIDING)
def test_rule_3_a_masked_amount_blocks_the_invoice_and_names_field_visibility(
    acme: World, table: str, columns: list[str]
) -> None:
    number = acme.bill({"02": "500.00"})
    administrator(acme).hide("MLCONNECTOR", table, columns)

    poll(acme)

    blocked = acme.invoice(number)
    assert blocked.state is InvoiceState.BLOCKED
    assert "0.00" in blocked.reason
    assert "see" in blocked.remedy
    assert at_stripe(acme) == {}

    administrator(acme).hide("MLCONNECTOR", table, [])
    replay(acme.runtime, acme.tenant(), number)
    assert at_stripe(acme) == {number: 50000}


@pytest.mark.parametrize("columns", [["Amount", "TransactionAmount"]])
def test_rule_3_a_masked_ledger_without_ar_review_blocks_the_invoice(acme: World, columns: list[str]) -> None:
    administrator(acme).set_options({"ar_review": False})
    number = acme.bill({"02": "500.00"})
    administrator(acme).hide("MLCONNECTOR", "PSALedger", columns)

    poll(acme)

    assert acme.invoice(number).state is InvoiceState.BLOCKED
    assert "may not see a field" in acme.invoice(number).reason


def test_an_invoice_that_ar_review_does_not_show_is_blocked_until_the_role_may_see_it(acme: World) -> None:
    number = acme.bill({"02": "500.00"})
    acme.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    administrator(acme).set_options({"ar_review_active_company_only": True})
    acme.deltek_books.tokens.login("MLCONNECTOR").company = "01"

    poll(acme)
    assert "AR review does not show it" in acme.invoice(number).reason

    acme.deltek_books.tokens.login("MLCONNECTOR").company = "00"
    replay(acme.runtime, acme.tenant(), number)
    assert at_stripe(acme) == {number: 50000}


@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_a_version_without_ar_review_is_read_from_ledger_and_documents(acme: World, sign: str) -> None:
    administrator(acme).set_options({"ar_review": False, "ledger_invoice_sign": sign})
    number = acme.bill({"02": "500.00", "03": "20.00"})

    poll(acme)

    assert at_stripe(acme) == {number: 52000}


@pytest.mark.parametrize("ar_review", [True, False])
def test_a_history_loaded_invoice_is_one_summary_line_that_names_itself(acme: World, ar_review: bool) -> None:
    administrator(acme).set_options({"ar_review": ar_review})
    number = "H-0007"
    acme.accountant.load_history_invoice(invoice(line("500.00"), line("20.00", wbs2="03"), number=number))

    poll(acme)

    (shown,) = acme.stripe_books.lines[acme.stripe_invoice(number)["id"]]
    assert (shown["amount"], shown["description"]) == (52000, f"Invoice {number} – Annex")
    assert "one sum" in acme.stripe_invoice(number)["description"]
    rows = {(row["wbs2"], row["amount"]) for row in acme.invoice(number).wbs_rows}
    assert rows == {("02", 50000), ("03", 2000)}


def test_without_leave_for_a_summary_line_a_history_loaded_invoice_is_blocked(world: World) -> None:
    world.annex()
    world.set_up(sync="summary_line = false")
    world.accountant.load_history_invoice(invoice(number="H-0007"))

    poll(world)

    assert world.invoice("H-0007").state is InvoiceState.BLOCKED
    assert "sync.summary_line" in world.invoice("H-0007").remedy


def test_without_documents_and_ar_review_an_invoice_of_an_unknown_company_is_not_pushed(acme: World) -> None:
    acme.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    administrator(acme).set_options({"ar_review": False})
    acme.accountant.load_history_invoice(invoice(number="H-0007", company="01"))

    poll(acme)

    assert at_stripe(acme) == {}
    assert acme.invoice("H-0007").state is InvoiceState.BLOCKED


def post_group(world: World, post: Callable[[DeltekInvoice], object]) -> str:
    world.project("24002.00", world.clients["Riverbend Schools"], ["01"])
    post(invoice(line("500.00"), line("70.00", "24002.00", "01"), number="G-0001"))
    return "G-0001"


@pytest.mark.parametrize("documented", [True, False])
def test_a_billing_group_is_one_invoice_over_all_its_projects(acme: World, documented: bool) -> None:
    post = acme.accountant.post_invoice if documented else acme.accountant.load_history_invoice
    number = post_group(acme, post)

    poll(acme)

    assert at_stripe(acme) == {number: 57000}
    rows = [(row["wbs1"], row["wbs2"], row["amount"]) for row in acme.invoice(number).wbs_rows]
    assert sorted(rows) == [("24001.00", "02", 50000), ("24002.00", "01", 7000)]


def test_a_billing_group_of_which_deltek_tells_nothing_is_blocked_and_not_pushed_in_part(acme: World) -> None:
    administrator(acme).set_options({"ar_review": False})
    number = post_group(acme, acme.accountant.load_history_invoice)

    poll(acme)

    assert at_stripe(acme) == {}
    assert acme.invoice(number).state is InvoiceState.BLOCKED


def test_zeros_of_a_number_belong_to_the_key(acme: World) -> None:
    for number in ("417", "0417", "00417"):
        acme.bill({"02": "500.00"}, number=number)

    poll(acme)

    assert at_stripe(acme) == {"417": 50000, "0417": 50000, "00417": 50000}


def test_terms_of_the_tenant_file_stand_in_for_a_missing_due_date(world: World) -> None:
    world.annex()
    world.set_up(sync="default_terms_days = 45")
    number = world.bill({"02": "500.00"}, due=None)

    poll(world)

    found: Invoice = world.invoice(number)
    assert found.due_date == date(2026, 12, 17)


def test_an_invoice_in_another_currency_than_its_company_is_blocked(acme: World) -> None:
    acme.deltek_books.settings.add_bank(Bank("EURO", "00", "103.00", "Euro", "EUR"))
    number = acme.accountant.post_invoice(
        DeltekInvoice("24001.00", (line(),), NOVEMBER, due=date(2026, 12, 2), currency="EUR")
    ).number

    poll(acme)

    assert "It is in EUR" in acme.invoice(number).reason


def test_an_invoice_posted_again_after_undo_posting_is_not_pushed_twice(acme: World) -> None:
    number = acme.accountant.post_invoice(invoice(), batch="IN777").number
    poll(acme)
    acme.accountant.undo_posting("IN777")
    acme.clock.turn(timedelta(hours=1))
    acme.accountant.post_invoice_file("IN777")

    poll(acme)

    assert at_stripe(acme) == {number: 50000}


@pytest.mark.parametrize("draft", [False, True], ids=["nothing at Stripe", "a draft at Stripe"])
def test_an_invoice_voided_while_stripe_is_down_is_not_pushed(acme: World, draft: bool) -> None:
    number = acme.bill({"02": "500.00"})
    acme.poll()
    path = "/v1/invoices/.*/finalize" if draft else "/v1/customers.*"
    acme.stripe_sandbox.faults.add(Fault("before", path=path, status=503))
    acme.work()
    acme.accountant.void_invoice(number, NOVEMBER)

    acme.poll()
    acme.settle()

    assert at_stripe(acme) == {}
    assert acme.invoice(number).state is InvoiceState.LEFT_ALONE
    assert acme.status().failed == 0


def test_an_invoice_corrected_while_stripe_is_down_is_pushed_as_corrected(acme: World) -> None:
    number = acme.accountant.post_invoice(invoice(), batch="IN777").number
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/invoices/.*/finalize", status=503))
    acme.work()
    acme.accountant.undo_posting("IN777")
    file = acme.deltek_books.billing.file("IN777")
    file.invoices = [replace(file.invoices[0], lines=(line("450.00"),))]
    acme.clock.turn(timedelta(hours=1))
    acme.accountant.post_invoice_file("IN777")

    acme.poll()
    acme.settle()

    assert at_stripe(acme) == {number: 45000}


def test_an_invoice_set_aside_before_it_was_pushed_is_pushed_after_its_replay(acme: World) -> None:
    number = acme.accountant.post_invoice(invoice(), batch="IN777").number
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/customers.*", status=503))
    acme.work()
    acme.accountant.undo_posting("IN777")
    acme.clock.turn(timedelta(hours=1))
    acme.accountant.post_invoice_file("IN777")
    administrator(acme).hide("MLCONNECTOR", "ARBalance", ["OriginalAmt"])
    acme.poll()
    acme.settle()
    assert at_stripe(acme) == {}

    administrator(acme).hide("MLCONNECTOR", "ARBalance", [])
    replay(acme.runtime, acme.tenant(), number)
    assert at_stripe(acme) == {number: 50000}


def test_rule_7_an_invoice_under_a_pusher_s_hands_is_altered_only_after_it(acme: World) -> None:
    number = acme.bill({"02": "500.00"})
    acme.poll()
    with killed_after(acme, "Stripe", 3):  # a draft is there; the pusher holds the invoice and is gone
        acme.work()
    acme.accountant.void_invoice(number, NOVEMBER)

    acme.poll()
    assert "being pushed at this moment" in acme.status().poll_problem

    acme.clock.turn(timedelta(minutes=2))
    poll(acme)
    acme.settle()
    assert at_stripe(acme) == {}
