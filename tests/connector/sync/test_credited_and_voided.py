"""Credit memos and voids of invoices that are at Stripe."""

from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint.ledger import LedgerRow, Posting
from connector.sandbox.vantagepoint.wire import Wbs
from tests.support.settling import (
    TODAY,
    assert_all_ties,
    at_stripe,
    balance,
    checked,
    credited,
    numbered,
    one_phase,
    only_problem,
    polled,
    problems,
    story,
    synced,
)
from tests.support.world import World


@pytest.mark.parametrize("ar_review", [True, False])
@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_credit_memo_for_a_part_is_a_credit_note(acme: World, direction: str, ar_review: bool) -> None:
    """Which of its two numbers a memo's row carries differs between installations."""
    acme.deltek_sandbox.administrator.set_options(
        {"credit_memo_direction": direction, "ar_review": ar_review}
    )
    number = one_phase(acme)
    credited(acme, number, "150.00")

    polled(acme)

    assert at_stripe(acme, number) == ("open", 85000)
    (note,) = acme.stripe_books.table("credit_note").values()
    assert (note["amount"], note["memo"]) == (15000, f"Invoice {number} was credited")
    assert f"150.00 USD by credit note {note['id']}" in story(acme, number)
    if ar_review:
        assert_all_ties(acme)


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_credit_memo_for_all_of_it_voids_the_stripe_invoice(acme: World, direction: str) -> None:
    acme.deltek_sandbox.administrator.set_options({"credit_memo_direction": direction})
    number = one_phase(acme)
    credited(acme, number, "1000.00")

    polled(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert "voided or credited in full in Deltek" in acme.invoice(number).reason
    assert_all_ties(acme)


def test_memos_that_come_to_all_of_it_leave_nothing_to_be_paid(acme: World) -> None:
    number = one_phase(acme)
    for amount in ("400.00", "600.00"):
        credited(acme, number, amount)
        polled(acme)

    assert acme.stripe_invoice(number)["status"] in ("void", "paid")
    assert acme.stripe_invoice(number)["amount_paid"] == 0
    assert_all_ties(acme)


def test_a_memo_and_a_check_each_reduce_the_invoice_in_their_own_way(acme: World) -> None:
    number = one_phase(acme)
    credited(acme, number, "150.00")
    checked(acme, (number, "250.00"))

    polled(acme)

    invoice = acme.stripe_invoice(number)
    assert (invoice["pre_payment_credit_notes_amount"], invoice["amount_paid_off_stripe"]) == (15000, 25000)
    assert at_stripe(acme, number) == ("open", 60000)
    assert_all_ties(acme)


def test_an_unposted_memo_changes_nothing(acme: World) -> None:
    number = one_phase(acme)
    acme.accountant.credit_invoice(number, Decimal("150.00"), TODAY, post=False)

    polled(acme)
    synced(acme)

    assert at_stripe(acme, number) == ("open", 100000)


def test_a_memo_after_a_part_payment_is_a_credit_note_on_the_rest(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, 30000)
    acme.settle()
    credited(acme, number, "150.00")
    polled(acme)
    assert at_stripe(acme, number) == ("open", 55000)

    acme.pay(number)
    acme.settle()

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_memo_over_the_whole_rest_after_a_part_payment_closes_the_invoice(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, 30000)
    acme.settle()
    credited(acme, number, "700.00")

    polled(acme)

    assert at_stripe(acme, number) == ("paid", 0)
    assert_all_ties(acme)


def test_a_memo_while_a_bank_debit_over_all_is_processing_waits_and_a_person_decides(acme: World) -> None:
    number = one_phase(acme)
    charge = acme.pay(number, method="us_bank_account")
    acme.settle()
    credited(acme, number, "150.00")
    polled(acme)
    assert acme.stripe_books.table("credit_note") == {}

    acme.stripe_sandbox.dashboard.settle(charge["id"])
    acme.settle()
    polled(acme)

    assert "only 850.00 USD is open" in only_problem(acme).reason


# taken back


def test_a_memo_that_is_undone_is_found_by_the_comparison_and_its_credit_note_taken_back(acme: World) -> None:
    number = one_phase(acme)
    batch = credited(acme, number, "150.00")
    polled(acme)
    acme.accountant.undo_posting(batch)

    polled(acme)
    assert at_stripe(acme, number) == ("open", 85000)
    synced(acme)

    assert at_stripe(acme, number) == ("open", 100000)
    assert "credit taken back at Stripe" in story(acme, number)
    assert_all_ties(acme)


def test_of_several_memos_the_one_that_is_undone_is_open_again_to_the_cent(acme: World) -> None:
    number = one_phase(acme)
    batches = [credited(acme, number, amount) for amount in ("150.00", "80.00", "20.01")]
    polled(acme)
    credited(acme, number, "5.00")
    polled(acme)
    acme.accountant.undo_posting(batches[0])

    synced(acme)

    assert at_stripe(acme, number) == ("open", 100000 - 8000 - 2001 - 500)
    assert_all_ties(acme)


def test_a_memo_that_is_undone_after_the_rest_was_paid_makes_a_person_decide(acme: World) -> None:
    number = one_phase(acme)
    batch = credited(acme, number, "150.00")
    polled(acme)
    acme.pay(number)
    acme.settle()
    acme.accountant.undo_posting(batch)

    synced(acme)

    problem = only_problem(acme)
    assert "150.00 USD is open again in Deltek" in problem.reason
    assert "bill it under a number of its own" in problem.remedy

    acme.accountant.post_invoice_file(batch)
    synced(acme)
    assert_all_ties(acme)


def test_a_full_memo_that_is_undone_brings_the_invoice_back_when_it_is_asked_for(acme: World) -> None:
    number = one_phase(acme)
    batch = credited(acme, number, "1000.00")
    polled(acme)
    acme.accountant.undo_posting(batch)

    numbered(acme, number)

    assert at_stripe(acme, f"{number}-2") == ("open", 100000)
    assert_all_ties(acme)


# voids


def test_an_invoice_voided_in_deltek_is_void_at_stripe(acme: World) -> None:
    number = one_phase(acme)
    acme.accountant.void_invoice(number, TODAY)

    polled(acme)
    synced(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert_all_ties(acme)


def test_a_void_that_is_not_posted_yet_changes_nothing(acme: World) -> None:
    number = one_phase(acme)
    acme.accountant.void_invoice(number, TODAY, post=False)

    polled(acme)
    synced(acme)

    assert at_stripe(acme, number) == ("open", 100000)


def test_a_void_after_a_part_payment_asks_for_no_more_and_a_person_gives_it_back(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, 30000)
    acme.settle()
    acme.accountant.void_invoice(number, TODAY)

    polled(acme)

    assert at_stripe(acme, number) == ("paid", 0)
    problem = only_problem(acme)
    assert "300.00 USD too much" in problem.reason

    acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(number)["id"])
    acme.settle()
    assert balance(acme, number) == "0.00"
    assert problems(acme) == []


def test_a_void_after_the_invoice_was_paid_makes_a_person_give_it_back(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number)
    acme.settle()
    acme.accountant.void_invoice(number, TODAY)

    polled(acme)
    assert "1,000.00 USD too much" in only_problem(acme).reason

    acme.stripe_sandbox.dashboard.refund(acme.stripe_invoice(number)["id"])
    acme.settle()
    assert balance(acme, number) == "0.00"
    assert problems(acme) == []


def test_a_void_after_a_check_for_a_part_leaves_nothing_to_be_paid(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "400.00"))
    polled(acme)
    acme.accountant.void_invoice(number, TODAY)

    polled(acme)

    assert at_stripe(acme, number)[1] == 0
    assert (balance(acme, number), problems(acme)) == ("-400.00", [])


