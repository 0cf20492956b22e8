"""What an accountant does to a receipt of ours: it is shown with its story, and never written again by itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from connector.sync.close_by_hand import close_by_hand
from tests.support.booked import gone
from tests.support.money import our_files, pushed, receipts, replayed, tied, total_received
from tests.support.settling import (
    assert_all_ties,
    assert_reconciled,
    at_stripe,
    balance,
    checked,
    only_problem,
    polled,
    problems,
    story,
    synced,
)
from tests.support.world import World


def booked(world: World, *, post: str = "true", amount: int | None = None) -> tuple[str, str]:
    """An invoice of 1,000.00 with a receipt of ours; its number and the receipt's batch."""
    world.annex()
    world.set_up(post=post)
    number = pushed(world, {"02": "1000.00"})
    world.pay(number, amount)
    world.settle()
    return number, str(our_files(world)[0].batch)


# deleted


def test_a_waiting_receipt_that_is_deleted_is_one_item_and_never_written_again(world: World) -> None:
    number, batch = booked(world, post="false")
    world.accountant.delete_receipt_file(batch)

    synced(world)

    problem = only_problem(world)
    assert (problem.invoice, problem.what) == (number, "post receipt")
    assert f"Batch {batch} of 1,000.00 USD is no more in Deltek" in problem.reason
    assert "--by-hand" in problem.remedy
    assert problem.reason in story(world, number)
    assert problem.reason in story(world, batch)

    for _ in range(3):
        synced(world)
    replayed(world, number)
    assert our_files(world) == []
    only_problem(world)


def test_a_posted_receipt_that_is_gone_is_one_item_and_its_money_is_no_check(world: World) -> None:
    number, batch = booked(world)
    gone(world, batch)

    synced(world)

    assert f"Batch {batch} of 1,000.00 USD is no more in Deltek" in only_problem(world).reason
    assert (balance(world, number), at_stripe(world, number)) == ("1000.00", ("paid", 0))
    assert world.stripe_invoice(number)["amount_paid_off_stripe"] == 0
    assert world.invoice(number).settled_elsewhere == 0
    assert [(one.number, one.difference) for one in tied(world).differences] == [(number, 100000)]


def test_a_receipt_entered_by_hand_in_its_place_is_told_with_by_hand(world: World) -> None:
    number, batch = booked(world)
    gone(world, batch)
    synced(world)
    checked(world, (number, "1000.00"), bank="STRIPE")
    polled(world)
    only_problem(world)

    with world.runtime.transaction() as session:
        tenant = world.runtime.tenant_by_slug(session, world.slug)
    close_by_hand(world.runtime, tenant, batch)
    synced(world)

    assert (world.status().failed, problems(world)) == (0, [])
    assert balance(world, number) == "0.00"
    assert not tied(world).differences
    assert "closed by hand" in story(world, batch)
    assert our_files(world) == []


@pytest.mark.parametrize("post", ["true", "false"])
def test_a_receipt_that_was_deleted_for_the_client_is_refunded_leaves_no_reversal_behind(
    world: World, post: str
) -> None:
    """The reversal was written without the receipt: the invoice came to be open twice."""
    number, batch = booked(world, post=post)
    if post == "true":
        world.accountant.undo_posting(batch, "CR")
    world.accountant.delete_receipt_file(batch)
    world.stripe_sandbox.dashboard.refund(world.stripe_invoice(number)["id"])
    synced(world)

    close_by_hand(world.runtime, world.tenant(), batch)
    synced(world)

    (problem,) = [one for one in problems(world) if one.what == "post receipt"]
    assert "1,000.00 USD went back of a payment that a person has closed" in problem.reason
    assert our_files(world) == []
    close_by_hand(world.runtime, world.tenant(), problem.reference)
    synced(world)
    assert balance(world, number) == "1000.00"
    assert_reconciled(world)


def test_what_goes_back_of_a_receipt_that_was_entered_by_hand_in_its_place_is_booked(world: World) -> None:
    number, batch = booked(world)
    gone(world, batch)
    checked(world, (number, "1000.00"), bank="STRIPE")
    synced(world)
    close_by_hand(world.runtime, world.tenant(), batch)
    synced(world)

    world.stripe_sandbox.dashboard.refund(world.stripe_invoice(number)["id"])
    world.settle()

    assert balance(world, number) == "1000.00"
    assert_reconciled(world)


