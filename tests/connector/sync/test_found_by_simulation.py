"""What random histories found (tests/simulation), each as the shortest one that showed it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sync.close_by_hand import close_by_hand
from connector.sync.replay import replay_failed
from tests.support.auditing import audited
from tests.support.booked import OVERPAYMENTS, chart_accounts
from tests.support.money import blocked, pushed, receipts, spread, tied
from tests.support.settling import adjusted
from tests.support.world import World


def compare(world: World) -> None:
    """The full comparison, and whatever follows from it."""
    world.clock.turn(timedelta(minutes=61))
    world.poll()
    world.settle()


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


def test_an_invoice_whose_posting_was_undone_after_the_money_went_back_is_left_in_peace(acme: World) -> None:
    """Nothing remained at Stripe, and yet each comparison planned the same work and wrote the same note again."""
    number = pushed(acme)
    charge = acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()
    acme.accountant.undo_posting("IN000001")
    compare(acme)
    planned = len(acme.operations())

    compare(acme)

    assert len(acme.operations()) == planned


def test_an_invoice_that_was_deleted_in_deltek_and_voided_at_stripe_is_done_with(acme: World) -> None:
    """The remedy says to void it at Stripe; after that the item stood there again with each comparison."""
    number = pushed(acme)
    acme.accountant.undo_posting("IN000001")
    del acme.deltek_books.billing.files["IN000001"]
    compare(acme)
    assert acme.status().failed == 1

    acme.stripe_sandbox.dashboard.void(acme.stripe_invoice(number)["id"])
    acme.settle()
    compare(acme)

    assert acme.status().failed == 0
    assert not tied(acme).differences


def check(world: World, number: str, amount: str) -> str:
    """A check on the first phase; its batch."""
    paid = Payment(number, "24001.00", Decimal(amount), wbs2="02")
    return world.accountant.record_check("1001", date(2026, 11, 20), [paid], "FIRST")


def test_an_invoice_that_a_check_had_settled_before_it_was_read_comes_to_stripe_when_the_check_is_undone(
    acme: World,
) -> None:
    """It had been left alone for good, and nothing named it."""
    number = acme.bill({"02": "600.00"})
    batch = check(acme, number, "600.00")
    compare(acme)
    assert acme.stripe_invoices() == []

    acme.accountant.undo_posting(batch, "CR")
    compare(acme)

    assert acme.stripe_invoice(number)["amount_remaining"] == 60_000
    assert audited(acme) == []


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_whose_void_was_undone_comes_to_stripe_again(acme: World, ar_review: bool) -> None:
    """At the next comparison; within a day where there is no AR review."""
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = pushed(acme)
    acme.accountant.void_invoice(number, date(2026, 11, 20), batch="VOID1")
    compare(acme)
    assert acme.stripe_invoice(number)["status"] == "void"

    acme.accountant.undo_posting("VOID1")
    acme.clock.turn(timedelta(hours=0 if ar_review else 24))
    compare(acme)

    (again,) = (one for one in acme.stripe_invoices() if one["status"] == "open")
    assert (again["number"], again["amount_remaining"]) == (f"{number}-2", 100_000)
    assert audited(acme) == []


def test_an_invoice_that_was_charged_more_and_nearly_settled_by_a_check_asks_for_the_rest_only(
    acme: World,
) -> None:
    """It was to be made again, which Stripe's least charge forbids; meanwhile it went on asking for all of it."""
    number = pushed(acme, {"02": "1000.00"})
    bill = acme.deltek_books.billing.invoice(number)
    acme.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal("50.50")),)))
    check(acme, number, "1050.49")
    compare(acme)

    assert acme.stripe_invoice(number)["amount_remaining"] == 1
    assert acme.status().failed == 0
    assert audited(acme) == []


