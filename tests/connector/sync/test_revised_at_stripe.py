"""An invoice that somebody edited in Stripe's Dashboard: a copy stands in its place, and is the invoice then."""

import pytest

from connector.sync.close_by_hand import close_by_hand
from tests.support.auditing import CREDITS
from tests.support.booked import OVERPAYMENTS, booked, chart_accounts, name_in_file, on_account
from tests.support.money import receipts, replayed, tied
from tests.support.settling import (
    assert_all_ties,
    assert_reconciled,
    at_stripe,
    balance,
    credited,
    one_phase,
    only_problem,
    polled,
    problems,
    story,
    synced,
    told,
)
from tests.support.world import World


def at(world: World, number: str) -> str:
    return str(world.invoice(number).stripe_invoice_id)


def edited(world: World, number: str, amount: int | None = None, *, keeps_metadata: bool = True) -> str:
    """The invoice edited in the Dashboard; the revision."""
    revision = world.stripe_sandbox.dashboard.edit_invoice(at(world, number), amount)
    if not keeps_metadata:
        world.stripe_books.table("invoice")[revision["id"]]["metadata"] = {}
    return str(revision["id"])


@pytest.mark.parametrize("keeps_metadata", [True, False])
@pytest.mark.parametrize("told", ["in order", "backwards", "of its payment only", "of the void only"])
def test_the_revision_of_an_invoice_takes_its_place_and_what_is_paid_on_it_is_booked(
    acme: World, told: str, keeps_metadata: bool
) -> None:
    number = one_phase(acme)
    original = at(acme, number)
    revision = edited(acme, number, keeps_metadata=keeps_metadata)
    voided = list(acme.stripe_books.outbox)
    acme.stripe_sandbox.dashboard.pay(revision)
    outbox = acme.stripe_books.outbox
    if told == "backwards":
        outbox.reverse()
    if told == "of its payment only":
        outbox[:] = outbox[len(voided) :]
    if told == "of the void only":
        outbox[:] = voided
    acme.settle()

    invoice = acme.invoice(number)
    assert (invoice.stripe_invoice_id, invoice.former_stripe_ids) == (revision, [original])
    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00"]
    assert f"Somebody edited {original} at Stripe: {revision}" in story(acme, number)
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_revision_of_a_revision_is_followed_to_the_invoice(acme: World) -> None:
    number = one_phase(acme)
    original = at(acme, number)
    first = acme.stripe_sandbox.dashboard.edit_invoice(original)["id"]
    second = acme.stripe_sandbox.dashboard.edit_invoice(first)["id"]
    acme.stripe_sandbox.dashboard.pay(second)
    acme.stripe_books.outbox[:] = acme.stripe_books.outbox[-1:]
    acme.settle()

    assert acme.invoice(number).former_stripe_ids == [original, first]
    assert at(acme, number) == second
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_revision_that_is_still_a_draft_changes_nothing(acme: World) -> None:
    number = one_phase(acme)
    original = at(acme, number)
    draft = acme.stripe_sandbox.dashboard.begin_edit(original)["id"]
    acme.pay(number)
    acme.settle()

    assert (at(acme, number), acme.stripe_books.table("invoice")[draft]["status"]) == (original, "draft")
    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_credit_notes_that_a_revision_does_not_copy_are_given_again(acme: World) -> None:
    number = one_phase(acme)
    credited(acme, number, "300.00")
    polled(acme)
    assert at_stripe(acme, number) == ("open", 70000)

    edited(acme, number)
    acme.settle()

    revision = acme.stripe_books.table("invoice")[at(acme, number)]
    assert (revision["status"], revision["amount_remaining"]) == ("open", 70000)
    assert_all_ties(acme)


def test_the_customer_s_credit_that_paid_a_part_goes_over_to_the_revision(acme: World) -> None:
    chart_accounts(acme)
    name_in_file(acme, OVERPAYMENTS)
    one_phase(acme)
    customer = next(iter(acme.stripe_books.table("customer")))
    acme.stripe_sandbox.dashboard.adjust_balance(customer, -20000)
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.pay(edited(acme, number))
    acme.settle()

    assert sorted(one.kind for one in booked(acme)) == ["credit applied"] * 3 + ["payment"]
    assert (balance(acme, number), on_account(acme, CREDITS)) == ("0.00", "-200.00")
    assert_all_ties(acme)


def test_the_revision_of_an_invoice_that_was_credited_meanwhile_is_voided_as_well(acme: World) -> None:
    number = one_phase(acme)
    original, revision = at(acme, number), edited(acme, number)
    events = list(acme.stripe_books.outbox)
    acme.stripe_books.outbox.clear()
    credited(acme, number, "1000.00")
    polled(acme)
    assert (acme.invoice(number).state, acme.invoice(number).former_stripe_ids) == ("left alone", [original])

    acme.stripe_books.outbox.extend(events)
    acme.settle()
    synced(acme)

    assert acme.stripe_books.table("invoice")[revision]["status"] == "void"
    assert acme.invoice(number).former_stripe_ids == [original, revision]
    assert problems(acme) == []
    assert_all_ties(acme)


