"""Reconciliation as the accountant reads it: it ties out, or names each difference."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import delete, update

from connector.models import Invoice, Movement, Operation
from connector.sandbox.vantagepoint.accountant import Payment
from connector.sync.reconcile import reconcile
from connector.sync.tied_invoice import TiedInvoice
from tests.support.money import both_books, our_files, pushed, tied
from tests.support.world import World


def check(number: str, amount: str, phase: str = "02") -> Payment:
    return Payment(number, "24001.00", Decimal(amount), wbs2=phase)


def the_difference(world: World) -> TiedInvoice:
    (found,) = tied(world).differences
    return found


def settled(world: World, **changes: str) -> str:
    """An invoice that was paid and booked; its number."""
    world.annex()
    world.set_up(**changes)
    number = pushed(world)
    world.pay(number)
    world.settle()
    return number


def test_open_paid_part_paid_and_refunded_invoices_tie_out_to_zero_and_nothing_is_written(
    acme: World,
) -> None:
    numbers = [pushed(acme) for _ in range(4)]
    for number in numbers[1:3]:
        acme.pay(number)
    acme.pay(numbers[3], 33333)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(numbers[2])["id"], 12345)
    acme.settle()
    before = both_books(acme)

    result = tied(acme)

    assert [one.number for one in result.invoices] == numbers
    assert [(one.deltek_balance, one.stripe_remaining, one.stripe_returned) for one in result.invoices] == [
        (100000, 100000, 0),
        (0, 0, 0),
        (12345, 0, 12345),
        (66667, 66667, 0),
    ]
    assert not result.differences
    assert both_books(acme) == before


def test_receipts_that_wait_for_the_accountant_are_no_difference_and_neither_once_posted(
    world: World,
) -> None:
    settled(world, post="false")

    (waiting,) = tied(world).invoices
    assert (waiting.deltek_balance, waiting.receipts_to_post, waiting.difference) == (100000, 100000, 0)
    assert waiting.ties

    world.accountant.post_receipt_files()
    (posted,) = tied(world).invoices
    assert (posted.deltek_balance, posted.receipts_to_post, posted.difference) == (0, 0, 0)


def test_a_batch_that_the_accountant_deleted_is_named(world: World) -> None:
    settled(world, post="false")
    batch = our_files(world)[0].batch
    world.accountant.delete_receipt_file(batch)

    found = the_difference(world)

    assert found.difference == 100000
    assert found.notes == [
        f"batch {batch} of 1,000.00 USD is no more in Deltek: deleted, or its posting undone"
    ]


def test_an_amount_that_was_altered_is_named_before_and_after_it_is_posted(world: World) -> None:
    settled(world, post="false")
    batch = our_files(world)[0].batch
    world.accountant.alter_receipt_file(batch, 0, {"Amount": 500})
    named = f"batch {batch} holds 900.00 USD in Deltek, where Stripe moved 1,000.00 USD"

    assert (the_difference(world).difference, the_difference(world).notes) == (10000, [named])
    world.accountant.post_receipt_files()
    for _ in range(2):
        assert (the_difference(world).difference, the_difference(world).notes) == (10000, [named])


def test_a_posting_that_was_undone_is_named(world: World) -> None:
    settled(world)
    batch = our_files(world)[0].batch
    world.accountant.undo_posting(batch, "CR")

    found = the_difference(world)

    assert found.difference == 100000
    assert found.notes == [f"the posting of batch {batch} of 1,000.00 USD was undone in Deltek"]


def test_money_entered_by_hand_a_second_time_is_named_with_its_batch(world: World) -> None:
    number = settled(world)
    world.accountant.record_check("77", date(2026, 11, 20), [check(number, "1000.00")], "STRIPE")

    found = the_difference(world)

    assert found.difference == -100000
    assert found.notes == ["batch CHK77 in Deltek received 1,000.00 USD on it, not through Stripe"]


def test_a_receipt_that_is_missing_is_named_by_its_payment(world: World) -> None:
    number = settled(world)
    world.accountant.undo_posting(our_files(world)[0].batch, "CR")
    world.accountant.delete_receipt_file(our_files(world)[0].batch)
    (movement,) = world.movements()
    with world.runtime.transaction() as session:
        session.execute(delete(Operation).where(Operation.movement_id == movement.id))
        session.execute(delete(Movement))

    found = the_difference(world)

    assert (found.number, found.difference) == (number, 100000)
    assert found.notes == [f"payment {movement.stripe_id} of 1,000.00 USD is not booked"]


def test_a_receipt_that_is_still_to_be_written_is_named_with_its_unit_of_work(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.close_period(202611)
    acme.pay(number)
    acme.settle()

    (note,) = [one for one in the_difference(acme).notes if "post receipt" in one]

    assert "is blocked: POST DataEntry/crControl was refused" in note
    assert "Period 202611 is closed" in note


def test_an_invoice_voided_or_written_off_at_stripe_is_named(acme: World) -> None:
    first, second = pushed(acme), pushed(acme)
    acme.stripe_sandbox.dashboard.void(acme.stripe_invoice(first)["id"])
    acme.stripe_sandbox.dashboard.mark_uncollectible(acme.stripe_invoice(second)["id"])
    acme.settle()

    notes = {one.number: one.notes[0] for one in tied(acme).differences}

    assert notes[first].startswith("the Stripe invoice is void")
    assert notes[second].startswith("the Stripe invoice is uncollectible")


def test_an_invoice_that_was_posted_and_not_read_is_named_with_the_command_that_reads_it(acme: World) -> None:
    pushed(acme)
    number = acme.bill({"02": "5.00"})

    found = the_difference(acme)

    assert (found.number, found.deltek_balance, found.stripe_remaining) == (number, 500, None)
    assert found.notes == [f"posted in Deltek, not read yet: ml-connector sync acme --invoice {number}"]


def test_a_stripe_invoice_with_our_name_that_is_not_known_here_is_named_paid_or_not(acme: World) -> None:
    first, second = pushed(acme), pushed(acme)
    acme.pay(second)
    acme.settle()
    with acme.runtime.transaction() as session:
        session.execute(update(Invoice).values(stripe_invoice_id=None))

    notes = [note for one in tied(acme).differences for note in one.notes]

    for number in (first, second):
        at_stripe = acme.stripe_invoice(number)["id"]
        assert f"{at_stripe} at Stripe carries this tenant's name, but is not known here" in notes


def test_since_leaves_older_invoices_out_on_both_sides(acme: World) -> None:
    pushed(acme, dated=date(2026, 11, 2))
    newer = pushed(acme, dated=date(2026, 11, 15))

    result = reconcile(acme.runtime, acme.tenant(), date(2026, 11, 10))

    assert [one.number for one in result.invoices] == [newer]
    assert not result.differences


def test_an_invoice_older_at_stripe_than_in_a_restored_database_still_ties(acme: World) -> None:
    pushed(acme)
    with acme.runtime.transaction() as session:
        session.execute(update(Invoice).values(created_at=acme.clock.now() + timedelta(days=40)))

    assert not tied(acme).differences


def test_rule_3_a_balance_that_deltek_does_not_show_is_unknown_and_not_paid(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.record_check(
        "78", date(2026, 11, 20), [check(number, "600.00"), check(number, "400.00", "03")], "FIRST"
    )
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})

    found = the_difference(acme)

    assert (found.deltek_balance, found.difference) == (None, None)
    assert "Deltek does not show its balance" in found.notes


def test_what_we_ourselves_saw_paid_and_posted_ties_without_its_row(world: World) -> None:
    world.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    settled(world)

    assert not tied(world).differences


def test_a_version_without_ar_review_ties_out_by_the_ledger(world: World) -> None:
    world.deltek_sandbox.administrator.set_options({"ar_review": False})
    number = settled(world)
    assert not tied(world).differences

    world.accountant.record_check("79", date(2026, 11, 20), [check(number, "1.00")], "FIRST")

    assert the_difference(world).difference == -100


def test_a_refund_that_nobody_told_us_of_is_named(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.settle()
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"], 2500)

    assert the_difference(acme).notes == [
        f"refund {refund['id']} of 25.00 USD is succeeded, but not so booked"
    ]


def test_a_blocked_invoice_is_named_with_its_reason(acme: World) -> None:
    acme.accountant.change_address(acme.clients["Riverbend Schools"], {"Email": "nobody"})
    acme.bill({"02": "-5.00", "03": "4.00"})
    acme.poll()
    acme.settle()

    for one in tied(acme).differences:
        assert one.notes[0].startswith("not at Stripe")