def test_a_payment_kept_beside_an_invoice_whose_check_bounced_then_is_told_and_moved_by_a_person(
    world: World,
) -> None:
    """The money lay on the overpayment account, the invoice was open in Deltek and paid at Stripe, and nobody knew."""
    world.annex()
    world.deltek_books.settings.add_account("230.00", "Customer credits", 2)
    world.set_up(companies='overpayment_account = "230.00"')
    number = pushed(world, {"02": "600.00"})
    batch = check(world, number, "600.00")
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
    batch = check(world, number, "600.00")
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


def test_what_an_undone_invoice_cannot_take_waits_until_it_is_posted_again(world: World) -> None:
    """It was taken for an overpayment, and kept on the account for these."""
    world.annex()
    world.deltek_books.settings.add_account("230.00", "Customer credits", 2)
    world.set_up(companies='overpayment_account = "230.00"')
    number = pushed(world, {"02": "600.00"})
    little = world.pay(number, 101)
    world.stripe_sandbox.dashboard.refund(little["id"])
    world.settle()
    (file,) = world.deltek_books.billing.files
    world.accountant.undo_posting(file)
    compare(world)
    world.pay(number, 30_000)
    world.settle()
    assert f"300.00 USD was paid on invoice {number}, but its posting was undone in Deltek" in {
        one.reason for one in blocked(world)
    }

    world.accountant.post_invoice_file(file)
    replay_failed(world.runtime, world.tenant())
    compare(world)

    assert world.status().failed == 0
    assert audited(world) == []


def test_an_invoice_that_is_gone_from_deltek_is_not_done_with_while_its_payment_is_on_its_way_to_us(
    acme: World,
) -> None:
    """The comparison came before the event of the payment, and found nothing left of what had come in."""
    number = pushed(acme)
    acme.pay(number)
    (file,) = acme.deltek_books.billing.files
    acme.accountant.undo_posting(file)
    del acme.deltek_books.billing.files[file]
    compare(acme)

    (told,) = blocked(acme)
    assert told.reason.startswith("Deltek shows neither its posting nor its file any more")


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

    check(acme, number, "200.00")
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
    batch = check(world, number, "600.00")
    world.pay(number)
    compare(world)
    world.accountant.undo_posting(batch, "CR")
    bill = world.deltek_books.billing.invoice(number)
    world.accountant.post_invoice(replace(bill, lines=(replace(bill.lines[0], amount=Decimal(50)),)))
    compare(world)
    (told,) = blocked(world)
    assert told.reason.startswith("600.00 USD is open on it again in Deltek")


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_that_was_credited_before_it_was_read_is_pushed_once_the_memo_is_undone(
    acme: World, ar_review: bool
) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = acme.bill({"02": "333.33"})
    acme.accountant.credit_invoice(number, Decimal("333.33"), date(2026, 11, 20))
    acme.poll()
    acme.settle()
    (memo,) = (
        file.batch
        for file in acme.deltek_books.billing.files.values()
        if file.invoices[0].kind == "credit_memo"
    )
    acme.accountant.undo_posting(memo)
    acme.clock.turn(timedelta(hours=0 if ar_review else 24))
    compare(acme)

    assert acme.stripe_invoice(number)["amount_remaining"] == 33_333
    assert audited(acme) == []


def test_without_ar_review_an_invoice_that_was_paid_and_undone_is_noticed_within_a_day(acme: World) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": False})
    number = pushed(acme)
    acme.pay(number)
    acme.settle()
    (file,) = acme.deltek_books.billing.files
    acme.accountant.undo_posting(file)
    acme.clock.turn(timedelta(days=1))
    compare(acme)

    (told,) = blocked(acme)
    assert told.reason.startswith("Its posting was undone in Deltek")


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


