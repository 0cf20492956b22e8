"""What else random histories found (tests/simulation), each as the shortest one that showed it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sync.close_by_hand import close_by_hand
from tests.support.auditing import CREDITS, audited
from tests.support.booked import OVERPAYMENTS, chart_accounts
from tests.support.money import blocked, our_files, pushed, receipts, spread, tied
from tests.support.settling import checked, compare, credited
from tests.support.world import World


def test_a_new_due_date_of_an_invoice_that_is_paid_in_part_is_noted_and_closed(world: World) -> None:
    """The note was written in a second transaction, which waited for the lease that the first one held."""
    world.annex()
    world.set_up(stripe='open_invoices = "recreate"')
    number = pushed(world)
    world.pay(number, 40_000)
    world.settle()

    world.accountant.change_due_date(number, date(2026, 12, 24))
    compare(world)

    assert world.stripe_invoice(number)["status"] == "open"
    assert world.status().failed == 0
    assert audited(world) == []


def test_an_invoice_that_was_charged_more_and_nearly_settled_by_a_check_asks_for_the_rest_only(
    acme: World,
) -> None:
    """It was to be made again, which Stripe's least charge forbids; meanwhile it went on asking for all of it."""
    number = pushed(acme, {"02": "1000.00"})
    bill = acme.deltek_books.billing.invoice(number)
    acme.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal("50.50")),)))
    checked(acme, (number, "1050.49"))
    compare(acme)

    assert acme.stripe_invoice(number)["amount_remaining"] == 1
    assert [one.reason for one in blocked(acme)] == [
        "0.01 USD of it is left to be paid, and Stripe charges no less than 0.50 USD"
    ]
    assert audited(acme) == []


def test_a_payment_kept_beside_an_invoice_whose_check_bounced_then_is_told_and_moved_by_a_person(
    world: World,
) -> None:
    """The money lay on the overpayment account, the invoice was open in Deltek and paid at Stripe, and nobody knew."""
    world.annex()
    world.deltek_books.settings.add_account("230.00", "Customer credits", 2)
    world.set_up(companies='overpayment_account = "230.00"')
    number = pushed(world, {"02": "600.00"})
    batch = checked(world, (number, "600.00"))
    world.pay(number)
    compare(world)
    world.accountant.undo_posting(batch, "CR")
    compare(world)
    (told,) = blocked(world)
    assert told.reason.startswith("600.00 USD is open on it again in Deltek")

    onto = Payment(number, "24001.00", Decimal("600.00"), wbs2="02")
    off = Payment("", "24001.00", Decimal("-600.00"), wbs2="02", account="230.00")
    world.accountant.record_check("1002", date(2026, 11, 20), [onto, off], "FIRST")
    compare(world)

    assert world.status().failed == 0
    assert audited(world) == []


def test_what_went_back_of_a_payment_kept_beside_an_invoice_is_not_asked_of_what_is_left_of_it(
    world: World,
) -> None:
    """The item said to move the rest onto the invoice, and stood on after that was done."""
    world.annex()
    world.deltek_books.settings.add_account("230.00", "Customer credits", 2)
    world.set_up(companies='overpayment_account = "230.00"')
    number = pushed(world, {"02": "600.00"})
    batch = checked(world, (number, "600.00"))
    first = world.pay(number, 59_900)
    world.pay(number)
    compare(world)
    world.stripe_sandbox.dashboard.refund(first["id"], 59_800)
    world.settle()
    world.accountant.undo_posting(batch, "CR")
    compare(world)
    (told,) = blocked(world)
    assert told.reason.startswith("2.00 USD is open on it again in Deltek")

    onto = Payment(number, "24001.00", Decimal("2.00"), wbs2="02")
    off = Payment("", "24001.00", Decimal("-2.00"), wbs2="02", account="230.00")
    world.accountant.record_check("1002", date(2026, 11, 20), [onto, off], "FIRST")
    compare(world)

    assert world.status().failed == 0
    assert audited(world) == []


def test_what_a_person_has_closed_about_an_invoice_is_not_told_again(acme: World) -> None:
    number = pushed(acme, {"02": "1000.00"})
    acme.pay(number)
    acme.settle()
    bill = acme.deltek_books.billing.invoice(number)
    acme.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal(60)),)))
    compare(acme)
    (told,) = blocked(acme)
    close_by_hand(acme.runtime, acme.tenant(), f"op-{told.id}")
    compare(acme)
    assert blocked(acme) == []

    acme.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal(10)),)))
    compare(acme)
    (told,) = blocked(acme)
    assert told.reason.startswith("Deltek charges 70.00 USD more")


def test_what_is_charged_more_and_was_collected_elsewhere_is_settled_whatever_was_refunded(
    acme: World,
) -> None:
    """A refund opens the invoice in Deltek again, which is no part of what was charged more."""
    number = pushed(acme, {"02": "1000.00"})
    charge = acme.pay(number)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 99_999)
    acme.settle()
    bill = acme.deltek_books.billing.invoice(number)
    acme.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal(200)),)))
    compare(acme)
    (told,) = blocked(acme)
    assert told.reason.startswith("Deltek charges 200.00 USD more")

    checked(acme, (number, "200.00"))
    compare(acme)
    assert blocked(acme) == []


def test_a_refund_that_failed_is_booked_back_on_the_day_it_failed_however_late_we_hear_of_it(
    acme: World,
) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"], 10_000)
    acme.settle()
    acme.clock.turn(timedelta(days=1))
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    acme.clock.turn(timedelta(days=3))
    acme.settle()

    assert [str(one.moved_on) for one in acme.movements()] == ["2026-11-20", "2026-11-20", "2026-11-21"]
    assert audited(acme) == []


