"""A check that bounces, or was a mistake, after Stripe asks for less because of it."""

from connector.sandbox.faults import Fault
from tests.support.settling import (
    A_WHILE,
    adjusted,
    assert_all_ties,
    at_stripe,
    checked,
    one_phase,
    only_problem,
    polled,
    problems,
    requests_that_write,
    synced,
)
from tests.support.world import World


def test_a_bounced_check_for_a_part_makes_a_person_decide(acme: World) -> None:
    """Stripe has no way to take a recorded payment off an invoice (docs.stripe.com/payments/payment-records)."""
    number = one_phase(acme)
    checked(acme, (number, "400.00"))
    polled(acme)
    checked(acme, (number, "-400.00"))

    polled(acme)

    assert at_stripe(acme, number) == ("open", 60000)
    problem = only_problem(acme)
    assert "400.00 USD is open again in Deltek" in problem.reason
    assert "outside Stripe" in problem.remedy


def test_a_bounced_check_on_an_invoice_that_is_charged_more_is_told_to_the_last_cent(acme: World) -> None:
    """The item named what was charged more and kept silent about the check."""
    number = one_phase(acme)
    checked(acme, (number, "300.00"))
    polled(acme)
    adjusted(acme, number, "100.00")
    checked(acme, (number, "-300.00"))
    polled(acme)

    problem = only_problem(acme)
    assert "Deltek charges 100.00 USD more under its number" in problem.reason
    assert "300.00 USD is open again beside" in problem.reason
    checked(acme, (number, "400.00"))
    polled(acme)
    assert acme.status().failed == 0
    assert at_stripe(acme, number) == ("open", 70000)


def test_a_check_that_bounces_while_its_invoice_cannot_be_e_mailed_makes_a_person_decide(
    world: World,
) -> None:
    """It was taken off before the e-mail, and no comparison plans anything for what is not known as pushed."""
    world.annex()
    world.set_up(stripe="send_email = true")
    number = world.bill({"02": "1000.00"})
    world.stripe_sandbox.faults.add(Fault("before", "POST", ".*/send", 12, status=500))
    for amount in ("300.00", "-300.00"):
        checked(world, (number, amount))
        world.clock.turn(A_WHILE)
        world.poll()
        world.work()

    world.settle()

    assert at_stripe(world, number) == ("open", 70000)
    assert "300.00 USD is open again in Deltek" in only_problem(world).reason


def test_a_bounced_check_for_the_whole_makes_a_person_decide(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "1000.00"))
    polled(acme)
    checked(acme, (number, "-1000.00"))

    polled(acme)

    assert at_stripe(acme, number) == ("paid", 0)
    assert "1,000.00 USD is open again in Deltek" in only_problem(acme).reason


def test_a_check_whose_posting_is_undone_is_found_by_the_comparison(acme: World) -> None:
    number = one_phase(acme)
    batch = checked(acme, (number, "400.00"))
    polled(acme)
    acme.accountant.undo_posting(batch, "CR")

    polled(acme)
    assert problems(acme) == []
    synced(acme)

    assert "400.00 USD is open again in Deltek" in only_problem(acme).reason


def test_a_check_that_bounced_before_it_was_read_changes_nothing(acme: World) -> None:
    number = one_phase(acme)
    checked(acme, (number, "400.00"))
    checked(acme, (number, "-400.00"))
    before = len(requests_that_write(acme))

    polled(acme)

    assert at_stripe(acme, number) == ("open", 100000)
    assert len(requests_that_write(acme)) == before
    assert_all_ties(acme)


def test_a_bounced_check_that_comes_in_again_closes_the_item_by_itself(acme: World) -> None:
    number = one_phase(acme)
    for amount in ("400.00", "-400.00", "400.00"):
        checked(acme, (number, amount))
        polled(acme)

    assert at_stripe(acme, number) == ("open", 60000)
    assert_all_ties(acme)
