"""Firms, contacts, projects and settings."""

import pytest

from .doubles import NOW, PHASE, USER, WBS1, Api, Office, clause


def test_one_record_comes_as_an_array_of_one(api: Api, office: Office) -> None:
    assert [row["Name"] for row in api.rows(f"firm/{office.client_id}")] == ["Alder Creek"]


def test_firms_carry_the_columns_of_the_documentation(api: Api) -> None:
    (row,) = api.rows("firm")
    assert {
        "ClientID",
        "Client",
        "Name",
        "Status",
        "ClientInd",
        "VendorInd",
        "PrimaryEmail",
        "ModDate",
    } <= set(row)
    assert (len(row["ClientID"]), row["ClientInd"], row["PrimaryEmail"]) == (32, "Y", "")


def test_firms_changed_since_a_time_are_found(api: Api, office: Office) -> None:
    since = clause(0, "ModDate", "2026-08-03T15:00:01Z", ">=", type="datetime")
    assert api.rows("firm", **since) == []
    api.order("advance_clock", seconds=60)
    office.accountant.change_firm(office.client_id, {"PrimaryEmail": "pay@alder.example"})
    assert [row["PrimaryEmail"] for row in api.rows("firm", **since)] == ["pay@alder.example"]


def test_a_firm_takes_partial_changes_and_the_columns_that_it_was_given(api: Api, office: Office) -> None:
    office.admin.add_firm_column("CustPayUrl", 60)
    changed = api.ask("PUT", f"firm/{office.client_id}", {"CustPayUrl": "https://pay.example"})
    assert changed.status_code == 200
    (row,) = api.rows(f"firm/{office.client_id}", **clause(0, "CustPayUrl", "https://pay.example"))
    assert (row["CustPayUrl"], row["Name"]) == ("https://pay.example", "Alder Creek")


def test_a_firm_refuses_a_column_that_it_does_not_have(api: Api, office: Office) -> None:
    refused = api.ask("PUT", f"firm/{office.client_id}", {"Nmae": "x"})
    assert (refused.status_code, refused.json()["message"]) == (400, "Field Nmae does not exist")
    refused = api.ask("PUT", f"firm/{office.client_id}", {"CustPayUrl": "x"})
    assert (refused.status_code, refused.json()["message"]) == (400, "Field CustPayUrl does not exist")


@pytest.mark.parametrize("path", ["firm/NONE", "contact/NONE", "project/NONE", "project/hierarchy/NONE"])
def test_an_unknown_record_is_a_404(api: Api, path: str) -> None:
    refused = api.ask("GET", path)
    assert (refused.status_code, refused.json()["message"]) == (404, "Record not found")


def test_changes_to_unknown_records_are_a_404(api: Api) -> None:
    assert api.ask("PUT", "firm/NONE", {}).status_code == 404
    assert api.ask("PUT", "project/NONE", {}).status_code == 404


def test_addresses_are_a_resource_of_their_own(api: Api, office: Office) -> None:
    office.accountant.add_address(office.client_id, {"Address1": "1 Elm St", "Billing": "Y"})
    office.accountant.change_address(office.client_id, {"Email": "ap@alder.example"})
    (row,) = api.rows(f"firm/{office.client_id}/address")
    assert (row["Address1"], row["Billing"], row["Email"]) == ("1 Elm St", "Y", "ap@alder.example")


def test_contacts_are_found_by_their_firm(api: Api, office: Office) -> None:
    contact = office.accountant.add_contact({"ClientID": office.client_id, "LastName": "Okafor"})
    office.accountant.change_contact(contact["ContactID"], {"Email": "okafor@alder.example"})
    assert [row["LastName"] for row in api.rows("contact", **clause(0, "ClientID", office.client_id))] == [
        "Okafor"
    ]
    assert api.rows(f"contact/{contact['ContactID']}")[0]["Email"] == "okafor@alder.example"


