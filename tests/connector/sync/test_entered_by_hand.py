"""Money that went back in a way that Stripe does not tell the whole of: booked where a person says it was entered."""

import pytest

from connector.errors import ConnectorError
from connector.sandbox.stripe.events import emit
from connector.sandbox.stripe.settlement import cancel, request
from connector.sync.close_by_hand import close_by_hand
from connector.sync.replay import replay
from tests.support.money import pushed, receipts, tied
from tests.support.settling import (
    assert_reconciled,
    balance,
    checked,
    one_phase,
    only_problem,
    polled,
    story,
    told,
)
from tests.support.world import World


def refunded_and_disputed(world: World) -> tuple[str, str]:
    """An invoice over 1000.00 of which 200.00 were refunded, then the whole charge disputed: its number, the dispute.

    A bank takes back the whole charge, whatever of it was refunded before.
    """
    number = pushed(world)
    charge = world.pay(number)["id"]
    world.settle()
    world.stripe_sandbox.dashboard.refund(charge, 20000)
    world.settle()
    dispute = world.stripe_sandbox.dashboard.dispute(charge)
    world.settle()
    return number, str(dispute["id"])


def test_a_dispute_over_more_than_is_left_of_its_payment_is_booked_where_a_person_entered_it(
    acme: World,
) -> None:
    number, dispute = refunded_and_disputed(acme)
    assert [one["amount"] for one in receipts(acme, number)] == ["1000.00", "-200.00"]
    problem = only_problem(acme)
    assert problem.reason == f"Dispute {dispute} is over more than is left of its payment on the invoices"
    assert "--by-hand --entered NUMBER=AMOUNT" in problem.remedy

    checked(acme, (number, "-800.00"))
    told(acme, problem.reference, f"{number}=-800.00")
    polled(acme)

    assert balance(acme, number) == "1000.00"
    assert "A person entered -800.00 USD" in story(acme, dispute)
    assert_reconciled(acme)


def test_a_dispute_that_a_person_entered_and_that_is_won_is_entered_by_a_person_again(acme: World) -> None:
    """Where the reversal was entered is not known, so neither is where the money comes again."""
    number, dispute = refunded_and_disputed(acme)
    checked(acme, (number, "-800.00"))
    told(acme, only_problem(acme).reference, f"{number}=-800.00")
    acme.stripe_sandbox.dashboard.win(dispute)
    acme.settle()
    problem = only_problem(acme)
    assert "gave back 1,000.00 USD, but took only 800.00 USD" in problem.reason

    checked(acme, (number, "800.00"))
    told(acme, problem.reference, f"{number}=800.00")
    polled(acme)

    assert balance(acme, number) == "200.00"
    assert_reconciled(acme)


def shared_with_a_foreign_invoice(world: World) -> tuple[str, str]:
    """An invoice of ours over 1000.00 and a foreign one over 70.00, paid together: our number and the charge."""
    ours, foreign = one_phase(world), one_phase(world, "70.00")
    ids = [world.stripe_invoice(number)["id"] for number in (ours, foreign)]
    world.stripe_invoice(foreign)["metadata"] = {}
    charge = world.stripe_sandbox.dashboard.pay_together(ids)
    world.settle()
    return ours, str(charge["id"])


def test_a_refund_that_nobody_could_share_out_is_booked_where_a_person_entered_it(acme: World) -> None:
    ours, charge = shared_with_a_foreign_invoice(acme)
    refund = acme.stripe_sandbox.dashboard.refund(charge, 100)
    acme.settle()
    problem = only_problem(acme)
    assert "paid other invoices too" in problem.reason
    assert "--by-hand --entered NUMBER=AMOUNT" in problem.remedy
    assert problem.invoice == ours

    checked(acme, (ours, "-1.00"))
    (closed,) = told(acme, problem.reference, f"{ours}=-1.00")
    polled(acme)

    assert closed.state == "done"
    assert acme.status().failed == 0
    assert balance(acme, ours) == "1.00"
    assert [one.amount for one in acme.movements()] == [100000, -100]
    assert f"A person entered -1.00 USD on invoice {ours} for {refund['id']}" in story(acme, ours)
    assert not [one for one in tied(acme).differences if one.number == ours]


