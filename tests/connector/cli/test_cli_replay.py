"""`ml-connector replay` after a refusal: any name of the money finds it, and it is booked once."""

from collections.abc import Callable

import pytest

from tests.connector.cli.conftest import Command
from tests.support.money import blocked, both_books, pushed, receipts
from tests.support.settling import balance, checked, one_phase, only_problem
from tests.support.world import World

NAMES: dict[str, Callable[[World, str], str]] = {
    "the invoice number": lambda _, number: number,
    "the Stripe invoice": lambda world, number: str(world.stripe_invoice(number)["id"]),
    "the invoice payment": lambda world, _: world.movements()[0].stripe_id,
    "the payment intent": lambda world, _: world.movements()[0].payment_intent,
    "the charge": lambda world, _: str(next(iter(world.stripe_books.table("charge")))),
    "the batch": lambda world, _: world.movements()[0].batch,
    "op-N": lambda world, _: f"op-{blocked(world)[0].id}",
    "--failed": lambda _, __: "--failed",
}


def refused(world: World, number: str) -> None:
    """The invoice is paid, and the period of its receipt is closed."""
    world.accountant.close_period(202611)
    world.pay(number)
    world.settle()


@pytest.mark.parametrize("name_of", NAMES.values(), ids=NAMES)
def test_a_refused_receipt_is_finished_by_any_name_of_it_once(
    at_acme: World, ml_connector: Command, name_of: Callable[[World, str], str]
) -> None:
    number = pushed(at_acme)
    refused(at_acme, number)
    name, (operation,) = name_of(at_acme, number), blocked(at_acme)

    in_vain = ml_connector("replay", "acme", name)
    at_acme.accountant.open_period(202611)
    answer = ml_connector("replay", "acme", name)

    assert in_vain.code == 1
    assert "Period 202611 is closed" in in_vain.out
    assert "Open the accounting period" in in_vain.out
    assert (answer.code, answer.out) == (0, f"op-{operation.id} post receipt: done\n")
    assert [(one["amount"], one["posted"]) for one in receipts(at_acme, number)] == [("1000.00", True)]
    after = both_books(at_acme)
    assert ml_connector("replay", "acme", name).code == 0
    assert both_books(at_acme) == after


def test_all_that_failed_is_finished_at_once_and_then_nothing_waits(
    at_acme: World, ml_connector: Command
) -> None:
    numbers = [pushed(at_acme), pushed(at_acme)]
    for number in numbers:
        refused(at_acme, number)
    assert ml_connector("status", "acme", "--json").json["tenants"][0]["failed"] == 2
    at_acme.accountant.open_period(202611)

    document = ml_connector("replay", "acme", "--failed", "--json").json

    assert [one["state"] for one in document["results"]] == ["done", "done"]
    assert [at_acme.deltek_invoice(number)["balance"] for number in numbers] == ["0.00", "0.00"]
    assert ml_connector("replay", "acme", "--failed").out == "acme: nothing waits for a person\n"
    (tenant,) = ml_connector("status", "acme", "--json").json["tenants"]
    assert (tenant["backlog"], tenant["failed"], tenant["problems"]) == (0, 0, [])


def test_what_a_person_entered_for_a_refund_is_told_once_and_closes_it(
    at_acme: World, ml_connector: Command
) -> None:
    ours, foreign = one_phase(at_acme), one_phase(at_acme, "70.00")
    ids = [at_acme.stripe_invoice(number)["id"] for number in (ours, foreign)]
    at_acme.stripe_invoice(foreign)["metadata"] = {}
    charge = at_acme.stripe_sandbox.dashboard.pay_together(ids)
    at_acme.stripe_sandbox.dashboard.refund(charge["id"], 100)
    at_acme.settle()
    item = only_problem(at_acme).reference
    checked(at_acme, (ours, "-1.00"))

    alone = ml_connector("replay", "acme", item, "--entered", f"{ours}=-1.00")
    nonsense = ml_connector("replay", "acme", item, "--by-hand", "--entered", ours)
    too_much = ml_connector("replay", "acme", item, "--by-hand", "--entered", f"{ours}=-10")
    answer = ml_connector("replay", "acme", item, "--by-hand", "--entered", f"{ours}=-1.00")

    assert (alone.code, nonsense.code, too_much.code) == (2, 1, 1)
    assert "--entered is said with --by-hand" in alone.err
    assert f"{ours} does not say what was entered" in nonsense.err
    assert "moved -1.00 USD, and receipts of -10.00 USD cannot be of it" in too_much.out
    assert (answer.code, answer.out) == (0, f"{item}: done\n")
    at_acme.settle()
    assert balance(at_acme, ours) == "1.00"