def test_found_when_the_comparison_comes_round(world: World) -> None:
    _, batch = booked(world)
    gone(world, batch)
    world.clock.turn(timedelta(minutes=50))
    world.poll()
    assert world.status().failed == 0

    world.clock.turn(timedelta(minutes=11))
    world.poll()

    assert world.status().failed == 1


# altered


def test_a_receipt_altered_before_its_posting_is_one_item_that_names_both_amounts(world: World) -> None:
    number, batch = booked(world, post="false")
    world.accountant.alter_receipt_file(batch, 0, {"Amount": Decimal("900.00")})
    world.accountant.post_receipt_files()

    synced(world)

    problem = only_problem(world)
    assert f"Batch {batch} holds 900.00 USD in Deltek, where Stripe moved 1,000.00 USD" in problem.reason
    assert problem.reason in story(world, number)
    assert balance(world, number) == "100.00"
    assert at_stripe(world, number) == ("paid", 0)


def test_an_altered_receipt_that_is_corrected_closes_by_itself(world: World) -> None:
    _, batch = booked(world, post="false")
    world.accountant.alter_receipt_file(batch, 0, {"Amount": Decimal("900.00")})
    synced(world)
    only_problem(world)

    world.accountant.alter_receipt_file(batch, 0, {"Amount": Decimal("1000.00")})
    synced(world)
    assert world.status().failed == 0
    assert f"Batch {batch} of 1,000.00 USD is in Deltek as it was written" in story(world, batch)

    world.accountant.post_receipt_files()
    polled(world)
    assert_all_ties(world)


# moved


@pytest.mark.parametrize("post", ["true", "false"])
def test_a_receipt_that_is_moved_to_another_invoice_is_one_item_and_that_one_is_asked_for_no_more(
    world: World, post: str
) -> None:
    number, batch = booked(world, post=post)
    other = pushed(world, {"02": "1000.00"})
    if post == "true":
        world.accountant.undo_posting(batch, "CR")
    world.accountant.alter_receipt_file(batch, 0, {"Invoice": other})
    world.accountant.post_receipt_file(batch)

    synced(world)

    problem = only_problem(world)
    assert (problem.invoice, problem.what) == (number, "post receipt")
    assert f"was written on invoice {number}, and stands elsewhere in Deltek" in problem.reason
    assert at_stripe(world, other) == ("paid", 0)
    assert (balance(world, number), balance(world, other)) == ("1000.00", "0.00")
    assert [one.number for one in tied(world).differences] == [number]

    world.accountant.undo_posting(batch, "CR")
    world.accountant.alter_receipt_file(batch, 0, {"Invoice": number})
    world.accountant.post_receipt_file(batch)
    synced(world)

    assert balance(world, number) == "0.00"
    assert "open again in Deltek" in only_problem(world).reason  # the other invoice: a check that came back


def test_a_receipt_that_is_moved_to_another_project_is_one_item(world: World) -> None:
    _, batch = booked(world, post="false")
    world.project("24002.00", world.clients["Riverbend Schools"], ["02"])
    world.accountant.alter_receipt_file(batch, 0, {"WBS1": "24002.00"})

    synced(world)

    assert "and stands elsewhere in Deltek" in only_problem(world).reason


def test_a_receipt_that_is_moved_to_another_account_is_told_with_that_account(world: World) -> None:
    """All that was told is that so much was open again, as if the client had not paid."""
    number, batch = booked(world)
    world.deltek_books.settings.add_account("112.00", "Unapplied receipts", 1)
    world.accountant.undo_posting(batch, "CR")
    world.accountant.alter_receipt_file(batch, 0, {"Account": "112.00"})
    world.accountant.post_receipt_file(batch)

    synced(world)

    reasons = [one.reason for one in problems(world)]
    assert f"Batch {batch} of 1,000.00 USD was moved to account 112.00 in Deltek" in reasons
    (difference,) = tied(world).differences
    assert difference.number == number
    assert any("was moved to account 112.00" in note for note in difference.notes)


# rewritten, the same money on the same invoice


