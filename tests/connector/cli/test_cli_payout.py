"""`ml-connector reconcile --payout`: its text, its JSON and its exit code, for a payout that ties out and one that
does not."""

import pytest

from tests.connector.cli.conftest import Command
from tests.support.booked import PAYOUT_FEES, chart_accounts, name_in_file
from tests.support.settling import one_phase
from tests.support.world import World


@pytest.fixture
def payout(at_acme: World) -> str:
    """A payout of one card payment of 1000.00, its fees on an account of their own."""
    chart_accounts(at_acme)
    name_in_file(at_acme, PAYOUT_FEES)
    at_acme.pay(one_phase(at_acme))
    at_acme.settle()
    return paid_out(at_acme)


def paid_out(world: World, amount: int | None = None) -> str:
    made = world.stripe_sandbox.dashboard.pay_out(amount)
    world.settle()
    return str(made["id"])


def test_a_payout_that_ties_out_names_each_receipt_and_ends_with_0(
    at_acme: World, payout: str, ml_connector: Command
) -> None:
    payment, fees = [one.batch for one in at_acme.movements()]

    answer = ml_connector("reconcile", "acme", "--payout", payout)

    assert answer.code == 0
    headings, item, blank, told, total = answer.out.splitlines()
    assert headings.split() == ["item", "of", "amount", "fee", "net", "receipt"]
    assert item.split()[0] == "payment"
    assert item.split()[2:] == ["1000.00", "29.30", "970.70", payment, "posted"]
    assert blank == ""
    assert told == f"Fees of 29.30: {fees} posted"
    assert total == f"Payout {payout} (paid, 2026-11-22): 970.70 USD - receipts 970.70 = 0.00"


def test_as_json_it_is_one_document_with_decimal_amounts(
    at_acme: World, payout: str, ml_connector: Command
) -> None:
    document = ml_connector("reconcile", "acme", "--payout", payout, "--json").json

    wanted = {
        "payout": payout,
        "status": "paid",
        "currency": "USD",
        "amount": "970.70",
        "fees": "29.30",
        "fees_booked": True,
        "fees_reported": "0.00",
        "receipts": "970.70",
        "difference": "0.00",
    }
    assert wanted.items() <= document.items()
    (item,) = document["items"]
    assert (item["what"], item["amount"], item["net"], item["note"]) == ("payment", "1000.00", "970.70", "")
    assert [(one["amount"], one["place"]) for one in item["receipts"]] == [("1000.00", "posted")]
    assert [(one["amount"], one["place"]) for one in document["fee_receipts"]] == [("-29.30", "posted")]


def test_money_that_has_no_receipt_is_named_and_it_ends_with_1(
    at_acme: World, payout: str, ml_connector: Command
) -> None:
    foreign = one_phase(at_acme, "70.00")
    at_acme.stripe_invoice(foreign)["metadata"] = {}
    charge = at_acme.pay(foreign)["id"]
    at_acme.settle()

    answer = ml_connector("reconcile", "acme", "--payout", paid_out(at_acme))

    assert answer.code == 1
    assert f"payment {charge}: is of no invoice of this tenant" in answer.out.splitlines()
    assert answer.out.splitlines()[-1].endswith("67.67 USD - receipts 0.00 = 67.67")


def test_a_payout_that_came_back_is_told_apart_in_the_next(
    at_acme: World, payout: str, ml_connector: Command
) -> None:
    at_acme.stripe_sandbox.dashboard.fail_payout(payout)
    at_acme.settle()

    answer = ml_connector("reconcile", "acme", "--payout", paid_out(at_acme))

    assert answer.code == 0
    assert answer.out.splitlines()[-1].endswith("970.70 USD - came back 970.70 - receipts 0.00 = 0.00")
    assert "Fees of 0.00: none" in answer.out


def test_money_that_needs_no_receipt_is_named_and_taken_off(
    at_acme: World, payout: str, ml_connector: Command
) -> None:
    at_acme.stripe_sandbox.dashboard.adjust(60000, "topup", "topup")

    answer = ml_connector("reconcile", "acme", "--payout", paid_out(at_acme))

    assert answer.code == 0
    assert "topup: moved between the bank and Stripe's balance: no receipt" in answer.out.splitlines()
    assert answer.out.splitlines()[-1].endswith("600.00 USD - carried 600.00 - receipts 0.00 = 0.00")


def test_a_payout_made_by_hand_and_one_that_is_not_there_are_one_line_each(
    at_acme: World, ml_connector: Command
) -> None:
    at_acme.pay(one_phase(at_acme))
    at_acme.settle()
    by_hand = ml_connector("reconcile", "acme", "--payout", paid_out(at_acme, 50000))
    assert "was made by hand" in by_hand.line

    unknown = ml_connector("reconcile", "acme", "--payout", "po_unknown")
    assert "po_unknown" in unknown.line
