"""What an accountant reads in Deltek of an invoice at Stripe, as it changes and whatever fails on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from connector.deltek.vantagepoint import Vantagepoint
from connector.models import Invoice
from connector.sandbox.faults import Fault, Kind
from connector.sync.write_back import COLUMNS
from connector.use_cases import perform_operation
from tests.support.money import NthRequest, killed_at_commit, pushed, replayed
from tests.support.world import World
from tests.support.write_back import (
    CENTER,
    LENGTHS,
    PAY,
    administrator,
    asked,
    link,
    problems,
    record,
    records,
    table,
    waiting,
    with_info_center,
    write_backs,
)


@pytest.fixture
def telling(world: World) -> World:
    return with_info_center(world)


def test_an_accountant_follows_an_invoice_from_open_to_paid(telling: World) -> None:
    number = pushed(telling)
    assert record(telling, number) == {
        "company": "00",
        "project": "24001.00",
        "invoice": number,
        "status": "open",
        "paid": "0.00",
        "last_payment": "",
        "pay_link": link(telling, number),
    }

    telling.pay(number, 25000)
    telling.settle()
    shown = record(telling, number)
    assert (shown["status"], shown["paid"]) == ("open", "250.00")
    assert shown["last_payment"] == "2026-11-20 250.00 USD"

    telling.clock.turn(timedelta(days=2))
    telling.pay(number)
    telling.settle()
    shown = record(telling, number)
    assert (shown["status"], shown["paid"]) == ("paid", "1000.00")
    assert shown["last_payment"] == "2026-11-22 750.00 USD"
    assert shown["pay_link"] == link(telling, number)


def test_the_link_in_deltek_leads_to_stripe_s_page_even_after_that_has_moved(telling: World) -> None:
    number = pushed(telling)
    path = record(telling, number)["pay_link"].removeprefix(PAY)
    assert telling.web.get(path).headers["Location"] == telling.stripe_invoice(number)["hosted_invoice_url"]

    telling.clock.turn(timedelta(days=100))
    telling.stripe_invoice(number)["hosted_invoice_url"] = "https://invoice.stripe.com/i/moved"
    assert telling.web.get(path).headers["Location"] == "https://invoice.stripe.com/i/moved"

    telling.pay(number)
    telling.settle()
    assert "is paid" in telling.web.get(path).text


def test_money_that_goes_back_is_shown_for_what_it_is(telling: World) -> None:
    number = pushed(telling)
    charge = telling.pay(number)
    telling.settle()

    telling.stripe_sandbox.dashboard.refund(charge["id"], 10000)
    telling.settle()

    shown = record(telling, number)
    assert (shown["status"], shown["paid"]) == ("paid", "900.00")
    assert shown["last_payment"] == "2026-11-20 -100.00 USD (refund)"


def test_what_was_settled_by_other_means_explains_why_it_is_paid_without_a_payment(telling: World) -> None:
    number = pushed(telling)
    with telling.runtime.transaction() as session:
        session.get_one(Invoice, telling.invoice(number).id).settled_elsewhere = 100000
    telling.stripe_sandbox.dashboard.pay_out_of_band(telling.stripe_invoice(number)["id"])
    telling.settle()

    shown = record(telling, number)
    assert (shown["status"], shown["paid"]) == ("paid (1,000.00 USD outside Stripe)", "0.00")
    assert shown["last_payment"] == ""


def test_a_payment_that_failed_is_told_beside_the_status(telling: World) -> None:
    number = pushed(telling)

    telling.stripe_sandbox.dashboard.decline(telling.stripe_invoice(number)["id"])
    telling.settle()

    assert record(telling, number)["status"] == "open (a payment failed)"


def test_a_record_has_a_name_that_deltek_can_show_and_a_person_can_change(telling: World) -> None:
    number = pushed(telling)
    assert [one["CustName"] for one in records(telling)] == [f"Invoice {number}"]

    records(telling)[0]["CustName"] = "The school's annex"
    telling.pay(number)
    telling.settle()

    assert [one["CustName"] for one in records(telling)] == ["The school's annex"]


def test_off_by_default_not_one_request_is_made(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)
    acme.settle()

    assert write_backs(acme) == []
    assert acme.invoice(number).pay_token is None
    assert asked(acme) == asked(acme, "PUT", "/project/") == []


def test_columns_may_have_other_names(world: World) -> None:
    world.annex()
    columns = {**LENGTHS, "CustWhich": 20, "CustState": 40}
    del columns["CustInvoice"], columns["CustStatus"]
    administrator(world).add_info_center(CENTER, columns)
    world.set_up(companies=table(columns='invoice = "CustWhich", status = "CustState"'))

    number = pushed(world)
    world.pay(number)
    world.settle()

    (found,) = records(world)
    assert (found["CustWhich"], found["CustState"], found["CustPaid"]) == (number, "paid", "1000.00")


def test_without_a_public_address_there_are_no_links_and_no_column_for_them(world: World) -> None:
    world.annex()
    administrator(world).add_info_center(
        CENTER, {name: 50 for name in COLUMNS.values() if name != "CustPayLink"}
    )
    world.set_up(companies=table(pay_links=""))

    pushed(world)

    (found,) = records(world)
    assert (found["CustStatus"], "CustPayLink" in found) == ("open", False)


def test_only_what_changed_is_written(telling: World) -> None:
    """Rule 10: three requests for a change, and one where Deltek says it already."""
    number = pushed(telling)
    records(telling)[0]["CustPayLink"] += " "  # Deltek's own blanks are no difference
    telling.deltek_books.forget_requests()
    telling.pay(number)
    telling.settle()
    assert asked(telling) == ["GET", "PUT", "GET"]

    telling.deltek_books.forget_requests()
    replayed(telling, f"op-{write_backs(telling)[-1].id}")
    assert asked(telling) == ["GET"]


def test_an_event_that_changes_nothing_of_what_is_shown_writes_nothing(telling: World) -> None:
    number = pushed(telling)
    before = len(write_backs(telling))

    telling.stripe_sandbox.dashboard.overdue(telling.stripe_invoice(number)["id"])
    telling.settle()
    telling.stripe_sandbox.dashboard.overdue(telling.stripe_invoice(number)["id"])
    telling.settle()

    assert record(telling, number)["status"] == "open (the due date has passed)"
    assert len(write_backs(telling)) == before + 1


def test_what_happened_while_deltek_was_away_is_written_once_as_it_stands_then(telling: World) -> None:
    telling.deltek_sandbox.faults.add(Fault("before", path=".*/UDIC/.*", status=503, times=3))
    number = telling.bill({"02": "600.00", "03": "400.00"})
    telling.poll()
    telling.work()
    telling.pay(number)
    telling.settle()

    assert record(telling, number)["status"] == "paid"
    assert asked(telling, "POST") == ["POST"]


def test_a_change_while_it_is_written_is_written_too(telling: World, monkeypatch: pytest.MonkeyPatch) -> None:
    create = Vantagepoint.create_info_center_record

    def meanwhile(self: Vantagepoint, center: str, fields: dict[str, Any]) -> None:
        create(self, center, fields)
        with telling.runtime.transaction() as session:
            session.get_one(Invoice, telling.invoice(number).id).payment_note = "a payment failed"

    number = telling.bill({"02": "600.00"})
    monkeypatch.setattr(Vantagepoint, "create_info_center_record", meanwhile)
    telling.poll()
    telling.settle()

    assert record(telling, number)["status"] == "open (a payment failed)"


@pytest.mark.parametrize("kind", ["before", "after", "garbage", "disconnect", "rate_limit"])
def test_a_fault_at_any_request_leaves_one_record_and_the_right_one(telling: World, kind: Kind) -> None:
    struck, passed = True, 0
    while struck:
        telling.deltek_books.info_centers.center(CENTER).records.clear()
        number = waiting(telling)
        telling.deltek_sandbox.faults.add(NthRequest(kind, passed, seconds=2))
        perform_operation(telling.runtime, write_backs(telling)[-1].id)
        struck = not telling.deltek_sandbox.faults.pending
        telling.deltek_sandbox.faults.clear()
        telling.settle()

        passed += 1
        assert [one["CustInvoice"] for one in records(telling)] == [number]
        assert problems(telling) == []
    assert passed > 3


def test_a_worker_killed_before_any_of_its_commits_leaves_one_record(telling: World) -> None:
    """Rule 2."""
    alive, passed = False, 0
    while not alive:
        telling.deltek_books.info_centers.center(CENTER).records.clear()
        number = waiting(telling)
        with killed_at_commit(telling, passed) as died:
            perform_operation(telling.runtime, write_backs(telling)[-1].id)
        alive = not died()
        telling.clock.turn(timedelta(hours=1))
        telling.settle()

        passed += 1
        assert [one["CustInvoice"] for one in records(telling)] == [number]
    assert passed > 2


def test_a_creation_that_takes_effect_late_is_not_done_again(telling: World) -> None:
    """Deltek gives no answer, shows nothing, and creates the record all the same a moment later."""
    waiting(telling)
    operation = write_backs(telling)[-1].id
    late: list[Callable[[], Any]] = []
    center = telling.deltek_books.info_centers

    def later(name: str, values: dict[str, Any], create: Callable[..., Any] = center.create) -> Any:
        late.append(lambda: create(name, dict(values)))
        return {"UDIC_UID": values["UDIC_UID"]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(center, "create", later)
        telling.deltek_sandbox.faults.add(Fault("disconnect", method="POST", path=".*/UDIC/.*"))
        perform_operation(telling.runtime, operation)
    assert records(telling) == []
    late[0]()
    telling.settle()

    assert len(records(telling)) == 1
    assert problems(telling) == []


def test_rule_7_two_workers_never_create_two_records(telling: World) -> None:
    waiting(telling)
    operation = write_backs(telling)[-1].id

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: perform_operation(telling.runtime, operation), range(8)))
    telling.settle()

    assert len(records(telling)) == 1
    assert asked(telling, "POST") == ["POST"]


def test_a_record_that_a_person_deleted_is_made_again_with_the_next_change(telling: World) -> None:
    number = pushed(telling)
    telling.deltek_books.info_centers.center(CENTER).records.clear()

    telling.pay(number)
    telling.settle()

    assert record(telling, number)["status"] == "paid"


def test_a_record_that_a_restored_database_knows_nothing_of_is_found_again(
    telling: World, another_database: Callable[[], None]
) -> None:
    number = pushed(telling)
    another_database()
    telling.set_up(companies=table())
    telling.poll()
    telling.settle()

    assert record(telling, number)["pay_link"] == link(telling, number)
