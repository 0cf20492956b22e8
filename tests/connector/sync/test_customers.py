"""A Deltek firm and its one Stripe customer."""

from datetime import timedelta
from typing import Any

import pytest

from connector.models import WorkState
from connector.sandbox.faults import Fault
from connector.sync.replay import replay
from tests.support.calls import counted
from tests.support.settling import problems
from tests.support.world import World

WRITES = ("POST /v1/customers", "POST /v1/customers/{customer}")


def customer(world: World) -> dict[str, Any]:
    (only,) = world.stripe_books.table("customer").values()
    return dict(only)


def push(world: World, **more: Any) -> str:
    number = world.bill({"02": "100.00"}, **more)
    world.poll()
    world.work()
    return number


def contact(world: World, **values: str) -> str:
    client_id = world.clients["Riverbend Schools"]
    return str(world.accountant.add_contact({"ClientID": client_id, **values})["ContactID"])


def test_the_customer_shows_name_email_address_phone_and_the_firm_s_id(acme: World) -> None:
    client_id = acme.clients["Riverbend Schools"]
    acme.accountant.change_address(client_id, {"Phone": "518-555-0100"})
    push(acme)

    shown = customer(acme)
    assert (shown["name"], shown["email"]) == ("Riverbend Schools", "ap@riverbend.example")
    assert shown["phone"] == "518-555-0100"
    assert shown["address"] == {
        "line1": "12 School Road",
        "line2": None,
        "city": "Riverbend",
        "state": "NY",
        "postal_code": "12345",
        "country": "US",
    }
    assert shown["metadata"] == {"ml_connector_tenant": "acme", "ml_connector_client": client_id}


def test_a_firm_with_many_invoices_on_many_projects_has_one_customer(acme: World) -> None:
    acme.project("24002.00", acme.clients["Riverbend Schools"], ["01"])
    for _ in range(2):
        acme.bill({"02": "100.00"})
        acme.bill({"01": "100.00"}, wbs1="24002.00")
    acme.poll()
    acme.work()

    assert {one["customer"] for one in acme.stripe_invoices()} == {customer(acme)["id"]}
    assert len(acme.stripe_invoices()) == 4


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"firm"}, "firm@riverbend.example"),
        ({"firm", "flagged"}, "flagged@riverbend.example"),
        ({"firm", "flagged", "firm address"}, "ap@riverbend.example"),
        ({"firm", "flagged", "firm address", "project address"}, "site@riverbend.example"),
        ({"firm", "flagged", "firm address", "project address", "billing contact"}, "jo@riverbend.example"),
    ],
)
def test_the_e_mail_is_taken_in_the_order_of_preference(acme: World, known: set[str], expected: str) -> None:
    client_id = acme.clients["Riverbend Schools"]
    acme.accountant.change_firm(client_id, {"PrimaryEmail": "firm@riverbend.example"})
    contact(acme, FirstName="Nobody", Email="nobody@riverbend.example")
    if "flagged" in known:
        contact(acme, FirstName="Al", Email="flagged@riverbend.example", PrimaryInd="Y")
    if "firm address" not in known:
        acme.accountant.change_address(client_id, {"Email": ""})
    if "project address" in known:
        acme.accountant.add_address(client_id, {"Address": "Site", "Email": "site@riverbend.example"})
        acme.accountant.change_project("24001.00", {"CLBillingAddr": "Site"})
    if "billing contact" in known:
        jo = contact(acme, FirstName="Jo", Email="jo@riverbend.example")
        acme.accountant.change_project("24001.00", {"BillingContactID": jo})
    push(acme)

    assert customer(acme)["email"] == expected


def test_a_billing_contact_that_left_gets_no_e_mail_until_it_is_active_again(acme: World) -> None:
    jo = contact(acme, FirstName="Jo", Email="jo@riverbend.example", ContactStatus="I")
    acme.accountant.change_project("24001.00", {"BillingContactID": jo})
    push(acme)
    assert customer(acme)["email"] == "ap@riverbend.example"

    acme.clock.turn(timedelta(minutes=5))
    acme.accountant.change_contact(jo, {"ContactStatus": "A"})
    acme.poll()
    acme.work()
    assert customer(acme)["email"] == "jo@riverbend.example"


def test_a_client_that_is_inactive_by_now_is_asked_for_what_it_was_billed(acme: World) -> None:
    push(acme)
    acme.clock.turn(timedelta(minutes=5))
    acme.accountant.change_firm(acme.clients["Riverbend Schools"], {"Status": "I"})
    push(acme)

    assert [one["status"] for one in acme.stripe_invoices()] == ["open", "open"]
    assert customer(acme)["email"] == "ap@riverbend.example"
    assert problems(acme) == []


