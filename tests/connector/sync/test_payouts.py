"""A payout of Stripe's against the receipts in Deltek: what it is made of, and the fees that Stripe kept of it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from connector.errors import ConnectorError
from connector.sandbox.stripe.books import Delivery
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sandbox.vantagepoint.companies import Bank, Company
from tests.support.auditing import CREDITS, FEES
from tests.support.booked import booked, chart_accounts, on_account
from tests.support.money import events
from tests.support.payouts import paid, paid_out, payout_of, whats, with_accounts
from tests.support.settling import assert_all_ties, one_phase, problems, story, synced
from tests.support.world import World


@pytest.fixture
def booking(acme: World) -> World:
    """acme, its tenant file naming accounts for fees and for overpayments."""
    return with_accounts(acme)


# fees


def test_the_fees_of_a_payout_are_one_receipt_on_their_account_and_it_ties_out(booking: World) -> None:
    paid(booking)
    paid(booking, "200.00")

    tied = payout_of(booking, paid_out(booking))

    assert (tied.amount, tied.fees, tied.difference, tied.ties) == (116460, 3540, 0, True)
    assert [(one.kind, one.accounts) for one in booked(booking)][2:] == [("payout fees", {FEES: "-35.40"})]
    assert_all_ties(booking)


def test_fees_without_an_account_are_told_and_not_booked_and_the_payout_ties_out(acme: World) -> None:
    paid(acme)

    payout = paid_out(acme)

    tied = payout_of(acme, payout)
    assert (tied.fees, tied.fee_receipts, tied.difference) == (2930, [], 0)
    assert [one.kind for one in booked(acme)] == ["payment"]
    assert "fees of 29.30 USD are not booked: the tenant file names no fee account" in story(acme, payout)
    assert not problems(acme)


def test_fees_of_disputes_and_of_stripe_itself_are_among_the_payout_s_fees(booking: World) -> None:
    paid(booking, "5000.00")
    booking.stripe_sandbox.dashboard.dispute(paid(booking))
    booking.stripe_sandbox.dashboard.charge_fee(700)
    booking.settle()

    tied = payout_of(booking, paid_out(booking))

    fees = 14530 + 2930 + 1500 + 700
    assert (tied.fees, tied.difference, tied.ties) == (fees, 0, True)
    assert on_account(booking, FEES) == "-196.60"
    assert_all_ties(booking)


def test_a_payout_told_of_twice_is_booked_once(booking: World) -> None:
    paid(booking)
    booking.stripe_sandbox.dashboard.pay_out()
    booking.stripe_books.outbox *= 2

    booking.settle()

    assert [one.kind for one in booked(booking)] == ["payment", "payout fees"]


# what it is made of


def test_every_kind_of_money_in_a_payout_leads_to_its_receipts(booking: World) -> None:
    paid(booking, "5000.00")
    number = one_phase(booking)
    charge = booking.pay(number, 105000)["id"]
    booking.settle()
    booking.stripe_sandbox.dashboard.refund(charge, 8000)
    customer = next(iter(booking.stripe_books.table("customer")))
    booking.stripe_sandbox.dashboard.adjust_balance(customer, 5000)  # a refund leaves the credit as it is
    failing = booking.stripe_sandbox.dashboard.refund(charge, 2000)
    booking.settle()
    booking.stripe_sandbox.dashboard.settle_refund(failing["id"], "failed")
    dispute = booking.stripe_sandbox.dashboard.dispute(paid(booking, "300.00"))
    booking.settle()
    booking.stripe_sandbox.dashboard.win(dispute["id"])
    booking.settle()

    tied = payout_of(booking, paid_out(booking))

    assert set(whats(tied)) == {"payment", "refund", "refund failure", "dispute", "dispute reversal"}
    assert [item.note for item in tied.items if item.note] == []
    assert all(sum(one.amount for one in item.receipts) == item.amount for item in tied.items)
    assert (tied.difference, tied.ties) == (0, True)
    assert on_account(booking, CREDITS) == "0.00"
    assert_all_ties(booking)


def test_a_receipt_that_is_not_in_deltek_is_named_and_is_the_difference(booking: World) -> None:
    booking.accountant.close_period(202611)
    booking.pay(one_phase(booking))
    booking.settle()

    tied = payout_of(booking, paid_out(booking))

    (item,) = tied.items
    assert item.receipts == []
    assert item.note.endswith("of 1,000.00 USD is not in Deltek yet")
    assert tied.fee_note.endswith("of -29.30 USD is not in Deltek yet")
    assert (tied.difference, tied.ties) == (97070, False)


def test_a_receipt_that_a_person_changed_in_deltek_is_named_with_its_payout(booking: World) -> None:
    paid(booking)
    payout = paid_out(booking)
    batches = {str(one.kind): one.batch for one in booking.movements()}
    for batch in batches.values():
        booking.accountant.undo_posting(batch, "CR")
    booking.accountant.alter_receipt_file(batches["payout fees"], 0, {"Amount": Decimal("-29.29")})

    synced(booking)

    tied = payout_of(booking, payout)
    assert not tied.ties
    assert f"batch {batches['payout fees']} holds -29.29 USD in Deltek" in tied.fee_note
    assert f"posting of batch {batches['payment']} of 1,000.00 USD was undone" in tied.items[0].note


def test_receipts_that_wait_to_be_posted_tie_out_and_are_said_to_wait(world: World) -> None:
    world.annex()
    world.set_up(post="false")
    world.pay(one_phase(world))
    world.settle()

    tied = payout_of(world, paid_out(world))

    assert [one.place for item in tied.items for one in item.receipts] == ["waits to be posted"]
    assert (tied.difference, tied.ties) == (0, True)


# payouts that fail, are manual, or in other currencies


def test_a_payout_that_failed_goes_out_with_the_next_and_both_tie_out(booking: World) -> None:
    paid(booking)
    first = paid_out(booking)
    booking.stripe_sandbox.dashboard.fail_payout(first)
    booking.settle()
    assert (payout_of(booking, first).status, payout_of(booking, first).difference) == ("failed", 0)
    paid(booking, "200.00")

    second = payout_of(booking, paid_out(booking))

    assert whats(second) == {"payment": 20000, "an earlier payout that came back": 97070}
    assert (second.amount, second.fees, second.difference, second.ties) == (116460, 610, 0, True)
    assert [one.kind for one in booked(booking)].count("payout fees") == 2
    assert on_account(booking, FEES) == "-35.40"


def test_a_payout_made_by_hand_cannot_be_tied_out_and_says_why(booking: World) -> None:
    paid(booking)
    payout = paid_out(booking, 50000)

    with pytest.raises(ConnectorError, match="was made by hand"):
        payout_of(booking, payout)
    assert [one.kind for one in booked(booking)] == ["payment"]
    assert not problems(booking)


@pytest.mark.parametrize("status", ["pending", "in_transit"])
def test_a_payout_whose_list_is_not_complete_yet_cannot_be_tied_out(booking: World, status: str) -> None:
    paid(booking)
    payout = booking.stripe_sandbox.dashboard.pay_out(arrived=False)["id"]
    booking.stripe_books.table("payout")[payout]["status"] = status
    booking.settle()

    with pytest.raises(ConnectorError, match="has not completed the list"):
        payout_of(booking, payout)
    assert [one.kind for one in booked(booking)] == ["payment"]


def test_a_payout_made_by_hand_that_is_canceled_books_nothing_and_is_in_the_next(booking: World) -> None:
    paid(booking)
    canceled = booking.stripe_sandbox.dashboard.pay_out(50000, arrived=False)["id"]
    booking.stripe_sandbox.dashboard.cancel_payout(canceled)
    booking.settle()

    with pytest.raises(ConnectorError, match="was made by hand"):
        payout_of(booking, canceled)
    following = payout_of(booking, paid_out(booking))
    assert (following.amount, following.carried, following.came_back, following.ties) == (
        97070,
        -50000,
        50000,
        True,
    )


def test_a_payout_that_debits_the_bank_ties_out_too(booking: World) -> None:
    charge = paid(booking)
    paid_out(booking)
    booking.stripe_sandbox.dashboard.refund(charge)
    booking.settle()

    debited = payout_of(booking, paid_out(booking))

    assert (debited.amount, debited.receipts, debited.ties) == (-100000, -100000, True)
    assert_all_ties(booking)


def test_money_settled_in_another_currency_is_named_and_its_fees_are_not_booked(booking: World) -> None:
    """The account's balance is in euros: what a payment came to there, no receipt in dollars can say."""
    booking.stripe_books.currency = "eur"
    booking.stripe_books.exchange_rates["usd"] = "0.9"
    paid(booking)

    payout = paid_out(booking)

    tied = payout_of(booking, payout)
    (item,) = tied.items
    assert (item.amount, item.note) == (90000, "was in USD, and paid out in EUR")
    assert not tied.ties
    assert "are not booked: the company's bank account is in USD" in story(booking, payout)
    assert [one.kind for one in booked(booking)] == ["payment"]