def test_a_refund_of_which_nothing_was_of_ours_is_closed_with_0_00_and_not_named_any_more(
    acme: World,
) -> None:
    ours, charge = shared_with_a_foreign_invoice(acme)
    acme.stripe_sandbox.dashboard.refund(charge, 7000)
    acme.settle()

    told(acme, only_problem(acme).reference, f"{ours}=0")
    polled(acme)

    assert balance(acme, ours) == "0.00"
    assert not [one for one in tied(acme).differences if one.number == ours]


def test_a_foreign_invoice_that_the_payment_was_only_meant_for_bears_nothing(acme: World) -> None:
    ours, foreign = one_phase(acme), one_phase(acme, "70.00")
    meant = acme.stripe_invoice(foreign)
    meant["metadata"] = {}
    charge = acme.pay(ours)
    acme.settle()
    by = {"type": "payment_intent", "payment_intent": charge["payment_intent"]}
    canceled = request(acme.stripe_books, meant, by, 7000)
    cancel(acme.stripe_books, canceled)
    acme.stripe_sandbox.dashboard.refund(charge["id"], 10000)
    acme.settle()

    assert [one["amount"] for one in receipts(acme, ours)] == ["1000.00", "-100.00"]
    assert acme.status().failed == 0


def test_a_refund_that_a_person_entered_and_that_fails_is_an_item_of_its_own(acme: World) -> None:
    ours, charge = shared_with_a_foreign_invoice(acme)
    refund = acme.stripe_sandbox.dashboard.refund(charge, 100)
    acme.settle()
    checked(acme, (ours, "-1.00"))
    told(acme, only_problem(acme).reference, f"{ours}=-1.00")
    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    acme.settle()
    problem = only_problem(acme)
    assert "1.00 USD came again" in problem.reason

    checked(acme, (ours, "1.00"))
    close_by_hand(acme.runtime, acme.tenant(), problem.reference)
    polled(acme)

    assert balance(acme, ours) == "0.00"
    assert acme.status().failed == 0
    assert not [one for one in tied(acme).differences if one.number == ours]


def test_receipts_that_cannot_be_of_the_money_are_not_kept(acme: World) -> None:
    ours, charge = shared_with_a_foreign_invoice(acme)
    acme.stripe_sandbox.dashboard.refund(charge, 100)
    acme.settle()
    item, reason = only_problem(acme).reference, only_problem(acme).reason

    for wrong in ("-1.01", "1.00"):
        (answer,) = told(acme, item, f"{ours}={wrong}")
        assert answer.state == "blocked"
        assert "moved -1.00 USD, and receipts of" in answer.message
        (answer,) = replay(acme.runtime, acme.tenant(), item)
        assert answer.message.startswith(reason)
    for said, objection in {
        f"{ours}=-1.001": "cannot be expressed in USD",
        "0000099=-1.00": "No invoice 0000099 of tenant acme is at Stripe",
        "-1.00": "does not say what was entered",
        "=-1.00": "does not say what was entered",
        f"{ours}=one": "does not say what was entered",
    }.items():
        with pytest.raises(ConnectorError, match=objection):
            told(acme, item, said)
    with pytest.raises(ConnectorError, match="is named twice"):
        told(acme, item, f"{ours}=-0.50", f"{ours}=-0.50")
    with pytest.raises(ConnectorError, match="No events of tenant acme that go by evt_none wait"):
        told(acme, "evt_none", f"{ours}=-1.00")

    assert [one.amount for one in acme.movements()] == [100000]
    assert only_problem(acme).reference == item


def test_one_refund_is_one_item_whatever_is_told_of_it(acme: World) -> None:
    _, charge = shared_with_a_foreign_invoice(acme)
    refund = acme.stripe_sandbox.dashboard.refund(charge, 100)
    acme.settle()
    item = only_problem(acme)

    for kind in ("refund.updated", "refund.updated", "charge.refund.updated"):
        emit(acme.stripe_books, kind, refund)
        acme.settle()
        assert only_problem(acme) == item

    acme.stripe_sandbox.dashboard.settle_refund(refund["id"], "failed")
    acme.settle()
    assert acme.status().failed == 0
