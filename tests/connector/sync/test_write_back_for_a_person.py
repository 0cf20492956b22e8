"""What Deltek does not take or show of the state that is written back is one item, and replay finishes it."""

from typing import Any

import pytest

from connector.deltek.vantagepoint import Vantagepoint
from connector.models import WorkState
from connector.sync.ping import ping
from tests.support.money import pushed, receipts, replayed
from tests.support.world import World, tenant_file
from tests.support.write_back import (
    CENTER,
    LENGTHS,
    LINE,
    administrator,
    asked,
    line,
    link,
    narrowed,
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


def test_a_missing_info_center_is_one_item_and_holds_up_no_money(world: World) -> None:
    world.annex()
    world.set_up(companies=table())
    number = pushed(world)
    world.pay(number)
    world.settle()

    (problem,) = problems(world)
    assert (problem.what, problem.invoice) == ("write back", number)
    assert CENTER in problem.reason
    assert "deltek.write_back" in problem.remedy
    assert [one["posted"] for one in receipts(world, number)] == [True]

    administrator(world).add_info_center(CENTER, LENGTHS)
    replayed(world, problem.reference)
    assert record(world, number)["status"] == "paid"
    assert problems(world) == []


def test_a_missing_column_is_named(world: World) -> None:
    world.annex()
    administrator(world).add_info_center(CENTER, {**LENGTHS, "CustState": 20})
    world.set_up(companies=table(columns='paid = "CustMoney"'))
    number = pushed(world)

    (problem,) = problems(world)
    assert "CustMoney" in problem.reason
    assert "CustMoney" in problem.remedy

    world.apply(tenant_file(world.deltek_url, companies=table()))
    replayed(world, problem.reference)
    assert record(world, number)["paid"] == "0.00"
    assert problems(world) == []


def test_a_value_that_does_not_fit_is_named_and_written_once_it_does(telling: World) -> None:
    narrowed(telling, CustPayLink=20)
    number = pushed(telling)

    (problem,) = problems(telling)
    assert "truncated" in problem.reason
    assert "CustPayLink" in problem.reason
    assert "long enough" in problem.remedy
    assert "refno_length" not in problem.remedy

    narrowed(telling, CustPayLink=255)
    replayed(telling, problem.reference)
    assert record(telling, number)["pay_link"] == link(telling, number)
    assert problems(telling) == []


def test_a_value_that_deltek_cuts_off_without_a_word_is_noticed(
    telling: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, change = Vantagepoint.create_info_center_record, Vantagepoint.change_info_center_record

    def cut(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value[:10] if name == "CustPayLink" else value for name, value in fields.items()}

    with monkeypatch.context() as patch:
        patch.setattr(
            Vantagepoint,
            "create_info_center_record",
            lambda self, center, fields: create(self, center, cut(fields)),
        )
        patch.setattr(
            Vantagepoint,
            "change_info_center_record",
            lambda self, center, uid, fields: change(self, center, uid, cut(fields)),
        )
        number = pushed(telling)
    (problem,) = problems(telling)
    assert f"CustPayLink of Info Center {CENTER}, but it reads 'https://pa' there" in problem.reason
    assert f"{len(link(telling, number))} characters" in problem.remedy

    replayed(telling, problem.reference)
    assert record(telling, number)["pay_link"] == link(telling, number)
    assert len(records(telling)) == 1


def test_a_column_that_the_role_may_not_see_is_noticed(telling: World) -> None:
    administrator(telling).hide("MLCONNECTOR", CENTER, ["CustStatus"])
    number = pushed(telling)

    (problem,) = problems(telling)
    assert "CustStatus" in problem.reason
    assert "reads ''" in problem.reason
    assert "view and change" in problem.remedy

    administrator(telling).hide("MLCONNECTOR", CENTER, [])
    replayed(telling, problem.reference)
    assert problems(telling) == []
    assert record(telling, number)["status"] == "open"


@pytest.mark.parametrize("denied", ["UDIC", "POST UDIC"])
def test_a_role_without_the_right_is_told_by_name(telling: World, denied: str) -> None:
    administrator(telling).deny("MLCONNECTOR", [denied])
    number = pushed(telling)

    (problem,) = problems(telling)
    assert f"UDIC/{CENTER}" in problem.reason
    assert "role" in problem.remedy

    administrator(telling).deny("MLCONNECTOR", [])
    replayed(telling, problem.reference)
    assert record(telling, number)["status"] == "open"


def test_records_that_the_role_may_not_see_are_not_created_again_and_again(
    telling: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Vantagepoint, "info_center_records", lambda *_: [])
        pushed(telling)
        (problem,) = problems(telling)
        replayed(telling, problem.reference)
    assert len(records(telling)) == 1
    assert "does not show it" in problem.reason
    assert "view all records" in problem.remedy

    replayed(telling, problem.reference)
    assert problems(telling) == []
    assert len(records(telling)) == 1


def test_two_records_of_one_invoice_are_shown_to_a_person(telling: World) -> None:
    number = pushed(telling)
    (found,) = records(telling)
    telling.deltek_books.info_centers.create(CENTER, {**found, "UDIC_UID": "A" * 32})
    telling.pay(number)
    telling.settle()

    (problem,) = problems(telling)
    assert f"2 records of invoice {number}" in problem.reason

    del telling.deltek_books.info_centers.center(CENTER).records["A" * 32]
    replayed(telling, problem.reference)
    assert record(telling, number)["status"] == "paid"


def test_the_same_number_of_another_company_has_a_record_of_its_own(telling: World) -> None:
    number = telling.bill({"02": "600.00"}, number="000000001")
    foreign = {"CustCompany": "07", "CustProject": "24001.00", "CustInvoice": number, "CustStatus": "theirs"}
    telling.deltek_books.info_centers.create(CENTER, foreign)
    telling.poll()
    telling.settle()

    shown = {one["CustCompany"]: one["CustStatus"] for one in records(telling)}
    assert shown == {"07": "theirs", "00": "open"}


def test_what_waits_for_a_person_is_tried_again_with_a_new_state_and_not_before(world: World) -> None:
    world.annex()
    world.set_up(companies=table())
    number = pushed(world)
    (operation,) = write_backs(world)
    assert operation.state is WorkState.BLOCKED
    attempts = operation.attempts

    for _ in range(3):  # the first tells something new
        world.stripe_sandbox.dashboard.overdue(world.stripe_invoice(number)["id"])
        world.settle()
    (operation,) = write_backs(world)
    assert (operation.state, operation.attempts) == (WorkState.BLOCKED, attempts + 1)

    administrator(world).add_info_center(CENTER, LENGTHS)
    world.pay(number)
    world.settle()
    assert record(world, number)["status"] == "paid"
    assert len(write_backs(world)) == 1


def test_one_that_is_switched_off_meanwhile_is_done_without_a_request(telling: World) -> None:
    waiting(telling)
    telling.apply(tenant_file(telling.deltek_url))
    telling.settle()

    assert [one.state for one in write_backs(telling)] == [WorkState.DONE]
    assert asked(telling) == []


def test_a_place_that_is_named_later_is_filled_with_the_next_change(telling: World) -> None:
    number = pushed(telling)
    administrator(telling).add_project_column(LINE, 255)
    telling.apply(tenant_file(telling.deltek_url, companies=table(project_column=LINE)))
    telling.pay(number)
    telling.settle()

    assert line(telling).startswith(f"{number} paid")
    assert record(telling, number)["status"] == "paid"


def checks(world: World) -> dict[str, bool | None]:
    return {one.what: one.ok for one in ping(world.runtime, world.tenant())}


def test_ping_says_whether_the_places_are_there(world: World) -> None:
    world.annex()
    world.bill({"02": "600.00"})
    world.set_up(companies=table(project_column=LINE))
    center, column = f"Info Center {CENTER}", f"project column {LINE}"
    assert (checks(world)[center], checks(world)[column]) == (False, False)

    administrator(world).add_info_center(CENTER, LENGTHS)
    administrator(world).add_project_column(LINE, 255)
    assert (checks(world)[center], checks(world)[column]) == (True, True)

    administrator(world).deny("MLCONNECTOR", ["UDIC"])
    assert (checks(world)[center], checks(world)[column]) == (False, True)


def test_ping_names_a_column_that_the_info_center_lacks(world: World) -> None:
    world.annex()
    columns = {name: length for name, length in LENGTHS.items() if name != "CustLastPayment"}
    administrator(world).add_info_center(CENTER, columns)
    world.set_up(companies=table())

    (found,) = [one for one in ping(world.runtime, world.tenant()) if CENTER in one.what]
    assert found.ok is False
    assert "CustLastPayment" in found.message


def test_ping_says_nothing_of_it_where_it_is_off(acme: World) -> None:
    assert not [what for what in checks(acme) if "Info Center" in what or "project column" in what]
