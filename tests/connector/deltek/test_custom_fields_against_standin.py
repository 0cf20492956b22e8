"""Info Centers and custom columns of projects over HTTP, against the stand-in."""

import pytest

from connector.deltek.answers import AlreadyExists
from connector.errors import Forbidden, NotFound, Refused, Unavailable
from connector.sandbox.faults import Fault

from .office import MAIN, SECOND, SLASHED, USER, Office

CENTER = "UDIC_StripeInvoices"
OF_INVOICE = {"CustProject": SLASHED, "CustInvoice": "0001"}


@pytest.fixture
def firm(office: Office) -> Office:
    """The office of a firm that has made a place for what we write."""
    columns = {"CustProject": 30, "CustInvoice": 12, "CustStatus": 20}
    office.admin.add_info_center(CENTER, columns)
    office.admin.add_project_column("CustStatus", 20)
    return office


def test_a_record_is_created_found_and_changed(firm: Office) -> None:
    vantagepoint = firm.vantagepoint
    assert vantagepoint.info_center_records(CENTER, OF_INVOICE) == []
    vantagepoint.create_info_center_record(CENTER, {**OF_INVOICE, "CustStatus": "open"})
    vantagepoint.create_info_center_record(CENTER, {**OF_INVOICE, "CustProject": MAIN})
    (row,) = vantagepoint.info_center_records(CENTER, OF_INVOICE)
    vantagepoint.change_info_center_record(CENTER, row["UDIC_UID"], {"CustStatus": "paid"})
    (changed,) = vantagepoint.info_center_records(CENTER, OF_INVOICE)
    assert (row["CustStatus"], changed["CustStatus"], changed["CustInvoice"]) == ("open", "paid", "0001")
    assert changed["UDIC_UID"] == row["UDIC_UID"]


def test_every_record_is_found_page_by_page(firm: Office) -> None:
    firm.admin.set_options({"max_page_size": 10})
    for number in range(23):
        firm.vantagepoint.create_info_center_record(CENTER, {"CustInvoice": "1", "CustStatus": f"{number}"})
    rows = firm.vantagepoint.info_center_records(CENTER, {"CustInvoice": "1"})
    assert {row["CustStatus"] for row in rows} == {f"{number}" for number in range(23)}


def test_a_record_with_a_key_of_ours_is_created_once(firm: Office) -> None:
    record = {**OF_INVOICE, "UDIC_UID": "A" * 32}
    firm.vantagepoint.create_info_center_record(CENTER, record)
    with pytest.raises(AlreadyExists):
        firm.vantagepoint.create_info_center_record(CENTER, record)


def test_a_creation_whose_answer_is_lost_is_found_by_looking(firm: Office) -> None:
    firm.vantagepoint.active_company()
    firm.sandbox.faults.add(Fault("after", "POST", ".*/UDIC/.*"))
    with pytest.raises(Unavailable) as raised:
        firm.vantagepoint.create_info_center_record(CENTER, OF_INVOICE)
    assert raised.value.outcome_unknown
    assert len(firm.vantagepoint.info_center_records(CENTER, OF_INVOICE)) == 1


def test_what_the_firm_has_not_made_is_refused_by_name(firm: Office) -> None:
    with pytest.raises(NotFound, match="Deltek has no Info Center UDIC_Other"):
        firm.vantagepoint.info_center_records("UDIC_Other", OF_INVOICE)
    with pytest.raises(Refused, match="Field CustPaid does not exist"):
        firm.vantagepoint.create_info_center_record(CENTER, {"CustPaid": "1"})
    with pytest.raises(Refused, match="Field CustPaid does not exist"):
        firm.vantagepoint.info_center_records(CENTER, {"CustPaid": "1"})
    with pytest.raises(Refused, match="truncated in table, column 'CustStatus'"):
        firm.vantagepoint.create_info_center_record(CENTER, {"CustStatus": "s" * 21})
    with pytest.raises(Refused, match="Field CustPaid does not exist"):
        firm.vantagepoint.change_project(MAIN, {"CustPaid": "1"})


def test_a_role_without_the_right_is_told(firm: Office) -> None:
    firm.admin.deny(USER, ["UDIC", "PUT project"])
    with pytest.raises(Forbidden, match=f"GET UDIC/{CENTER}"):
        firm.vantagepoint.info_center_records(CENTER, OF_INVOICE)
    with pytest.raises(Forbidden, match=f"PUT project/{MAIN}"):
        firm.vantagepoint.change_project(MAIN, {"CustStatus": "paid"})


@pytest.mark.parametrize("wbs1", [MAIN, SLASHED])
def test_a_column_of_a_project_is_written_and_read(firm: Office, wbs1: str) -> None:
    assert firm.vantagepoint.project_fields(wbs1, ["CustStatus", "CustPaid"]) == {"CustStatus": ""}
    firm.vantagepoint.change_project(wbs1, {"CustStatus": "paid"})
    assert firm.vantagepoint.project_fields(wbs1, ["CustStatus"]) == {"CustStatus": "paid"}
    assert firm.vantagepoint.project_fields(SECOND, ["CustStatus"]) == {"CustStatus": ""}


def test_a_project_that_a_path_cannot_name_is_not_found(firm: Office) -> None:
    firm.admin.set_options({"escaped_slash": False})
    with pytest.raises(NotFound):
        firm.vantagepoint.change_project(SLASHED, {"CustStatus": "paid"})
    assert firm.vantagepoint.project_fields("99999", ["CustStatus"]) is None
