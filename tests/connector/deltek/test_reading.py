"""Rows become records, liberally in form and exactly in meaning; what cannot be read says so."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.deltek.records import LedgerRow, Wbs
from connector.deltek.schemas import AR_BALANCE, CONTACT, INVOICE_MASTER, LEDGER, PERIOD
from connector.errors import Blocked

LEDGER_ROW: dict[str, Any] = {
    "Invoice": "000000001",
    "WBS1": "ZC123.24",
    "WBS2": " ",
    "WBS3": " ",
    "Batch": "IN1",
    "Period": 202608,
    "PostSeq": 7,
    "Amount": Decimal("157.50"),
}
BALANCE_ROW: dict[str, Any] = {
    "WBS1": "ZC123.24",
    "Company": " ",
    "Invoice": "000000001",
    "Balance": Decimal("146.94"),
    "OriginalAmt": Decimal("157.5"),
}


def ledger(**columns: Any) -> LedgerRow:
    return LEDGER.read({**LEDGER_ROW, **columns}, "PSALedger/IN")


def balance_fails(**columns: Any) -> Blocked:
    with pytest.raises(Blocked) as raised:
        AR_BALANCE.read({**BALANCE_ROW, **columns}, "ARReview/ARBalance")
    return raised.value


def test_a_row_with_only_what_is_needed_is_read() -> None:
    row = ledger()
    assert row.wbs == Wbs("ZC123.24")
    assert (row.wbs.wbs2, row.wbs.wbs3) == (" ", " ")
    assert (row.amount, row.post_date, row.trans_date) == (Decimal("157.50"), None, None)
    assert (row.auto_entry, row.pre_invoice, row.credit_memo_ref) == (False, False, "")


def test_zeros_and_blanks_of_keys_stay() -> None:
    balance = AR_BALANCE.read(BALANCE_ROW, "ARReview/ARBalance")
    assert (balance.invoice, balance.company, balance.wbs1) == ("000000001", " ", "ZC123.24")


def test_an_absent_phase_is_one_space_however_it_is_printed() -> None:
    for absent in ("", " ", None):
        assert ledger(WBS2=absent, WBS3=absent).wbs.wbs2 == " "


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        (Decimal("0.1"), "0.1"),
        (5, "5"),
        ("12.34", "12.34"),
        ("-1e2", "-100"),
        (" 7.00 ", "7.00"),
    ],
)
def test_amounts_may_be_numbers_or_texts(printed: Any, amount: str) -> None:
    assert ledger(Amount=printed).amount == Decimal(amount)


@pytest.mark.parametrize(
    "printed",
    ["", " ", None, "n/a", "NaN", "Infinity", True, [], {}, "1,000.00", 0.1, "1e999999999", "1e-999999999"],
)
def test_an_amount_that_is_none_is_no_zero(printed: Any) -> None:
    error = balance_fails(Balance=printed)
    assert error.message.startswith(
        "The row of GET ARReview/ARBalance with WBS1 'ZC123.24', Invoice '000000001' cannot be read: Balance "
    )
    assert "role may view this field" in error.remedy


def test_a_missing_column_is_named_with_the_row() -> None:
    row = {key: value for key, value in BALANCE_ROW.items() if key != "OriginalAmt"}
    with pytest.raises(Blocked, match="Invoice '000000001' cannot be read: OriginalAmt is missing"):
        AR_BALANCE.read(row, "ARReview/ARBalance")


def test_every_unreadable_column_is_named() -> None:
    error = balance_fails(Balance="x", OriginalAmt=None, InvoiceDate="soon")
    assert error.message.endswith(
        "InvoiceDate is not a date, Balance is not a number, OriginalAmt is missing"
    )


@pytest.mark.parametrize("printed", [201305, "201305", "05/2013", "5/2013", Decimal("201305.0")])
def test_a_period_is_a_number_or_a_month_of_a_year(printed: Any) -> None:
    assert ledger(Period=printed).period == 201305


@pytest.mark.parametrize("printed", ["Recurring", Decimal("1.5"), True, "1e999999999", [], "NaN"])
def test_what_is_no_period_is_refused(printed: Any) -> None:
    with pytest.raises(Blocked, match="Period is not a whole number"):
        ledger(Period=printed)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("Y", True),
        ("y", True),
        ("1", True),
        (1, True),
        (True, True),
        ("N", False),
        ("", False),
        (None, False),
    ],
)
def test_flags_come_in_many_spellings(printed: Any, meant: bool) -> None:
    assert ledger(AutoEntry=printed).auto_entry is meant


@pytest.mark.parametrize(("printed", "meant"), [("Y", True), ("PRE0001", True), ("N", False), (" ", False)])
def test_a_pre_invoice_is_flagged_or_numbered(printed: str, meant: bool) -> None:
    assert ledger(PreInvoice=printed).pre_invoice is meant


@pytest.mark.parametrize(
    "printed",
    ["2026-08-01T00:00:00.000", "2026-08-01T00:00:00", "2026-08-01T00:00:00Z", "2026-08-01"],
)
def test_dates_come_with_or_without_midnight(printed: str) -> None:
    row = ledger(TransDate=printed, PostDate=printed)
    assert row.trans_date == date(2026, 8, 1)
    assert row.post_date == datetime(2026, 8, 1)  # noqa: DTZ001


def test_a_blank_date_is_none_and_a_required_one_is_missing() -> None:
    row = {"Invoice": "1", "WBS1": "P", "TransDate": "2026-08-01", "DueDate": ""}
    assert INVOICE_MASTER.read(row, "inMaster").due_date is None
    with pytest.raises(Blocked, match="TransDate is missing"):
        INVOICE_MASTER.read({**row, "TransDate": ""}, "inMaster")


@pytest.mark.parametrize("column", ["TransDate", "PostDate"])
def test_what_is_no_date_is_refused(column: str) -> None:
    with pytest.raises(Blocked, match=f"{column} is not a date"):
        ledger(**{column: "08/01/2026"})


def test_the_amount_is_in_the_documents_own_currency() -> None:
    foreign = ledger(Amount=Decimal("100"), TransactionAmount=Decimal("90.5"), TransactionCurrencyCode="EUR")
    assert (foreign.amount, foreign.currency) == (Decimal("90.5"), "EUR")
    single = ledger(Amount=Decimal("100"), TransactionAmount=Decimal("90.5"), TransactionCurrencyCode=" ")
    assert single.amount == Decimal("100")
    unkept = ledger(Amount=Decimal("100"), TransactionAmount=0, TransactionCurrencyCode="USD")
    assert unkept.amount == Decimal("100")


def test_both_descriptions_of_a_row_are_one() -> None:
    assert ledger(Desc1="Schematic design ", Desc2="").description == "Schematic design"
    assert ledger(Desc1="Schematic", Desc2="design").description == "Schematic design"


def test_numbers_in_columns_of_text_are_texts() -> None:
    assert ledger(RefNo=4711).ref_no == "4711"
    with pytest.raises(Blocked, match="RefNo is not a text"):
        ledger(RefNo={"nested": 1})


def test_unknown_columns_are_of_no_concern() -> None:
    assert ledger(CustSomething={"a": 1}).invoice == "000000001"


def test_only_i_is_inactive() -> None:
    for status, active in (("A", True), ("I", False), ("", True)):
        assert CONTACT.read({"ContactID": "C", "ContactStatus": status}, "contact").active is active


def test_a_period_row_without_days_is_named() -> None:
    with pytest.raises(Blocked, match="Period 202608 cannot be read: AccountPdStart is missing"):
        PERIOD.read({"Period": 202608, "AccountPdEnd": "2026-08-31"}, "Settings/Period")
