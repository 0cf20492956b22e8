"""Tokens: got, refreshed, shared, refused, and never shown."""

import threading
import traceback
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
import requests

from connector.deltek.session import Tokens
from connector.errors import ConnectorError, SignInRefused, Unavailable, UsageError
from connector.secret import Secret

from .support import (
    ACCESS,
    CLIENT_ID,
    CLIENT_SECRET,
    NOW,
    PASSWORD,
    REFRESH,
    Deltek,
    MemoryTokens,
    signed_in,
    token_answer,
)

SECRETS = (PASSWORD, quote(PASSWORD), quote_plus(PASSWORD), CLIENT_SECRET, ACCESS, REFRESH)
DISABLED = {
    "error": "invalid_grant",
    "error_description": "Your login has been disabled.  Please contact your system administrator.",
}


def held_access(deltek: Deltek) -> str:
    assert deltek.tokens.tokens is not None
    return deltek.tokens.tokens.access.reveal()


def test_the_first_request_signs_in_with_the_documented_form(deltek: Deltek) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", token_answer("fresh", "next"))
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert deltek.form(0) == {
        "grant_type": "password",
        "Username": "MLCONNECTOR",
        "Password": PASSWORD,
        "Integrated": "N",
        "database": "C0000000001P_1_ACME000",
        "Client_Id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert deltek.requests[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in deltek.requests[0].headers
    assert deltek.requests[1].headers["Authorization"] == "Bearer fresh"
    assert deltek.requests[1].headers["Accept"] == "application/json"
    assert deltek.requests[1].headers["Content-Type"] == "application/json"


def test_a_windows_user_signs_in_as_integrated(deltek: Deltek) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", token_answer("fresh", "next"))
    deltek.answers("GET", "firm", [])
    deltek.session(integrated=True).get("firm")
    assert deltek.form(0)["Integrated"] == "Y"


def test_every_request_waits_for_its_turn_tokens_included(deltek: Deltek) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", token_answer("fresh", "next"))
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert deltek.pace.waits == 2


def test_a_lasting_token_is_used_without_a_sign_in(deltek: Deltek) -> None:
    deltek.tokens = signed_in(seconds=61)
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert deltek.sent == ["GET firm"]


def test_a_token_within_a_minute_of_its_end_is_refreshed_and_the_rotated_one_is_kept(deltek: Deltek) -> None:
    deltek.tokens = signed_in(seconds=60)
    deltek.answers("POST", "token", token_answer("second", "refresh-2", seconds=1800))
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert deltek.form(0) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "database": "C0000000001P_1_ACME000",
    }
    assert deltek.tokens.tokens == Tokens(
        Secret("second"), Secret("refresh-2"), NOW + timedelta(seconds=1800)
    )


def test_a_401_refreshes_and_the_request_is_sent_again(deltek: Deltek) -> None:
    deltek.answers("GET", "firm", status=401)
    deltek.answers("POST", "token", token_answer("second", "refresh-2"))
    deltek.answers("GET", "firm", [{"ClientID": "A"}])
    assert deltek.session().get("firm") == [{"ClientID": "A"}]
    assert deltek.sent == ["GET firm", "POST token", "GET firm"]
    assert deltek.requests[2].headers["Authorization"] == "Bearer second"


def test_a_write_that_met_a_401_is_sent_again_with_its_body(deltek: Deltek) -> None:
    deltek.answers("POST", "DataEntry/crControl", status=401)
    deltek.answers("POST", "token", token_answer("second", "refresh-2"))
    deltek.answers("POST", "DataEntry/crControl", [{}], status=201)
    deltek.session().post("DataEntry/crControl", {"Batch": "B1"})
    assert deltek.json() == {"Batch": "B1"}


def test_a_token_that_another_worker_got_meanwhile_is_used_as_it_is(deltek: Deltek) -> None:
    session = deltek.session()
    deltek.answers("GET", "firm", status=401)
    deltek.answers("GET", "firm", [])
    stale = deltek.tokens.tokens
    deltek.tokens.current = lambda: stale  # type: ignore[method-assign]
    deltek.tokens.tokens = Tokens(Secret("theirs"), Secret("refresh-2"), NOW + timedelta(hours=1))
    session.get("firm")
    assert deltek.sent == ["GET firm", "GET firm"]
    assert deltek.requests[1].headers["Authorization"] == "Bearer theirs"


