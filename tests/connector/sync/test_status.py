"""`status`: backlog and failed are exact, and every item that waits for a person is named."""

import json
from dataclasses import asdict

from connector.sync.close_by_hand import close_by_hand
from connector.sync.problems import problems_of
from connector.sync.work_off import work_off
from tests.support.money import handle_due, pushed
from tests.support.settling import checked, one_phase
from tests.support.world import World


def counts(world: World) -> tuple[int, int]:
    return world.status().backlog, world.status().failed


def test_the_first_poll_is_backlog_until_it_is_done(acme: World) -> None:
    assert counts(acme) == (1, 0)

    acme.poll()

    assert counts(acme) == (0, 0)


def test_backlog_counts_operations_and_events_one_by_one(acme: World) -> None:
    acme.bill({"02": "5.00"})
    acme.poll()
    assert counts(acme) == (2, 0)  # the customer and the invoice

    acme.work()
    assert counts(acme) == (0, 0)

    acme.pay(acme.stripe_invoices()[0]["number"])
    taken = acme.deliver()
    assert counts(acme) == (taken, 0)

    handle_due(acme)
    assert counts(acme) == (1, 0)  # the receipt
    assert acme.status().receipts_open == 1

    acme.work()
    assert counts(acme) == (0, 0)
    assert (acme.status().receipts_open, acme.status().receipts_written) == (0, 1)


def test_a_receipt_that_a_person_entered_and_closed_is_not_open_any_more(acme: World) -> None:
    number = one_phase(acme)
    acme.pay(number)
    checked(acme, (number, "1000.00"))
    acme.settle()
    assert (acme.status().receipts_open, acme.status().failed) == (1, 1)

    close_by_hand(acme.runtime, acme.tenant(), number)

    assert (acme.status().receipts_open, acme.status().failed) == (0, 0)


def test_the_oldest_item_has_the_age_of_its_row(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)
    acme.deliver()
    began = acme.clock.now()

    acme.clock.sleep(90)

    assert (acme.clock.now() - began).total_seconds() == acme.status().oldest_seconds == 90


def test_what_waits_for_a_person_is_named_with_what_replay_takes(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.close_period(202611)
    acme.pay(number)
    acme.settle()

    with acme.runtime.transaction() as session:
        (problem,) = problems_of(session, acme.tenant())

    assert counts(acme) == (0, 1)
    assert problem.invoice == number
    assert problem.reference.startswith("op-")
    assert "Period 202611 is closed" in problem.reason
    assert problem.remedy


def test_the_status_is_plain_json(acme: World) -> None:
    assert json.loads(json.dumps(asdict(acme.status())))["slug"] == "acme"


def test_working_off_ends_when_only_a_person_can_go_on(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.close_period(202611)
    charge = acme.pay(number)
    acme.deliver()
    acme.settle()
    for _ in range(2):
        acme.stripe_sandbox.dashboard.refund(charge["id"], 100)
    acme.deliver()

    status = work_off(acme.runtime, acme.tenant().id, lambda _: None)

    assert (status.backlog, status.failed) == (0, 3)


def test_working_off_waits_for_retries_that_are_not_due_yet(acme: World) -> None:
    numbers = [pushed(acme), pushed(acme)]
    for number in numbers:
        acme.pay(number)
    acme.deliver()

    status = work_off(acme.runtime, acme.tenant().id, lambda _: None)

    assert (status.backlog, status.failed) == (0, 0)
    assert [acme.deltek_invoice(number)["balance"] for number in numbers] == ["0.00", "0.00"]
