"""`replay`: any name of a record finds it, and doing it again changes nothing that is right."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from connector.errors import UsageError
from connector.models import WorkState
from connector.sync.close_by_hand import close_by_hand
from connector.sync.replay import replay, replay_failed
from connector.use_cases import perform_operation
from tests.support.money import (
    blocked,
    both_books,
    events,
    our_files,
    pushed,
    receipt_operations,
    receipts,
    replayed,
    tied,
)
from tests.support.settling import (
    TODAY,
    adjusted,
    assert_reconciled,
    checked,
    only_problem,
    synced,
)
from tests.support.world import World


def paid_and_refunded(world: World) -> str:
    number = pushed(world)
    charge = world.pay(number)
    world.settle()
    world.stripe_sandbox.dashboard.refund(charge["id"], 1000)
    world.settle()
    return number


def names_of(world: World, number: str) -> dict[str, str]:
    at_stripe = world.stripe_invoice(number)
    payment, refund = world.movements()
    (charge,) = world.stripe_books.table("charge").values()
    return {
        "number": number,
        "Stripe invoice": at_stripe["id"],
        "customer": at_stripe["customer"],
        "client": world.clients["Riverbend Schools"],
        "invoice payment": payment.stripe_id,
        "payment intent": payment.payment_intent,
        "charge": charge["id"],
        "refund": refund.stripe_id,
        "batch": payment.batch,
        "operation": f"op-{receipt_operations(world)[0].id}",
        "event": events(world)[0].stripe_event_id,
    }


def test_everything_done_is_done_again_by_any_name_and_nothing_changes_anywhere(acme: World) -> None:
    number = paid_and_refunded(acme)
    before = both_books(acme)

    for kind, name in names_of(acme, number).items():
        results = replayed(acme, name)
        acme.settle()

        assert results, kind
        assert {one.state for one in results} == {"done"}, kind
        assert both_books(acme) == before, kind


def test_an_invoice_that_somebody_voided_at_stripe_is_no_item_for_being_replayed(acme: World) -> None:
    """That item went on asking for what had been done: to collect it outside Stripe, or to void it in Deltek."""
    number = pushed(acme)
    acme.stripe_sandbox.dashboard.void(acme.stripe_invoice(number)["id"])
    acme.settle()

    assert {one.state for one in replayed(acme, number)} == {"done"}
    acme.settle()

    assert acme.status().failed == 0
    (difference,) = tied(acme).differences
    assert difference.notes == [
        "the Stripe invoice is void: void or write it off in Deltek too, or collect it"
    ]
    acme.accountant.void_invoice(number, TODAY)
    synced(acme)
    assert_reconciled(acme)


def test_what_a_person_closed_and_replays_is_one_item_that_closes_by_itself(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number, 30000)
    acme.settle()
    more = adjusted(acme, number, "100.00")
    synced(acme)
    close_by_hand(acme.runtime, acme.tenant(), number)

    replayed(acme, number)
    acme.settle()

    assert "Deltek charges 100.00 USD more" in only_problem(acme).reason
    acme.accountant.undo_posting(more)
    synced(acme)
    assert_reconciled(acme)


def test_a_name_that_nothing_goes_by_is_a_wrong_usage(acme: World) -> None:
    paid_and_refunded(acme)

    for name in ("0000099", "op-99999999", "op-x", "re_unknown", ""):
        with pytest.raises(UsageError, match=r"Nothing of tenant acme goes by|ID is empty"):
            replay(acme.runtime, acme.tenant(), name)


def test_replay_of_all_that_failed_finishes_it_once_the_cause_is_gone(acme: World) -> None:
    numbers = [pushed(acme), pushed(acme)]
    acme.accountant.close_period(202611)
    for number in numbers:
        acme.pay(number)
    acme.settle()
    assert acme.status().failed == 2

    assert {one.state for one in replay_failed(acme.runtime, acme.tenant())} == {"blocked"}
    acme.accountant.open_period(202611)
    assert [one.state for one in replay_failed(acme.runtime, acme.tenant())] == ["done", "done"]

    assert [acme.deltek_invoice(number)["balance"] for number in numbers] == ["0.00", "0.00"]
    assert acme.status().failed == 0
    assert replay_failed(acme.runtime, acme.tenant()) == []


def test_a_receipt_that_a_person_entered_and_closed_is_not_written_by_a_later_replay(acme: World) -> None:
    number = pushed(acme, {"02": "1000.00"})
    acme.accountant.close_period(202611)
    acme.pay(number, 40000)
    acme.settle()
    acme.accountant.open_period(202611)
    checked(acme, (number, "400.00"), bank="STRIPE")
    close_by_hand(acme.runtime, acme.tenant(), f"op-{blocked(acme)[0].id}")

    for name in (number, acme.movements()[0].batch, f"op-{receipt_operations(acme)[0].id}"):
        assert {one.state for one in replayed(acme, name)} == {"done"}
    acme.settle()

    assert our_files(acme) == []
    assert_reconciled(acme)


def test_a_blocked_event_is_done_again(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)
    acme.settle()
    with acme.runtime.transaction() as session:
        event = session.merge(events(acme)[-1])
        event.state = WorkState.BLOCKED

    (result,) = replay_failed(acme.runtime, acme.tenant())

    assert (result.what, result.state) == (event.stripe_event_id, "done")


def test_rule_7_eight_replays_pressed_at_once_write_one_receipt(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.close_period(202611)
    acme.pay(number)
    acme.settle()
    acme.accountant.open_period(202611)
    (operation,) = blocked(acme)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: replayed(acme, f"op-{operation.id}"), range(8)))
    acme.settle()

    assert len(our_files(acme)) == 1
    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00"]


def test_a_replay_does_not_put_back_what_a_worker_has_learned_meanwhile(acme: World) -> None:
    """The rows are looked up first; what a worker commits after that stands."""
    number = pushed(acme)
    acme.accountant.close_period(202611)
    acme.pay(number)
    acme.settle()
    acme.accountant.open_period(202611)
    (operation,) = blocked(acme)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: replayed(acme, f"op-{operation.id}"), range(2)))
        pool.submit(perform_operation, acme.runtime, operation.id).result()
    acme.settle()

    assert receipt_operations(acme)[0].progress["period"] == 202611
    assert len(receipts(acme, number)) == 1