# one memo over several invoices


def memo_over(world: World, number: str, parts: dict[str, str]) -> None:
    """A posted memo with a number of its own, each of whose rows names the invoice that it credits."""
    books, period = world.deltek_books, 202611
    rows = [
        LedgerRow(
            Wbs("24001.00", "02"), "401.00", Decimal(amount), TODAY, invoice=number, credit_memo=invoice
        )
        for invoice, amount in parts.items()
    ]
    sequence = books.ledger.next_sequence(period)
    posting = Posting("IN", f"CM{number}", "00", period, sequence, world.clock.now(), rows)
    books.ledger.add(posting)
    books.receivables.add(posting)


@pytest.mark.parametrize(
    ("review", "moved"),
    [(True, ["-30.00", "-120.00"]), (False, ["-30.00", "-120.00"]), (False, ["-150.00"])],
    ids=["AR review", "ledger only", "ledger only, in one row"],
)
def test_a_memo_over_two_invoices_is_a_credit_note_on_each_also_once_it_is_moved_onto_them(
    world: World, review: bool, moved: list[str]
) -> None:
    world.annex()
    options = world.deltek_books.options
    options.credit_memo_direction, options.ar_review = "own", review
    world.set_up()
    first, second = one_phase(world, "100.00"), one_phase(world, "200.00")
    memo_over(world, "M00000001", {first: "-30.00", second: "-120.00"})
    polled(world)
    assert [at_stripe(world, one) for one in (first, second)] == [("open", 7000), ("open", 8000)]

    checked(world, (first, "30.00"), (second, "120.00"), *(("M00000001", amount) for amount in moved))
    polled(world)
    synced(world)

    assert [at_stripe(world, one) for one in (first, second)] == [("open", 7000), ("open", 8000)]
    assert problems(world) == []
