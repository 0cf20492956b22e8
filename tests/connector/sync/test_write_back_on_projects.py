"""A project of Deltek shows its newest invoice at Stripe in one line."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from connector.models import OperationKind
from connector.use_cases import perform_operation
from tests.support.money import pushed, replayed
from tests.support.world import World
from tests.support.write_back import (
    LINE,
    administrator,
    asked,
    line,
    link,
    problems,
    table,
    with_line_on_projects,
    write_backs,
)


@pytest.fixture
def lined(world: World) -> World:
    return with_line_on_projects(world)


def test_a_project_shows_its_invoice_in_one_line(lined: World) -> None:
    number = pushed(lined)
    assert line(lined) == f"{number} open, paid 0.00 of 1,000.00 USD, {link(lined, number)}"

    lined.pay(number)
    lined.settle()
    assert line(lined) == f"{number} paid, paid 1,000.00 of 1,000.00 USD, {link(lined, number)}"


def test_a_project_shows_its_newest_invoice_whichever_was_paid_last(lined: World) -> None:
    first = pushed(lined, dated=date(2026, 11, 2))
    second = pushed(lined, {"02": "70.00"}, dated=date(2026, 11, 12))
    assert line(lined).startswith(f"{second} open")

    lined.pay(first)
    lined.settle()
    assert line(lined).startswith(f"{second} open, paid 0.00 of 70.00 USD")

    lined.stripe_sandbox.dashboard.void(lined.stripe_invoice(second)["id"])
    lined.settle()
    assert line(lined).startswith(f"{first} paid")

    third = pushed(lined, {"02": "70.00"}, dated=date(2026, 11, 12))
    assert line(lined).startswith(f"{third} open")


def test_a_project_whose_only_invoice_is_void_says_so(lined: World) -> None:
    number = pushed(lined)
    lined.stripe_sandbox.dashboard.void(lined.stripe_invoice(number)["id"])
    lined.settle()

    assert line(lined).startswith(f"{number} void, paid 0.00")


def test_what_stood_in_the_column_is_overwritten_and_left_alone_when_it_is_right(lined: World) -> None:
    number = pushed(lined)
    assert asked(lined, "PUT", "/project/") == ["PUT"]

    replayed(lined, f"op-{write_backs(lined)[-1].id}")
    assert asked(lined, "PUT", "/project/") == ["PUT"]
    assert line(lined).startswith(number)


def test_a_missing_column_of_the_project_is_one_item(world: World) -> None:
    world.annex()
    world.set_up(companies=table(center="", project_column=LINE))
    number = pushed(world)

    (problem,) = problems(world)
    assert LINE in problem.reason
    assert LINE in problem.remedy

    administrator(world).add_project_column(LINE, 255)
    replayed(world, problem.reference)
    assert line(world).startswith(number)


def test_a_project_with_a_slash_in_its_number_is_written_too(lined: World) -> None:
    lined.project("24/002", lined.clients["Riverbend Schools"], ["02"])
    number = pushed(lined, {"02": "80.00"}, wbs1="24/002")

    assert line(lined, "24/002").startswith(number)
    assert line(lined) == ""


def test_two_invoices_of_a_project_written_at_once_leave_the_newest_in_its_line(lined: World) -> None:
    for day in (2, 3, 4, 5):
        lined.bill({"02": "10.00"}, dated=date(2026, 11, day))
    lined.poll()
    while [
        one for one in lined.operations() if one.kind is OperationKind.PUSH_INVOICE and not one.finished_at
    ]:
        lined.work_once()
    due = [one.id for one in write_backs(lined)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: perform_operation(lined.runtime, one), due))
    lined.settle()

    newest = max(one["number"] for one in lined.stripe_invoices())
    assert line(lined).startswith(newest)