def test_a_revision_over_less_is_one_item_until_deltek_has_the_same(acme: World) -> None:
    number = one_phase(acme)
    revision = edited(acme, number, 80000)
    acme.settle()
    problem = only_problem(acme)
    assert problem.reason == (
        f"Somebody edited its Stripe invoice at Stripe: {revision} is over 800.00 USD, and Deltek charges 1,000.00 USD"
    )
    assert "by a credit memo or a further charge, or void that Stripe invoice" in problem.remedy

    acme.stripe_sandbox.dashboard.pay(revision)
    acme.settle()
    assert [one["amount"] for one in receipts(acme, number)] == ["800.00"]
    assert only_problem(acme).reference == problem.reference

    credited(acme, number, "200.00")
    polled(acme)

    assert balance(acme, number) == "0.00"
    assert_all_ties(acme)


def test_a_refund_of_a_revision_over_less_is_no_difference(acme: World) -> None:
    number = one_phase(acme)
    charge = acme.stripe_sandbox.dashboard.pay(edited(acme, number, 80000))
    credited(acme, number, "200.00")
    polled(acme)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 45000)
    acme.settle()

    assert balance(acme, number) == "450.00"
    assert_all_ties(acme)


def test_a_revision_over_more_is_one_item_until_it_is_voided_at_stripe(acme: World) -> None:
    number = one_phase(acme)
    revision = edited(acme, number, 120000)
    acme.settle()
    assert "is over 1,200.00 USD, and Deltek charges 1,000.00 USD" in only_problem(acme).reason
    assert acme.stripe_books.table("invoice")[revision]["amount_remaining"] == 120000

    acme.stripe_sandbox.dashboard.void(revision)
    acme.settle()

    assert problems(acme) == []
    (told,) = [one for one in tied(acme).differences if one.number == number]
    assert "the Stripe invoice is void: void or write it off in Deltek too, or collect it" in told.notes


def test_what_is_paid_on_a_revision_over_more_is_booked_and_the_excess_kept(acme: World) -> None:
    chart_accounts(acme)
    name_in_file(acme, OVERPAYMENTS)
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.pay(edited(acme, number, 120000))
    acme.settle()

    assert (balance(acme, number), on_account(acme, CREDITS)) == ("0.00", "200.00")
    assert problems(acme) == []


def begun(world: World, number: str) -> str:
    """What "Duplicate invoice" makes in the Dashboard: the draft of an invoice of its own."""
    copy = world.stripe_sandbox.dashboard.begin_edit(at(world, number))["id"]
    world.stripe_books.table("invoice")[copy]["from_invoice"] = None
    return str(copy)


def copied(world: World, number: str) -> str:
    """The same, finalized."""
    copy = begun(world, number)
    world.runtime.stripe(world.tenant()).send_invoice(copy, idempotency_key="sent")
    return copy


def test_a_copy_beside_its_invoice_is_an_item_until_it_is_voided_and_books_nothing(acme: World) -> None:
    number = one_phase(acme)
    copy = copied(acme, number)
    acme.settle()
    problem = only_problem(acme)
    assert problem.reason == (
        f"{copy} at Stripe carries the name of invoice {number}, which is {at(acme, number)} there: somebody copied it"
    )

    acme.stripe_sandbox.dashboard.void(copy)
    acme.settle()
    replayed(acme, problem.reference)

    assert_reconciled(acme)


def test_what_is_paid_on_a_copy_waits_for_a_person_and_touches_no_invoice(acme: World) -> None:
    number = one_phase(acme)
    acme.stripe_sandbox.dashboard.pay(copied(acme, number))
    acme.settle()

    problem = only_problem(acme)
    assert problem.remedy.startswith("Void the copy at Stripe")
    assert "waits for a person for the same reason" in story(acme, problem.reference)
    assert receipts(acme, number) == []
    assert balance(acme, number) == "1000.00"


def test_a_copy_of_an_invoice_that_was_voided_is_an_item_at_once(acme: World) -> None:
    number = one_phase(acme)
    original, copy = at(acme, number), begun(acme, number)
    credited(acme, number, "1000.00")
    polled(acme)
    acme.runtime.stripe(acme.tenant()).send_invoice(copy, idempotency_key="sent")
    acme.settle()
    problem = only_problem(acme)
    assert f"carries the name of invoice {number}, which was {original} there" in problem.reason

    acme.stripe_sandbox.dashboard.void(copy)
    acme.settle()
    replayed(acme, problem.reference)

    assert problems(acme) == []


def test_of_a_refund_of_a_payment_for_an_invoice_and_its_copy_a_person_tells_the_share(acme: World) -> None:
    number = one_phase(acme)
    charge = acme.stripe_sandbox.dashboard.pay_together([at(acme, number), copied(acme, number)])
    acme.settle()
    for one in problems(acme):
        close_by_hand(acme.runtime, acme.tenant(), one.reference)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 100000)
    acme.settle()
    problem = only_problem(acme)
    assert "is of a payment that paid other invoices too" in problem.reason

    told(acme, problem.reference, f"{number}=0")

    assert problems(acme) == []
    assert balance(acme, number) == "0.00"
