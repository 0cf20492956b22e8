"""What was written off in Deltek by a journal entry: AR review has it as settled, and the ledger shows by nothing."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from connector.sandbox.stripe.errors import Refusal
from connector.sandbox.vantagepoint.ledger import LedgerRow
from connector.sandbox.vantagepoint.wire import Wbs
from connector.sync.close_by_hand import close_by_hand
from tests.support.money import replayed, tied
from tests.support.settling import (
    TODAY,
    assert_all_ties,
    at_stripe,
    balance,
    checked,
    compare,
    one_phase,
    only_problem,
    polled,
    problems,
    synced,
)
from tests.support.world import World

Remedy = Callable[[World, str], object]


def journal(world: World, number: str, amount: str) -> LedgerRow:
    """A journal entry on the invoice's A/R: in its balance, and in no ledger of invoices or receipts."""
    (item,) = (one for key, one in world.deltek_books.receivables.items.items() if key.invoice == number)
    item.receipts.append(LedgerRow(Wbs("24001.00", "02"), "111.00", Decimal(amount), TODAY, invoice=number))
    return item.receipts[-1]


def void(world: World, number: str) -> object:
    return world.stripe_sandbox.dashboard.void(world.stripe_invoice(number)["id"])


def credit(world: World, number: str) -> object:
    invoice = world.stripe_invoice(number)
    return world.stripe_sandbox.dashboard.credit_note(invoice["id"], invoice["amount_remaining"])


def mark_paid(world: World, number: str) -> object:
    return world.stripe_sandbox.dashboard.pay_out_of_band(world.stripe_invoice(number)["id"])


def paid_by_card(world: World, number: str) -> None:
    world.pay(number, 90000)
    world.settle()


def paid_by_check(world: World, number: str) -> None:
    checked(world, (number, "900.00"))
    polled(world)


def assert_left_in_peace(world: World) -> None:
    """No item, no difference, and the comparison plans nothing more."""
    planned = len(world.operations())
    compare(world)
    synced(world)
    assert problems(world) == []
    assert len(world.operations()) == planned
    assert [one.notes for one in tied(world).differences] == []


@pytest.mark.parametrize("remedy", [void, credit, mark_paid])
def test_an_invoice_that_was_written_off_is_done_with_once_stripe_asks_for_nothing(
    acme: World, remedy: Remedy
) -> None:
    number = one_phase(acme)
    one_phase(acme)
    journal(acme, number, "-1000.00")
    synced(acme)
    assert balance(acme, number) == "0.00"
    assert at_stripe(acme, number) == ("open", 100000)
    assert "void it at Stripe" in only_problem(acme).remedy

    remedy(acme, number)
    acme.settle()

    assert_left_in_peace(acme)


@pytest.mark.parametrize("paid", [paid_by_card, paid_by_check])
@pytest.mark.parametrize("remedy", [credit, mark_paid])
def test_the_rest_that_was_written_off_is_done_with_once_stripe_asks_for_nothing(
    acme: World, paid: Remedy, remedy: Remedy
) -> None:
    number = one_phase(acme)
    one_phase(acme)
    paid(acme, number)
    journal(acme, number, "-100.00")
    synced(acme)
    assert at_stripe(acme, number) == ("open", 10000)
    assert "where a part was paid, credit the rest there or mark it paid" in only_problem(acme).remedy
    with pytest.raises(Refusal):
        void(acme, number)

    remedy(acme, number)
    acme.settle()

    assert_left_in_peace(acme)
    assert at_stripe(acme, number) == ("paid", 0)


def test_an_invoice_that_was_written_off_and_stays_open_at_stripe_is_closed_by_hand(acme: World) -> None:
    number = one_phase(acme)
    one_phase(acme)
    journal(acme, number, "-1000.00")
    synced(acme)

    close_by_hand(acme.runtime, acme.tenant(), number)
    compare(acme)
    synced(acme)

    assert problems(acme) == []
    assert at_stripe(acme, number) == ("open", 100000)


def test_a_write_off_that_is_taken_back_brings_the_invoice_to_stripe_again(acme: World) -> None:
    number = one_phase(acme)
    one_phase(acme)
    journal(acme, number, "-1000.00")
    synced(acme)
    void(acme, number)
    acme.settle()

    journal(acme, number, "1000.00")
    synced(acme)

    assert problems(acme) == []
    assert at_stripe(acme, f"{number}-2") == ("open", 100000)


def test_a_write_off_that_is_taken_back_before_anything_was_done_closes_the_item_by_itself(
    acme: World,
) -> None:
    number = one_phase(acme)
    one_phase(acme)
    journal(acme, number, "-1000.00")
    synced(acme)
    assert len(problems(acme)) == 1

    journal(acme, number, "1000.00")
    synced(acme)

    assert problems(acme) == []
    assert at_stripe(acme, number) == ("open", 100000)


def test_the_rest_that_was_written_off_and_is_open_again_makes_a_person_decide(acme: World) -> None:
    number = one_phase(acme)
    one_phase(acme)
    paid_by_card(acme, number)
    journal(acme, number, "-100.00")
    synced(acme)
    mark_paid(acme, number)
    acme.settle()

    journal(acme, number, "100.00")
    synced(acme)

    assert "100.00 USD is open again in Deltek" in only_problem(acme).reason


def test_a_payment_that_is_not_known_yet_is_not_taken_for_a_write_off(acme: World) -> None:
    """Its balance reads as 0.00 because the role may not see it, and its event is on its way."""
    number = one_phase(acme)
    one_phase(acme)
    hidden = journal(acme, number, "-1000.00")
    synced(acme)
    acme.pay(number)
    replayed(acme, number)
    assert len(problems(acme)) == 1

    hidden.amount = Decimal(0)
    acme.settle()
    synced(acme)

    assert_all_ties(acme)


def test_an_invoice_written_off_before_it_was_read_is_closed_by_hand(acme: World) -> None:
    number = acme.bill({"02": "1000.00"})
    journal(acme, number, "-1000.00")
    polled(acme)
    assert "replay it with --by-hand" in only_problem(acme).remedy

    close_by_hand(acme.runtime, acme.tenant(), number)
    synced(acme)

    assert problems(acme) == []
    assert acme.stripe_invoices() == []
