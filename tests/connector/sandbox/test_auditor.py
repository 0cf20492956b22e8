"""The auditor has nothing to say of the books that the product leaves behind, and finds what is changed in them."""

from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.auditor import FOR_A_PERSON, Finding, Kind
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from tests.support.auditing import Entered, audited, enter, only, receipts_on, tamper
from tests.support.money import pushed
from tests.support.world import World


def test_books_of_payments_refunds_and_failed_refunds_are_right(acme: World) -> None:
    open_one, part, whole = pushed(acme), pushed(acme), pushed(acme)
    acme.pay(part, 33333)
    acme.pay(whole, method="us_bank_account")
    acme.stripe_sandbox.dashboard.settle(acme.stripe_invoice(whole)["id"])
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(part)["id"], 11111)
    failing = acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(whole)["id"], 50001, "succeeded")
    acme.settle()
    acme.stripe_sandbox.dashboard.settle_refund(failing["id"], "failed")
    acme.settle()

    assert audited(acme) == []
    assert [len(receipts_on(acme, number)) for number in (open_one, part, whole)] == [0, 2, 3]


def test_receipts_that_wait_for_an_accountant_count_as_booked(world: World) -> None:
    world.annex()
    world.set_up(post="false")
    number = pushed(world)
    world.pay(number)
    world.settle()

    assert audited(world) == []
    assert world.deltek_invoice(number)["balance"] == "1000.00"


def test_the_day_is_that_of_the_tenants_time_zone(acme: World) -> None:
    number = pushed(acme)
    acme.clock.turn(timedelta(hours=13))  # 04:00 of the 21st in UTC
    acme.pay(number)
    acme.settle()

    (file,) = receipts_on(acme, number)
    assert file.receipt.masters[0]["TransDate"][:10] == "2026-11-20"
    assert audited(acme) == []


def test_a_refund_of_one_payment_for_several_invoices_is_right(acme: World) -> None:
    numbers = pushed(acme), pushed(acme, {"02": "50.00"})
    ids = [acme.stripe_invoice(number)["id"] for number in numbers]
    charge = acme.stripe_sandbox.dashboard.pay_together(ids)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"], 9000)
    acme.settle()

    assert audited(acme) == []


def test_a_billing_group_is_one_invoice_over_several_projects(acme: World) -> None:
    acme.project("24002.00", acme.clients["Riverbend Schools"], ["05"], name="Garage")
    lines = (
        InvoiceLine("24001.00", Decimal("600.00"), wbs2="02"),
        InvoiceLine("24002.00", Decimal("400.00"), wbs2="05"),
    )
    acme.accountant.post_invoice(Invoice("24001.00", lines, date(2026, 11, 2), due=date(2026, 12, 2)))
    acme.poll()
    acme.settle()
    acme.pay(acme.stripe_invoices()[0]["number"])
    acme.settle()

    assert audited(acme) == []


def test_a_discount_on_a_phase_of_its_own_receives_less_than_nothing(acme: World) -> None:
    number = pushed(acme, {"02": "700.00", "03": "-100.00"})
    acme.pay(number, 25000)
    acme.settle()
    acme.pay(number)
    acme.settle()

    wbs = acme.deltek_invoice(number)["receipts"][-1]["wbs"]
    assert {row["wbs2"]: row["amount"] for row in wbs} == {"02": "450.00", "03": "-100.00"}
    assert audited(acme) == []


def test_what_is_changed_in_the_books_of_the_product_is_found(acme: World) -> None:
    number, other = pushed(acme), pushed(acme)
    acme.pay(number)
    acme.settle()
    assert audited(acme) == []

    (file,) = receipts_on(acme, number)
    name = next(word for word in file.receipt.masters[0]["TransComment"].split() if word.startswith("inpay_"))
    doubled = enter(
        acme, f"Stripe payment {name} (pi_1)", Entered("600.00", number), Entered("400.00", number)
    )
    assert doubled in only(acme, Kind.DOUBLED, number)
    acme.deltek_books.receipts.undo(doubled)
    acme.deltek_books.receipts.remove(doubled)
    tamper(file, rows=[{"Invoice": other}, {"Invoice": other}])
    assert f"on invoice {other}" in only(acme, Kind.INVOICE, number)


def test_a_finding_is_said_with_its_invoice() -> None:
    assert str(Finding(Kind.DATE, "7", "It is late")) == "7: It is late"
    assert str(Finding(Kind.CUSTOMER, "", "There are two")) == "There are two"


def test_what_no_rule_can_mend_is_for_a_person() -> None:
    assert {Kind.EXCESS, Kind.CREDIT, Kind.SHARED, Kind.CLOSED} == FOR_A_PERSON