def test_another_day_bank_or_description_of_a_receipt_is_for_the_accountant_to_say(world: World) -> None:
    number, batch = booked(world, post="false")
    world.accountant.alter_receipt_header(
        batch, {"TransDate": "2026-12-03T00:00:00.000", "BankCode": "FIRST"}
    )
    world.accountant.alter_receipt_file(batch, 0, {"Description": "Paid online"})
    world.accountant.post_receipt_file(batch)

    synced(world)

    assert (balance(world, number), total_received(world, number)) == ("0.00", Decimal("1000.00"))
    assert [one.batch for one in our_files(world)] == [batch]
    assert problems(world) == []
    assert tied(world).differences == []


# undone


def test_an_undone_posting_is_one_item_that_closes_when_the_accountant_posts_it_again(world: World) -> None:
    number, batch = booked(world)
    world.accountant.undo_posting(batch, "CR")

    synced(world)
    problem = only_problem(world)
    assert f"The posting of batch {batch} of 1,000.00 USD was undone in Deltek" in problem.reason
    assert [one["posted"] for one in receipts(world, number)] == [False]

    world.accountant.post_receipt_file(batch)
    synced(world)

    assert total_received(world, number) == Decimal("1000.00")
    assert_all_ties(world)


def test_an_undone_posting_is_an_item_for_as_long_as_it_is_undone(world: World) -> None:
    """The second look took the unposted file for one that waits for its first posting."""
    _, batch = booked(world)
    world.accountant.undo_posting(batch, "CR")
    for _ in range(3):
        synced(world)
        world.clock.turn(timedelta(days=1))

    assert f"The posting of batch {batch} of 1,000.00 USD was undone in Deltek" in only_problem(world).reason


def test_the_undone_posting_of_a_refund_is_no_overpayment_of_its_invoice(world: World) -> None:
    """It was told too that the client had paid too much, with the advice to refund that."""
    number, _ = booked(world)
    dashboard = world.stripe_sandbox.dashboard
    refund = dashboard.refund(world.stripe_invoice(number)["id"], 50_000)
    world.settle()
    (batch,) = [one["batch"] for one in receipts(world, number) if one["amount"].startswith("-")]
    dashboard.settle_refund(refund["id"], "failed")
    world.settle()

    world.accountant.undo_posting(batch, "CR")
    synced(world)

    assert f"The posting of batch {batch} of -500.00 USD was undone in Deltek" in only_problem(world).reason


def test_an_undone_posting_is_posted_again_by_replay(world: World) -> None:
    number, batch = booked(world)
    world.accountant.undo_posting(batch, "CR")
    synced(world)

    replayed(world, batch)
    world.settle()

    assert [(one["batch"], one["posted"]) for one in receipts(world, number)] == [(batch, True)]
    assert_all_ties(world)


def test_the_rest_of_a_part_payment_is_asked_for_whatever_becomes_of_our_receipt(world: World) -> None:
    number, batch = booked(world, amount=40000)
    gone(world, batch)

    synced(world)

    assert at_stripe(world, number) == ("open", 60000)
    only_problem(world)


# posted by the accountant, as it should be


@pytest.mark.parametrize("look", [polled, synced])
def test_a_waiting_receipt_that_the_accountant_posts_is_known_as_posted(world: World, look: object) -> None:
    number, batch = booked(world, post="false")
    assert tied(world).invoices[0].receipts_to_post == 100000
    world.accountant.post_receipt_file(batch)

    (polled if look is polled else synced)(world)

    assert f"Cash receipt {batch} of 1,000.00 USD was posted in Deltek" in story(world, number)
    assert tied(world).invoices[0].receipts_to_post == 0
    assert_all_ties(world)


def test_a_posted_receipt_that_is_gone_is_one_item_whatever_was_entered_in_its_place(world: World) -> None:
    """Another receipt over the same amount leaves the balance as it was, so that alone tells nothing."""
    number, batch = booked(world)
    world.clock.turn(timedelta(hours=25))
    polled(world)
    gone(world, batch)
    checked(world, (number, "1000.00"))
    world.clock.turn(timedelta(hours=25))
    polled(world)

    assert f"Batch {batch} of 1,000.00 USD is no more in Deltek" in only_problem(world).reason
