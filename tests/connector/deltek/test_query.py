"""How questions are spelled, and how their answers are judged."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from connector.deltek.query import Equals, Query, before, on_or_after, parse_moment, since
from connector.deltek.records import Wbs

MOMENT = datetime(2026, 8, 1, tzinfo=UTC)


def test_a_range_of_time_is_spelled_as_production_spells_it() -> None:
    query = Query((since("PostDate", MOMENT), before("PostDate", MOMENT + timedelta(hours=1))))
    assert query.parameters("symbols") == {
        "filterHash[0][name]": "PostDate",
        "filterHash[0][value]": "2026-08-01T00:00:00Z",
        "filterHash[0][type]": "datetime",
        "filterHash[0][opp]": ">=",
        "filterHash[0][condition]": "AND",
        "filterHash[0][seq]": "0",
        "filterHash[1][name]": "PostDate",
        "filterHash[1][value]": "2026-08-01T01:00:00Z",
        "filterHash[1][type]": "datetime",
        "filterHash[1][opp]": "<",
        "filterHash[1][seq]": "1",
    }


def test_operators_can_be_words() -> None:
    query = Query((Equals("WBS1", "P1"), since("PostDate", MOMENT), before("PostDate", MOMENT)))
    sent = query.parameters("words")
    assert [sent[f"filterHash[{number}][opp]"] for number in range(3)] == ["eq", "ge", "lt"]


def test_order_and_other_parameters_are_sent_along() -> None:
    query = Query((Equals("WBS1", "P/1"),), order="Name", extra={"wbstype": "wbs1"})
    assert query.parameters("symbols") == {
        "wbstype": "wbs1",
        "filterHash[0][name]": "WBS1",
        "filterHash[0][value]": "P/1",
        "filterHash[0][opp]": "=",
        "filterHash[0][seq]": "0",
        "order": "Name",
    }


def test_a_moment_of_another_zone_is_asked_for_in_utc() -> None:
    eastern = timezone(timedelta(hours=-4))
    clause = since("PostDate", datetime(2026, 8, 1, 20, tzinfo=eastern))
    assert clause.parameters("symbols")["value"] == "2026-08-02T00:00:00Z"


@pytest.mark.parametrize(
    ("shown", "admitted"),
    [
        ({"Invoice": "000000001"}, True),
        ({"Invoice": " 000000001 "}, True),
        ({"Invoice": "1"}, False),
        ({"Invoice": ""}, False),
        ({"Invoice": None}, False),
        ({}, False),
    ],
)
def test_a_text_must_be_the_same_but_for_blanks(shown: dict[str, Any], admitted: bool) -> None:
    assert Equals("Invoice", "000000001").admits(shown) is admitted


@pytest.mark.parametrize(
    ("shown", "admitted"),
    [
        ("2026-08-01T00:00:00.000", True),
        ("2026-07-31T00:00:00.000", True),  # the zone of Deltek's moments is unknown
        ("2026-07-30T23:59:59.999", False),
        ("2026-07-31T02:00:00.000+02:00", True),
        ("", True),
        (None, True),
    ],
)
def test_a_moment_is_judged_with_a_day_of_slack(shown: str | None, admitted: bool) -> None:
    assert since("PostDate", MOMENT).admits({"PostDate": shown}) is admitted


def test_the_slack_is_on_the_open_side_of_an_end_as_well() -> None:
    clause = before("PostDate", MOMENT)
    assert clause.admits({"PostDate": "2026-08-01T23:59:59.999"})
    assert not clause.admits({"PostDate": "2026-08-02T00:00:00.000"})


def test_dates_are_asked_for_with_a_day_more_and_judged_exactly() -> None:
    clause = on_or_after("InvoiceDate", date(2026, 8, 1))
    assert clause.parameters("symbols")["value"] == "2026-07-31T00:00:00Z"
    assert clause.admits({"InvoiceDate": "2026-08-01T00:00:00.000"})
    assert not clause.admits({"InvoiceDate": "2026-07-31T00:00:00.000"})


def test_a_place_is_shown_without_its_absent_levels() -> None:
    assert [str(Wbs("P1")), str(Wbs("P1", "02", " "))] == ["P1", "P1 / 02"]
    assert Wbs("P1 ", "", "") == Wbs("P1", " ", " ")


def test_all_clauses_must_hold() -> None:
    query = Query((Equals("WBS1", "P1"), Equals("Invoice", "7")))
    assert query.admits({"WBS1": "P1", "Invoice": "7"})
    assert not query.admits({"WBS1": "P1", "Invoice": "8"})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-01T10:20:30.400", datetime(2026, 8, 1, 10, 20, 30, 400000)),  # noqa: DTZ001
        ("2026-08-01T10:20:30", datetime(2026, 8, 1, 10, 20, 30)),  # noqa: DTZ001
        ("2026-08-01T10:20:30Z", datetime(2026, 8, 1, 10, 20, 30)),  # noqa: DTZ001
        ("2026-08-01", datetime(2026, 8, 1)),  # noqa: DTZ001
        ("08/01/2026", None),
        ("0001-01-01T00:00:00+14:00", None),
        (7, None),
    ],
)
def test_moments_are_read_as_deltek_prints_them(text: object, moment: datetime | None) -> None:
    assert parse_moment(text) == moment
