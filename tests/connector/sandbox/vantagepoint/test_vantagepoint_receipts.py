"""Cash receipts: what is taken, what is refused, and what posting does."""

from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.vantagepoint import Bank, OrderRefused, Payment

from .doubles import PHASE, TODAY, USER, WBS1, Api, Json, Office, clause, receipt, with_line


@pytest.fixture(autouse=True)
def posted_invoice(office: Office) -> None:
    office.post("150.00")


def post_file(api: Api, batch: str = "BATCH0001", period: str = "202608") -> Any:
    parameters = {"batch": batch, "description": "x", "period": period, "transtype": "CR"}
    return api.ask("PUT", "DataEntry/PostTransFile", {"parms": [parameters]})


def create(api: Api, body: Json) -> Any:
    return api.ask("POST", "DataEntry/crControl", body)


def test_a_created_receipt_is_echoed_with_what_the_server_computes(api: Api) -> None:
    created = create(api, receipt("60.00"))
    assert created.status_code == 201
    assert created.headers["Location"] == f"{api.base}/DataEntry/crControl/BATCH0001"
    (control,) = created.json()
    assert (control["Total"], control["SumTotal"], control["DiffTotal"]) == (60.0, 60.0, 0.0)
    assert (control["PostPeriod"], control["PostSeq"], control["Posted"]) == (0, 0, "N")
    assert (control["DefaultBankDescription"], control["BankCurrencyCode"]) == ("Stripe clearing", "USD")


def test_the_detail_reads_back_with_names_and_a_sequence(api: Api) -> None:
    create(api, receipt("60.00"))
    (row,) = api.rows("DataEntry/crDetail/BATCH0001")
    assert (row["Seq"], row["Amount"], row["WBS2"], row["WBS3"]) == (1, 60.0, PHASE, " ")
    assert (row["WBS1Name"], row["ClientName"], row["ChargeType"]) == ("Library", "Alder Creek", "R")
    assert (row["AccountName"], row["AccountType"], row["GlobalAccount"]) == ("A/R - Clients", 1, "Y")
    (master,) = api.rows("DataEntry/crMaster/BATCH0001|R000001")
    assert (master["RefNo"], master["Status"], master["TransDate"]) == (
        "R000001",
        "N",
        "2026-08-03T00:00:00.000",
    )


def test_the_master_may_be_one_object_instead_of_a_list(api: Api) -> None:
    body = receipt()
    assert create(api, body | {"crMaster": body["crMaster"][0]}).status_code == 201


def test_a_batch_that_exists_is_refused_and_left_as_it_was(api: Api) -> None:
    create(api, receipt("60.00"))
    refused = create(api, receipt("70.00"))
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "Record BATCH0001 already exists and cannot be added",
    )
    assert api.rows("DataEntry/crControl/BATCH0001")[0]["Total"] == 60.0


