"""What an accountant does to a receipt of money that is no invoice's: no invoice's balance tells of it."""

from datetime import timedelta

import pytest

from tests.support.booked import OVERPAYMENTS, PAYOUT_FEES, chart_accounts, gone, name_in_file
from tests.support.calls import counted
from tests.support.money import pushed
from tests.support.settling import (
    assert_all_ties,
    only_problem,
    polled,
    synced,
)
from tests.support.world import World


def overpaid_and_paid_out(acme: World) -> dict[str, str]:
    """1,050.00 paid on an invoice of 1,000.00 and paid out: by kind, the batches of the receipts."""
    chart_accounts(acme)
    name_in_file(acme, f"{OVERPAYMENTS}\n{PAYOUT_FEES}")
    acme.pay(pushed(acme, {"02": "1000.00"}), 105000)
    acme.settle()
    acme.stripe_sandbox.dashboard.pay_out()
    acme.settle()
    return {str(one.kind): one.batch for one in acme.movements()}


@pytest.mark.parametrize("kind", ["overpayment", "payout fees"])
def test_a_receipt_beside_the_invoices_that_is_undone_is_one_item_within_a_day(
    acme: World, kind: str
) -> None:
    batch = overpaid_and_paid_out(acme)[kind]
    acme.accountant.undo_posting(batch, "CR")
    acme.clock.turn(timedelta(hours=25))
    polled(acme)

    assert f"The posting of batch {batch} of" in only_problem(acme).reason

    acme.accountant.post_receipt_file(batch)
    polled(acme)
    synced(acme)
    assert_all_ties(acme)


@pytest.mark.parametrize("kind", ["overpayment", "payout fees"])
def test_a_receipt_beside_the_invoices_that_is_gone_is_one_item_at_the_next_sync(
    acme: World, kind: str
) -> None:
    batch = overpaid_and_paid_out(acme)[kind]
    gone(acme, batch)

    synced(acme)

    assert f"Batch {batch} of" in only_problem(acme).reason
    assert "is no more in Deltek" in only_problem(acme).reason


def test_posted_receipts_are_asked_for_once_a_day_and_not_when_they_are_old(
    acme: World,
) -> None:
    batches = overpaid_and_paid_out(acme)
    posted = list(batches.values())

    def asked_for() -> list[str]:
        with counted(acme, "Deltek") as requests:
            acme.clock.turn(timedelta(minutes=61))
            acme.poll()
        return [one for one in posted if any(one in request for request in requests)]

    assert asked_for() == posted
    assert asked_for() == []
    acme.clock.turn(timedelta(hours=25))
    assert asked_for() == posted
    acme.clock.turn(timedelta(days=70))
    assert asked_for() == []