def test_reconcile_names_a_receipt_that_waits_on_an_invoice_that_is_gone_from_both_systems(
    acme: World,
) -> None:
    number = pushed(acme)
    acme.pay(number, 75_000)
    acme.settle()
    at_stripe = acme.stripe_invoice(number)["id"]
    acme.stripe_sandbox.dashboard.pay_out_of_band(at_stripe)
    acme.deltek_sandbox.administrator.set_options({"negative_totals": False})
    (charge,) = acme.stripe_books.table("charge")
    acme.stripe_sandbox.dashboard.refund(charge)
    (file,) = acme.deltek_books.billing.files
    acme.accountant.undo_posting(file)
    del acme.deltek_books.billing.files[file]
    compare(acme)

    assert [one.number for one in tied(acme).differences] == [number]


def test_what_is_kept_beside_an_invoice_that_is_charged_more_is_moved_onto_it_first(world: World) -> None:
    """The item spoke of what was charged more, and that the client's own money lay beside was told nobody."""
    world.annex()
    world.deltek_books.settings.add_account("230.00", "Customer credits", 2)
    world.set_up(companies='overpayment_account = "230.00"')
    number = pushed(world, {"02": "600.00"})
    batch = checked(world, (number, "600.00"))
    world.pay(number)
    compare(world)
    world.accountant.undo_posting(batch, "CR")
    bill = world.deltek_books.billing.invoice(number)
    world.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal(50)),)))
    compare(world)
    (told,) = blocked(world)
    assert told.reason.startswith("600.00 USD is open on it again in Deltek")


def test_credit_that_a_voided_stripe_invoice_gave_back_pays_the_one_that_is_made_in_its_place(
    world: World,
) -> None:
    """It was counted twice until the event of the voiding came, and the new one reduced by as much."""
    world.annex()
    world.deltek_books.settings.add_account("230.00", "Customer credits", 2)
    world.set_up(companies='overpayment_account = "230.00"', stripe='open_invoices = "recreate"')
    world.pay(pushed(world, {"02": "1000.00"}), 105_000)
    world.settle()
    number = pushed(world, {"02": "600.00"})
    world.accountant.change_address(world.clients["Riverbend Schools"], {"Email": "new@riverbend.example"})
    compare(world)

    assert world.stripe_invoice(f"{number}-2")["amount_remaining"] == 55_000
    assert audited(world) == []


def test_the_refund_of_all_that_was_paid_takes_from_each_phase_what_was_put_there(acme: World) -> None:
    """It took all from the phases above zero, so that a credit line stayed as it was."""
    number = pushed(acme, {"02": "500.00", "03": "-120.05"})
    charge = acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()

    payment, refund = receipts(acme, number)
    assert spread(payment) == {"02": "500.00", "03": "-120.05"}
    assert spread(refund) == {"02": "-500.00", "03": "120.05"}
    assert not tied(acme).differences


def test_a_payment_of_a_settled_invoice_with_a_credit_line_is_kept_beside_whole(world: World) -> None:
    """What the check had left on the phases, as much above zero as below, was put on them as well."""
    world.annex()
    chart_accounts(world)
    world.set_up(companies=OVERPAYMENTS)
    number = pushed(world, {"02": "500.00", "03": "-120.05"})
    checked(world, (number, "379.95"))
    world.pay(number)
    world.settle()

    (receipt,) = our_files(world)
    assert [(one["Account"], one["Amount"]) for one in receipt.receipt.details] == [
        (CREDITS, Decimal("379.95"))
    ]


def test_a_receipt_that_levels_a_phase_below_zero_stands_after_what_had_lowered_it_is_undone(
    world: World,
) -> None:
    """Of memos whose postings are undone the auditor did not know what they had taken off a phase."""
    world.annex()
    chart_accounts(world)
    world.project("24009.00", world.clients["Riverbend Schools"], ["02", "03", "04"])
    world.set_up(companies=OVERPAYMENTS)
    thirds = {"02": "333.33", "03": "333.33", "04": "333.34"}
    number = pushed(world, thirds, wbs1="24009.00")
    debit = world.pay(number, 75000, "us_bank_account")
    world.settle()
    memos = [credited(world, number, amount) for amount in ("500.00", "499.99")]
    compare(world)
    world.stripe_sandbox.dashboard.settle(debit["id"])
    world.settle()
    (receipt,) = our_files(world)
    on_invoice = [one for one in receipt.receipt.details if one["Invoice"].strip()]
    assert [str(one["Amount"]) for one in on_invoice] == ["0.01", "0.01", "-0.01"]
    refund = world.stripe_sandbox.dashboard.refund(debit["id"], None, "succeeded")
    world.settle()
    world.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    world.settle()

    for memo in memos:
        world.accountant.undo_posting(memo)
    compare(world)
    onto = Payment(number, "24009.00", Decimal("749.99"), wbs2="02")
    off = Payment("", "24009.00", Decimal("-749.99"), wbs2="02", account=CREDITS)
    world.accountant.record_check("1002", date(2026, 11, 20), [onto, off], "FIRST")
    check = Payment(number, "24009.00", Decimal("250.00"), wbs2="02")
    world.accountant.record_check("1003", date(2026, 11, 20), [check], "FIRST")
    compare(world)

    assert audited(world) == []
