"""The billing client of an invoice is corrected in Deltek: it is asked of that one, and of nobody else."""

from connector.sync.close_by_hand import close_by_hand
from tests.support.settling import (
    adjusted,
    assert_all_ties,
    assert_reconciled,
    at_stripe,
    batch_of,
    checked,
    compare,
    credited,
    one_phase,
    only_problem,
    polled,
    problems,
    synced,
)
from tests.support.world import World


def has_new_owner(world: World) -> None:
    """The project is billed to another firm from now on."""
    owner = world.client("New Owner LLC", "new@owner.example")
    world.accountant.change_project("24001.00", {"BillingClientID": owner})


def asked(world: World) -> dict[str, str]:
    """Who is asked for what is open at Stripe."""
    return {one["number"]: one["customer_name"] for one in world.stripe_invoices() if one["status"] == "open"}


def test_an_invoice_that_is_charged_more_once_its_project_has_another_client_is_made_again_for_that_one(
    acme: World,
) -> None:
    number = one_phase(acme)
    has_new_owner(acme)
    adjusted(acme, number, "200.00")

    polled(acme)

    assert asked(acme) == {f"{number}-2": "New Owner LLC"}
    assert at_stripe(acme, number)[0] == "void"
    assert_all_ties(acme)


def test_an_invoice_that_is_undone_and_posted_again_for_another_client_is_asked_of_that_one(
    acme: World,
) -> None:
    number = one_phase(acme)
    acme.accountant.undo_posting(batch_of(acme, number))
    has_new_owner(acme)
    acme.accountant.post_invoice_file(batch_of(acme, number))

    polled(acme)

    assert asked(acme) == {f"{number}-2": "New Owner LLC"}
    assert_all_ties(acme)


def test_a_project_that_gets_another_client_is_found_by_the_comparison(acme: World) -> None:
    number = one_phase(acme)
    has_new_owner(acme)

    for _ in range(2):
        compare(acme)

    assert asked(acme) == {f"{number}-2": "New Owner LLC"}
    assert_all_ties(acme)


def test_an_invoice_that_is_not_at_stripe_yet_is_pushed_to_the_client_that_it_has_by_then(
    acme: World,
) -> None:
    number = acme.bill({"02": "1000.00"})
    acme.poll()
    acme.accountant.undo_posting(acme.invoice(number).batch)
    has_new_owner(acme)
    acme.accountant.post_invoice_file(acme.invoice(number).batch)

    synced(acme)

    assert asked(acme) == {number: "New Owner LLC"}
    assert_all_ties(acme)


def test_of_an_invoice_that_was_paid_in_part_another_client_is_told_once_and_the_rest_collected_elsewhere(
    acme: World,
) -> None:
    number = one_phase(acme)
    acme.pay(number, 40_000)
    acme.settle()
    has_new_owner(acme)
    for _ in range(2):
        compare(acme)
    assert "another billing client in Deltek now, but money has come in" in only_problem(acme).reason
    assert at_stripe(acme, number) == ("open", 60_000)

    checked(acme, (number, "600.00"))
    compare(acme)

    assert at_stripe(acme, number)[1] == 0
    assert_all_ties(acme)


def test_a_memo_that_is_undone_and_posted_again_while_another_client_is_an_item_is_credited_again(
    acme: World,
) -> None:
    """Stripe answers a request that it had before under its key with what it answered then, and credits nothing."""
    number = one_phase(acme)
    acme.pay(number, 40_000)
    acme.settle()
    has_new_owner(acme)
    memo = credited(acme, number, "200.00")
    compare(acme)
    assert at_stripe(acme, number) == ("open", 40_000)
    acme.accountant.undo_posting(memo)
    compare(acme)
    assert at_stripe(acme, number) == ("open", 60_000)

    acme.accountant.post_invoice_file(memo)
    compare(acme)

    assert at_stripe(acme, number) == ("open", 40_000)
    assert "another billing client" in only_problem(acme).reason


def test_the_first_client_goes_on_being_asked_where_a_person_says_so(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number, 40_000)
    acme.settle()
    has_new_owner(acme)
    compare(acme)

    close_by_hand(acme.runtime, acme.tenant(), only_problem(acme).reference)
    for _ in range(2):
        compare(acme)

    assert problems(acme) == []
    assert at_stripe(acme, number) == ("open", 60_000)
    assert_reconciled(acme)
