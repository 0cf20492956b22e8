"""One number in two companies is two invoices, each with its own client, receipts and account."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from connector.deltek.records import ArBalance
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked
from connector.models import Invoice, InvoiceState
from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.auditor import audit
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.sync.reading import LeftAlone, ReadInvoice
from tests.support.auditing import CREDITS, RECEIVABLE
from tests.support.booked import OVERPAYMENTS, booked, chart_accounts
from tests.support.deltek import INTERIORS, MAIN, NOVEMBER, DeltekFirm, line, open_firm
from tests.support.money import replayed
from tests.support.settling import (
    adjusted,
    assert_all_ties,
    at_stripe,
    one_phase,
    only_problem,
    polled,
    problems,
    synced,
)
from tests.support.world import World

NUMBER = "000000417"
COMPANY_01 = """
[deltek.companies."01"]
currency = "USD"
bank_code = "STRIPE01"
ar_account = "111.00"
receipts = "files"
post = true
"""


@pytest.fixture(params=[True, False], ids=["AR review", "ledger only"])
def firm(request: pytest.FixtureRequest) -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        opened.admin.set_options({"ar_review": request.param})
        opened.bill(line("500.00"), number=NUMBER, batch="IN100")
        opened.bill(line("900.00", INTERIORS), number=NUMBER, batch="IN200", company="01")
        yield opened


def test_each_is_read_with_its_own_amounts(firm: DeltekFirm) -> None:
    (ours,), (theirs,) = firm.read_posting("IN100"), firm.read_posting("IN200")

    assert isinstance(ours, ReadInvoice)
    assert isinstance(theirs, ReadInvoice)
    assert (ours.key.company, ours.key.wbs1, ours.original.minor) == ("00", MAIN, 50000)
    assert (theirs.key.company, theirs.key.wbs1, theirs.original.minor) == ("01", INTERIORS, 90000)


def test_ar_review_tells_the_companies_apart_even_on_one_project() -> None:
    with open_firm() as firm:
        firm.bill(line("500.00"), number=NUMBER, batch="IN100")
        firm.bill(line("900.00"), number=NUMBER, batch="IN200", company="01")

        (ours,), (theirs,) = firm.read_posting("IN100"), firm.read_posting("IN200")

    assert isinstance(ours, ReadInvoice)
    assert isinstance(theirs, ReadInvoice)
    assert (ours.original.minor, theirs.original.minor) == (50000, 90000)


def test_what_settles_the_one_does_not_settle_the_other(firm: DeltekFirm) -> None:
    firm.receive(NUMBER, "500.00")

    assert isinstance(firm.read(NUMBER), LeftAlone)
    other = firm.read(NUMBER, INTERIORS, "01")
    assert isinstance(other, ReadInvoice)
    assert other.received == 0


@pytest.fixture
def two(world: World) -> World:
    """acme with companies 00 and 01, a project in each."""
    world.annex()
    world.project("31001.00", world.client("Hillside Clinic", "ap@hillside.example"), ["01"], name="Lobby")
    world.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    world.deltek_books.settings.add_bank(Bank("STRIPE01", "01", "103.00", "Stripe clearing"))
    world.set_up(companies=COMPANY_01)
    return world


def post(world: World, wbs1: str, wbs2: str, amount: str, company: str) -> None:
    lines = (InvoiceLine(wbs1, Decimal(amount), wbs2=wbs2),)
    world.accountant.post_invoice(
        DeltekInvoice(wbs1, lines, NOVEMBER, number=NUMBER, due=date(2026, 12, 2), company=company)
    )


def invoices(world: World) -> dict[str, Invoice]:
    with world.runtime.transaction() as session:
        return {one.company: one for one in session.scalars(select(Invoice))}


def balances(world: World) -> dict[str, str]:
    return {one["company"]: one["balance"] for one in audit(world.deltek_books)["invoices"]}


def test_both_are_pushed_and_each_payment_is_booked_in_its_own_company(two: World) -> None:
    post(two, "24001.00", "02", "500.00", "00")
    post(two, "31001.00", "01", "900.00", "01")

    two.poll()
    two.settle()

    found = invoices(two)
    assert {one.state for one in found.values()} == {InvoiceState.PUSHED}
    totals = {one["metadata"]["deltek_company"]: one["total"] for one in two.stripe_invoices()}
    assert totals == {"00": 50000, "01": 90000}

    two.stripe_sandbox.dashboard.pay(str(found["01"].stripe_invoice_id), None, "card")
    two.settle()
    assert balances(two) == {"00": "500.00", "01": "0.00"}
    two.poll()
    assert two.status().failed == 0


def test_credit_of_the_one_that_pays_an_invoice_of_the_other_is_taken_from_the_other_s_account(
    world: World,
) -> None:
    """The customer at Stripe is the client's, whatever company bills it; what one owes the other the firm books."""
    world.annex()
    chart_accounts(world)
    world.project("31001.00", world.clients["Riverbend Schools"], ["01"], name="Lobby")
    world.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    world.deltek_books.settings.add_bank(Bank("STRIPE01", "01", "103.00", "Stripe clearing"))
    world.set_up(companies=f"{OVERPAYMENTS}\n{COMPANY_01}{OVERPAYMENTS}")
    world.pay(one_phase(world), 120000)
    world.settle()

    post(world, "31001.00", "01", "900.00", "01")
    polled(world)

    assert balances(world) == {"00": "0.00", "01": "700.00"}
    assert [(one.kind, one.accounts) for one in booked(world)[1:]] == [
        ("overpayment", {CREDITS: "200.00"}),
        ("credit applied", {RECEIVABLE: "200.00", CREDITS: "-200.00"}),
    ]
    assert [one.company for one in world.movements()] == ["00", "00", "01"]
    assert_all_ties(world)


