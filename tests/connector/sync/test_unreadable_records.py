"""A record at Deltek that cannot be read is one item of its own; everything beside it goes on."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.receivables import ArItem, ItemKey
from tests.support.money import replayed, tied
from tests.support.settling import (
    assert_all_ties,
    at_stripe,
    batch_of,
    checked,
    compare,
    one_phase,
    only_problem,
    synced,
)
from tests.support.world import World


def blank_in_ar_review(world: World, monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    """Deltek answers with a blank where the original amount of these invoices should stand."""
    receivables = world.deltek_books.receivables
    whole = receivables._balance_row

    def row(key: ItemKey, item: ArItem) -> dict[str, Any]:
        blank = {"OriginalAmt": ""} if key.invoice in numbers else {}
        return whole(key, item) | blank

    monkeypatch.setattr(receivables, "_balance_row", row)


def loaded(world: World, number: str) -> None:
    """A history-loaded invoice: it has a balance and no document."""
    line = InvoiceLine(wbs1="24001.00", wbs2="02", amount=Decimal("77.00"))
    world.accountant.load_history_invoice(Invoice("24001.00", (line,), date(2026, 11, 5), number=number))


def test_a_loaded_invoice_whose_balance_cannot_be_read_is_one_item_and_the_rest_goes_on(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = one_phase(acme)
    loaded(acme, "H1")
    blank_in_ar_review(acme, monkeypatch, "H1")
    checked(acme, (good, "400.00"))
    later = acme.bill({"02": "55.00"})

    compare(acme)

    assert at_stripe(acme, good) == ("open", 60000)
    assert at_stripe(acme, later) == ("open", 5500)
    assert "OriginalAmt" in only_problem(acme).reason
    assert only_problem(acme).invoice == "H1"
    assert (acme.tenant().last_poll_problem, acme.tenant().compared_at is not None) == ("", True)

    monkeypatch.undo()
    replayed(acme, "H1")
    acme.settle()
    assert at_stripe(acme, "H1") == ("open", 7700)
    assert_all_ties(acme)


def test_an_open_invoice_whose_balance_cannot_be_read_is_one_item_until_it_can(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone, good, bad = one_phase(acme), one_phase(acme), one_phase(acme)
    blank_in_ar_review(acme, monkeypatch, bad)
    acme.accountant.undo_posting(batch_of(acme, undone))
    checked(acme, (good, "300.00"), (bad, "100.00"))

    compare(acme)

    assert at_stripe(acme, undone)[0] == "void"
    assert [at_stripe(acme, one) for one in (good, bad)] == [("open", 70000), ("open", 100000)]
    assert (only_problem(acme).invoice, "OriginalAmt" in only_problem(acme).reason) == (bad, True)
    assert acme.tenant().last_poll_problem == ""
    assert [one.number for one in tied(acme).differences] == [bad]

    monkeypatch.undo()
    synced(acme)
    assert at_stripe(acme, bad) == ("open", 90000)
    assert_all_ties(acme)


def test_where_no_balance_at_all_can_be_read_it_is_one_problem_of_the_poll(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [one_phase(acme) for _ in range(3)]
    blank_in_ar_review(acme, monkeypatch, *numbers)

    synced(acme)

    assert "OriginalAmt" in acme.tenant().last_poll_problem
    assert [at_stripe(acme, one) for one in numbers] == [("open", 100000)] * 3

    monkeypatch.undo()
    synced(acme)
    assert_all_ties(acme)