def test_an_absent_level_of_a_project_is_one_space(api: Api) -> None:
    (project,) = api.rows(f"project/{WBS1}")
    (phase,) = api.rows(f"project/{WBS1}|{PHASE}")
    (task,) = api.rows(f"project/{WBS1}|03|01")
    assert (project["WBS2"], project["WBS3"], phase["WBS3"]) == (" ", " ", " ")
    assert (project["SubLevel"], phase["SubLevel"], task["WBS3"]) == ("Y", "N", "01")


def test_projects_are_listed_by_level(api: Api) -> None:
    assert [row["WBS1"] for row in api.rows("project")] == [WBS1, "24002.00"]
    assert [row["WBS2"] for row in api.rows("project", wbstype="wbs2")] == [PHASE]
    assert [row["WBS3"] for row in api.rows("project", wbstype="wbs3")] == ["01"]


def test_a_hierarchy_holds_every_row_of_the_project(api: Api) -> None:
    rows = api.rows(f"project/hierarchy/{WBS1}")
    assert [(row["WBS2"], row["WBS3"]) for row in rows] == [(" ", " "), (PHASE, " "), ("03", "01")]


def test_a_project_takes_partial_changes_but_keeps_its_key(api: Api, office: Office) -> None:
    office.admin.add_project_column("CustStatus", 20)
    assert api.rows(f"project/{WBS1}")[0]["CustStatus"] == ""
    api.ask("PUT", f"project/{WBS1}", {"WBS1": "OTHER", "CustStatus": "paid"})
    assert api.rows(f"project/{WBS1}")[0]["CustStatus"] == "paid"


@pytest.mark.parametrize("order", ["add_project_column", "add_firm_column"])
def test_a_custom_column_is_made_once_and_named_as_such(api: Api, order: str) -> None:
    assert api.order(order, name="CustStatus", length=20).status_code == 200
    assert "already" in api.order(order, name="CustStatus", length=20).json()["error"]
    assert "begins with Cust" in api.order(order, name="Status2", length=20).json()["error"]


def test_a_project_refuses_a_column_that_nobody_made_and_a_text_that_does_not_fit(
    api: Api, office: Office
) -> None:
    refused = api.ask("PUT", f"project/{WBS1}", {"CustStatus": "paid"})
    assert (refused.status_code, refused.json()["message"]) == (400, "Field CustStatus does not exist")
    refused = api.ask("GET", "project", **clause(0, "CustStatus", "paid"))
    assert (refused.status_code, refused.json()["message"]) == (400, "Field CustStatus does not exist")
    office.admin.add_project_column("CustStatus", 3)
    refused = api.ask("PUT", f"project/{WBS1}", {"CustStatus": "paid"})
    assert (refused.status_code, refused.json()["message"]) == (
        500,
        "String or binary data would be truncated in table, column 'CustStatus'.",
    )
    assert api.rows(f"project/{WBS1}")[0]["CustStatus"] == ""
    assert api.ask("PUT", f"project/{WBS1}", ["CustStatus"]).status_code == 400


def test_a_new_project_has_the_custom_columns_too(api: Api, office: Office) -> None:
    office.admin.add_project_column("CustStatus", 20)
    office.add_project("24003.00", "Annex")
    assert [row["WBS1"] for row in api.rows("project", **clause(0, "CustStatus", ""))][-1] == "24003.00"
    fields = api.ask("GET", "metadata/project").json()["project"]["Fields"]
    assert (fields[-1]["FieldName"], fields[-1]["MaxLength"]) == ("CustStatus", 20)


def test_a_slash_in_a_path_is_written_as_the_browser_does_or_not_at_all(api: Api, office: Office) -> None:
    office.admin.add_project_column("CustStatus", 20)
    office.add_project("2026/014", "Annex")
    assert api.ask("PUT", "project/2026[_$2F_]014", {"CustStatus": "paid"}).status_code == 200
    assert api.rows("project/2026[_$2F_]014")[0]["CustStatus"] == "paid"
    assert api.ask("PUT", "project/2026/014", {"CustStatus": "open"}).status_code == 404
    office.admin.set_options({"escaped_slash": False})
    assert api.ask("GET", "project/2026[_$2F_]014").status_code == 404


