"""A record at Deltek that cannot be read is one item of its own; everything beside it goes on."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.deltek.records import InvoiceDocument
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked
from connector.sandbox.faults import Fault
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.receivables import ArItem, ItemKey
from tests.support.money import our_files, pushed, replayed, tied
from tests.support.settling import (
    assert_all_ties,
    at_stripe,
    batch_of,
    checked,
    compare,
    one_phase,
    only_problem,
    polled,
    problems,
    story,
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


def broken(world: World, name: str, status: int) -> None:
    """Deltek answers every request for this firm with an error."""
    path = f".*/firm/{world.clients[name]}.*"
    world.deltek_sandbox.faults.add(Fault("before", "GET", path, times=10**6, status=status))


def test_a_balance_with_parts_of_a_cent_is_one_item_and_the_comparison_and_reconcile_go_on(
    acme: World,
) -> None:
    number, undone = one_phase(acme), one_phase(acme, "5.00")
    check = checked(acme, (number, "100.005"))
    acme.accountant.undo_posting(batch_of(acme, undone))

    synced(acme)

    assert acme.status().poll_problem == ""
    assert "100.005 cannot be expressed in USD without rounding" in only_problem(acme).reason
    assert at_stripe(acme, undone)[0] == "void"
    (difference,) = tied(acme).differences
    assert "100.005 cannot be expressed in USD without rounding" in difference.notes

    acme.accountant.undo_posting(check, "CR")
    acme.accountant.alter_receipt_file(check, 0, {"Amount": Decimal("100.00")})
    acme.accountant.post_receipt_file(check)
    synced(acme)
    assert at_stripe(acme, number) == ("open", 90000)
    assert_all_ties(acme)


def test_a_receipt_of_ours_that_was_altered_to_parts_of_a_cent_is_one_item(acme: World) -> None:
    number, undone = one_phase(acme), one_phase(acme, "5.00")
    acme.pay(number)
    acme.settle()
    (ours,) = our_files(acme)
    acme.accountant.undo_posting(ours.batch, "CR")
    acme.accountant.alter_receipt_file(ours.batch, 0, {"Amount": Decimal("999.995")})
    acme.accountant.undo_posting(batch_of(acme, undone))

    synced(acme)

    assert "holds 999.995 USD in Deltek, where Stripe moved 1,000.00 USD" in only_problem(acme).reason
    assert at_stripe(acme, undone)[0] == "void"
    assert any("holds 999.995 USD in Deltek" in note for one in tied(acme).differences for note in one.notes)


def test_documents_of_one_batch_that_cannot_be_read_hide_no_due_date_of_another(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread, read = one_phase(acme), one_phase(acme)
    whole, bad_batch = Vantagepoint.documents, batch_of(acme, unread)

    def documents(vantagepoint: Vantagepoint, batch: str) -> list[InvoiceDocument]:
        if batch == bad_batch:
            raise Blocked("DataEntry/inMaster: TransDate of the row is no date", "Correct it in Deltek")
        return whole(vantagepoint, batch)

    monkeypatch.setattr(Vantagepoint, "documents", documents)
    acme.accountant.change_due_date(read, date(2026, 12, 24))

    synced(acme)

    assert acme.tenant().last_poll_problem == ""
    assert "its due date is now 2026-12-24" in story(acme, read)
    assert at_stripe(acme, unread) == ("open", 100000)


def at_work(world: World, later: timedelta) -> None:
    """The next poll, and what can be done at once of what follows from it."""
    world.clock.turn(later)
    world.poll()
    world.work()


@pytest.mark.parametrize("status", [400, 403])
def test_a_firm_that_deltek_refuses_is_one_item_and_the_comparison_goes_on(acme: World, status: int) -> None:
    number = one_phase(acme)
    broken(acme, "Riverbend Schools", status)
    acme.accountant.undo_posting(batch_of(acme, number))

    for _ in range(3):
        compare(acme)

    assert at_stripe(acme, number)[0] == "void"
    assert acme.tenant().last_poll_problem == ""
    assert "The client Riverbend Schools cannot be read" in only_problem(acme).reason

    acme.deltek_sandbox.faults.clear()
    polled(acme)
    assert problems(acme) == []


def test_a_firm_at_which_deltek_fails_is_tried_for_days_and_then_an_item(acme: World) -> None:
    number = one_phase(acme)
    broken(acme, "Riverbend Schools", 500)
    acme.accountant.undo_posting(batch_of(acme, number))

    at_work(acme, timedelta(hours=2))
    assert at_stripe(acme, number)[0] == "void"
    assert (acme.tenant().last_poll_problem, problems(acme)) == ("", [])

    for _ in range(6):
        at_work(acme, timedelta(days=1))
    assert "was answered with status 500" in only_problem(acme).reason


@pytest.mark.parametrize("unread", ["Riverbend Schools", "Hillside Clinic"])
def test_changes_of_other_firms_do_not_wait_for_one_that_cannot_be_read(acme: World, unread: str) -> None:
    acme.clients["Hillside Clinic"] = acme.client("Hillside Clinic", "pay@hillside.example")
    acme.project("24002.00", acme.clients["Hillside Clinic"], ["02"])
    one_phase(acme)
    pushed(acme, {"02": "70.00"}, wbs1="24002.00")
    acme.clock.turn(timedelta(days=2))
    broken(acme, unread, 500)
    for client_id in acme.clients.values():
        acme.accountant.change_firm(client_id, {"Name": "New Name"})

    at_work(acme, timedelta(minutes=5))
    at_work(acme, timedelta(minutes=5))

    names = {one["name"] for one in acme.stripe_books.table("customer").values()}
    assert names == {unread, "New Name"}


def test_an_invoice_whose_firm_alone_the_role_may_not_read_is_one_item(acme: World) -> None:
    acme.clients["Hidden Holdings"] = acme.client("Hidden Holdings", "x@hidden.example")
    acme.project("24002.00", acme.clients["Hidden Holdings"])
    broken(acme, "Hidden Holdings", 403)
    hidden = acme.bill({"": "70.00"}, wbs1="24002.00")

    number = one_phase(acme)

    assert at_stripe(acme, number) == ("open", 100000)
    assert (only_problem(acme).invoice, acme.tenant().last_poll_problem) == (hidden, "")
    assert "billing client cannot be read" in only_problem(acme).reason


def test_where_the_role_may_read_no_firm_at_all_it_is_one_problem_of_the_poll(acme: World) -> None:
    acme.deltek_sandbox.administrator.deny("MLCONNECTOR", ["firm"])
    for _ in range(3):
        acme.bill({"02": "10.00"})

    acme.poll()

    assert "may not GET firm" in acme.tenant().last_poll_problem
    assert problems(acme) == []
