"""Invoices that were undone or deleted in Deltek in part, or when money had come: found by random histories."""

from datetime import date, timedelta

import pytest

from connector.sync.replay import replay_failed
from tests.support.auditing import audited
from tests.support.booked import OVERPAYMENTS, chart_accounts
from tests.support.money import blocked, pushed, tied
from tests.support.settling import adjusted, checked, compare
from tests.support.world import World


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


def test_a_void_that_stands_without_its_invoice_is_told_where_a_payment_is_kept_beside(world: World) -> None:
    """Nobody was told that Deltek owed the client the same money twice: by the void, and on the account."""
    world.annex()
    chart_accounts(world)
    world.set_up(companies=OVERPAYMENTS)
    number = pushed(world, {"02": "1000.00"})
    batch = checked(world, (number, "1000.00"))
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