@pytest.mark.parametrize(
    ("column", "value", "status", "message"),
    [
        ("Amuont", "1.00", 400, "Field Amuont does not exist"),
        ("PKey", None, 500, "Column:PKey does not exist"),
        ("Account", None, 500, "Column:Account does not exist"),
        ("WBS1", None, 500, "Column:WBS1 does not exist"),
        ("Account", "999.99", 400, "Account 999.99 is not valid.<BR/>"),
        ("WBS1", "NONE", 400, f"Project NONE|{PHASE}|  is not valid.<BR/>"),
        ("WBS2", "99", 400, f"Project {WBS1}|99|  is not valid.<BR/>"),
        ("WBS2", " ", 400, f"Project {WBS1}| |  has lower levels and cannot be charged.<BR/>"),
        ("WBS2", "", 400, "WBS2 and WBS3 cannot be empty.<BR/>"),
        ("WBS3", "", 400, "WBS2 and WBS3 cannot be empty.<BR/>"),
        ("Invoice", "", 400, "An invoice number is required for Accounts Receivable.<BR/>"),
        ("Amount", "one", 500, "Error converting data type nvarchar to numeric, column 'Amount'."),
        ("RefNo", "OTHER", 400, "Record BATCH0001|OTHER does not belong to this file.<BR/>"),
        ("PKey", "P" * 33, 500, "String or binary data would be truncated in table, column 'PKey'."),
    ],
)
def test_a_wrong_line_is_refused(api: Api, column: str, value: str | None, status: int, message: str) -> None:
    refused = create(api, with_line(receipt(), **{column: value}))
    assert (refused.status_code, refused.json()["message"]) == (status, message)
    assert api.rows("DataEntry/crLanding") == []


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"Totl": 1}, 400, "Field Totl does not exist"),
        ({"EndDate": ""}, 500, "Column:EndDate does not exist"),
        ({"EndDate": "soon"}, 500, "Conversion failed when converting date from string, column 'EndDate'."),
        ({"Batch": ""}, 500, "Column:Batch does not exist"),
        ({"Batch": "B" * 31}, 500, "String or binary data would be truncated in table, column 'Batch'."),
        (
            {"Description": "d" * 41},
            500,
            "String or binary data would be truncated in table, column 'Description'.",
        ),
        ({"Company": " "}, 500, "Cannot insert NULL into Company"),
        ({"Company": "99"}, 400, "Company 99 is not valid.<BR/>"),
        ({"Company": "01"}, 400, "Company 01 is not your active company.<BR/>"),
        ({"Period": 202613}, 400, "Period 202613 is not valid.<BR/>"),
        ({"DefaultBank": "NONE"}, 400, "Bank code NONE is not valid.<BR/>"),
        ({"DefaultBank": "STRIPE01"}, 400, "Bank code STRIPE01 is not valid.<BR/>"),
        ({"crMaster": []}, 500, "Object reference not set to an instance of an object."),
        ({"crDetail": None}, 500, "Object reference not set to an instance of an object."),
        ({"crMaster": [None]}, 500, "Object reference not set to an instance of an object."),
    ],
)
def test_a_wrong_control_is_refused(api: Api, changes: Json, status: int, message: str) -> None:
    refused = create(api, receipt(**changes))
    assert (refused.status_code, refused.json()["message"]) == (status, message)
    assert api.rows("DataEntry/crLanding") == []


def test_a_total_that_differs_from_its_entries_is_refused(api: Api, office: Office) -> None:
    refused = create(api, receipt("60.00", Total="60.01"))
    assert refused.json()["message"] == (
        "The control total 60.01 differs from the sum of the entries 60.00.<BR/>"
    )
    office.admin.set_options({"ignore_control_totals": True})
    assert create(api, receipt("60.00", Total="60.01")).json()[0]["DiffTotal"] == 0.01


def test_several_problems_come_in_one_message(api: Api) -> None:
    refused = create(api, with_line(receipt(DefaultBank="NONE"), Account="999.99"))
    assert refused.json()["message"] == "Bank code NONE is not valid.<BR/>Account 999.99 is not valid.<BR/>"


def test_a_reference_longer_than_the_installation_allows_is_refused(api: Api, office: Office) -> None:
    office.admin.set_options({"refno_length": 6})
    assert "column 'RefNo'" in create(api, receipt()).json()["message"]


def test_two_receipts_of_one_reference_are_refused(api: Api) -> None:
    body = receipt()
    assert "more than once" in create(api, body | {"crMaster": body["crMaster"] * 2}).json()["message"]


def test_an_inactive_phase_is_refused_and_so_is_one_below_an_inactive_project(
    api: Api, office: Office
) -> None:
    office.accountant.change_project(f"{WBS1}|{PHASE}", {"Status": "I"})
    assert "is not active" in create(api, receipt()).json()["message"]
    office.accountant.change_project(f"{WBS1}|{PHASE}", {"Status": "A"})
    office.accountant.change_project(WBS1, {"Status": "D"})
    assert "is not active" in create(api, receipt()).json()["message"]


def test_a_closed_period_is_refused_unless_the_role_may(api: Api, office: Office) -> None:
    office.accountant.close_period(202608)
    assert create(api, receipt()).json()["message"] == "Period 202608 is closed.<BR/>"
    office.admin.allow_closed_periods(USER)
    assert create(api, receipt()).status_code == 201
    assert post_file(api).status_code == 200


