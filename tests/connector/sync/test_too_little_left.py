"""Less is left of an open Stripe invoice than Stripe charges at least: nobody can pay it there."""

from collections.abc import Callable

import pytest

from connector.sync.close_by_hand import close_by_hand
from tests.support.settling import (
    assert_all_ties,
    at_stripe,
    checked,
    compare,
    credited,
    one_phase,
    only_problem,
    polled,
    problems,
)
from tests.support.world import World


def by_check(world: World, number: str) -> None:
    checked(world, (number, "999.70"))


def by_card(world: World, number: str) -> None:
    world.pay(number, 99970)


def by_memo(world: World, number: str) -> None:
    credited(world, number, "999.70")


@pytest.mark.parametrize("paid", [by_check, by_card, by_memo])
@pytest.mark.parametrize("disposed", [checked, credited])
def test_a_rest_below_stripe_s_least_charge_is_one_item_until_deltek_has_nothing_open(
    acme: World, paid: Callable[[World, str], None], disposed: Callable[..., str]
) -> None:
    number = one_phase(acme)
    paid(acme, number)
    polled(acme)
    compare(acme)

    assert at_stripe(acme, number) == ("open", 30)
    assert only_problem(acme).reason == (
        "0.30 USD of it is left to be paid, and Stripe charges no less than 0.50 USD"
    )

    if disposed is checked:
        checked(acme, (number, "0.30"))
    else:
        credited(acme, number, "0.30")
    polled(acme)

    assert at_stripe(acme, number)[0] in ("paid", "void")
    assert_all_ties(acme)


def test_such_a_rest_that_a_person_has_closed_is_not_told_again(acme: World) -> None:
    number = one_phase(acme)
    by_check(acme, number)
    polled(acme)

    close_by_hand(acme.runtime, acme.tenant(), number)
    compare(acme)

    assert problems(acme) == []


def test_the_least_that_stripe_charges_is_no_item(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "999.50"))
    polled(acme)

    assert at_stripe(acme, number) == ("open", 50)
    assert problems(acme) == []


def test_a_rest_that_became_too_little_before_the_push_is_an_item_too(acme: World) -> None:
    number = acme.bill({"02": "1000.00"})
    acme.poll()
    by_check(acme, number)
    polled(acme)

    assert at_stripe(acme, number) == ("open", 30)
    assert "0.30 USD of it is left to be paid" in only_problem(acme).reason
