"""What was settled of an invoice before it reached Stripe: by credit memos, by receipts, or by nobody knows whom."""

from collections.abc import Iterator
from typing import Any

import pytest

from connector.sync.reading import LeftAlone, ReadInvoice, Unclear
from tests.support.deltek import MAIN, USER, DeltekFirm, line, open_firm

NUMBER, BATCH = "000000417", "IN417"
OURS = "STRP" + "A" * 22
KINDS: dict[str, dict[str, Any]] = {
    "AR review": {},
    "AR review of open items": {"ar_review_lists_paid": False},
    "ledger only": {"ar_review": False},
    "ledger with its sign turned": {"ar_review": False, "ledger_invoice_sign": "negative"},
}


@pytest.fixture(params=KINDS)
def firm(request: pytest.FixtureRequest) -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        opened.admin.set_options(KINDS[request.param])
        opened.bill(line("500.00"), number=NUMBER, batch=BATCH)
        yield opened


def settled(firm: DeltekFirm) -> tuple[int, int, int]:
    """What it was over, and what memos and receipts settled of it."""
    (reading,) = firm.read_posting(BATCH)
    assert isinstance(reading, ReadInvoice), reading
    assert sum(one["amount"] for one in reading.lines) == reading.original.minor
    return reading.original.minor, reading.credited, reading.received


def unclear(firm: DeltekFirm) -> str:
    (reading,) = firm.read_posting(BATCH)
    assert isinstance(reading, Unclear), reading
    assert reading.remedy
    return reading.reason


def test_nothing_settled(firm: DeltekFirm) -> None:
    assert settled(firm) == (50000, 0, 0)


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_memos_and_checks_are_told_apart(firm: DeltekFirm, direction: str) -> None:
    firm.admin.set_options({"credit_memo_direction": direction})
    firm.credit(NUMBER, "100.00")
    firm.receive(NUMBER, "30.00")

    assert settled(firm) == (50000, 10000, 3000)


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_memo_for_all_of_it_leaves_it_alone(firm: DeltekFirm, direction: str) -> None:
    firm.admin.set_options({"credit_memo_direction": direction})
    firm.credit(NUMBER, "500.00")

    (reading,) = firm.read_posting(BATCH)

    assert isinstance(reading, LeftAlone)
    assert "credited in full" in reading.reason


def test_what_our_own_receipts_settled_is_no_settling_elsewhere(firm: DeltekFirm) -> None:
    """So it is after the connector's database was lost: the Stripe invoice is there, and was paid in part."""
    firm.receive(NUMBER, "200.00", batch=OURS)
    firm.receive(NUMBER, "50.00")

    assert settled(firm) == (50000, 0, 5000)


def test_more_received_than_was_owed_is_settled(firm: DeltekFirm) -> None:
    firm.receive(NUMBER, "510.00")

    (reading,) = firm.read_posting(BATCH)

    assert isinstance(reading, LeftAlone)
    assert "settled" in reading.reason


def test_what_is_left_below_stripe_s_least_charge_waits_for_a_person(firm: DeltekFirm) -> None:
    firm.receive(NUMBER, "499.60")

    assert unclear(firm) == "0.40 USD of it is left to be paid, and Stripe charges no less than 0.50 USD"


def test_more_open_than_was_charged_waits_for_a_person(firm: DeltekFirm) -> None:
    firm.receive(NUMBER, "-25.00")

    assert unclear(firm) == "525.00 is open on it, which is more than the 500.00 that it charges"


def test_rule_3_a_settled_part_of_which_the_ledger_tells_nothing_waits_for_a_person(firm: DeltekFirm) -> None:
    firm.receive(NUMBER, "200.00")
    firm.admin.hide(USER, "PSALedger", ["Amount", "TransactionAmount"])

    by_review = "Some of it is settled, but the ledger does not show by what"
    assert unclear(firm) == by_review if firm.books.options.ar_review else "reads as 0.00" in unclear(firm)


def test_rule_3_a_masked_balance_waits_for_a_person(firm: DeltekFirm) -> None:
    if not firm.books.options.ar_review:
        return
    firm.receive(NUMBER, "200.00")
    firm.admin.hide(USER, "ARBalance", ["Balance"])

    assert "reads as 0.00" in unclear(firm)


def test_the_key_is_the_document_s(firm: DeltekFirm) -> None:
    (reading,) = firm.read_posting(BATCH)

    assert (reading.key.company, reading.key.wbs1, reading.key.number) == ("00", MAIN, NUMBER)