def test_the_active_period_may_have_to_be_the_receipts(api: Api, office: Office) -> None:
    office.admin.set_options({"period_must_be_active": True})
    assert "is not your active period" in create(api, receipt()).json()["message"]
    api.ask("PUT", "Settings/ActivePeriod/202608")
    assert create(api, receipt()).status_code == 201


def test_a_negative_receipt_is_taken_unless_the_installation_refuses_it(api: Api, office: Office) -> None:
    assert create(api, receipt("-25.00")).status_code == 201
    office.admin.set_options({"negative_totals": False})
    refused = create(api, receipt("-25.00", Batch="BATCH0002"))
    assert refused.json()["message"] == "Total cannot be negative.<BR/>"


def test_a_bank_that_numbers_by_itself_replaces_the_reference(api: Api, office: Office) -> None:
    office.admin.add_bank(Bank("STRIPE", "00", "103.00", auto_number=True))
    create(api, receipt())
    assert api.rows("DataEntry/crMaster/BATCH0001")[0]["RefNo"] == "0000001"
    assert api.rows("DataEntry/crDetail/BATCH0001")[0]["RefNo"] == "0000001"


def test_a_body_that_is_not_json_is_refused(api: Api) -> None:
    url = f"{api.base}/DataEntry/crControl"
    assert api.session.post(url, data=b"{", timeout=10).status_code == 400
    text = {"Content-Type": "text/plain"}
    assert api.session.post(url, data=b"{}", headers=text, timeout=10).status_code == 415
    assert api.ask("POST", "DataEntry/crControl", []).status_code == 400


def test_an_unposted_file_takes_partial_changes(api: Api) -> None:
    create(api, receipt("60.00"))
    changed = api.ask("PUT", "DataEntry/crControl/BATCH0001", {"Batch": "BATCH0001", "Description": "new"})
    assert (changed.status_code, changed.json()[0]["Description"]) == (200, "new")
    assert api.ask("PUT", "DataEntry/crControl/BATCH0001", {"Total": "1.00"}).status_code == 400
    assert api.rows("DataEntry/crControl/BATCH0001")[0]["Total"] == 60.0
    assert api.ask("PUT", "DataEntry/crControl/BATCH0001", []).status_code == 400


def test_an_unposted_file_can_be_deleted_and_its_name_used_again(api: Api) -> None:
    create(api, receipt())
    assert api.ask("DELETE", "DataEntry/crControl/BATCH0001").status_code == 200
    assert api.ask("GET", "DataEntry/crControl/BATCH0001").status_code == 404
    assert create(api, receipt()).status_code == 201


def test_posting_writes_the_ledger_lowers_the_balance_and_raises_the_bank(api: Api) -> None:
    create(api, receipt("60.00"))
    assert post_file(api).status_code == 200
    charged, bank = api.rows("PSALedger/CR", **clause(0, "Batch", "BATCH0001"))
    assert (charged["Account"], charged["Amount"], charged["Invoice"]) == ("111.00", -60.0, "000000001")
    assert (charged["RefNo"], charged["WBS2"]) == ("R000001", PHASE)
    assert (bank["Account"], bank["Amount"], bank["AutoEntry"], bank["Invoice"]) == ("103.00", 60.0, "Y", "")
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 90.0
    (control,) = api.rows("DataEntry/crControl/BATCH0001")
    assert (control["Posted"], control["PostPeriod"], control["PostSeq"]) == ("Y", 202608, 2)
    assert api.rows("DataEntry/crLanding")[0]["PostStatus"] == "Y"


def test_receipts_of_an_invoice_are_shown_positive_without_their_batch(api: Api) -> None:
    create(api, receipt("60.00"))
    post_file(api)
    (row,) = api.rows("ARReview/ARBalanceDetailCR", ARWBS1InvoiceKey=f"{WBS1}|000000001")
    assert (row["Amount"], row["Account"], row["TransType"]) == (60.0, "111.00", "CR")
    assert row.keys() == {
        *("WBS1", "WBS2", "WBS3", "Invoice", "CashReceiptDate", "Account", "TransType", "SubType"),
        *("InvoiceSection", "Amount", "RetainerAmount", "WBS1Name", "WBS2Name", "WBS3Name"),
    }


