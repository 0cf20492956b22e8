"""What money does on one invoice over time: payments, refunds, refunds that fail, in any order and number."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from connector.models import MovementKind
from connector.sandbox.stripe.errors import Refusal
from connector.sandbox.stripe.presenting import present
from tests.support.money import (
    blocked,
    our_files,
    pushed,
    receipt_operations,
    receipts,
    replayed,
    spread,
    tied,
    total_received,
)
from tests.support.world import World


def test_a_full_refund_is_reversed_where_the_payment_was_booked(acme: World) -> None:
    number = pushed(acme, {"02": "600.00", "03": "400.01"})
    charge = acme.pay(number)
    acme.settle()

    acme.clock.turn(timedelta(days=3))
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()

    payment, refund = receipts(acme, number)
    assert spread(refund) == {"02": "-600.00", "03": "-400.01"}
    assert (payment["date"], refund["date"]) == ("2026-11-20", "2026-11-23")
    assert acme.deltek_invoice(number)["balance"] == "1000.01"


def test_part_refunds_one_after_the_other_return_every_phase_to_zero(acme: World) -> None:
    number = pushed(acme, {"02": "333.33", "03": "0.02"})
    charge = acme.pay(number)
    acme.settle()

    for amount in (1, 11111, 22222, None):
        acme.stripe_sandbox.dashboard.refund(charge["id"], amount)
        acme.settle()

    by_phase = {"02": Decimal(0), "03": Decimal(0)}
    for receipt in receipts(acme, number):
        for phase, booked in spread(receipt).items():
            by_phase[phase] += Decimal(booked)
    assert by_phase == {"02": 0, "03": 0}
    assert acme.deltek_invoice(number)["balance"] == "333.35"


def test_a_refund_told_of_before_its_payment_is_booked_after_it(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    acme.stripe_books.outbox.clear()
    acme.stripe_sandbox.dashboard.refund(charge["id"], 1000)

    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00", "-10.00"]


def test_a_pending_refund_is_booked_when_it_succeeds_and_not_before(acme: World) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"], 1000, "pending")
    acme.settle()
    assert len(receipts(acme, number)) == 1

    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "succeeded")
    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00", "-10.00"]


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_a_pending_refund_that_comes_to_nothing_leaves_no_receipt(acme: World, end: str) -> None:
    number = pushed(acme)
    charge = acme.pay(number)
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"], 1000, "pending")
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], end)

    acme.settle()

    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00"]


def test_a_refund_that_fails_after_it_succeeded_is_booked_back_row_by_row_on_the_day_it_failed(
    acme: World,
) -> None:
    number = pushed(acme, {"02": "600.00", "03": "400.01"})
    charge = acme.pay(number)
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"], 33333)
    acme.settle()

    acme.clock.turn(timedelta(days=12))
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    acme.settle()

    _, back, again = receipts(acme, number)
    assert {phase: -Decimal(amount) for phase, amount in spread(back).items()} == {
        phase: Decimal(amount) for phase, amount in spread(again).items()
    }
    assert again["date"] == "2026-12-02"
    assert acme.deltek_invoice(number)["balance"] == "0.00"
    assert [one.kind for one in acme.movements()] == [
        MovementKind.PAYMENT,
        MovementKind.REFUND,
        MovementKind.REFUND_FAILED,
    ]


def test_refunds_of_one_payment_for_several_invoices_take_from_none_more_than_it_got(acme: World) -> None:
    """Stripe tells no shares, so they are by what is left of each; tiny refunds would otherwise all hit one."""
    numbers = [pushed(acme, {"02": "1.00"}), pushed(acme, {"02": "1.00"}), pushed(acme, {"02": "1.00"})]
    charge = acme.stripe_sandbox.dashboard.pay_together(
        [acme.stripe_invoice(number)["id"] for number in numbers]
    )
    acme.settle()

    for _ in range(12):
        acme.stripe_sandbox.dashboard.refund(charge["id"], 1)
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle(rounds=100)

    assert [total_received(acme, number) for number in numbers] == [Decimal("0.00")] * 3
    assert not blocked(acme)


def test_a_refund_whose_payment_is_known_for_one_of_its_invoices_only_waits_for_the_other(
    acme: World,
) -> None:
    numbers = [pushed(acme), pushed(acme, {"02": "70.00"})]
    ids = [acme.stripe_invoice(number)["id"] for number in numbers]
    charge = acme.stripe_sandbox.dashboard.pay_together(ids)
    # Of all that Stripe tells, only the first invoice's payment and the refund arrive.
    events, books = acme.stripe_books.table("event"), acme.stripe_books
    books.outbox[:] = [
        one
        for one in books.outbox
        if present(books, events[one.event])["data"]["object"].get("invoice") == ids[0]
    ]
    assert books.outbox
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()

    assert [total_received(acme, number) for number in numbers] == [Decimal(0), Decimal(0)]
    assert len(our_files(acme)) == 4


def test_a_refund_of_a_payment_that_paid_a_foreign_invoice_too_is_for_a_person(acme: World) -> None:
    ours, foreign = pushed(acme), pushed(acme, {"02": "70.00"})
    ids = [acme.stripe_invoice(number)["id"] for number in (ours, foreign)]
    acme.stripe_invoice(foreign)["metadata"] = {}
    charge = acme.stripe_sandbox.dashboard.pay_together(ids)
    acme.settle()

    acme.stripe_sandbox.dashboard.refund(charge["id"], 100)
    acme.settle()

    assert total_received(acme, ours) == Decimal("1000.00")
    assert acme.status().failed == 1


def test_refunds_wait_behind_a_blocked_payment_and_count_as_waiting_for_a_person(acme: World) -> None:
    """However long the queue behind it: nothing of it can be done, so none of it is backlog."""
    number = pushed(acme)
    acme.accountant.close_period(202611)
    charge = acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"], 1000)
    acme.settle()
    refund = acme.stripe_sandbox.dashboard.refund(charge["id"], 2000)
    acme.settle()
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")

    acme.settle()
    assert (acme.status().backlog, acme.status().failed) == (0, 4)

    acme.accountant.open_period(202611)
    replayed(acme, f"op-{receipt_operations(acme)[-1].id}")
    acme.settle()

    amounts = [one["amount"] for one in receipts(acme, number)]
    assert amounts == ["1000.00", "-10.00", "-20.00", "20.00"]
    assert (acme.status().backlog, acme.status().failed) == (0, 0)


class History:
    """What a client, a bank, the network and an accountant do to one invoice, at random; `net` is what stays."""

    def __init__(self, world: World, number: str, chance: Random) -> None:
        self.world, self.number, self.chance = world, number, chance
        self.net, self.charges, self.refunds = 0, list[str](), list[str]()

    def go_on(self) -> None:
        steps = [self.pay, self.refund, self.refund, self.fail, self.deliver, self.lose, self.post]
        self.chance.choice(steps)()

    def pay(self) -> None:
        remaining = self.world.stripe_invoice(self.number)["amount_remaining"]
        if remaining:
            amount = self.chance.randint(1, remaining)
            self.charges.append(self.world.pay(self.number, amount)["id"])
            self.net += amount

    def refund(self) -> None:
        if self.charges:
            with suppress(Refusal):  # more than is left of that charge
                refund = self.world.stripe_sandbox.dashboard.refund(
                    self.chance.choice(self.charges), self.chance.randint(1, 20000)
                )
                self.refunds.append(refund["id"])
                self.net -= refund["amount"]

    def fail(self) -> None:
        if self.refunds:
            failed = self.refunds.pop(self.chance.randrange(len(self.refunds)))
            self.net += self.world.stripe_sandbox.dashboard.settle_refund(failed, "failed")["amount"]

    def deliver(self) -> None:
        self.chance.shuffle(self.world.stripe_books.outbox)
        self.world.settle()

    def lose(self) -> None:
        outbox = self.world.stripe_books.outbox
        outbox[:] = self.chance.choices(outbox, k=len(outbox))

    def post(self) -> None:
        self.world.accountant.post_receipt_files()


@pytest.mark.parametrize("mode", ["files", "single"])
@pytest.mark.parametrize("seed", range(3))
def test_any_history_of_an_invoice_ties_out_to_the_cent(world: World, seed: int, mode: str) -> None:
    """Payments, refunds and failures at random, events lost, doubled and shuffled, both ways of posting."""
    chance = Random(seed)
    world.annex()
    world.set_up(post=chance.choice(["true", "false"]), receipts=mode)
    world.deltek_sandbox.administrator.set_receipt_mode("00", mode)  # type: ignore[arg-type]
    number = pushed(world, {"02": "600.01", "03": "399.98"})
    history = History(world, number, chance)

    for _ in range(14):
        history.go_on()
    world.settle()
    world.clock.turn(timedelta(hours=1))
    world.poll()
    world.settle()
    result = tied(world)
    world.accountant.post_receipt_files()

    assert [(one.number, one.difference, one.notes) for one in result.invoices] == [(number, 0, [])]
    assert total_received(world, number) == Decimal(history.net) / 100
    assert not tied(world).differences
    assert not blocked(world)
