"""What a set-up is looked at for."""

from typing import Any

import pytest

from connector.deltek.records import LedgerRow
from connector.deltek.schemas import LEDGER
from connector.errors import Forbidden

from .support import Deltek

ROW: dict[str, Any] = {
    "Invoice": "1",
    "WBS1": "P1",
    "Period": 202608,
    "PostSeq": 1,
    "Amount": 5,
    "PostDate": "2026-08-15T10:00:00.000",
}
METADATA = {
    "crControl": {"Keys": "Batch", "Fields": [{"FieldName": "Batch", "MaxLength": 30}]},
    "crMaster": {"Fields": [{"FieldName": "RefNo", "MaxLength": "11"}, {"FieldName": "Seq", "MaxLength": 0}]},
    "crDetail": {"Fields": None},
}


def posted(**columns: Any) -> LedgerRow:
    return LEDGER.read({**ROW, **columns}, "PSALedger/IN")


def test_the_active_company_is_told_as_it_is(deltek: Deltek) -> None:
    deltek.answers("GET", "Settings/ActiveCompany", [{"Company": " ", "FirmName": "Acme"}])
    assert deltek.vantagepoint().active_company() == " "


@pytest.mark.parametrize(("body", "status"), [([], 200), ("", 404)])
def test_the_active_company_may_not_be_told(deltek: Deltek, body: Any, status: int) -> None:
    deltek.answers("GET", "Settings/ActiveCompany", body, status=status)
    assert deltek.vantagepoint().active_company() is None


def test_companies_come_with_their_currencies(deltek: Deltek) -> None:
    row = {"Company": "00", "FirmName": "Acme", "FunctionalCurrencyCode": "USD"}
    deltek.answers("GET", "Settings/Company", [row])
    (company,) = deltek.vantagepoint().companies() or []
    assert (company.code, company.name, company.currency) == ("00", "Acme", "USD")


def test_lengths_come_from_metadata_and_key_formats(deltek: Deltek) -> None:
    deltek.answers("GET", "metadata/CREntry", METADATA)
    deltek.answers("GET", "KeyCvt/CFGFormat", [{"RefnoLength": 7}, {"RefnoLength": ""}])
    assert deltek.vantagepoint().receipt_field_lengths() == {"Batch": 30, "RefNo": 7}


def test_lengths_may_come_from_one_place_or_none(deltek: Deltek) -> None:
    deltek.answers("GET", "metadata/CREntry", "", status=404)
    deltek.answers("GET", "KeyCvt/CFGFormat", [{"RefnoLength": 7}])
    assert deltek.vantagepoint().receipt_field_lengths() == {"RefNo": 7}
    deltek.answers("GET", "KeyCvt/CFGFormat", "", status=404)
    assert deltek.vantagepoint().receipt_field_lengths() is None


def test_bank_codes_and_the_receivables_account_are_read(deltek: Deltek) -> None:
    bank = {"Code": "STRIPE", "Description": "Stripe clearing", "Company": "00", "Account": "101.20"}
    deltek.answers("GET", "BankCode/CFGBANKS", [bank])
    rows = [{"Company": "01", "AcctsReceivable": "112.00"}, {"Company": "00", "AcctsReceivable": "111.00"}]
    deltek.answers("GET", "AccountConfiguration/CFGAutoPosting", rows)
    (found,) = deltek.vantagepoint().bank_codes() or []
    assert (found.code, found.company, found.account) == ("STRIPE", "00", "101.20")
    assert deltek.vantagepoint().accounts_receivable("00") == "111.00"
    assert deltek.query() == {"company": "00"}


def test_what_a_version_does_not_have_is_none(deltek: Deltek) -> None:
    for path in ("BankCode/CFGBANKS", "AccountConfiguration/CFGAutoPosting", "Settings/Company"):
        deltek.answers("GET", path, "", status=404)
    vantagepoint = deltek.vantagepoint()
    assert vantagepoint.bank_codes() is None
    assert vantagepoint.companies() is None
    assert vantagepoint.accounts_receivable("00") is None


def test_what_a_role_may_not_see_is_an_error(deltek: Deltek) -> None:
    deltek.answers("GET", "BankCode/CFGBANKS", "", status=403)
    with pytest.raises(Forbidden):
        deltek.vantagepoint().bank_codes()


def test_a_posted_invoice_is_no_offset(deltek: Deltek) -> None:
    rows = [{**ROW, "Invoice": " "}, {**ROW, "AutoEntry": "Y"}, {**ROW, "Invoice": "7"}]
    deltek.answers("GET", "PSALedger/IN", rows)
    found = deltek.vantagepoint().one_posted_invoice()
    assert found is not None
    assert found.invoice == "7"
    assert deltek.query() == {"order": "PostDate_D", "page": "1", "pageSize": "50"}


def test_an_empty_ledger_has_no_posted_invoice(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [])
    assert deltek.vantagepoint().one_posted_invoice() is None


def by_range(query: dict[str, str]) -> list[dict[str, Any]]:
    start, end = query["filterHash[1][value]"][:-1], query["filterHash[2][value]"][:-1]
    return [ROW] if start <= ROW["PostDate"] < end else []


def test_a_filter_that_gives_the_row_and_nothing_else_works(deltek: Deltek) -> None:
    deltek.answers_by("GET", "PSALedger/IN", by_range)
    assert deltek.vantagepoint().filter_works(posted())
    assert deltek.query(0)["filterHash[1][value]"] == "2026-08-14T10:00:00Z"
    assert deltek.query(0)["filterHash[2][value]"] == "2026-08-16T10:00:00Z"


def test_a_row_without_a_post_date_tests_the_filter_as_well(deltek: Deltek) -> None:
    deltek.answers_by("GET", "PSALedger/IN", by_range)
    assert deltek.vantagepoint().filter_works(posted(PostDate=None))


def test_a_filter_that_gives_everything_does_not_work(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [ROW])
    assert not deltek.vantagepoint().filter_works(posted())


def test_a_filter_that_gives_nothing_does_not_work(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", [])
    assert not deltek.vantagepoint().filter_works(posted())