def test_lines_on_other_accounts_leave_the_receivable_alone(api: Api) -> None:
    body = receipt("100.00", Total="97.00")
    fee = body["crDetail"][0] | {"PKey": "P2", "Account": "741.00", "Amount": "-3.00", "Invoice": ""}
    create(api, body | {"crDetail": [*body["crDetail"], fee]})
    post_file(api)
    assert [row["Amount"] for row in api.rows("PSALedger/CR")] == [-100.0, 3.0, 97.0]
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 50.0


def test_a_posted_file_can_be_neither_posted_again_nor_changed_nor_deleted(api: Api) -> None:
    create(api, receipt())
    post_file(api)
    for refused in (
        post_file(api),
        api.ask("PUT", "DataEntry/crControl/BATCH0001", {"Description": "x"}),
        api.ask("DELETE", "DataEntry/crControl/BATCH0001"),
    ):
        assert refused.json()["message"] == "File BATCH0001 has already been posted.<BR/>"
    assert len(api.rows("PSALedger/CR")) == 2
    assert create(api, receipt()).status_code == 400


def test_posting_may_take_its_time(api: Api, office: Office) -> None:
    office.admin.set_options({"posting_delay": 30})
    create(api, receipt("60.00"))
    assert post_file(api).status_code == 200
    assert post_file(api).json()["message"] == "File BATCH0001 is being posted.<BR/>"
    assert api.rows("PSALedger/CR") == []
    api.order("advance_clock", seconds=30)
    assert len(api.rows("PSALedger/CR")) == 2
    assert api.rows("DataEntry/crControl/BATCH0001")[0]["Posted"] == "Y"


def test_posting_is_refused_until_approved_where_approvals_are_used(api: Api, office: Office) -> None:
    office.admin.set_options({"approvals": True})
    body = receipt()
    create(api, body | {"crMaster": [body["crMaster"][0] | {"Status": "A"}]})
    assert api.rows("DataEntry/crLanding")[0]["ApprovalStatusDesc"] == "In Progress"
    assert post_file(api).json()["message"] == "File BATCH0001 is not approved.<BR/>"
    office.accountant.approve_receipt_file("BATCH0001")
    assert post_file(api).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 500),
        ({"parms": [{"batch": "BATCH0001", "transtype": "CR"}]}, 500),
        ({"parms": [{"batch": "BATCH0001", "period": "202608", "transtype": "AP"}]}, 400),
        ({"parms": {"batch": "NONE", "period": "202608", "transtype": "CR"}}, 404),
        ({"parms": {"batch": "BATCH0001", "period": "202607", "transtype": "CR"}}, 400),
    ],
)
def test_a_wrong_posting_request_posts_nothing(api: Api, body: Json, status: int) -> None:
    create(api, receipt())
    assert api.ask("PUT", "DataEntry/PostTransFile", body).status_code == status
    assert api.rows("PSALedger/CR") == []


def test_posting_checks_the_period_and_the_balance_of_the_file_again(api: Api, office: Office) -> None:
    create(api, receipt("60.00"))
    office.accountant.alter_receipt_file("BATCH0001", 0, {"Amount": "59.00"})
    assert post_file(api).json()["message"] == "File BATCH0001 is out of balance.<BR/>"
    office.accountant.close_period(202608)
    assert post_file(api).json()["message"] == "Period 202608 is closed.<BR/>"


def test_posting_by_the_api_may_be_missing(api: Api, office: Office) -> None:
    office.admin.set_options({"post_trans_file": False})
    create(api, receipt())
    assert post_file(api).status_code == 404


