"""What tests of the state that is written back to Deltek share: the places for it, and what stands there."""

from typing import Any

from connector.models import Operation, OperationKind, WorkState
from connector.sandbox.vantagepoint.administrator import Administrator
from connector.sync.problems import Problem, problems_of
from connector.sync.write_back import COLUMNS
from tests.support.world import World

CENTER = "UDIC_StripeInvoice"
LINE = "CustStripeInvoice"
LENGTHS = dict.fromkeys(COLUMNS.values(), 255)
PAY = "https://pay.example"


def table(*, center: str = CENTER, project_column: str = "", pay_links: str = PAY, columns: str = "") -> str:
    """The table of the tenant file, behind those of the companies."""
    named = {"info_center": center, "project_column": project_column, "pay_links": pay_links}
    lines = [f'{name} = "{value}"' for name, value in named.items() if value]
    return "\n".join(["[deltek.write_back]", *lines, f"columns = {{ {columns} }}" if columns else ""])


def administrator(world: World) -> Administrator:
    return world.deltek_sandbox.administrator


def records(world: World, center: str = CENTER) -> list[dict[str, Any]]:
    return list(world.deltek_books.info_centers.center(center).records.values())


def record(world: World, number: str) -> dict[str, str]:
    """The one record of the invoice, by what its columns hold."""
    (found,) = [one for one in records(world) if one["CustInvoice"] == number]
    return {name: found[column] for name, column in COLUMNS.items()}


def line(world: World, wbs1: str = "24001.00") -> str:
    (found,) = [
        row for wbs, row in world.deltek_books.hubs.projects.items() if (wbs.wbs1, wbs.wbs2) == (wbs1, " ")
    ]
    return str(found[LINE])


def link(world: World, number: str) -> str:
    return f"{PAY}/pay/{world.invoice(number).pay_token}"


def write_backs(world: World) -> list[Operation]:
    return [one for one in world.operations() if one.kind is OperationKind.WRITE_BACK]


def asked(world: World, method: str = "", path: str = "/UDIC/") -> list[str]:
    """The requests to Info Centers so far."""
    return [one.method for one in world.deltek_books.requests if path in one.path and method in one.method]


def problems(world: World) -> list[Problem]:
    with world.runtime.transaction() as session:
        return problems_of(session, world.tenant())


def narrowed(world: World, **lengths: int) -> None:
    """The Info Center made anew, empty, with some columns of another length."""
    world.deltek_books.info_centers._centers.clear()
    administrator(world).add_info_center(CENTER, {**LENGTHS, **lengths})


def with_info_center(world: World) -> World:
    """A firm that has an Info Center made for it, and named it in the tenant file."""
    world.annex()
    administrator(world).add_info_center(CENTER, LENGTHS)
    world.set_up(companies=table())
    return world


def with_line_on_projects(world: World) -> World:
    world.annex()
    administrator(world).add_project_column(LINE, 255)
    world.set_up(companies=table(center="", project_column=LINE))
    return world


def waiting(world: World) -> str:
    """An invoice whose state is about to be written; its number."""
    number = world.bill({"02": "600.00", "03": "400.00"})
    world.poll()
    for _ in range(20):
        due = write_backs(world)
        if due and due[-1].state is WorkState.DUE:
            return number
        world.work_once()
    raise AssertionError("nothing is to be written")