def test_the_active_company_belongs_to_the_user_and_outlives_the_token(api: Api) -> None:
    assert api.rows("Settings/ActiveCompany")[0]["Company"] == "00"
    assert api.ask("PUT", "Settings/ActiveCompany/01").status_code == 200
    api.sign_in()
    assert api.rows("Settings/ActiveCompany")[0]["Company"] == "01"


def test_a_company_must_exist_and_be_the_roles(api: Api, office: Office) -> None:
    assert api.ask("PUT", "Settings/ActiveCompany/99").status_code == 404
    office.admin.limit_companies(USER, ["00"])
    assert api.ask("PUT", "Settings/ActiveCompany/01").status_code == 403
    assert [row["Company"] for row in api.rows("Settings/Company")] == ["00"]


def test_periods_say_whether_they_are_closed_for_the_active_company(api: Api, office: Office) -> None:
    office.accountant.close_period(202607)
    (row,) = api.rows("Settings/Period", **clause(0, "Period", "202607"))
    assert (row["FmtPeriod"], row["AccountPdEnd"]) == ("07/2026", "2026-07-31T00:00:00.000")
    assert (row["ActiveCompanyClosed"], row["AllCompaniesClosed"]) == ("Y", "N")
    office.accountant.open_period(202607)
    assert api.rows("Settings/Period", **clause(0, "Period", "202607"))[0]["ActiveCompanyClosed"] == "N"


def test_the_active_period_is_this_month_until_the_user_sets_another(api: Api) -> None:
    assert api.rows("Settings/ActivePeriod")[0]["Period"] == NOW.year * 100 + NOW.month
    assert api.ask("PUT", "Settings/ActivePeriod/202607").json()[0]["Period"] == 202607
    assert api.rows("Settings/ActivePeriod")[0]["Period"] == 202607
    assert api.ask("PUT", "Settings/ActivePeriod/202613").status_code == 404


def test_metadata_tells_the_lengths_of_this_installation(api: Api, office: Office) -> None:
    office.admin.set_options({"refno_length": 7})
    tables = api.ask("GET", "metadata/CREntry").json()
    assert tables.keys() == {"crControl", "crMaster", "crDetail"}
    assert tables["crControl"].keys() == {"Keys", "TableName", "Updateable", "Fields"}
    fields = {field["FieldName"]: field for field in tables["crMaster"]["Fields"]}
    assert (fields["Batch"]["MaxLength"], fields["RefNo"]["MaxLength"]) == (30, 7)
    control = {field["FieldName"]: field for field in tables["crControl"]["Fields"]}
    assert control["EndDate"]["Required"]
    assert not control["SumTotal"]["Updateable"]
    assert api.rows("KeyCvt/CFGFormat")[0]["RefnoLength"] == 7


def test_metadata_of_other_tables(api: Api) -> None:
    assert api.ask("GET", "metadata/INEntry").json().keys() == {"inControl", "inMaster", "inDetail"}
    assert api.ask("GET", "metadata/firm").json()["firm"]["Keys"] == "ClientID"
    assert api.ask("GET", "metadata/Nothing").status_code == 404


def test_the_accounting_configuration_names_banks_and_the_receivable_account(api: Api) -> None:
    banks = {row["Code"]: row for row in api.rows("BankCode/CFGBANKS")}
    assert (banks["STRIPE"]["Account"], banks["STRIPE01"]["Company"]) == ("103.00", "01")
    assert api.rows("AccountConfiguration/CFGAutoPosting", company="01") == [
        {"Company": "01", "AcctsReceivable": "111.00"}
    ]
    assert api.rows("Settings/General")[0]["FirmName"] == "Harlow Finch"