def test_without_files_a_receipt_is_created_under_batch_and_reference(api: Api, office: Office) -> None:
    office.admin.set_receipt_mode("00", "single")
    body = receipt("60.00")
    single = body["crMaster"][0] | {"crDetail": body["crDetail"]}
    path = "DataEntry/crMaster/BATCH0001|R000001"
    created = api.ask("POST", path, single)
    assert (created.status_code, created.json()[0]["crDetail"][0]["Amount"]) == (201, 60.0)
    assert "already exists" in api.ask("POST", path, single).json()["message"]
    assert api.rows("DataEntry/crLanding")[0]["RefNo"] == "R000001"
    assert api.ask("GET", "DataEntry/crControl/BATCH0001").status_code == 404
    assert api.ask("PUT", path, []).status_code == 400
    changed = api.ask("PUT", path, {"TransComment": "pi_1"})
    assert (changed.status_code, changed.json()[0]["TransComment"]) == (200, "pi_1")


def test_without_files_a_posted_receipt_is_left_in_the_ledger_only(api: Api, office: Office) -> None:
    office.admin.set_receipt_mode("00", "single")
    body = receipt("60.00")
    single = body["crMaster"][0] | {"crDetail": body["crDetail"]}
    api.ask("POST", "DataEntry/crMaster/BATCH0001|R000001", single)
    assert post_file(api).status_code == 200
    assert api.ask("GET", "DataEntry/crMaster/BATCH0001|R000001").status_code == 404
    assert api.rows("DataEntry/crLanding") == []
    assert len(api.rows("PSALedger/CR", **clause(0, "Batch", "BATCH0001"))) == 2


def test_without_files_nothing_stops_a_second_receipt_of_a_posted_key(api: Api, office: Office) -> None:
    office.admin.set_receipt_mode("00", "single")
    body = receipt("60.00")
    single = body["crMaster"][0] | {"crDetail": body["crDetail"]}
    for _ in range(2):
        assert api.ask("POST", "DataEntry/crMaster/BATCH0001|R000001", single).status_code == 201
        assert post_file(api).status_code == 200
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 30.0


def test_each_mode_refuses_the_request_of_the_other(api: Api, office: Office) -> None:
    body = receipt()
    single = body["crMaster"][0] | {"crDetail": body["crDetail"]}
    path = "DataEntry/crMaster/BATCH0001|R000001"
    assert "uses files" in api.ask("POST", path, single).json()["message"]
    assert api.ask("POST", "DataEntry/crMaster/BATCH0001", single).status_code == 500
    office.admin.set_receipt_mode("00", "single")
    assert "does not use files" in create(api, body).json()["message"]


def test_a_check_that_an_accountant_records_pays_the_invoice(api: Api, office: Office) -> None:
    paid = [Payment("000000001", WBS1, Decimal(150), PHASE)]
    office.accountant.record_check("5001", TODAY, paid, bank="STRIPE", post=False)
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 150.0
    office.accountant.post_receipt_file("CHK5001")
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 0.0
    assert api.rows("DataEntry/crControl/CHK5001")[0]["Creator"] == "ACCOUNTANT"


def test_a_receipt_for_an_unknown_invoice_has_no_balance_row(api: Api) -> None:
    create(api, receipt("10.00", invoice="UNKNOWN"))
    post_file(api)
    assert [row["Invoice"] for row in api.rows("ARReview/ARBalance")] == ["000000001"]
    assert [row["Invoice"] for row in api.rows("ARReview/ARBalanceDetailCR")] == ["UNKNOWN"]


def test_an_accountant_posts_deletes_and_unposts_what_the_connector_made(api: Api, office: Office) -> None:
    create(api, receipt("10.00"))
    assert office.accountant.post_receipt_files() == ["BATCH0001"]
    with pytest.raises(OrderRefused):
        office.accountant.delete_receipt_file("BATCH0001")
    with pytest.raises(OrderRefused):
        office.accountant.alter_receipt_file("BATCH0001", 0, {"Amount": 1})
    with pytest.raises(OrderRefused):
        office.accountant.post_receipt_file("BATCH0001")
    office.accountant.undo_posting("BATCH0001", "CR")
    assert (api.rows("PSALedger/CR"), api.rows("ARReview/ARBalance")[0]["Balance"]) == ([], 150.0)
    office.accountant.delete_receipt_file("BATCH0001")
    assert api.ask("GET", "DataEntry/crControl/BATCH0001").status_code == 404
    with pytest.raises(OrderRefused):
        office.accountant.undo_posting("BATCH0001", "CR")
