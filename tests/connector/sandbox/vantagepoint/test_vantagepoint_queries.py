"""Filters, paging, order and the choice of columns, with the traps that the real API has."""

from datetime import timedelta

import pytest

from .doubles import NOW, WBS1, Api, Office, clause


@pytest.fixture
def posted(office: Office) -> Office:
    """Three invoices, posted an hour apart, the last one now."""
    for hours in (2, 1, 0):
        office.post(f"{hours + 1}00.00", at=NOW - timedelta(hours=hours))
    return office


def numbers(api: Api, **query: str) -> list[str]:
    """The invoices found in the ledger, each once."""
    found = [row["Invoice"] for row in api.rows("PSALedger/IN", **query) if row["Invoice"]]
    return list(dict.fromkeys(found))


def since(opp: str, value: str, index: int = 0, **parts: str) -> dict[str, str]:
    return clause(index, "PostDate", value, opp, **({"type": "datetime"} | parts))


ALL = ["000000001", "000000002", "000000003"]


def test_a_range_of_posting_times_is_closed_below_and_open_above(api: Api, posted: Office) -> None:
    window = since(">=", "2026-08-03T13:00:00Z", condition="AND") | since("<", "2026-08-03T15:00:00Z", 1)
    assert numbers(api, **window) == ALL[:2]


@pytest.mark.parametrize(
    ("opp", "value", "found"),
    [
        (">=", "2026-08-03T14:00:00Z", ALL[1:]),
        (">", "2026-08-03T14:00:00Z", ALL[2:]),
        ("<=", "2026-08-03T14:00:00Z", ALL[:2]),
        ("<", "2026-08-03T14:00:00Z", ALL[:1]),
        ("=", "2026-08-03T14:00:00Z", ALL[1:2]),
        (">=", "2026-08-03T10:00:00-04:00", ALL[1:]),
    ],
)
def test_symbols_compare_posting_times(
    api: Api, posted: Office, opp: str, value: str, found: list[str]
) -> None:
    assert numbers(api, **since(opp, value)) == found


def test_a_range_without_the_type_datetime_silently_finds_nothing(api: Api, posted: Office) -> None:
    assert numbers(api, **clause(0, "PostDate", "2020-01-01T00:00:00Z", ">=")) == []
    assert numbers(api, **clause(0, "PostDate", "2020-01-01", ">=", type="date")) == []


def test_a_time_without_an_offset_silently_finds_nothing(api: Api, posted: Office) -> None:
    assert numbers(api, **since(">=", "2020-01-01T00:00:00")) == []
    assert numbers(api, **since(">=", "not a time")) == []


def test_an_operator_in_the_other_spelling_is_ignored_so_everything_comes_back(
    api: Api, posted: Office
) -> None:
    assert numbers(api, **since("ge", "2026-08-03T15:00:00Z")) == ALL


def test_words_are_a_switch_and_then_symbols_are_ignored(api: Api, posted: Office) -> None:
    posted.admin.set_options({"filter_operators": "words"})
    assert numbers(api, **since("ge", "2026-08-03T15:00:00Z")) == ALL[2:]
    assert numbers(api, **since(">=", "2026-08-03T15:00:00Z")) == ALL
    assert numbers(api, **clause(0, "Invoice", "000000001,000000003", "in")) == [ALL[0], ALL[2]]
    assert numbers(api, **clause(0, "Invoice", "%2", "like")) == [ALL[1]]


def test_the_server_prints_and_compares_times_on_its_own_wall_clock(api: Api, posted: Office) -> None:
    posted.admin.set_options({"server_zone": "America/New_York"})
    assert numbers(api, **since(">=", "2026-08-03T15:00:00Z")) == ALL[2:]
    assert api.rows("PSALedger/IN")[-1]["PostDate"] == "2026-08-03T11:00:00.000"


@pytest.mark.parametrize("opp", ["", "=", "=="])
def test_equality_needs_no_operator(api: Api, posted: Office, opp: str) -> None:
    assert numbers(api, **clause(0, "Invoice", ALL[1], opp)) == [ALL[1]]


def test_equality_on_a_date_goes_by_the_day(api: Api, posted: Office) -> None:
    assert numbers(api, **clause(0, "TransDate", "2026-08-03")) == ALL
    assert numbers(api, **clause(0, "TransDate", "2026-08-02")) == []


def test_the_same_column_again_without_a_condition_means_or(api: Api, posted: Office) -> None:
    both = clause(0, "Invoice", ALL[0]) | clause(1, "Invoice", ALL[2])
    assert numbers(api, **both) == [ALL[0], ALL[2]]


