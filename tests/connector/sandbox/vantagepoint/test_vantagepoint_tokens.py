"""Signing in, staying signed in, and being refused."""

import pytest
import requests

from .doubles import PASSWORD, USER, Api, Office


def test_the_password_grant_answers_as_the_documentation_shows(stranger: Api) -> None:
    granted = stranger.token()
    assert granted.status_code == 200
    assert granted.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (granted.json()["token_type"], granted.json()["expires_in"]) == ("bearer", 1799)


def test_form_fields_may_be_spelled_as_deltek_spells_them(stranger: Api, office: Office) -> None:
    form = {
        "Username": USER,
        "Password": PASSWORD,
        "grant_type": "password",
        "Integrated": "N",
        "database": office.books.tokens.database,
        "Client_Id": office.books.tokens.client_id,
        "client_secret": office.books.tokens.client_secret,
    }
    assert requests.post(f"{stranger.base}/token", data=form, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "NOBODY"}, "invalid_grant"),
        ({"integrated": "Y"}, "invalid_grant"),
        ({"database": "OTHER"}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
    ],
)
def test_a_refused_token_request_is_a_400_in_the_shape_of_oauth(
    stranger: Api, changes: dict[str, str], error: str
) -> None:
    refused = stranger.token(**changes)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


def test_a_token_request_must_be_a_form(stranger: Api) -> None:
    answer = requests.post(f"{stranger.base}/token", json={"grant_type": "password"}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_a_disabled_login_is_told_to_contact_its_administrator(stranger: Api, office: Office) -> None:
    office.admin.disable_login(USER)
    assert stranger.token().json() == {
        "error": "invalid_grant",
        "error_description": "Your login has been disabled.  Please contact your system administrator.",
    }


def test_wrong_passwords_in_a_row_lock_the_login_and_the_operator_sees_the_count(stranger: Api) -> None:
    for _ in range(5):
        stranger.token(password="wrong")
    assert stranger.token().status_code == 400
    assert stranger.reading("logins")[0]["failures"] == 5
    stranger.order("enable_login", username=USER)
    assert stranger.token().status_code == 200


def test_a_right_password_forgets_the_wrong_ones_before(stranger: Api) -> None:
    for _ in range(3):
        for _ in range(4):
            stranger.token(password="wrong")
        assert stranger.token().status_code == 200


def test_a_refresh_token_gives_a_whole_new_pair_and_serves_once(stranger: Api) -> None:
    first = stranger.sign_in()["refresh_token"]
    second = stranger.token(grant_type="refresh_token", refresh_token=first)
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first
    assert stranger.token(grant_type="refresh_token", refresh_token=first).status_code == 400


def test_refresh_tokens_that_serve_again_are_a_switch(stranger: Api, office: Office) -> None:
    office.admin.set_options({"refresh_single_use": False})
    token = stranger.sign_in()["refresh_token"]
    for _ in range(2):
        assert stranger.token(grant_type="refresh_token", refresh_token=token).status_code == 200


def test_the_operator_revokes_refresh_tokens(stranger: Api) -> None:
    token = stranger.sign_in()["refresh_token"]
    stranger.order("revoke_refresh_tokens")
    assert stranger.token(grant_type="refresh_token", refresh_token=token).status_code == 400


def test_nothing_is_answered_without_a_token(stranger: Api) -> None:
    assert stranger.ask("GET", "firm").status_code == 401
    stranger.session.headers["Authorization"] = "Bearer made-up"
    assert stranger.ask("GET", "firm").status_code == 401


def test_an_access_token_expires_by_the_clock(api: Api) -> None:
    api.order("advance_clock", seconds=1798)
    assert api.ask("GET", "firm").status_code == 200
    api.order("advance_clock", seconds=1)
    assert api.ask("GET", "firm").status_code == 401


def test_an_access_token_expires_when_the_operator_says_so(api: Api) -> None:
    api.order("expire_tokens")
    assert api.ask("GET", "firm").status_code == 401
    api.sign_in()
    assert api.ask("GET", "firm").status_code == 200


def test_a_new_password_and_a_new_client_secret_break_the_old_ones(stranger: Api) -> None:
    stranger.order("change_password", username=USER, password="other")
    assert stranger.token().json()["error"] == "invalid_grant"
    assert stranger.token(password="other").status_code == 200
    stranger.order("change_client_secret", secret="regenerated")
    assert stranger.token(password="other", client_secret="sandbox-client-secret").json()["error"] == (
        "invalid_client"
    )


def test_the_login_configuration_is_open_and_knows_the_database(stranger: Api, office: Office) -> None:
    database = office.books.tokens.database
    assert stranger.ask("GET", f"LoginConfig/{database}").json()["winAuthDefault"] == "N"
    assert stranger.ask("GET", "LoginConfig").json()["database"] == database
    assert stranger.ask("GET", "LoginConfig/OTHER").status_code == 404


def test_a_role_without_access_is_answered_403(api: Api, office: Office) -> None:
    office.admin.deny(USER, ["ARReview", "POST DataEntry/crControl"])
    assert api.ask("GET", "ARReview/ARBalance").status_code == 403
    assert api.ask("POST", "DataEntry/crControl", {}).status_code == 403
    assert api.ask("GET", "DataEntry/crLanding").status_code == 200


def test_rows_of_companies_outside_the_role_are_missing_without_an_error(api: Api, office: Office) -> None:
    office.post("100.00")
    office.post("200.00", company="01")
    office.admin.limit_companies(USER, ["01"])
    assert [row["Balance"] for row in api.rows("ARReview/ARBalance")] == [200.0]
    assert {row["Org"] for row in api.rows("PSALedger/IN")} == {"01"}


def test_hidden_columns_come_back_blank_or_zero_and_nothing_says_so(api: Api, office: Office) -> None:
    office.post("100.00")
    office.admin.hide(USER, "ARBalance", ["Balance", "BillingClient"])
    (row,) = api.rows("ARReview/ARBalance")
    assert (row["Balance"], row["BillingClient"], row["OriginalAmt"]) == (0, "", 100.0)
