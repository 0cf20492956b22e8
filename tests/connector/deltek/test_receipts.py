"""Cash receipts: looked for, written to the letter, posted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.deltek.answers import AlreadyExists
from connector.deltek.records import CashReceipt, ReceiptRow, Wbs
from connector.errors import Blocked, Forbidden, Refused, Unavailable
from connector.tenants.description import ReceiptMode

from .support import Deltek

CONTROL, DETAIL, LEDGER = "DataEntry/crControl/B1", "DataEntry/crDetail/B1", "PSALedger/CR"
BANKS = "BankCode/CFGBANKS"
MASTER, MASTERS = "DataEntry/crMaster/B1%7CR1", "DataEntry/crMaster/B1"
RECEIPT = CashReceipt(
    batch="B1",
    ref_no="R1",
    company="00",
    bank_code="STRIPE",
    currency="USD",
    received_on=date(2026, 8, 31),
    period=202608,
    comment="in_123 py_456 " + "c" * 300,
    description="Stripe payment of invoice 000000001 by Harlow Finch",
    rows=(
        ReceiptRow(Wbs("P1", "02", " "), "000000001", "111.00", Decimal("1234567890.10")),
        ReceiptRow(Wbs("P2"), "000000001", "111.00", Decimal("-0.30")),
    ),
)


def detail(amount: Any = 120, invoice: str = "1", **columns: Any) -> dict[str, Any]:
    row = {"Batch": "B1", "WBS1": "P1", "WBS2": " ", "WBS3": " ", "Invoice": invoice, "Account": "111.00"}
    return {**row, "Amount": amount, **columns}


def ledger(amount: Any = -120, invoice: str = "1", **columns: Any) -> dict[str, Any]:
    return {**detail(amount, invoice), "Period": 202608, "PostSeq": 4, "PKey": f"k{amount}", **columns}


def test_an_unposted_file_is_found(deltek: Deltek) -> None:
    deltek.answers("GET", CONTROL, [{"Batch": "B1", "Posted": "N"}])
    deltek.answers("GET", DETAIL, [detail(100.5), detail(19.5, "2"), detail(-3, " ", Account="620.00")])
    deltek.answers("GET", LEDGER, [])
    found = deltek.vantagepoint().find_receipt("B1", "files", "R1")
    assert found is not None
    assert (found.place, found.total) == ("unposted", Decimal(117))
    assert [(row.invoice.strip(), row.account) for row in found.rows] == [
        ("1", "111.00"),
        ("2", "111.00"),
        ("", "620.00"),
    ]


def test_the_flags_of_a_file_s_rows_are_read(deltek: Deltek) -> None:
    flagged = [detail(1, Interest="Y", Retainer="N"), detail(2, Interest="0", Retainer="1"), detail(3)]
    deltek.answers("GET", CONTROL, [{"Batch": "B1"}])
    deltek.answers("GET", DETAIL, flagged)
    deltek.answers("GET", LEDGER, [])
    found = deltek.vantagepoint().find_receipt("B1", "files", "R1")
    assert found is not None
    assert [(row.interest, row.retainer) for row in found.rows] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_a_posted_receipt_is_found_with_the_sign_it_was_entered_with(deltek: Deltek) -> None:
    deltek.answers("GET", CONTROL, [{"Batch": "B1", "Posted": "Y"}])
    deltek.answers("GET", DETAIL, [detail()])
    bank = ledger(120, "", AutoEntry="Y", Account="101.10")
    deltek.answers("GET", LEDGER, [ledger(-100), ledger(-20), bank, ledger(-7, Batch="B2")])
    found = deltek.vantagepoint().find_receipt("B1", "files", "R1")
    assert found is not None
    assert found.place == "posted"
    assert [row.amount for row in found.rows] == [100, 20]


def posted_rows(deltek: Deltek, *rows: dict[str, Any]) -> list[tuple[str, Decimal]]:
    """Account and amount of what is found where the ledger has these rows."""
    deltek.answers("GET", CONTROL, "", status=404)
    deltek.answers("GET", LEDGER, list(rows))
    found = deltek.vantagepoint().find_receipt("B1", "files", "R1")
    assert found is not None
    return [(row.account, row.amount) for row in found.rows]


ON_INVOICE, FEE, LIABILITY = ledger(-100), ledger(3, "", Account="741.00"), ledger(-10, " ", Account="241.00")
BANK_SIDE = ledger(107, "", Account="103.00", AutoEntry="Y")
ENTERED = [("111.00", Decimal(100)), ("741.00", Decimal(-3)), ("241.00", Decimal(10))]


@pytest.mark.parametrize("project", ["P1", " ", "", None])
def test_every_row_that_was_entered_is_found_in_the_ledger_and_not_the_bank_s(
    deltek: Deltek, project: str | None
) -> None:
    bank = BANK_SIDE | {"WBS1": project}
    assert posted_rows(deltek, ON_INVOICE, FEE, LIABILITY | {"WBS1": project}, bank) == ENTERED
    assert deltek.sent == [f"GET {CONTROL}", f"GET {LEDGER}"]


def test_a_bank_s_side_that_is_not_marked_is_told_by_its_account(deltek: Deltek) -> None:
    bank = BANK_SIDE | {"AutoEntry": "N", "WBS1": " "}
    deltek.answers("GET", BANKS, [{"Code": "STRIPE", "Account": "103.00"}])
    assert posted_rows(deltek, ON_INVOICE, FEE, LIABILITY | {"WBS1": " "}, bank) == ENTERED


def test_money_that_only_moves_has_no_bank_s_side(deltek: Deltek) -> None:
    deltek.answers("GET", BANKS, [{"Code": "STRIPE", "Account": "103.00"}])
    deposit = ledger(100, "", Account="241.00", WBS1=" ")
    assert posted_rows(deltek, ON_INVOICE, deposit) == [("111.00", Decimal(100)), ("241.00", Decimal(-100))]


@pytest.mark.parametrize(("body", "status"), [("", 404), ("", 403), ([], 200)])
def test_a_row_without_a_place_is_the_bank_s_where_no_bank_is_shown(
    deltek: Deltek, body: Any, status: int
) -> None:
    deltek.answers("GET", BANKS, body, status=status)
    bank = BANK_SIDE | {"AutoEntry": "N", "WBS1": " "}
    assert posted_rows(deltek, ON_INVOICE, FEE, bank) == ENTERED[:2]


@pytest.mark.parametrize(("body", "status"), [([], 200), ("", 404)])
def test_a_batch_that_is_nowhere_is_none(deltek: Deltek, body: Any, status: int) -> None:
    deltek.answers("GET", CONTROL, body, status=status)
    deltek.answers("GET", LEDGER, [])
    assert deltek.vantagepoint().find_receipt("B1", "files", "R1") is None
    assert deltek.sent == [f"GET {CONTROL}", f"GET {LEDGER}"]


def test_the_ledger_is_asked_last_so_that_posting_meanwhile_is_seen(deltek: Deltek) -> None:
    deltek.answers("GET", MASTER, [], status=200)
    deltek.answers("GET", MASTERS, [], status=200)
    deltek.answers("GET", LEDGER, [ledger()])
    found = deltek.vantagepoint().find_receipt("B1", "single", "R1")
    assert found is not None
    assert found.place == "posted"
    assert deltek.sent[-1] == f"GET {LEDGER}"


def test_a_file_that_says_it_is_posted_is_posted_though_the_ledger_lags(deltek: Deltek) -> None:
    deltek.answers("GET", CONTROL, [{"Batch": "B1", "Posted": "Y"}])
    deltek.answers("GET", DETAIL, [detail()])
    deltek.answers("GET", LEDGER, [])
    found = deltek.vantagepoint().find_receipt("B1", "files", "R1")
    assert found is not None
    assert (found.place, found.total) == ("posted", Decimal(120))


def test_a_receipt_without_a_file_is_found_by_batch_and_reference(deltek: Deltek) -> None:
    deltek.answers("GET", MASTER, [{"Batch": "B1", "RefNo": "R1", "Posted": "N"}])
    deltek.answers("GET", DETAIL, [detail()])
    deltek.answers("GET", LEDGER, [])
    found = deltek.vantagepoint().find_receipt("B1", "single", "R1")
    assert found is not None
    assert found.place == "unposted"


def test_the_lines_of_a_receipt_without_a_file_may_need_its_reference(deltek: Deltek) -> None:
    deltek.answers("GET", MASTER, [{"Batch": "B1", "RefNo": "R1", "Posted": "N"}])
    deltek.answers("GET", DETAIL, "", status=404)
    deltek.answers("GET", f"{DETAIL}%7CR1", [detail()])
    deltek.answers("GET", LEDGER, [])
    found = deltek.vantagepoint().find_receipt("B1", "single", "R1")
    assert found is not None
    assert found.total == Decimal(120)


def test_a_receipt_that_deltek_numbered_itself_is_found_by_batch(deltek: Deltek) -> None:
    deltek.answers("GET", MASTER, "", status=404)
    deltek.answers("GET", MASTERS, [{"Batch": "B1", "RefNo": "0004711", "Posted": "N"}])
    deltek.answers("GET", DETAIL, [detail()])
    deltek.answers("GET", LEDGER, [])
    assert deltek.vantagepoint().find_receipt("B1", "single", "R1") is not None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 403, "body": ""}, Forbidden),
        ({"status": 500, "body": ""}, Unavailable),
        ({"status": 400, "body": {"message": "Field Batch does not exist"}}, Refused),
        ({"status": 200, "body": "<html>"}, Unavailable),
        ({"status": 200, "body": requests.ReadTimeout()}, Unavailable),
    ],
)
@pytest.mark.parametrize("place", [CONTROL, DETAIL, LEDGER])
def test_absence_is_never_guessed(
    deltek: Deltek, answer: dict[str, Any], error: type[Exception], place: str
) -> None:
    for path, body in ((CONTROL, [{"Batch": "B1"}]), (DETAIL, [detail()]), (LEDGER, [])):
        if path != place:
            deltek.answers("GET", path, body)
    deltek.answers("GET", place, **answer)
    with pytest.raises(error):
        deltek.vantagepoint().find_receipt("B1", "files", "R1")


def test_a_file_whose_batch_is_hidden_is_there_all_the_same(deltek: Deltek) -> None:
    deltek.answers("GET", CONTROL, [{"Batch": "", "Posted": "N"}])
    deltek.answers("GET", DETAIL, [detail(Batch=""), detail(7, Batch="B2")])
    deltek.answers("GET", LEDGER, [])
    found = deltek.vantagepoint().find_receipt("B1", "files", "R1")
    assert found is not None
    assert found.total == Decimal(120)


def test_an_ignored_filter_of_the_ledger_finds_no_receipt(deltek: Deltek) -> None:
    deltek.answers("GET", CONTROL, "", status=404)
    deltek.answers("GET", LEDGER, [ledger(Batch="B2"), ledger(Batch="B3")])
    assert deltek.vantagepoint().find_receipt("B1", "files", "R1") is None


def test_a_file_is_written_as_deltek_s_sample_has_it(deltek: Deltek) -> None:
    deltek.answers("POST", "DataEntry/crControl", [{"Batch": "B1"}], status=201)
    deltek.vantagepoint().write_receipt(RECEIPT, "files")
    body = deltek.json()
    master, details = body.pop("crMaster"), body.pop("crDetail")
    assert body == {
        "Batch": "B1",
        "Description": "Stripe payment of invoice 000000001 by H",
        "Recurring": "N",
        "EndDate": "2026-08-31T00:00:00.000",
        "Total": "1234567889.80",
        "DefaultBank": "STRIPE",
        "Selected": "N",
        "Posted": "N",
        "Creator": "MLCONNECTOR",
        "Period": "202608",
        "Company": "00",
    }
    assert master == [{**MASTER_BODY, "TransComment": RECEIPT.comment[:255]}]
    assert [row["Amount"] for row in details] == ["1234567890.10", "-0.30"]
    assert [row["Seq"] for row in details] == ["1", "2"]
    assert [(row["WBS1"], row["WBS2"], row["WBS3"]) for row in details] == [
        ("P1", "02", " "),
        ("P2", " ", " "),
    ]
    assert {row["Invoice"] for row in details} == {"000000001"}
    assert {(row["Interest"], row["Retainer"]) for row in details} == {("N", "N")}


def test_a_receipt_that_only_moves_money_between_accounts_has_a_total_of_nothing(deltek: Deltek) -> None:
    rows = (
        ReceiptRow(Wbs("P1"), "000000001", "111.00", Decimal("20.00"), interest=True),
        ReceiptRow(Wbs("P1"), "", "241.00", Decimal("-20.00"), retainer=True),
    )
    deltek.answers("POST", "DataEntry/crControl", [{"Batch": "B1"}], status=201)
    deltek.vantagepoint().write_receipt(replace(RECEIPT, rows=rows), "files")
    body = deltek.json()
    assert Decimal(body["Total"]) == 0
    columns = ("Invoice", "Account", "Amount", "Interest", "Retainer")
    assert [tuple(row[column] for column in columns) for row in body["crDetail"]] == [
        ("000000001", "111.00", "20.00", "Y", "N"),
        ("", "241.00", "-20.00", "N", "Y"),
    ]


MASTER_BODY = {
    "Batch": "B1",
    "RefNo": "R1",
    "TransDate": "2026-08-31T00:00:00.000",
    "Posted": "N",
    "BankCode": "STRIPE",
    "Seq": "1",
    "CurrencyCode": "USD",
    "CurrencyExchangeOverrideMethod": "N",
    "CurrencyExchangeOverrideDate": "",
    "CurrencyExchangeOverrideRate": "0",
    "Status": "N",
    "AuthorizedBy": "",
    "RejectReason": "",
    "ModUser": "",
    "ModDate": "",
    "Diary": "",
    "DiaryNo": "0",
}


def test_the_keys_of_the_rows_are_the_same_every_time(deltek: Deltek) -> None:
    deltek.answers("POST", "DataEntry/crControl", [{}], status=201)
    for _ in range(2):
        deltek.vantagepoint().write_receipt(RECEIPT, "files")
    first, second = ([row["PKey"] for row in deltek.json(number)["crDetail"]] for number in (0, 1))
    assert first == second
    assert len(set(first)) == 2
    assert all(len(key) == 32 and int(key, 16) for key in first)


def test_a_single_receipt_is_written_under_batch_and_reference(deltek: Deltek) -> None:
    deltek.answers("POST", MASTER, [{}], status=201)
    deltek.vantagepoint().write_receipt(RECEIPT, "single")
    body = deltek.json()
    assert len(body.pop("crDetail")) == 2
    assert body == {**MASTER_BODY, "TransComment": RECEIPT.comment[:255]}


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_batch_that_is_there_is_told_apart(deltek: Deltek, mode: ReceiptMode) -> None:
    message = {"message": "Record B1 already exists and cannot be added"}
    for path in ("DataEntry/crControl", MASTER):
        deltek.answers("POST", path, message, status=500)
    with pytest.raises(AlreadyExists):
        deltek.vantagepoint().write_receipt(RECEIPT, mode)


def test_a_write_without_an_answer_has_an_unknown_outcome(deltek: Deltek) -> None:
    deltek.answers("POST", "DataEntry/crControl", requests.ReadTimeout())
    with pytest.raises(Unavailable) as raised:
        deltek.vantagepoint().write_receipt(RECEIPT, "files")
    assert raised.value.outcome_unknown


@pytest.mark.parametrize("answer", ["", "[]", '{"Status": "ok"}'])
def test_posting_is_asked_for_and_needs_no_answer(deltek: Deltek, answer: str) -> None:
    deltek.answers("PUT", "DataEntry/PostTransFile", answer)
    deltek.vantagepoint().post_batch("B1", 202608, "Stripe")
    parameters = {"batch": "B1", "description": "Stripe", "period": "202608", "transtype": "CR"}
    assert deltek.json() == {"parms": [parameters]}


def test_an_unreadable_row_is_blocked(deltek: Deltek) -> None:
    deltek.answers("GET", CONTROL, [{"Batch": "B1"}])
    deltek.answers("GET", DETAIL, [detail(None)])
    with pytest.raises(Blocked, match=r"crDetail with Batch 'B1', WBS1 'P1'.*Amount is missing"):
        deltek.vantagepoint().find_receipt("B1", "files", "R1")
