"""Periods, and the company and period that the API user works in."""

from datetime import date
from typing import Any

import pytest

from connector.errors import Blocked, Forbidden

from .support import Deltek

PAID = date(2026, 8, 31)


def period(number: int, start: str, end: str, **columns: Any) -> dict[str, Any]:
    return {"Period": number, "AccountPdStart": start, "AccountPdEnd": f"{end}T00:00:00.000", **columns}


YEAR = [
    period(202609, "2026-09-01", "2026-09-30"),
    period(202613, "2026-08-01", "2026-08-31"),
    period(202608, "2026-08-01", "2026-08-31"),
]


def test_the_period_is_the_one_with_the_day_in_it(deltek: Deltek) -> None:
    deltek.answers("GET", "Settings/Period", YEAR)
    found = deltek.vantagepoint().fiscal_period(PAID, "00")
    assert found is not None
    assert (found.period, found.starts, found.ends) == (202608, date(2026, 8, 1), PAID)
    assert not found.closed


def test_a_day_without_a_period_is_blocked(deltek: Deltek) -> None:
    deltek.answers("GET", "Settings/Period", YEAR)
    with pytest.raises(Blocked, match="no fiscal period for 2027-01-01"):
        deltek.vantagepoint().fiscal_period(date(2027, 1, 1), "00")


def test_a_version_without_periods_tells_none(deltek: Deltek) -> None:
    deltek.answers("GET", "Settings/Period", "", status=404)
    assert deltek.vantagepoint().fiscal_period(PAID, "00") is None


@pytest.mark.parametrize(
    ("here", "everywhere", "active", "closed"),
    [
        ("N", "N", "00", False),
        ("Y", "Y", "01", True),
        ("N", "Y", "00", True),
        ("Y", "N", "00", True),
        ("Y", "N", "01", False),
    ],
)
def test_closed_is_said_of_the_active_company(
    deltek: Deltek, here: str, everywhere: str, active: str, closed: bool
) -> None:
    flags = {"ActiveCompanyClosed": here, "AllCompaniesClosed": everywhere}
    deltek.answers("GET", "Settings/Period", [period(202608, "2026-08-01", "2026-08-31", **flags)])
    deltek.answers("GET", "Settings/ActiveCompany", [{"Company": active}])
    found = deltek.vantagepoint().fiscal_period(PAID, "00")
    assert found is not None
    assert found.closed is closed


def test_closed_counts_where_the_active_company_is_not_told(deltek: Deltek) -> None:
    row = period(202608, "2026-08-01", "2026-08-31", ActiveCompanyClosed="Y")
    deltek.answers("GET", "Settings/Period", [row])
    deltek.answers("GET", "Settings/ActiveCompany", "", status=404)
    found = deltek.vantagepoint().fiscal_period(PAID, "00")
    assert found is not None
    assert found.closed


def test_work_moves_to_the_company_and_the_period(deltek: Deltek) -> None:
    deltek.answers("PUT", "Settings/ActiveCompany/A%20B", "")
    deltek.answers("PUT", "Settings/ActivePeriod/202608", "")
    deltek.vantagepoint().work_in("A B", 202608)
    assert deltek.sent == ["PUT Settings/ActiveCompany/A%20B", "PUT Settings/ActivePeriod/202608"]


def test_a_blank_company_is_left_as_it_is(deltek: Deltek) -> None:
    deltek.answers("PUT", "Settings/ActivePeriod/202608", "")
    deltek.vantagepoint().work_in(" ", 202608)
    assert deltek.sent == ["PUT Settings/ActivePeriod/202608"]


def test_a_version_without_these_settings_needs_none(deltek: Deltek) -> None:
    deltek.answers("PUT", "Settings/ActiveCompany/00", "", status=404)
    deltek.answers("PUT", "Settings/ActivePeriod/202608", "", status=404)
    deltek.answers("GET", "Settings/ActiveCompany", "", status=404)
    deltek.answers("GET", "Settings/ActivePeriod", [], status=200)
    deltek.vantagepoint().work_in("00", 202608)
    assert len(deltek.requests) == 4


@pytest.mark.parametrize(("active", "blocked"), [("01", True), ("00", False)])
def test_an_unknown_company_is_no_older_version(deltek: Deltek, active: str, blocked: bool) -> None:
    deltek.answers("PUT", "Settings/ActiveCompany/00", "", status=404)
    deltek.answers("GET", "Settings/ActiveCompany", [{"Company": active}])
    deltek.answers("PUT", "Settings/ActivePeriod/202608", "")
    if not blocked:
        deltek.vantagepoint().work_in("00", 202608)
        return
    with pytest.raises(Blocked, match="work in Company 00; active is '01'"):
        deltek.vantagepoint().work_in("00", 202608)
    assert "PUT Settings/ActivePeriod/202608" not in deltek.sent


def test_an_unknown_period_is_no_older_version(deltek: Deltek) -> None:
    deltek.answers("PUT", "Settings/ActivePeriod/202613", "", status=404)
    deltek.answers("GET", "Settings/ActivePeriod", [{"Period": 202608}])
    with pytest.raises(Blocked, match="work in Period 202613; active is '202608'"):
        deltek.vantagepoint().work_in("", 202613)


def test_a_company_without_access_is_an_error(deltek: Deltek) -> None:
    deltek.answers("PUT", "Settings/ActiveCompany/00", "", status=403)
    with pytest.raises(Forbidden):
        deltek.vantagepoint().work_in("00", 202608)
