"""Firms, contacts, projects."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.errors import NotFound

from .support import Deltek

SINCE = datetime(2026, 8, 31, 12, tzinfo=UTC)
MODIFIED = "2026-08-31T14:00:00.000"


def project(wbs1: str = "P1", **columns: Any) -> dict[str, Any]:
    return {"WBS1": wbs1, "WBS2": " ", "WBS3": " ", "Name": f"Project {wbs1}", "ModDate": MODIFIED, **columns}


def test_a_firm_is_read_by_its_id(deltek: Deltek) -> None:
    deltek.answers("GET", "firm/AB", [{"ClientID": "AB", "Client": "0007", "Name": "Harlow", "Status": "A"}])
    firm = deltek.vantagepoint().firm("AB")
    assert (firm.number, firm.name, firm.email) == ("0007", "Harlow", "")


@pytest.mark.parametrize(("body", "status"), [([], 200), ("", 404), ([{"ClientID": "other"}], 200)])
def test_a_firm_that_is_not_there_is_an_error(deltek: Deltek, body: Any, status: int) -> None:
    deltek.answers("GET", "firm/AB", body, status=status)
    with pytest.raises(NotFound, match="no firm with ClientID AB"):
        deltek.vantagepoint().firm("AB")


def test_addresses_keep_their_lines_without_gaps(deltek: Deltek) -> None:
    row = {"CLAddressID": "7", "Address": "<Default>", "Address1": "1 Main St", "Address3": "Floor 2"}
    deltek.answers("GET", "firm/AB/address", [{**row, "Address2": "", "PrimaryInd": "Y", "Billing": "N"}])
    (address,) = deltek.vantagepoint().addresses("AB")
    assert (address.label, address.lines) == ("<Default>", ("1 Main St", "Floor 2"))
    assert (address.primary, address.billing) == (True, False)


def test_a_firm_without_addresses_has_none(deltek: Deltek) -> None:
    deltek.answers("GET", "firm/AB/address", "", status=404)
    assert deltek.vantagepoint().addresses("AB") == []


def test_a_contact_is_read_or_none(deltek: Deltek) -> None:
    deltek.answers("GET", "contact/C1", [{"ContactID": "C1", "Email": "a@example.com", "ContactStatus": "A"}])
    deltek.answers("GET", "contact/C2", "", status=404)
    contact = deltek.vantagepoint().contact("C1")
    assert contact is not None
    assert (contact.email, contact.active) == ("a@example.com", True)
    assert deltek.vantagepoint().contact("C2") is None


def test_the_contacts_of_a_firm_are_its_own(deltek: Deltek) -> None:
    rows = [{"ContactID": "C1", "ClientID": "AB"}, {"ContactID": "C2", "ClientID": "CD"}]
    deltek.answers("GET", "contact", rows)
    assert [contact.contact_id for contact in deltek.vantagepoint().contacts("AB")] == ["C1"]


def test_a_project_is_read_by_its_path_and_is_not_its_phases(deltek: Deltek) -> None:
    rows = [project(WBS2="01", Name="Phase"), project(BillingClientID="CD")]
    deltek.answers("GET", "project/P-1.24", [{**row, "WBS1": "P-1.24"} for row in rows])
    found = deltek.vantagepoint().project("P-1.24")
    assert found is not None
    assert (found.name, found.billing_client_id) == ("Project P1", "CD")
    assert len(deltek.requests) == 1


@pytest.mark.parametrize("wbs1", ["2026/014", "P 1", "P|1", "..", "Ä1", "P%1", ".P"])
def test_a_key_that_is_unsafe_in_a_path_is_asked_for_by_a_filter(deltek: Deltek, wbs1: str) -> None:
    deltek.answers("GET", "project", [project(wbs1), project("P2"), project(wbs1, WBS2="01")])
    found = deltek.vantagepoint().project(wbs1)
    assert found is not None
    assert found.wbs1 == wbs1
    assert deltek.query()["filterHash[0][value]"] == wbs1
    assert deltek.query()["wbstype"] == "wbs1"


def test_a_404_for_the_path_is_checked_by_a_filter(deltek: Deltek) -> None:
    deltek.answers("GET", "project/P1", "", status=404)
    deltek.answers("GET", "project", [project()])
    assert deltek.vantagepoint().project("P1") is not None


def test_a_project_that_is_not_there_is_none(deltek: Deltek) -> None:
    deltek.answers("GET", "project/P1", "", status=404)
    deltek.answers("GET", "project", [])
    assert deltek.vantagepoint().project("P1") is None


def test_changes_are_asked_for_by_mod_date(deltek: Deltek) -> None:
    old = "2026-08-01T00:00:00.000"
    for hub, key in (("firm", "ClientID"), ("contact", "ContactID")):
        deltek.answers("GET", hub, [{key: "new", "ModDate": MODIFIED}, {key: "old", "ModDate": old}])
    deltek.answers("GET", "project", [project(), project(WBS2="01"), project("P2", ModDate=old)])
    vantagepoint = deltek.vantagepoint()
    assert [(firm.client_id, firm.modified) for firm in vantagepoint.changed_firms(SINCE)] == [
        ("new", MODIFIED)
    ]
    assert [contact.contact_id for contact in vantagepoint.changed_contacts(SINCE)] == ["new"]
    assert [found.wbs1 for found in vantagepoint.changed_projects(SINCE)] == ["P1"]
    for number in range(3):
        assert deltek.query(number)["filterHash[0][name]"] == "ModDate"
        assert deltek.query(number)["filterHash[0][value]"] == "2026-08-31T12:00:00Z"