def test_a_refused_refresh_falls_back_to_the_password_once(deltek: Deltek) -> None:
    deltek.tokens = signed_in(seconds=0)
    deltek.answers("POST", "token", {"error": "invalid_grant"}, status=400)
    deltek.answers("POST", "token", token_answer("fresh", "next"))
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert [deltek.form(number)["grant_type"] for number in (0, 1)] == ["refresh_token", "password"]
    assert held_access(deltek) == "fresh"
    assert deltek.tokens.refused == ""


def test_without_a_refresh_token_the_password_is_used(deltek: Deltek) -> None:
    deltek.tokens = signed_in(refresh=None, seconds=0)
    deltek.answers("POST", "token", token_answer("fresh", None))
    deltek.answers("GET", "firm", [])
    deltek.session().get("firm")
    assert deltek.form(0)["grant_type"] == "password"
    assert deltek.tokens.tokens is not None
    assert deltek.tokens.tokens.refresh is None


def test_a_401_after_a_fresh_sign_in_is_the_end(deltek: Deltek) -> None:
    deltek.answers("GET", "firm", status=401)
    deltek.answers("POST", "token", token_answer("second", "refresh-2"))
    deltek.answers("POST", "token", token_answer("third", "refresh-3"))
    with pytest.raises(SignInRefused, match="GET firm was answered with 401 even after a fresh sign-in"):
        deltek.session().get("firm")
    assert [deltek.form(number)["grant_type"] for number in (1, 3)] == ["refresh_token", "password"]
    assert len(deltek.requests) == 5


def test_a_refreshed_token_that_is_not_taken_either_leads_to_a_fresh_sign_in(deltek: Deltek) -> None:
    deltek.answers("GET", "firm", status=401)
    deltek.answers("GET", "firm", status=401)
    deltek.answers("GET", "firm", [])
    deltek.answers("POST", "token", token_answer("second", "refresh-2"))
    deltek.answers("POST", "token", token_answer("third", "refresh-3"))
    assert deltek.session().get("firm") == []
    assert held_access(deltek) == "third"


def test_a_refused_password_is_remembered_and_never_tried_again(deltek: Deltek) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", DISABLED, status=400)
    with pytest.raises(SignInRefused) as refused:
        deltek.session().get("firm")
    assert refused.value.explained == (
        "Deltek refused the sign-in of MLCONNECTOR: wrong user name or password, or a disabled login (Deltek says: "
        "Your login has been disabled. Please contact your system administrator). Correct it with "
        "`ml-connector tenant secrets SLUG`, then `ml-connector tenant resume SLUG`"
    )
    with pytest.raises(SignInRefused, match="MLCONNECTOR: wrong user name or password"):
        deltek.session().get("contact")
    assert deltek.sent == ["POST token"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_client", "wrong client id or client secret"),
        ("unauthorized_client", "may not use the password grant"),
        ("unsupported_grant_type", "'Allow Password Grant Type' is not ticked"),
        ("invalid_request", "invalid_request"),
    ],
)
def test_every_refusal_of_the_password_grant_waits_for_a_person(
    deltek: Deltek, code: str, words: str
) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", {"error": code}, status=400)
    with pytest.raises(SignInRefused, match=words):
        deltek.session().get("firm")
    assert words in deltek.tokens.refused


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html>Bad Gateway</html>", 502),
        ("", 400),
        ("<html>maintenance</html>", 400),
        ("[]", 400),
        ({"error": 7}, 400),
        ({"error": "temporarily_unavailable"}, 400),
        ({"error": "invalid_grant"}, 500),
        ({"error": "invalid_grant"}, 429),
        ({"error": "invalid_grant"}, 404),
        ("<html>Welcome</html>", 200),
        ("", 200),
        ({"access_token": "", "expires_in": 1799}, 200),
        ({"access_token": 7, "expires_in": 1799}, 200),
        ({"access_token": "a"}, 200),
        ({"access_token": "a", "expires_in": "soon"}, 200),
        ({"access_token": "a", "expires_in": 10**20}, 200),
    ],
)
def test_an_unusable_token_answer_is_an_outage_never_a_refusal(
    deltek: Deltek, body: object, status: int
) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", body, status=status)
    with pytest.raises(Unavailable) as outage:
        deltek.session().post("DataEntry/crControl", {})
    assert not outage.value.outcome_unknown, "the write itself never left"
    assert deltek.tokens.refused == ""
    assert deltek.tokens.tokens is None