def test_a_condition_stands_on_the_clause_before_the_join(api: Api, posted: Office) -> None:
    either = clause(0, "Invoice", ALL[0], condition="OR") | clause(1, "Amount", "100")
    assert numbers(api, **either) == [ALL[0], ALL[2]]
    neither = clause(0, "Invoice", ALL[0], condition="AND") | clause(1, "Amount", "100")
    assert numbers(api, **neither) == []


def test_different_columns_without_a_condition_mean_and(api: Api, posted: Office) -> None:
    assert numbers(api, **clause(0, "Invoice", ALL[0]) | clause(1, "Amount", "300")) == ALL[:1]


def test_clauses_go_by_their_running_number(api: Api, posted: Office) -> None:
    turned = clause(0, "Amount", "100", seq="1") | clause(1, "Invoice", ALL[0], seq="0", condition="OR")
    assert numbers(api, **turned) == [ALL[0], ALL[2]]


def test_an_unknown_column_is_refused(api: Api) -> None:
    refused = api.ask("GET", "PSALedger/IN", **clause(0, "Paid", "Y"))
    assert (refused.status_code, refused.json()["message"]) == (400, "Field Paid does not exist")
    assert api.ask("GET", "firm", order="Nmae").status_code == 400


def test_text_for_a_number_fails_as_a_server_error(api: Api, posted: Office) -> None:
    refused = api.ask("GET", "PSALedger/IN", **clause(0, "Amount", "much"))
    assert (refused.status_code, refused.json()["message"][:16]) == (500, "Error converting")


def test_a_long_query_may_be_posted_as_a_form(api: Api, posted: Office) -> None:
    answer = api.session.post(
        f"{api.base}/PSALedger/IN",
        data=clause(0, "Invoice", ALL[1]),
        headers={"dvp-postAsGet": "true", "Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )
    assert {row["Invoice"] for row in answer.json()} == {ALL[1]}


@pytest.mark.parametrize("path", ["PSALedger/IN", "DataEntry/inLanding", "DataEntry/crLanding"])
def test_limit_is_a_server_error_on_the_ledger_and_on_documents(api: Api, path: str) -> None:
    assert api.ask("GET", path, limit="5").status_code == 500


def test_pages_count_from_one_and_end_with_a_short_one(api: Api, posted: Office) -> None:
    pages = [api.rows("ARReview/ARBalance", page=str(page), pageSize="2") for page in (1, 2, 3)]
    assert [[row["Invoice"] for row in page] for page in pages] == [ALL[:2], ALL[2:], []]


def test_hubs_take_limit_and_an_offset_in_rows(api: Api, office: Office) -> None:
    for name in "BCD":
        office.accountant.add_firm({"Name": name})
    assert [row["Name"] for row in api.rows("firm", limit="2", offset="1")] == ["B", "C"]


def test_a_largest_page_is_a_switch_and_cuts_in_silence(api: Api, posted: Office) -> None:
    posted.admin.set_options({"max_page_size": 2})
    assert len(api.rows("ARReview/ARBalance", pageSize="100")) == 2


def test_paging_that_the_ledger_ignores_is_a_switch(api: Api, posted: Office) -> None:
    posted.admin.set_options({"ledger_paging": False})
    assert numbers(api, page="2", pageSize="1") == ALL
    assert len(api.rows("PSALedger/IN", **{"q.maxrows": "1"})) == 1


def test_order_rises_and_with_its_suffix_falls(api: Api, posted: Office) -> None:
    assert [row["Balance"] for row in api.rows("ARReview/ARBalance", order="Balance")] == [100, 200, 300]
    assert [row["Balance"] for row in api.rows("ARReview/ARBalance", order="Balance_D")] == [300, 200, 100]


def test_only_the_columns_asked_for_come_back(api: Api, posted: Office) -> None:
    assert api.rows("ARReview/ARBalance", fieldFilter="WBS1,Balance", pageSize="1") == [
        {"WBS1": WBS1, "Balance": 300.0}
    ]


def test_the_base_path_may_be_written_in_any_case(api: Api, posted: Office) -> None:
    answer = api.session.get(f"{api.url}/sandbox/API/firm", timeout=10)
    assert answer.status_code == 200


def test_an_unknown_resource_is_a_json_404(api: Api) -> None:
    answer = api.ask("GET", "nothing")
    assert (answer.status_code, answer.json().keys()) == (404, {"message", "detail"})