def test_a_void_that_stands_without_its_invoice_is_told_where_a_payment_is_kept_beside(world: World) -> None:
    """Nobody was told that Deltek owed the client the same money twice: by the void, and on the account."""
    world.annex()
    chart_accounts(world)
    world.set_up(companies=OVERPAYMENTS)
    number = pushed(world, {"02": "1000.00"})
    batch = check(world, number, "1000.00")
    world.pay(number)
    compare(world)
    world.accountant.undo_posting(batch, "CR")
    world.accountant.void_invoice(number, date(2026, 11, 20))
    world.accountant.undo_posting("IN000001")
    compare(world)
    (item,) = blocked(world)
    assert "Deltek's documents come to -1,000.00 USD on it" in item.reason

    world.accountant.post_invoice_file("IN000001")
    compare(world)

    assert world.status().failed == 0
    assert not tied(world).differences


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_that_was_undone_while_its_adjustment_stands_is_undone(
    world: World, ar_review: bool
) -> None:
    """What was left of its number was taken for the invoice, so a payment of it was kept as an overpayment."""
    world.annex()
    chart_accounts(world)
    world.set_up(companies=OVERPAYMENTS)
    world.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = pushed(world)
    adjusted(world, number, "-0.01")
    compare(world)
    world.accountant.undo_posting("IN000001")
    world.pay(number)
    compare(world)
    assert "its posting was undone" in {one.reason.rpartition(", but ")[2][:22] for one in blocked(world)}

    world.accountant.post_invoice_file("IN000001")
    compare(world)
    replay_failed(world.runtime, world.tenant())
    compare(world)

    assert world.status().failed == 0
    assert not tied(world).differences


def test_without_ar_review_a_void_that_is_left_of_an_invoice_is_no_charge(acme: World) -> None:
    """The sign of the ledger is known by the first posting; without that the void counted as a second charge."""
    acme.deltek_sandbox.administrator.set_options({"ar_review": False})
    number = pushed(acme)
    acme.accountant.void_invoice(number, date(2026, 11, 20))
    acme.accountant.undo_posting("IN000001")
    compare(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert acme.status().failed == 0


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


@pytest.mark.parametrize(("billed", "before"), [("0.30", ""), ("1000.00", "999.99")])
def test_a_blocked_invoice_that_is_collected_elsewhere_is_no_item_any_more(
    acme: World, billed: str, before: str
) -> None:
    """The item asked for just that, and stood there until somebody replayed it."""
    number = acme.bill({"02": billed})
    if before:
        check(acme, number, before)
    acme.poll()
    acme.settle()
    assert acme.status().failed == 1

    check(acme, number, str(Decimal(billed) - Decimal(before or 0)))
    compare(acme)

    assert acme.status().failed == 0
    assert not tied(acme).differences


@pytest.mark.parametrize("lists_paid", [True, False])
def test_a_blocked_invoice_that_is_voided_is_no_item_any_more(acme: World, lists_paid: bool) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": lists_paid})
    number = acme.bill({"02": "1000.00"})
    check(acme, number, "999.99")
    acme.poll()
    assert acme.status().failed == 1
    acme.accountant.void_invoice(number, date(2026, 11, 20))
    compare(acme)

    assert acme.status().failed == 0
    assert not tied(acme).differences


def test_a_void_without_a_document_is_no_item_of_its_own_where_ar_review_lists_no_settled_invoice(
    acme: World,
) -> None:
    """The void's rows do not show their company: they were taken for another invoice, which nobody could read."""
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    number = pushed(acme)
    acme.accountant.void_invoice(number, date(2026, 11, 20))
    compare(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert acme.status().failed == 0
    assert not tied(acme).differences


@pytest.mark.parametrize("how", ["a check", "a void"])
def test_without_documents_what_was_settled_before_it_was_read_is_no_item(acme: World, how: str) -> None:
    """AR review did not list it any more, so its company was not known, and a person was asked to show it."""
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    acme.deltek_sandbox.administrator.set_receipt_mode("00", "single")
    number = acme.bill({"02": "1000.00"})
    if how == "a check":
        check(acme, number, "1000.00")
    else:
        acme.accountant.void_invoice(number, date(2026, 11, 20))
    compare(acme)

    assert acme.status().failed == 0
    assert acme.stripe_invoices() == []
