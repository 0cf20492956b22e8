"""Why Deltek refuses a receipt, in its own words, and what a person does about it: one table for several tests."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.sandbox.faults import Fault
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.sandbox.vantagepoint.wire import Wbs
from tests.support.world import World

PHASE = "24001.00|02|"
Act = Callable[[World], object]


def filing(line: str, by: str) -> Act:
    """Change a line of the tenant file, and apply it."""

    def change(world: World) -> None:
        text = (world.directory / "acme.toml").read_text("utf-8")
        assert line in text
        world.apply(text.replace(line, by))

    return change


def setting(**options: object) -> Act:
    return lambda world: world.deltek_sandbox.administrator.set_options(options)


def denying(*resources: str) -> Act:
    """Nothing else is denied to the connector's role from now on."""
    return lambda world: world.deltek_sandbox.administrator.deny("MLCONNECTOR", resources)


def limiting_to(*companies: str) -> Act:
    return lambda world: world.deltek_sandbox.administrator.limit_companies("MLCONNECTOR", companies)


def making_the_phase(status: str) -> Act:
    return lambda world: world.accountant.change_project(PHASE, {"Status": status})


def close_period(world: World) -> None:
    world.accountant.close_period(202611)


def open_period(world: World) -> None:
    world.accountant.open_period(202611)


def let_the_role_post_to_closed_periods(world: World) -> None:
    world.deltek_sandbox.administrator.allow_closed_periods("MLCONNECTOR")


def set_up_periods_to(year: int) -> Act:
    return lambda world: setattr(world.deltek_books.settings, "last_year", year)


def lack_the_period_in_a_version_that_lists_none(world: World) -> None:
    set_up_periods_to(2025)(world)
    world.deltek_sandbox.faults.add(Fault("before", "GET", ".*/Settings/Period", 1000, status=404))


def remove_the_phase(world: World) -> None:
    projects = world.deltek_books.hubs.projects
    projects[Wbs("removed")] = projects.pop(Wbs.parse(PHASE))


def restore_the_phase(world: World) -> None:
    projects = world.deltek_books.hubs.projects
    projects[Wbs.parse(PHASE)] = projects.pop(Wbs("removed"))


def name_the_bank_of_another_company(world: World) -> None:
    world.deltek_sandbox.administrator.add_company(Company("01", "Acme Interiors", "USD"))
    world.deltek_sandbox.administrator.add_bank(Bank("INTERIORS", "01", "103.00", "Stripe clearing"))
    filing('"STRIPE"', '"INTERIORS"')(world)


def turn_use_of_files(world: World) -> None:
    company = world.deltek_books.settings.company("00")
    company.receipts = "single" if company.receipts == "files" else "files"


def follow_use_of_files(world: World) -> None:
    now = world.deltek_books.settings.company("00").receipts
    before = "single" if now == "files" else "files"
    filing(f'receipts = "{before}"', f'receipts = "{now}"')(world)


@dataclass(frozen=True)
class Refusal:
    """A cause, Deltek's words for it, what the item must advise, and a person who does just that."""

    cause: Act
    says: str
    advises: str
    remedy: Act


WRITING = {
    "the period is closed": Refusal(
        close_period,
        "Period 202611 is closed",
        "Open the accounting period",
        open_period,
    ),
    "the period is closed and stays so": Refusal(
        close_period,
        "Period 202611 is closed",
        "let the role of the connector's user post to closed periods",
        let_the_role_post_to_closed_periods,
    ),
    "there is no such period": Refusal(
        set_up_periods_to(2025),
        "Deltek has no fiscal period for 2026-11-20",
        "Set the period up in Deltek",
        set_up_periods_to(2035),
    ),
    "there is no such period, and none are listed": Refusal(
        lack_the_period_in_a_version_that_lists_none,
        "Period 202611 is not valid",
        "Set the accounting period up for the company",
        set_up_periods_to(2035),
    ),
    "the phase is unknown": Refusal(
        remove_the_phase,
        "Project 24001.00|02| is not valid",
        "See that the project and phase stand in Deltek as the invoice has them",
        restore_the_phase,
    ),
    "the phase is inactive": Refusal(
        making_the_phase("I"),
        "Project 24001.00|02| is not active",
        "Make the project and phase active",
        making_the_phase("A"),
    ),
    "the A/R account is wrong": Refusal(
        filing("111.00", "111.99"),
        "Account 111.99 is not valid",
        "Correct ar_account",
        filing("111.99", "111.00"),
    ),
    "the bank code is wrong": Refusal(
        filing('"STRIPE"', '"STRIPO"'),
        "Bank code STRIPO is not valid",
        "Correct bank_code",
        filing('"STRIPO"', '"STRIPE"'),
    ),
    "the bank code is another company's": Refusal(
        name_the_bank_of_another_company,
        "Bank code INTERIORS is not valid",
        "one of the company's own in Deltek",
        filing('"INTERIORS"', '"STRIPE"'),
    ),
    "RefNo is too long": Refusal(
        setting(refno_length=5),
        "String or binary data would be truncated in table, column 'RefNo'",
        "Set deltek.refno_length",
        filing("username =", "refno_length = 5\nusername ="),
    ),
    "the user may not write receipts": Refusal(
        denying("POST DataEntry/cr"),
        "may not POST DataEntry/cr",
        "Give its role access",
        denying(),
    ),
    "the user may not see receipts": Refusal(
        denying("DataEntry/cr"),
        "may not GET DataEntry/cr",
        "Give its role access",
        denying(),
    ),
    "the user may not work in the company": Refusal(
        limiting_to("01"),
        "You do not have access to this company",
        "Give its role access",
        limiting_to("00", "01"),
    ),
    "the company groups receipts in the other way": Refusal(
        turn_use_of_files,
        "to group transactions",
        "Set the company's receipts to",
        follow_use_of_files,
    ),
}
POSTING = {
    "transactions must be approved": Refusal(
        setting(approvals=True),
        "is not approved",
        "Approve the transaction in Deltek",
        setting(approvals=False),
    ),
    "the user may not post": Refusal(
        denying("PUT DataEntry/PostTransFile"),
        "may not PUT DataEntry/PostTransFile",
        "Give its role access",
        denying(),
    ),
    "this version posts nothing by its API": Refusal(
        setting(post_trans_file=False),
        "PUT DataEntry/PostTransFile was refused: Record not found",
        "Set post = false for the company",
        filing("post = true", "post = false"),
    ),
}