def test_an_outage_during_a_refresh_does_not_spend_the_password(deltek: Deltek) -> None:
    deltek.tokens = signed_in(seconds=0)
    deltek.answers("POST", "token", requests.ConnectTimeout())
    with pytest.raises(Unavailable, match="POST token got no answer"):
        deltek.session().get("firm")
    assert deltek.sent == ["POST token"]


def test_the_token_endpoint_may_ask_for_silence(deltek: Deltek) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", "", status=429, headers={"Retry-After": "7"})
    with pytest.raises(Unavailable) as outage:
        deltek.session().get("firm")
    assert outage.value.retry_after == 7
    assert deltek.pace.pauses == [7]


def test_workers_that_start_together_sign_in_once(deltek: Deltek) -> None:
    deltek.tokens = MemoryTokens()
    deltek.answers("POST", "token", token_answer("fresh", "next"))
    deltek.answers("GET", "firm", [])
    session = deltek.session()
    threads = [threading.Thread(target=session.get, args=("firm",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert deltek.sent.count("POST token") == 1
    assert deltek.sent.count("GET firm") == 8


@pytest.mark.parametrize(
    "body",
    [
        f"<html>You posted Password={quote_plus(PASSWORD)}&client_secret={CLIENT_SECRET}</html>",
        {"error": "invalid_grant", "error_description": f"no user with password {PASSWORD}"},
        {"error": "invalid_grant", "error_description": f"form: {quote_plus(PASSWORD)}"},
        {"error": "invalid_grant", "error_description": f"form: {quote(PASSWORD)}"},
        {"error": "invalid_grant", "error_description": "form: pass word/+&amp;1"},
        {"error": CLIENT_SECRET, "error_description": "x" * 490 + CLIENT_SECRET},
        {"error": f"bad {PASSWORD}", "error_description": [PASSWORD]},
    ],
)
@pytest.mark.parametrize("status", [400, 200, 500])
def test_no_exception_holds_what_a_token_answer_echoes(deltek: Deltek, body: object, status: int) -> None:
    deltek.tokens = signed_in(seconds=0)
    deltek.answers("POST", "token", body, status=status)
    with pytest.raises(ConnectorError) as raised:
        deltek.session().get("firm")
    assert_no_secret(raised.value)
    assert_no_secret(deltek.tokens.refused)


def test_no_exception_holds_a_token_that_an_answer_echoes(deltek: Deltek) -> None:
    deltek.answers("POST", "DataEntry/crControl", {"message": f"Bad header Bearer {ACCESS}"}, status=400)
    with pytest.raises(ConnectorError) as raised:
        deltek.session().post("DataEntry/crControl", {"Description": "private words"})
    assert_no_secret(raised.value)
    assert "private words" not in str(raised.value)


def test_nothing_prints_a_secret(deltek: Deltek) -> None:
    session = deltek.session()
    assert_no_secret(repr(session) + repr(vars(session)) + repr(deltek.tokens.tokens))


def test_an_address_that_would_carry_the_password_elsewhere_is_refused(deltek: Deltek) -> None:
    for url in (
        "http://acme.deltekfirst.com/Acme/api",
        "https://evil.example/Acme/api",
        "https://10.0.0.1/api",
    ):
        with pytest.raises(UsageError):
            deltek.session(url=url)


def assert_no_secret(shown: object) -> None:
    if isinstance(shown, BaseException):
        chained = "".join(traceback.format_exception(shown, chain=True))
        shown = f"{shown!s} {shown!r} {shown.args!r} {vars(shown)!r} {chained}"
    assert not [secret for secret in SECRETS if secret in str(shown)]
