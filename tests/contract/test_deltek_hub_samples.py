"""Firms, contacts, projects and User-Defined Info Centers, each endpoint answering as its documentation shows."""

import json
from urllib.parse import urlsplit

import responses

from connector.deltek.vantagepoint import Vantagepoint
from tests.contract.doubles import Answers


def test_firm_and_addresses(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Firm (7.0); Create Address for a Firm (6.5)."""
    key = "af914ca2d8f64cce8ef7e43c0af8c65d"
    firm = {
        "ClientID": key,
        "Client": "0000000042",
        "Name": "Client",
        "Status": "A",
        "ClientInd": "Y",
        "VendorInd": "N",
        "CustomCurrencyCode": " ",
        "Org": "",
        "PrimaryEmail": "ap@example.com",
        "PrimaryAddress1": "1 Main St",
        "ModDate": "2024-04-03T10:20:30.400",
        "CustSegment": "",
    }
    address = {
        "CLAddressID": "addr1",
        "Address": "<Default>",
        "Addressee": "Accounts Payable",
        "Address1": "1 Main St",
        "Address2": "",
        "Address3": "",
        "Address4": "",
        "City": "Boston",
        "State": "MA",
        "Zip": "02110",
        "Country": "United States",
        "Phone": "",
        "FAX": "",
        "Email": "billing@example.com",
        "PrimaryInd": "Y",
        "Billing": "Y",
        "Accounting": "N",
        "Payment": "N",
        "TaxRegistrationNumber": "",
        "TaxCountryCode": "",
    }
    answers("GET", f"firm/{key}", [firm])
    answers("GET", f"firm/{key}/address", [address])
    found = vantagepoint.firm(key)
    assert (found.number, found.name, found.status) == ("0000000042", "Client", "A")
    assert found.modified == "2024-04-03T10:20:30.400"
    (place,) = vantagepoint.addresses(key)
    assert (place.label, place.lines, place.postal_code) == ("<Default>", ("1 Main St",), "02110")
    assert (place.country, place.email, place.billing) == ("United States", "billing@example.com", True)


def test_contact(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """GO vantagepoint contacts.go."""
    row = {
        "ContactID": "C1",
        "ClientID": "F1",
        "CLAddress": "<Default>",
        "FirstName": "Ada",
        "LastName": "Reed",
        "Email": "ada@example.com",
        "Phone": "",
        "CellPhone": "",
        "ContactStatus": "A",
        "Billing": "Y",
        "PrimaryInd": "N",
        "QBOIsMainContact": "N",
    }
    answers("GET", "contact/C1", [row])
    answers("GET", "contact", [row])
    contact = vantagepoint.contact("C1")
    assert contact is not None
    assert (contact.first_name, contact.last_name, contact.email) == ("Ada", "Reed", "ada@example.com")
    assert (contact.active, contact.billing, contact.primary) == (True, True, False)
    assert vantagepoint.contacts("F1") == [contact]


def test_project(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Project (4.0)."""
    row = {
        "WBS1": "0A199900.900",
        "WBS2": " ",
        "WBS3": " ",
        "Name": "Study",
        "ClientID": "F1",
        "ContactID": "C1",
        "CLAddress": "<Default>",
        "BillingClientID": "F2",
        "BillingContactID": "C2",
        "CLBillingAddr": "<Default>",
        "Org": "A0.00.00",
        "Status": "A",
        "ChargeType": "R",
        "SubLevel": "Y",
        "ProjectCurrencyCode": "USD",
        "BillingCurrencyCode": "USD",
        "ModDate": "2024-04-03T10:20:30.400",
    }
    answers("GET", "project/0A199900.900", [row])
    project = vantagepoint.project("0A199900.900")
    assert project is not None
    assert (project.client_id, project.billing_client_id) == ("F1", "F2")
    assert (project.contact_id, project.billing_contact_id) == ("C1", "C2")
    assert (project.billing_address, project.billing_currency) == ("<Default>", "USD")


INFO_CENTER_RECORD = {
    "UDIC_UID": "21232424",
    "desc_CustomCurrencyCode": "",
    "CustNumber": "00006",
    "CustName": "HUB02",
    "CustDate": "2019-01-10T00:00:00.000",
    "CustAmount": 0,
    "CustS": "N",
    "CustAmount3": 1,
    "CreateUser": "ADMIN",
    "CreateDate": "2019-01-04T01:59:21.907",
    "ModUser": "ADMIN",
    "ModDate": "2019-01-04T01:59:21.907",
    "HasPhoto": 0,
    "PhotoModDate": "",
    "UDICNumber": "00006",
    "UDICName": "HUB02",
}


def test_info_center_records(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Create a User-Defined Hub Record (4.0) has the columns; reading: GO vantagepoint udic.go."""
    answers("GET", "UDIC/UDIC_testhub", [INFO_CENTER_RECORD])
    assert vantagepoint.info_center_records("UDIC_testhub", {"CustNumber": "00006"}) == [INFO_CENTER_RECORD]


def test_writing_an_info_center_record(
    answers: Answers, mocked: responses.RequestsMock, vantagepoint: Vantagepoint
) -> None:
    """Create a User-Defined Hub Record (4.0), request parameters and answer; changing: GO vantagepoint udic.go."""
    answers("POST", "UDIC/UDIC_testhub", [{"UDIC_UID": "21232424"}], 201)
    answers("PUT", "UDIC/UDIC_testhub/21232424", [INFO_CENTER_RECORD])
    vantagepoint.create_info_center_record("UDIC_testhub", {"CustNumber": "00006", "CustName": "HUB02"})
    vantagepoint.change_info_center_record("UDIC_testhub", "21232424", {"CustName": "HUB02"})
    asked = [urlsplit(str(call.request.url)).query for call in mocked.calls]
    assert asked == ["requiredFieldValidation=N&startWorkflow=N"] * 2
    assert json.loads(mocked.calls[1].request.body or "") == {"CustName": "HUB02"}
