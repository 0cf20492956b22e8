"""Due dates and clients that change in Deltek while the Stripe invoice is open.

Stripe takes no change of either on a finalized invoice: `stripe.open_invoices` says whether it is left or made again.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connector.sync.close_by_hand import close_by_hand
from tests.support.money import pushed
from tests.support.settling import (
    A_WHILE,
    TODAY,
    adjusted,
    assert_all_ties,
    at_stripe,
    balance,
    batch_of,
    checked,
    compare,
    one_phase,
    only_problem,
    polled,
    problems,
    story,
    synced,
)
from tests.support.world import World

CHRISTMAS = date(2026, 12, 24)
LEAVE, RECREATE = "", 'open_invoices = "recreate"'


@pytest.fixture
def remade(world: World) -> World:
    """Acme, whose open invoices are made again."""
    world.annex()
    world.set_up(stripe=RECREATE)
    return world


def due_on(invoice: dict[str, Any]) -> date:
    return datetime.fromtimestamp(invoice["due_date"], UTC).date()


def stands(world: World) -> dict[str, str]:
    return {one["number"]: one["status"] for one in world.stripe_invoices()}


# the due date


def test_a_new_due_date_leaves_the_stripe_invoice_as_it_is_and_the_audit_trail_says_so(acme: World) -> None:
    number = one_phase(acme)
    acme.accountant.change_due_date(number, CHRISTMAS)

    synced(acme)

    assert stands(acme) == {number: "open"}
    assert due_on(acme.stripe_invoice(number)) == date(2026, 12, 2)
    assert "its due date is now 2026-12-24; its Stripe invoice is left as it is" in story(acme, number)
    assert_all_ties(acme)


def test_a_new_due_date_makes_the_stripe_invoice_again_where_the_tenant_file_says_so(remade: World) -> None:
    number = one_phase(remade)
    remade.accountant.change_due_date(number, CHRISTMAS)

    synced(remade)

    assert stands(remade) == {number: "void", f"{number}-2": "open"}
    assert due_on(remade.stripe_invoice(f"{number}-2")) == CHRISTMAS
    assert_all_ties(remade)


def test_the_number_made_again_counts_on_and_is_paid_as_deltek_s_one_invoice(remade: World) -> None:
    number = one_phase(remade)
    for day in (24, 27, 30):
        remade.accountant.change_due_date(number, date(2026, 12, day))
        synced(remade)
        synced(remade)  # one that was made a moment ago has its turn with the comparison after the next

    assert stands(remade) == {
        number: "void",
        f"{number}-2": "void",
        f"{number}-3": "void",
        f"{number}-4": "open",
    }
    remade.pay(f"{number}-4")
    remade.settle()
    assert balance(remade, number) == "0.00"
    assert_all_ties(remade)


def test_a_new_due_date_is_found_when_the_comparison_comes_round(remade: World) -> None:
    number = one_phase(remade)
    remade.accountant.change_due_date(number, CHRISTMAS)
    polled(remade)
    assert stands(remade) == {number: "open"}

    remade.clock.turn(timedelta(hours=1))
    polled(remade)

    assert stands(remade)[f"{number}-2"] == "open"


def test_a_correction_with_a_due_date_of_its_own_makes_the_stripe_invoice_again_once(remade: World) -> None:
    """Its first document went on saying another date, so that it was made again at every comparison."""
    number = one_phase(remade)
    adjusted(remade, number, "200.00", due=CHRISTMAS)
    polled(remade)

    for _ in range(2):
        compare(remade)

    assert stands(remade) == {number: "void", f"{number}-2": "open"}
    assert due_on(remade.stripe_invoice(f"{number}-2")) == CHRISTMAS
    assert_all_ties(remade)


def a_part_by_card(world: World, number: str) -> None:
    world.pay(number, 40000)
    world.settle()


def a_part_by_check(world: World, number: str) -> None:
    checked(world, (number, "400.00"))
    polled(world)


def a_credit(world: World, number: str) -> None:
    adjusted(world, number, "-400.00")
    polled(world)


@pytest.mark.parametrize("touch", [a_part_by_card, a_part_by_check, a_credit])
def test_an_invoice_on_which_something_has_come_in_is_not_made_again(
    remade: World, touch: Callable[[World, str], None]
) -> None:
    number = one_phase(remade)
    touch(remade, number)
    remade.accountant.change_due_date(number, CHRISTMAS)

    synced(remade)

    assert (stands(remade), at_stripe(remade, number)) == ({number: "open"}, ("open", 60000))
    assert "The Stripe invoice stays as it is" in story(remade, number)
    assert_all_ties(remade)


def test_a_bank_debit_on_its_way_keeps_the_invoice_from_being_made_again(remade: World) -> None:
    number = one_phase(remade)
    charge = remade.pay(number, method="us_bank_account")
    remade.settle()
    remade.accountant.change_due_date(number, CHRISTMAS)
    synced(remade)
    assert stands(remade) == {number: "open"}
    assert "on its way: its due date is now 2026-12-24" in story(remade, number)

    remade.stripe_sandbox.dashboard.settle(charge["id"])
    remade.settle()

    assert stands(remade) == {number: "paid"}
    assert balance(remade, number) == "0.00"
    assert_all_ties(remade)


def a_new_due_date_in_its_file(world: World, number: str) -> None:
    world.accountant.change_due_date(number, CHRISTMAS)


def a_new_name_of_the_client(world: World, _: str) -> None:
    world.accountant.change_firm(world.clients["Riverbend Schools"], {"Name": "Riverbend Unified"})


@pytest.mark.parametrize("changed", [a_new_due_date_in_its_file, a_new_name_of_the_client])
def test_of_an_invoice_that_is_undone_after_a_part_payment_the_rest_is_not_credited_for_a_change(
    remade: World, changed: Callable[[World, str], None]
) -> None:
    """An accountant undoes it to correct it; posted again, the rest is asked for as before."""
    number, _ = one_phase(remade), one_phase(remade, "5.00")
    remade.pay(number, 30000)
    remade.settle()
    remade.accountant.undo_posting(batch_of(remade, number))
    synced(remade)

    changed(remade, number)
    synced(remade)

    assert at_stripe(remade, number) == ("open", 70000)
    assert "Its posting was undone in Deltek" in only_problem(remade).reason

    remade.accountant.post_invoice_file(batch_of(remade, number))
    synced(remade)
    assert at_stripe(remade, number) == ("open", 70000)
    assert_all_ties(remade)


def test_an_invoice_that_is_paid_is_not_looked_at_for_its_due_date(remade: World) -> None:
    number = one_phase(remade)
    remade.pay(number)
    remade.settle()
    remade.accountant.change_due_date(number, CHRISTMAS)

    synced(remade)

    assert stands(remade) == {number: "paid"}


# the client


def other_e_mail(world: World) -> None:
    world.accountant.change_address(
        world.clients["Riverbend Schools"], {"Email": "billing@riverbend.example"}
    )


def other_address(world: World) -> None:
    world.accountant.change_address(world.clients["Riverbend Schools"], {"City": "Riverton"})


def other_contact(world: World) -> None:
    client_id = world.clients["Riverbend Schools"]
    jo = world.accountant.add_contact({"ClientID": client_id, "Email": "jo@riverbend.example"})
    world.accountant.change_project("24001.00", {"BillingContactID": jo["ContactID"]})


def customer_shows(world: World) -> str:
    (customer,) = world.stripe_books.table("customer").values()
    return f"{customer['email']} {customer['address']['city']}"


@pytest.mark.parametrize(
    ("change", "shows"),
    [
        (other_e_mail, "billing@riverbend.example Riverbend"),
        (other_address, "ap@riverbend.example Riverton"),
        (other_contact, "jo@riverbend.example Riverbend"),
    ],
)
@pytest.mark.parametrize("rule", [LEAVE, RECREATE])
def test_a_client_s_new_details_reach_the_customer_and_open_invoices_as_the_tenant_file_says(
    world: World, rule: str, change: Callable[[World], None], shows: str
) -> None:
    world.annex()
    world.set_up(stripe=rule)
    number = pushed(world)
    world.clock.turn(A_WHILE)
    change(world)

    polled(world)

    assert customer_shows(world) == shows
    made_again = {number: "void", f"{number}-2": "open"}
    assert stands(world) == (made_again if rule == RECREATE else {number: "open"})
    assert_all_ties(world)


def test_an_invoice_whose_posting_is_undone_while_it_is_to_be_made_again_is_made_again_once_it_is_posted(
    remade: World,
) -> None:
    number = one_phase(remade)
    remade.clock.turn(A_WHILE)
    other_e_mail(remade)
    remade.accountant.undo_posting(batch_of(remade, number))
    polled(remade)
    assert "cannot be billed anew: Deltek shows no posting of it any more" in only_problem(remade).reason

    remade.accountant.post_invoice_file(batch_of(remade, number))
    compare(remade)

    assert stands(remade) == {number: "void", f"{number}-2": "open"}
    assert problems(remade) == []
    assert_all_ties(remade)


def test_an_invoice_that_cannot_be_made_again_is_left_as_it_is_once_a_person_has_closed_that(
    remade: World,
) -> None:
    number = one_phase(remade)
    remade.clock.turn(A_WHILE)
    other_e_mail(remade)
    remade.accountant.undo_posting(batch_of(remade, number))
    polled(remade)
    remade.accountant.post_invoice_file(batch_of(remade, number))

    close_by_hand(remade.runtime, remade.tenant(), only_problem(remade).reference)
    for _ in range(2):
        compare(remade)

    assert stands(remade) == {number: "open"}
    assert_all_ties(remade)


def test_the_client_s_next_invoice_has_the_new_details(acme: World) -> None:
    one_phase(acme)
    acme.clock.turn(A_WHILE)
    other_e_mail(acme)
    polled(acme)

    number = one_phase(acme)

    assert acme.stripe_invoice(number)["customer_email"] == "billing@riverbend.example"


def test_an_invoice_of_a_project_with_another_billing_contact_leaves_the_firm_s_open_ones_as_they_are(
    remade: World,
) -> None:
    """Each new invoice had all others made again, with the contact of its project."""
    number = one_phase(remade)
    client_id = remade.clients["Riverbend Schools"]
    remade.project("24002.00", client_id, ["02"])
    jo = remade.accountant.add_contact({"ClientID": client_id, "Email": "jo@riverbend.example"})
    remade.accountant.change_project("24002.00", {"BillingContactID": jo["ContactID"]})
    remade.clock.turn(A_WHILE)

    of_jo = pushed(remade, {"02": "200.00"}, wbs1="24002.00", dated=TODAY + timedelta(days=1))
    compare(remade)

    assert stands(remade) == {number: "open", of_jo: "open"}
    assert remade.stripe_invoice(of_jo)["customer_email"] == "jo@riverbend.example"

    remade.clock.turn(A_WHILE)
    remade.accountant.change_address(client_id, {"City": "Riverton"})
    polled(remade)

    assert stands(remade) == {
        number: "void",
        of_jo: "void",
        f"{number}-2": "open",
        f"{of_jo}-2": "open",
    }


def test_a_name_that_a_project_gets_later_leaves_open_invoices_as_they_are(remade: World) -> None:
    number = one_phase(remade)
    remade.clock.turn(A_WHILE)
    remade.accountant.change_project("24001.00", {"Name": "West Wing"})

    polled(remade)

    assert stands(remade) == {number: "open"}