def test_a_check_for_the_one_closes_only_its_own_stripe_invoice(two: World) -> None:
    post(two, "24001.00", "02", "500.00", "00")
    post(two, "31001.00", "01", "900.00", "01")
    two.poll()
    two.settle()
    check = Payment(NUMBER, "31001.00", Decimal("900.00"), wbs2="01")
    two.accountant.record_check("C001", NOVEMBER, [check], "STRIPE01", company="01")

    two.poll()
    two.settle()

    remaining = {one["metadata"]["deltek_company"]: one["amount_remaining"] for one in two.stripe_invoices()}
    assert remaining == {"00": 50000, "01": 0}


def test_an_invoice_of_a_company_that_takes_no_part_is_no_item_where_nothing_shows_whose_it_was(
    world: World,
) -> None:
    """Settled on its own A/R account before it was read, with no document, and listed by AR review no more."""
    world.annex()
    world.project("31001.00", world.client("Hillside Clinic", "ap@hillside.example"), ["01"], name="Lobby")
    world.deltek_books.settings.add_account("111.01", "A/R - Interiors", 1)
    world.deltek_sandbox.administrator.add_company(
        Company("01", "Acme Interiors", "USD", ar_account="111.01")
    )
    world.deltek_books.settings.add_bank(Bank("FIRST01", "01", "101.00", "First Bank"))
    world.deltek_sandbox.administrator.set_receipt_mode("01", "single")
    world.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    world.set_up()
    post(world, "31001.00", "01", "900.00", "01")
    check = Payment(NUMBER, "31001.00", Decimal("900.00"), wbs2="01")
    world.accountant.record_check("C001", NOVEMBER, [check], "FIRST01", company="01")

    world.poll()
    world.settle()

    assert world.status().failed == 0
    assert world.stripe_invoices() == []


@pytest.mark.parametrize("stored", ["00", "", " "])
def test_one_company_that_deltek_spells_in_several_ways_is_one(
    acme: World, monkeypatch: pytest.MonkeyPatch, stored: str
) -> None:
    """The documents say "00" and AR review "" in a single-company database, and the documents go once it keeps none."""
    receivables = acme.deltek_books.receivables
    whole = receivables._balance_row
    monkeypatch.setattr(receivables, "_balance_row", lambda *row: whole(*row) | {"Company": ""})
    number = one_phase(acme)
    with acme.runtime.transaction() as session:
        session.execute(update(Invoice).values(company=stored))

    adjusted(acme, number, "50.00")
    acme.deltek_books.billing.files.clear()
    polled(acme)
    synced(acme)

    assert [(one["number"], one["status"]) for one in acme.stripe_invoices()] == [
        (number, "void"),
        (f"{number}-2", "open"),
    ]
    assert at_stripe(acme, f"{number}-2") == ("open", 105000)


def test_an_invoice_whose_company_is_shown_later_is_the_one_that_was_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    world.annex()
    world.set_up(companies=COMPANY_01)
    unseen = Vantagepoint.balances

    def balances(*_: object) -> list[ArBalance] | None:
        raise Blocked("The row of GET ARReview/ARBalance cannot be read", "Correct it")

    monkeypatch.setattr(Vantagepoint, "balances", balances)
    line = InvoiceLine(wbs1="24001.00", wbs2="02", amount=Decimal("77.00"))
    world.accountant.load_history_invoice(DeltekInvoice("24001.00", (line,), date(2026, 11, 5), number="H1"))
    polled(world)
    assert only_problem(world).invoice == "H1"

    monkeypatch.setattr(Vantagepoint, "balances", unseen)
    replayed(world, "H1")
    world.settle()

    assert at_stripe(world, "H1") == ("open", 7700)
    assert problems(world) == []