COMPANY_01 = """fee_account = "741.00"
fee_project = "OH.900"

[deltek.companies."01"]
currency = "USD"
bank_code = "STRIPE01"
ar_account = "111.00"
receipts = "files"
post = true
"""


@pytest.mark.parametrize("told_first", [False, True])
def test_each_company_bears_the_fees_of_its_own_money_where_it_names_an_account(
    world: World, told_first: bool
) -> None:
    world.annex()
    chart_accounts(world)
    world.project("31001.00", next(iter(world.clients.values())), ["01"], name="Lobby")
    world.deltek_books.settings.add_company(Company("01", "Acme Interiors", "USD"))
    world.deltek_books.settings.add_bank(Bank("STRIPE01", "01", "103.00", "Stripe clearing"))
    world.set_up(companies=COMPANY_01)
    lines = (InvoiceLine("31001.00", Decimal("200.00"), wbs2="01"),)
    other = DeltekInvoice("31001.00", lines, date(2026, 11, 2), due=date(2026, 12, 2), company="01")
    number = world.accountant.post_invoice(other).number
    paid(world)
    world.pay(number)
    if not told_first:
        world.settle()

    payout = str(world.stripe_sandbox.dashboard.pay_out()["id"])
    if told_first:
        waiting = hold_back(world, lambda kind: not kind.startswith("payout."))
        world.settle()
        world.stripe_books.outbox[:] = waiting
    world.settle()

    tied = payout_of(world, payout)
    assert (tied.fees, len(tied.fee_receipts)) == (3540, 1)
    (fees,) = [one for one in booked(world) if one.kind == "payout fees"]
    assert fees.accounts == {FEES: "-29.30"}
    assert {one.company for one in world.movements() if one.kind == "payout fees"} == {"00"}
    assert "fees of 6.10 USD are not booked" in story(world, payout)
    assert (tied.difference, tied.ties) == (0, True)


def hold_back(world: World, kinds: Callable[[str], bool]) -> list[Delivery]:
    """No delivery of these kinds of events is made for now; those that are held back."""
    table, outbox = world.stripe_books.table("event"), world.stripe_books.outbox
    held = [one for one in outbox if kinds(table[one.event]["type"])]
    outbox[:] = [one for one in outbox if one not in held]
    return held


@pytest.mark.parametrize(
    "lacking", [lambda one: one.startswith("payout."), lambda one: not one.startswith("payout.")]
)
def test_a_payout_that_comes_before_its_payments_are_known_gets_its_fees_right(
    booking: World, lacking: Callable[[str], bool]
) -> None:
    """Events come in any order: what Stripe says of the invoice tells whose money it is."""
    booking.pay(one_phase(booking))
    booking.stripe_sandbox.dashboard.pay_out()
    waiting = hold_back(booking, lacking)
    booking.settle()
    booking.stripe_books.outbox[:] = waiting
    booking.settle()

    assert sorted(one.kind for one in booked(booking)) == ["payment", "payout fees"]
    assert on_account(booking, FEES) == "-29.30"
    assert all(one.finished_at for one in events(booking))
