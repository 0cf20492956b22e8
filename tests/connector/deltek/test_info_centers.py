"""Records of User-Defined Info Centers, and the custom columns of projects."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.deltek.answers import AlreadyExists
from connector.errors import Blocked, Forbidden, NotFound, Refused, Unavailable

from .support import Deltek

CENTER = "UDIC_StripeInvoices"
PATH = f"UDIC/{CENTER}"
QUIETLY = {"requiredFieldValidation": "N", "startWorkflow": "N"}


def record(uid: str = "A1", invoice: str = "000001", **columns: Any) -> dict[str, Any]:
    return {"UDIC_UID": uid, "CustProject": "P1", "CustInvoice": invoice, "HasPhoto": 0, **columns}


def test_records_are_asked_for_by_columns_and_come_as_deltek_has_them(deltek: Deltek) -> None:
    deltek.answers(
        "GET", PATH, [record(CustPaid=12.5), record("B2", "000002"), record("C3", CustProject="P2")]
    )
    rows = deltek.vantagepoint().info_center_records(CENTER, {"CustProject": "P1", "CustInvoice": "000001"})
    assert rows == [record(CustPaid=Decimal("12.5"))]
    query = deltek.query()
    assert (query["filterHash[0][name]"], query["filterHash[0][condition]"]) == ("CustProject", "AND")
    assert (query["filterHash[1][name]"], query["filterHash[1][value]"]) == ("CustInvoice", "000001")


def test_no_record_is_an_answer(deltek: Deltek) -> None:
    deltek.answers("GET", PATH, [])
    assert deltek.vantagepoint().info_center_records(CENTER, {"CustInvoice": "000001"}) == []


def test_a_404_for_a_filter_that_finds_nothing_is_no_missing_info_center(deltek: Deltek) -> None:
    deltek.answers("GET", PATH, "", status=404)
    deltek.answers("GET", PATH, [record("B2", "000002")])
    assert deltek.vantagepoint().info_center_records(CENTER, {"CustInvoice": "000001"}) == []


def test_an_info_center_that_is_not_there_is_named(deltek: Deltek) -> None:
    deltek.answers("GET", PATH, {"message": "Record not found"}, status=404)
    with pytest.raises(NotFound, match=f"Deltek has no Info Center {CENTER}"):
        deltek.vantagepoint().info_center_records(CENTER, {"CustInvoice": "000001"})


def test_an_ignored_filter_is_no_proof_that_there_is_no_record(deltek: Deltek) -> None:
    deltek.answers("GET", PATH, [record(f"{number}", f"{number}") for number in range(200)])
    with pytest.raises(Blocked, match=f"Deltek ignores the filter of GET {PATH}"):
        deltek.vantagepoint().info_center_records(CENTER, {"CustInvoice": "000001"})


def test_a_hidden_column_is_no_proof_that_there_is_no_record(deltek: Deltek) -> None:
    deltek.answers("GET", PATH, [record(CustInvoice="")])
    with pytest.raises(Blocked, match="Deltek shows no CustInvoice"):
        deltek.vantagepoint().info_center_records(CENTER, {"CustInvoice": "000001"})


def test_a_record_is_created_without_waking_workflows(deltek: Deltek) -> None:
    deltek.answers("POST", PATH, [{"UDIC_UID": "21232424"}], status=201)
    deltek.vantagepoint().create_info_center_record(
        CENTER, {"CustInvoice": "000001", "CustPaid": Decimal("1.10")}
    )
    assert (deltek.sent, deltek.query()) == ([f"POST {PATH}"], QUIETLY)
    assert deltek.json() == {"CustInvoice": "000001", "CustPaid": "1.10"}


def test_a_record_is_changed_under_its_key_without_waking_workflows(deltek: Deltek) -> None:
    deltek.answers("PUT", f"{PATH}/A1", [record()])
    deltek.vantagepoint().change_info_center_record(CENTER, "A1", {"CustStatus": "paid"})
    assert (deltek.sent, deltek.query()) == ([f"PUT {PATH}/A1"], QUIETLY)
    assert deltek.json() == {"CustStatus": "paid"}


def test_the_name_of_an_info_center_and_a_key_are_quoted(deltek: Deltek) -> None:
    deltek.answers("PUT", "UDIC/a%2Fb/..%2F1", "")
    deltek.vantagepoint().change_info_center_record("a/b", "../1", {"CustStatus": "paid"})
    assert deltek.sent == ["PUT UDIC/a%2Fb/..%2F1"]


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (400, "Record A1 already exists and cannot be added", AlreadyExists),
        (400, "Field CustStatus does not exist", Refused),
        (500, "String or binary data would be truncated in table, column 'CustStatus'", Refused),
        (403, "You do not have access to this resource", Forbidden),
        (404, "Record not found", NotFound),
    ],
)
def test_a_refused_write_says_so_in_deltek_s_words(
    deltek: Deltek, status: int, message: str, error: type[Refused]
) -> None:
    for method, path in (("POST", PATH), ("PUT", f"{PATH}/A1")):
        deltek.answers(method, path, {"message": message}, status=status)
    vantagepoint = deltek.vantagepoint()
    with pytest.raises(error, match=message):
        vantagepoint.create_info_center_record(CENTER, {"CustStatus": "paid"})
    with pytest.raises(error, match=message):
        vantagepoint.change_info_center_record(CENTER, "A1", {"CustStatus": "paid"})


def test_a_write_without_an_answer_has_an_unknown_outcome(deltek: Deltek) -> None:
    deltek.answers("POST", PATH, requests.ReadTimeout())
    with pytest.raises(Unavailable) as raised:
        deltek.vantagepoint().create_info_center_record(CENTER, {"CustStatus": "paid"})
    assert raised.value.outcome_unknown


def project(wbs1: str = "P1", **columns: Any) -> dict[str, Any]:
    return {"WBS1": wbs1, "WBS2": " ", "WBS3": " ", "Name": "Library", **columns}


def test_the_columns_of_a_project_that_are_shown_are_read(deltek: Deltek) -> None:
    deltek.answers("GET", "project/P1", [project(WBS2="01", CustPaid="phase"), project(CustPaid="yes")])
    names = ["CustPaid", "CustStatus"]
    assert deltek.vantagepoint().project_fields("P1", names) == {"CustPaid": "yes"}


def test_the_columns_of_a_project_with_a_slash_are_asked_for_by_a_filter(deltek: Deltek) -> None:
    deltek.answers("GET", "project", [project("2026/014", CustPaid="yes"), project("P2", CustPaid="no")])
    assert deltek.vantagepoint().project_fields("2026/014", ["CustPaid"]) == {"CustPaid": "yes"}
    assert deltek.query()["filterHash[0][value]"] == "2026/014"


def test_a_project_that_is_not_there_has_no_columns(deltek: Deltek) -> None:
    deltek.answers("GET", "project/P1", "", status=404)
    deltek.answers("GET", "project", [])
    assert deltek.vantagepoint().project_fields("P1", ["CustPaid"]) is None


@pytest.mark.parametrize(
    ("wbs1", "path"),
    [
        ("24001.00", "project/24001.00"),
        ("2026/014", "project/2026%5B_%242F_%5D014"),
        ("P 1", "project/P%201"),
        (".P", "project/.P"),
    ],
)
def test_a_project_is_changed_under_its_number_without_waking_workflows(
    deltek: Deltek, wbs1: str, path: str
) -> None:
    deltek.answers("PUT", path, [project(wbs1)])
    deltek.vantagepoint().change_project(wbs1, {"CustPaid": "yes"})
    assert (deltek.sent, deltek.query()) == ([f"PUT {path}"], QUIETLY)
    assert deltek.json() == {"CustPaid": "yes"}


@pytest.mark.parametrize("wbs1", ["", " ", ".", "..", "P1|02", "P1\n|02"])
def test_a_number_that_names_no_one_project_is_never_written_to(deltek: Deltek, wbs1: str) -> None:
    with pytest.raises(Blocked, match="cannot be addressed"):
        deltek.vantagepoint().change_project(wbs1, {"CustPaid": "yes"})
    assert deltek.sent == []


@pytest.mark.parametrize("fields", [{}, {"Name": "x"}, {"CustPaid": "yes", "WBS1": "P2"}, {"Cust": "x"}])
def test_nothing_but_custom_columns_of_a_project_is_written(deltek: Deltek, fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="only custom columns"):
        deltek.vantagepoint().change_project("P1", fields)
    assert deltek.sent == []