@pytest.mark.parametrize("what", ["firm", "address", "contact", "project"])
def test_a_change_in_deltek_flows_on_at_the_next_poll_and_costs_nothing_after_it(
    acme: World, what: str
) -> None:
    client_id = acme.clients["Riverbend Schools"]
    jo = contact(acme, FirstName="Jo", Email="jo@riverbend.example")
    ann = contact(acme, FirstName="Ann", Email="ann@riverbend.example")
    acme.accountant.change_project("24001.00", {"BillingContactID": jo})
    push(acme)
    acme.clock.turn(timedelta(minutes=5))
    match what:
        case "firm":
            acme.accountant.change_firm(client_id, {"Name": "Riverbend Central Schools"})
        case "address":
            acme.accountant.change_address(client_id, {"City": "Riverton"})
        case "contact":
            acme.accountant.change_contact(jo, {"Email": "new@riverbend.example"})
        case _:
            acme.accountant.change_project("24001.00", {"BillingContactID": ann})
    before = customer(acme)

    with counted(acme, "Stripe") as asked:
        acme.poll()
        acme.work()
    assert [one for one in asked if one in WRITES] == ["POST /v1/customers/{customer}"]
    assert customer(acme) != before

    with counted(acme, "Stripe") as asked:
        for _ in range(3):
            acme.clock.turn(timedelta(minutes=5))
            acme.poll()
            acme.work()
    assert [one for one in asked if "customers" in one] == []


def test_changes_back_and_forth_each_reach_stripe(acme: World) -> None:
    client_id = acme.clients["Riverbend Schools"]
    push(acme)
    for name in ("Riverbend Central", "Riverbend Schools", "Riverbend Central"):
        acme.clock.turn(timedelta(minutes=5))
        acme.accountant.change_firm(client_id, {"Name": name})
        acme.poll()
        acme.work()
        assert customer(acme)["name"] == name


def test_a_customer_deleted_at_stripe_is_made_once_more_though_the_answer_is_lost(acme: World) -> None:
    push(acme)
    acme.stripe_sandbox.dashboard.delete_customer(customer(acme)["id"])
    acme.clock.turn(timedelta(minutes=5))
    acme.accountant.change_firm(acme.clients["Riverbend Schools"], {"Name": "Riverbend Central"})
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("disconnect", "POST", "/v1/customers"))
    acme.work()
    acme.clock.turn(timedelta(hours=25))

    acme.settle()

    assert customer(acme)["name"] == "Riverbend Central"


def test_an_e_mail_that_stripe_refuses_holds_the_invoices_until_it_is_corrected_in_deltek(
    acme: World,
) -> None:
    client_id = acme.clients["Riverbend Schools"]
    acme.accountant.change_address(client_id, {"Email": "ap@riverbend"})
    number = push(acme)

    blocked = acme.operations()[0]
    assert blocked.state is WorkState.BLOCKED
    assert "e-mail" in blocked.remedy
    assert acme.stripe_invoices() == []

    acme.clock.turn(timedelta(minutes=5))
    acme.accountant.change_address(client_id, {"Email": "ap@riverbend.example"})
    acme.poll()
    acme.settle()
    assert acme.stripe_invoice(number)["status"] == "open"
    assert acme.status().failed == 0


def test_a_firm_that_vanished_in_deltek_keeps_neither_others_nor_the_poll_waiting(acme: World) -> None:
    push(acme)
    other = acme.client("Hillside Clinic", "pay@hillside.example")
    acme.project("24002.00", other)
    push(acme, wbs1="24001.00")
    second = acme.bill({"": "70.00"}, wbs1="24002.00")
    del acme.deltek_books.hubs.firms[acme.clients["Riverbend Schools"]]
    third = acme.bill({"02": "80.00"})

    acme.clock.turn(timedelta(minutes=5))
    acme.poll()
    acme.work()

    assert acme.stripe_invoice(second)["total"] == 7000
    assert acme.stripe_invoice(third)["total"] == 8000
    assert acme.status().poll_problem == ""


def test_an_invoice_whose_firm_the_role_may_not_see_is_blocked_and_the_next_one_is_not(acme: World) -> None:
    hidden = acme.client("Hidden Holdings", "x@hidden.example")
    acme.project("24002.00", hidden)
    first = acme.bill({"": "70.00"}, wbs1="24002.00")
    second = acme.bill({"02": "80.00"})
    firm = acme.deltek_books.hubs.firms.pop(hidden)

    acme.poll()
    acme.work()
    assert "billing client cannot be read" in acme.invoice(first).reason
    assert acme.stripe_invoice(second)["total"] == 8000

    acme.deltek_books.hubs.firms[hidden] = firm
    replay(acme.runtime, acme.tenant(), first)
    assert acme.stripe_invoice(first)["total"] == 7000
