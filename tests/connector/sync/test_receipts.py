"""A movement becomes one cash receipt: what an accountant finds in Deltek, payment by payment."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.companies import Bank
from tests.support.money import (
    blocked,
    both_books,
    our_files,
    pushed,
    receipts,
    replayed,
    spread,
    total_received,
    turn_to,
)
from tests.support.settling import checked
from tests.support.world import World

LATE_IN_NEW_YORK = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)  # 23:30 on 30 November


def set_up(world: World, **changes: str) -> World:
    world.annex()
    world.set_up(**changes)
    return world


def check(amount: str, phase: str, number: str) -> Payment:
    return Payment(number, "24001.00", Decimal(amount), wbs2=phase)


# what the receipt holds


def test_the_receipt_carries_bank_code_account_project_number_and_the_tenant_s_day(acme: World) -> None:
    number = pushed(acme)
    turn_to(acme, LATE_IN_NEW_YORK)

    acme.pay(number)
    acme.settle()

    (file,) = our_files(acme)
    (master,) = file.receipt.masters
    assert master["BankCode"] == "STRIPE"
    assert master["TransDate"] == "2026-11-30T00:00:00.000"
    assert file.receipt.control["Period"] == 202611
    assert {row["Account"] for row in file.receipt.details} == {"111.00"}
    assert {(row["WBS1"], row["Invoice"]) for row in file.receipt.details} == {("24001.00", number)}


def test_a_payment_after_midnight_in_new_york_falls_on_the_next_day_and_period(acme: World) -> None:
    number = pushed(acme)
    turn_to(acme, LATE_IN_NEW_YORK + timedelta(hours=1))

    acme.pay(number)
    acme.settle()

    assert receipts(acme, number)[0]["date"] == "2026-12-01"
    assert our_files(acme)[0].receipt.control["Period"] == 202612


def test_part_payments_are_split_by_what_is_open_and_the_last_closes_every_phase(acme: World) -> None:
    number = pushed(acme, {"02": "600.00", "03": "400.01"})

    acme.pay(number, 33333)
    acme.settle()
    acme.pay(number)
    acme.settle()

    first, second = receipts(acme, number)
    assert Decimal(first["amount"]) == Decimal("333.33")
    by_phase = {
        phase: Decimal(spread(first)[phase]) + Decimal(spread(second)[phase]) for phase in ("02", "03")
    }
    assert by_phase == {"02": Decimal("600.00"), "03": Decimal("400.01")}
    assert acme.deltek_invoice(number)["balance"] == "0.00"


def test_a_project_without_phases_is_paid_on_its_blank_rows(world: World) -> None:
    world.project("25001.00", world.client())
    world.set_up()
    number = pushed(world, {" ": "250.00"}, wbs1="25001.00")

    world.pay(number)
    world.settle()

    (detail,) = our_files(world)[0].receipt.details
    assert (detail["WBS2"], detail["WBS3"]) == (" ", " ")
    assert world.deltek_invoice(number)["balance"] == "0.00"


def test_the_split_minds_a_check_and_receipts_that_the_accountant_has_posted_only_in_part(
    world: World,
) -> None:
    """Two card payments, one of them posted; a check in between; then the rest by card."""
    set_up(world, post="false")
    number = pushed(world)
    world.pay(number, 10000)
    world.settle()
    world.pay(number, 20000)
    world.settle()
    world.accountant.post_receipt_file(our_files(world)[0].batch)
    world.accountant.record_check("4711", date(2026, 11, 20), [check("250.00", "03", number)], "FIRST")

    # The client pays the rest but for the check, which Stripe knows nothing of.
    world.pay(number, 45000)
    world.settle()
    world.accountant.post_receipt_files()

    after = world.deltek_invoice(number)
    assert after["balance"] == "0.00"
    by_phase: dict[str, Decimal] = {"02": Decimal(0), "03": Decimal(0)}
    for receipt in after["receipts"]:
        for row in receipt["wbs"]:
            by_phase[row["wbs2"]] += Decimal(row["amount"])
    assert by_phase == {"02": Decimal("600.00"), "03": Decimal("400.00")}


# card and bank


def test_no_receipt_while_a_bank_payment_is_under_way_and_one_when_it_succeeds(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number, method="us_bank_account")
    acme.settle()
    assert receipts(acme, number) == []
    assert acme.invoice(number).payment_note.startswith("a bank payment is under way")

    acme.clock.turn(timedelta(days=4))
    acme.stripe_sandbox.dashboard.settle(charge["id"])
    acme.settle()

    assert [one["date"] for one in receipts(acme, number)] == ["2026-11-24"]
    assert acme.deltek_invoice(number)["balance"] == "0.00"
    assert acme.invoice(number).payment_note == ""


def test_a_bank_payment_that_fails_leaves_no_receipt(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number, method="us_bank_account")
    acme.settle()

    acme.stripe_sandbox.dashboard.settle(charge["id"], succeed=False)
    acme.settle()

    assert receipts(acme, number) == []
    assert acme.invoice(number).payment_note == "a payment failed"


def test_a_declined_card_leaves_no_receipt(acme: World) -> None:
    number = pushed(acme)

    acme.stripe_sandbox.dashboard.decline(acme.stripe_invoice(number)["id"])
    acme.settle()

    assert receipts(acme, number) == []
    assert not acme.status().failed


def test_rule_5_an_invoice_paid_out_of_band_or_by_a_recorded_check_is_no_cash(acme: World) -> None:
    first, second = pushed(acme), pushed(acme)

    acme.stripe_sandbox.dashboard.pay_out_of_band(acme.stripe_invoice(first)["id"])
    acme.stripe_sandbox.dashboard.record_payment(acme.stripe_invoice(second)["id"], 100000)
    acme.settle()

    assert acme.stripe_invoice(first)["status"] == acme.stripe_invoice(second)["status"] == "paid"
    assert our_files(acme) == []


def test_one_payment_of_two_invoices_becomes_a_receipt_on_each(acme: World) -> None:
    numbers = [pushed(acme), pushed(acme, {"02": "70.00"})]

    acme.stripe_sandbox.dashboard.pay_together([acme.stripe_invoice(number)["id"] for number in numbers])
    acme.settle()

    assert [total_received(acme, number) for number in numbers] == [Decimal("1000.00"), Decimal("70.00")]
    assert len(our_files(acme)) == 2


# the ways of companies and versions


def test_with_post_false_the_batch_is_left_for_the_accountant(world: World) -> None:
    set_up(world, post="false")
    number = pushed(world)

    world.pay(number)
    world.settle()

    (receipt,) = receipts(world, number)
    assert not receipt["posted"]
    assert world.deltek_invoice(number)["balance"] == "1000.00"
    assert world.status().receipts_open == 0


@pytest.mark.parametrize("post", ["true", "false"])
def test_a_company_without_files_gets_single_receipts(world: World, post: str) -> None:
    set_up(world, receipts="single", post=post)
    world.deltek_sandbox.administrator.set_receipt_mode("00", "single")
    number = pushed(world)

    world.pay(number, 40000)
    world.settle()
    world.pay(number)
    world.settle()

    assert [one["posted"] for one in receipts(world, number)] == [post == "true"] * 2
    assert total_received(world, number) == Decimal("1000.00")


def test_a_posted_single_receipt_which_only_the_ledger_knows_is_never_written_again(world: World) -> None:
    set_up(world, receipts="single")
    world.deltek_sandbox.administrator.set_receipt_mode("00", "single")
    number = pushed(world)
    world.pay(number)
    world.settle()
    before = both_books(world)

    (result,) = [one for one in replayed(world, number) if "receipt" in one.what]

    assert result.state == "done"
    assert both_books(world) == before


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_bank_code_that_numbers_receipts_itself_is_no_obstacle(world: World, mode: str) -> None:
    world.deltek_books.settings.banks["STRIPE"] = Bank("STRIPE", "00", "103.00", auto_number=True)
    set_up(world, receipts=mode)
    world.deltek_sandbox.administrator.set_receipt_mode("00", mode)  # type: ignore[arg-type]
    number = pushed(world)

    world.pay(number)
    world.settle()
    replayed(world, number)

    assert len(receipts(world, number)) == 1
    assert world.deltek_invoice(number)["balance"] == "0.00"


@pytest.mark.parametrize(
    "options",
    [
        {"ar_review": False},
        {"unknown_batch": "empty"},
        {"ar_review_key": "SomethingElse"},
        {"ar_review_lists_paid": False},
        {"period_must_be_active": True},
        {"posting_delay": 45},
    ],
    ids="-".join,
)
def test_part_payments_and_a_refund_come_out_right_on_every_version(
    world: World, options: dict[str, Any]
) -> None:
    world.deltek_sandbox.administrator.set_options(options)
    set_up(world)
    number = pushed(world)

    world.pay(number, 30000)
    world.settle()
    charge = world.pay(number)
    world.settle()
    world.stripe_sandbox.dashboard.refund(charge["id"], 10001)
    world.settle()

    assert [Decimal(one["amount"]) for one in receipts(world, number)] == [
        Decimal("300.00"),
        Decimal("700.00"),
        Decimal("-100.01"),
    ]
    assert all(one["posted"] for one in receipts(world, number))
    assert world.deltek_invoice(number)["balance"] == "100.01"


@pytest.mark.parametrize("ar_review", [True, False])
def test_part_payments_put_on_each_phase_what_was_billed_there_and_a_check_is_counted(
    world: World, ar_review: bool
) -> None:
    """Without AR review the posted receipts are read from the ledger."""
    world.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    set_up(world)
    number = pushed(world, {"02": "100.01", "03": "0.99"})
    world.pay(number, 5050)
    world.settle()
    checked(world, (number, "10.00"))
    world.pay(number, 4050)
    world.settle()

    first, _, second = (spread(one) for one in receipts(world, number))
    assert Decimal(first["02"]) + Decimal(second["02"]) == Decimal("90.01")
    assert Decimal(first["03"]) + Decimal(second["03"]) == Decimal("0.99")


def test_a_posting_that_takes_long_is_waited_for_and_not_called_a_failure(world: World) -> None:
    world.deltek_sandbox.administrator.set_options({"posting_delay": 1500})
    set_up(world)
    number = pushed(world)
    world.pay(number)
    world.deliver()

    for _ in range(50):
        world.work()
        world.clock.turn(timedelta(minutes=1))
    world.work()

    assert [one["posted"] for one in receipts(world, number)] == [True]
    assert (world.status().backlog, world.status().failed) == (0, 0)


def test_a_posting_that_never_shows_up_is_for_a_person(world: World) -> None:
    world.deltek_sandbox.administrator.set_options({"posting_delay": 10**7})
    set_up(world)
    pushed_number = pushed(world)
    world.pay(pushed_number)

    world.settle(rounds=200)

    (operation,) = blocked(world)
    assert "is being posted" in operation.reason
