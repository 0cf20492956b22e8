"""User-Defined Info Centers, as the firm's own tables beside its hubs."""

import pytest

from .doubles import USER, Api, Json, Office, clause

CENTER = "UDIC_StripeInvoices"
COLUMNS = {"CustInvoice": 12, "CustPayUrl": 40}
PATH = f"UDIC/{CENTER}"


@pytest.fixture(autouse=True)
def info_center(office: Office) -> None:
    office.admin.add_info_center(CENTER, COLUMNS)


def create(api: Api, **values: str) -> str:
    created = api.ask("POST", PATH, values)
    assert created.status_code == 201, created.text
    (row,) = created.json()
    assert row.keys() == {"UDIC_UID"}
    return str(row["UDIC_UID"])


def test_a_record_is_created_under_a_new_key_and_found_by_its_columns(api: Api) -> None:
    first, second = (
        create(api, CustInvoice="0001", CustPayUrl="https://pay.example"),
        create(api, CustInvoice="0002"),
    )
    assert len(first) == 32
    assert first != second
    (row,) = api.rows(PATH, **clause(0, "CustInvoice", "0001"))
    assert (row["UDIC_UID"], row["CustPayUrl"]) == (first, "https://pay.example")
    assert (row["CreateUser"], row["CreateDate"]) == ("ADMIN", "2026-08-03T15:00:00.000")
    assert api.rows(f"{PATH}/{second}")[0]["CustInvoice"] == "0002"
    assert [row["CustInvoice"] for row in api.rows(PATH, order="CustInvoice", page="2", pageSize="1")] == [
        "0002"
    ]


def test_a_key_may_be_given_and_is_given_once(api: Api) -> None:
    assert create(api, UDIC_UID="21232424", CustInvoice="0001") == "21232424"
    refused = api.ask("POST", PATH, {"UDIC_UID": "21232424", "CustInvoice": "0002"})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "Record 21232424 already exists and cannot be added",
    )
    assert [row["CustInvoice"] for row in api.rows(PATH)] == ["0001"]


def test_a_record_takes_partial_changes_but_keeps_its_key(api: Api) -> None:
    uid = create(api, CustInvoice="0001", CustPayUrl="https://pay.example")
    api.order("advance_clock", seconds=60)
    changed = api.ask("PUT", f"{PATH}/{uid}", {"UDIC_UID": "other", "CustPayUrl": "", "CustName": "Paid"})
    assert changed.status_code == 200
    (row,) = api.rows(PATH)
    assert (row["UDIC_UID"], row["CustInvoice"], row["CustPayUrl"]) == (uid, "0001", "")
    assert (row["UDICName"], row["ModDate"]) == ("Paid", "2026-08-03T15:01:00.000")


@pytest.mark.parametrize(
    ("values", "status", "message"),
    [
        ({"CustInvioce": "1"}, 400, "Field CustInvioce does not exist"),
        (
            {"CustInvoice": "1" * 13},
            500,
            "String or binary data would be truncated in table, column 'CustInvoice'.",
        ),
        (["CustInvoice"], 400, "The request is invalid."),
    ],
)
def test_what_a_table_cannot_take_is_refused(api: Api, values: Json, status: int, message: str) -> None:
    uid = create(api, CustInvoice="0001")
    for refused in (api.ask("POST", PATH, values), api.ask("PUT", f"{PATH}/{uid}", values)):
        assert (refused.status_code, refused.json()["message"]) == (status, message)
    assert [row["CustInvoice"] for row in api.rows(PATH)] == ["0001"]


def test_a_filter_on_a_column_that_is_none_is_refused(api: Api) -> None:
    refused = api.ask("GET", PATH, **clause(0, "CustInvioce", "1"))
    assert (refused.status_code, refused.json()["message"]) == (400, "Field CustInvioce does not exist")


def test_an_unknown_info_center_or_record_is_a_404(api: Api) -> None:
    assert api.ask("GET", "UDIC/UDIC_Other").status_code == 404
    assert api.ask("POST", "UDIC/UDIC_Other", {}).status_code == 404
    assert api.ask("GET", f"{PATH}/{'0' * 32}").status_code == 404
    assert api.ask("PUT", f"{PATH}/{'0' * 32}", {}).status_code == 404
    assert api.ask("GET", "metadata/UDIC/UDIC_Other").status_code == 404


def test_a_role_may_be_denied_them_or_only_to_write_them(api: Api, office: Office) -> None:
    office.admin.deny(USER, ["POST UDIC"])
    assert api.ask("POST", PATH, {"CustInvoice": "1"}).status_code == 403
    assert api.rows(PATH) == []
    office.admin.deny(USER, ["UDIC"])
    assert api.ask("GET", PATH).status_code == 403


def test_a_column_may_be_hidden(api: Api, office: Office) -> None:
    create(api, CustInvoice="0001", CustPayUrl="https://pay.example")
    office.admin.hide(USER, CENTER, ["CustPayUrl"])
    assert [(row["CustInvoice"], row["CustPayUrl"]) for row in api.rows(PATH)] == [("0001", "")]


def test_metadata_tells_the_columns_and_their_lengths(api: Api) -> None:
    table = api.ask("GET", f"metadata/{PATH}").json()[CENTER]
    lengths = {field["FieldName"]: field["MaxLength"] for field in table["Fields"]}
    assert table["Keys"] == "UDIC_UID"
    assert {name: lengths[name] for name in ("UDIC_UID", *COLUMNS)} == {"UDIC_UID": 32, **COLUMNS}


def test_it_is_made_once_and_its_columns_are_named_as_custom_ones(api: Api) -> None:
    made = api.order("add_info_center", name="UDIC_Log", columns={"CustText": 10})
    assert made.status_code == 200
    assert api.rows("UDIC/UDIC_Log") == []
    assert "already" in api.order("add_info_center", name="UDIC_Log", columns={}).json()["error"]
    wrong = api.order("add_info_center", name="UDIC_Log2", columns={"Text": 10})
    assert "begins with Cust" in wrong.json()["error"]
