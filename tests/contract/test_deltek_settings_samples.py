"""Signing in, and what is set up, each endpoint answering as its documentation shows."""

from datetime import date, timedelta

from connector.deltek.session import Tokens
from connector.deltek.vantagepoint import Vantagepoint
from connector.secret import Secret
from tests.contract.doubles import NOW, Answers, Surroundings


def test_token(answers: Answers, surroundings: Surroundings, vantagepoint: Vantagepoint) -> None:
    """Deltek PS 1.1 help, Get an Access Token."""
    surroundings.tokens = None
    answer = {"access_token": "a", "token_type": "bearer", "expires_in": 1799, "refresh_token": "r"}
    answers("POST", "token", answer)
    answers("GET", "Settings/ActiveCompany", [{"Company": "00"}])
    vantagepoint.active_company()
    assert surroundings.tokens == Tokens(Secret("a"), Secret("r"), NOW + timedelta(seconds=1799))


def test_period(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """GO vantagepoint settings.go."""
    row = {
        "Period": 202404,
        "FmtPeriod": "04/2024",
        "AccountPdStart": "2024-04-01T00:00:00.000",
        "AccountPdEnd": "2024-04-30T00:00:00.000",
        "FYStart": "2024-01-01T00:00:00.000",
        "FYEnd": "2024-12-31T00:00:00.000",
        "ActiveCompanyClosed": "N",
        "AllCompaniesClosed": "N",
        "ApplytoAllCompanies": "N",
    }
    answers("GET", "Settings/Period", [row])
    period = vantagepoint.fiscal_period(date(2024, 4, 25), "00")
    assert period is not None
    assert (period.period, period.ends, period.closed) == (202404, date(2024, 4, 30), False)


def test_companies(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """GO vantagepoint settings.go."""
    row = {
        "Company": "00",
        "FirmName": "America",
        "FunctionalCurrencyCode": "USD",
        "Country": "US",
        "Status": "A",
    }
    answers("GET", "Settings/Company", [row])
    answers("GET", "Settings/ActiveCompany", [row])
    answers("PUT", "Settings/ActiveCompany/00", [row])
    answers("PUT", "Settings/ActivePeriod/202404", [{"Period": 202404}])
    (company,) = vantagepoint.companies() or []
    assert (company.code, company.name, company.currency) == ("00", "America", "USD")
    assert vantagepoint.active_company() == "00"
    vantagepoint.work_in("00", 202404)


def test_lengths(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Metadata: Invoice Metadata (7.0) has the shape. Key formats: GO vantagepoint keycvt.go."""
    column = {
        "FieldName": "Batch",
        "FieldType": "String",
        "Caption": "Batch",
        "DefaultValue": "",
        "Hidden": False,
        "Required": True,
        "Updateable": True,
        "MaxLength": 30,
        "CodeTable": "",
        "LimitToList": False,
        "Decimals": 0,
    }
    table = {"Keys": "Batch", "TableName": "crControl", "Updateable": True, "Fields": [column]}
    answers("GET", "metadata/CREntry", {"crControl": table})
    answers("GET", "KeyCvt/CFGFormat", [{"PKey": "1", "WBS1Length": 30, "RefnoLength": 11}])
    assert vantagepoint.receipt_field_lengths() == {"Batch": 30, "RefNo": 11}


def test_banks_and_accounts(answers: Answers, vantagepoint: Vantagepoint) -> None:
    """Integrations in production."""
    bank = {"Code": "101.10", "Description": "Bank", "Company": "A0", "Org": "A0.00.00", "Account": "10110"}
    answers("GET", "BankCode/CFGBANKS", [bank])
    answers("GET", "AccountConfiguration/CFGAutoPosting", [{"AcctsReceivable": "11100"}])
    (found,) = vantagepoint.bank_codes() or []
    assert (found.code, found.account) == ("101.10", "10110")
    assert vantagepoint.accounts_receivable("A0") == "11100"
