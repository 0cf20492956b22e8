"""What statuses and bodies mean, for reads and for writes."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.deltek.answers import AlreadyExists
from connector.errors import Forbidden, NotFound, Refused, Unavailable

from .support import ACCESS, Deltek

BODY = {"Batch": "B1", "Total": Decimal("1234567890.10"), "Lines": [{"Amount": Decimal("-0.30")}], "Seq": 1}


def refused(deltek: Deltek, status: int, body: Any) -> Refused:
    deltek.answers("POST", "DataEntry/crControl", body, status=status)
    with pytest.raises(Refused) as raised:
        deltek.session().post("DataEntry/crControl", BODY)
    assert raised.value.status == status
    assert raised.value.system == "Deltek"
    return raised.value


def unavailable(deltek: Deltek, body: Any, status: int = 200, **options: Any) -> Unavailable:
    deltek.answers("POST", "DataEntry/crControl", body, status=status, **options)
    with pytest.raises(Unavailable) as raised:
        deltek.session().post("DataEntry/crControl", BODY)
    return raised.value


def test_numbers_arrive_exact(deltek: Deltek) -> None:
    deltek.answers("GET", "firm", '[{"Amount": 0.1, "Large": 12345678901234567.89, "Seq": 3}]')
    (row,) = deltek.session().get("firm")
    assert row == {"Amount": Decimal("0.1"), "Large": Decimal("12345678901234567.89"), "Seq": 3}
    assert isinstance(row["Seq"], int)


def test_amounts_leave_as_json_numbers_with_their_digits(deltek: Deltek) -> None:
    deltek.answers("POST", "DataEntry/crControl", [{}], status=201)
    deltek.session().post("DataEntry/crControl", BODY)
    sent = deltek.requests[0].body
    assert sent == b'{"Batch":"B1","Total":1234567890.10,"Lines":[{"Amount":-0.30}],"Seq":1}'


def test_one_object_counts_as_a_list_of_one(deltek: Deltek) -> None:
    deltek.answers("GET", "firm", {"ClientID": "A"})
    assert deltek.session().get("firm") == [{"ClientID": "A"}]


@pytest.mark.parametrize("body", ["", " ", "<html>Sign in</html>", "null", '"OK"', "7", "[1]", "[NaN]", "{"])
def test_what_is_not_records_is_an_outage(deltek: Deltek, body: str) -> None:
    deltek.answers("GET", "firm", body)
    with pytest.raises(Unavailable, match="GET firm was answered with something that is not") as raised:
        deltek.session().get("firm")
    assert not raised.value.outcome_unknown
    assert unavailable(deltek, body, 201).outcome_unknown


@pytest.mark.parametrize("body", ["", "null", "true", '"Posted"', "[]", "[true]"])
def test_a_put_needs_no_echo(deltek: Deltek, body: str) -> None:
    deltek.answers("PUT", "Settings/ActivePeriod/202608", body)
    assert deltek.session().put("Settings/ActivePeriod/202608") == []


def test_a_gateway_page_is_no_echo_of_a_put(deltek: Deltek) -> None:
    deltek.answers("PUT", "DataEntry/PostTransFile", "<html>Bad Gateway</html>")
    with pytest.raises(Unavailable) as raised:
        deltek.session().put("DataEntry/PostTransFile", {"parms": []})
    assert raised.value.outcome_unknown


def test_a_delete_reads_no_answer(deltek: Deltek) -> None:
    deltek.answers("DELETE", "DataEntry/crControl/B1", "", status=200)
    deltek.session().delete("DataEntry/crControl/B1")
    assert deltek.sent == ["DELETE DataEntry/crControl/B1"]


@pytest.mark.parametrize(
    "failure", [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError("reset")]
)
def test_no_answer_to_a_write_leaves_its_outcome_unknown(deltek: Deltek, failure: Exception) -> None:
    outage = unavailable(deltek, failure)
    assert outage.outcome_unknown
    assert outage.message == f"POST DataEntry/crControl got no answer ({type(failure).__name__})"
    deltek.answers("GET", "firm", failure)
    with pytest.raises(Unavailable) as raised:
        deltek.session().get("firm", {"filterHash[0][value]": "someone@example.com"})
    assert not raised.value.outcome_unknown
    assert "example.com" not in str(raised.value)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_in_trouble_leaves_the_outcome_of_a_write_unknown(deltek: Deltek, status: int) -> None:
    outage = unavailable(deltek, "<html>Bad Gateway</html>", status)
    assert outage.outcome_unknown
    assert outage.message == f"POST DataEntry/crControl was answered with status {status}"


def test_a_429_says_that_nothing_was_done(deltek: Deltek) -> None:
    outage = unavailable(deltek, "", 429, headers={"Retry-After": "12"})
    assert not outage.outcome_unknown
    assert outage.retry_after == 12
    assert deltek.pace.pauses == [12]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Tue, 01 Sep 2026 12:01:30 GMT", 90.0),
        ("Tue, 01 Sep 2026 11:00:00 GMT", 0.0),
        ("0", 0.0),
        ("9" * 400, 3600.0),
    ],
)
def test_silence_may_be_asked_for_until_a_time(deltek: Deltek, header: str, seconds: float) -> None:
    assert unavailable(deltek, "", 503, headers={"Retry-After": header}).retry_after == seconds
    assert deltek.pace.pauses == [seconds]


@pytest.mark.parametrize("header", ["soon", "-5", "1.5e9", "", "Tue, 01 Sep 2026 12:01:30"])
def test_an_unreadable_retry_after_is_none(deltek: Deltek, header: str) -> None:
    assert unavailable(deltek, "", 503, headers={"Retry-After": header}).retry_after is None
    assert deltek.pace.pauses == []


def test_a_redirect_is_not_followed(deltek: Deltek) -> None:
    for status in (301, 302, 307, 308):
        location = {"Location": "https://elsewhere.example/login?token=secret"}
        outage = unavailable(deltek, "", status, headers=location)
        assert outage.message.endswith("was redirected to elsewhere.example, not followed")
        assert outage.outcome_unknown
    assert len(deltek.requests) == 4


@pytest.mark.parametrize("location", ["/login", "http://[bad", ""])
def test_an_odd_redirect_is_not_followed_either(deltek: Deltek, location: str) -> None:
    assert unavailable(deltek, "", 302, headers={"Location": location}).outcome_unknown


def test_a_login_of_netrc_never_replaces_the_token(
    deltek: Deltek, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.deltekfirst.com login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert deltek.requests[0].headers["Authorization"] == f"Bearer {ACCESS}"


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "Field X does not exist", "detail": ""}, "Field X does not exist"),
        ({"Message": "Column:EndDate does not exist"}, "Column:EndDate does not exist"),
        ("Cannot insert NULL into Company", "Cannot insert NULL into Company"),
        ('"Please provide a Last for table Contacts."', "Please provide a Last for table Contacts"),
        ([{"message": "Period is closed"}], "Period is closed"),
        ({"error": {"message": "Bad bank code"}}, "Bad bank code"),
        ({"message": "", "detail": "Account is inactive"}, "Account is inactive"),
        ("1 < 2 is refused, 3 > 2 is not", "1 < 2 is refused, 3 > 2 is not"),
        (
            {"message": "Total is 1&lt;2.<BR/>Bank code <b>X</b> is\r\n unknown.<br />"},
            "Total is 1<2; Bank code X is unknown",
        ),
        ("Phase 01 is closed.<BR/>Phase 01 is closed.<BR/> <BR/>Late.", "Phase 01 is closed; Late"),
    ],
)
def test_a_business_message_is_a_refusal_in_deltek_s_words(
    deltek: Deltek, status: int, body: Any, words: str
) -> None:
    error = refused(deltek, status, body)
    assert type(error) is Refused
    assert error.message == f"POST DataEntry/crControl was refused: {words}"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        {"message": ""},
        {"message": "An error has occurred."},
        {"message": "Internal Server Error", "detail": "500"},
        {"message": "Execution Timeout Expired.  The timeout period elapsed"},
        {"message": "Transaction (Process ID 61) was deadlocked on lock resources. Rerun the transaction."},
        "<!DOCTYPE html><p>Field X does not exist</p>",
    ],
)
def test_a_500_that_names_no_broken_rule_is_an_outage(deltek: Deltek, body: Any) -> None:
    assert unavailable(deltek, body, 500).outcome_unknown


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_record_that_exists_is_told_apart(deltek: Deltek, status: int) -> None:
    error = refused(deltek, status, {"message": "Record B1 already exists and cannot be added"})
    assert isinstance(error, AlreadyExists)


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, ""), (404, "<html>404</html>"), (400, "Record not found"), (500, "Record not found.")],
)
def test_what_is_not_there_is_not_found(deltek: Deltek, status: int, body: str) -> None:
    assert isinstance(refused(deltek, status, body), NotFound)


def test_a_role_without_access_is_forbidden(deltek: Deltek) -> None:
    error = refused(deltek, 403, {"message": "no"})
    assert isinstance(error, Forbidden)
    assert error.explained == (
        "The API user may not POST DataEntry/crControl: no. Give its role access to this in Deltek "
        "(Settings > Security > Roles)"
    )


@pytest.mark.parametrize("status", [405, 415, 422])
def test_other_4xx_are_refusals(deltek: Deltek, status: int) -> None:
    assert refused(deltek, status, "").message == f"POST DataEntry/crControl was refused: status {status}"


def test_a_long_message_is_cut(deltek: Deltek) -> None:
    error = refused(deltek, 400, {"message": "word " * 1000})
    assert len(error.message) < 600
    assert error.message.endswith("…")


def test_a_long_query_goes_as_a_post_that_is_a_get(deltek: Deltek) -> None:
    parameters = {f"filterHash[{number}][value]": "x" * 50 for number in range(40)}
    deltek.answers("POST", "PSALedger/IN", [{"Invoice": "1"}])
    assert deltek.session().get("PSALedger/IN", parameters) == [{"Invoice": "1"}]
    assert deltek.requests[0].headers["dvp-postAsGet"] == "true"
    assert deltek.requests[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert deltek.form() == parameters
    assert deltek.query() == {}


def test_a_long_query_without_an_answer_changed_nothing(deltek: Deltek) -> None:
    deltek.answers("POST", "PSALedger/IN", requests.ReadTimeout())
    with pytest.raises(Unavailable) as raised:
        deltek.session().get("PSALedger/IN", {"order": "x" * 2000})
    assert not raised.value.outcome_unknown


def test_each_thread_closes_its_own_connections(deltek: Deltek) -> None:
    session = deltek.session()
    deltek.answers("GET", "firm", [])
    session.get("firm")
    session.close()
    assert session.get("firm") == []
