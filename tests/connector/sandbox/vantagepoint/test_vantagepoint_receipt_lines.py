"""Lines of cash receipts beside plain money received: none of an invoice, flagged, negative, moved."""

from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.vantagepoint import OrderRefused, Payment
from connector.sandbox.vantagepoint.companies import RETAINAGE

from .doubles import PHASE, TODAY, WBS1, Api, Json, Office, clause, line, receipt

DEPOSITS, FEES = "241.00", "741.00"


@pytest.fixture(autouse=True)
def posted_invoice(office: Office) -> None:
    office.post("150.00")


def with_lines(*lines: Json) -> Json:
    """A receipt of several lines, each the first one but for what is named; its total is right."""
    body = receipt()
    details = [
        body["crDetail"][0] | {"PKey": f"P{number}"} | one for number, one in enumerate(lines, start=1)
    ]
    total = sum(Decimal(one["Amount"]) for one in details)
    return body | {"crDetail": details, "Total": str(total)}


def posted(api: Api, *lines: Json) -> list[Json]:
    """The rows of the ledger once a receipt of these lines has been posted, the bank's last."""
    created = api.ask("POST", "DataEntry/crControl", with_lines(*lines))
    assert created.status_code == 201, created.text
    parameters = {"batch": "BATCH0001", "description": "x", "period": "202608", "transtype": "CR"}
    assert api.ask("PUT", "DataEntry/PostTransFile", {"parms": [parameters]}).status_code == 200
    return api.rows("PSALedger/CR", **clause(0, "Batch", "BATCH0001"))


def columns(rows: list[Json], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def balance(api: Api) -> float:
    (row,) = api.rows("ARReview/ARBalance")
    return float(row["Balance"])


def test_a_line_of_no_invoice_is_taken_on_any_account_but_the_receivable(api: Api) -> None:
    deposit = {"Account": DEPOSITS, "Invoice": "", "Amount": "20.00"}
    rows = posted(api, {"Amount": "150.00"}, deposit)
    assert columns(rows, "Account", "Invoice", "WBS1", "Amount", "AutoEntry") == [
        ("111.00", "000000001", WBS1, -150.0, "N"),
        (DEPOSITS, "", WBS1, -20.0, "N"),
        ("103.00", "", "", 170.0, "Y"),
    ]
    assert balance(api) == 0.0


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("111.00", "An invoice number is required for Accounts Receivable.<BR/>"),
        ("999.99", "Account 999.99 is not valid.<BR/>"),
    ],
)
def test_a_line_of_no_invoice_is_refused_on_the_receivable_and_on_no_account(
    api: Api, account: str, message: str
) -> None:
    body = with_lines({"Amount": "10.00"}, {"Account": account, "Invoice": "", "Amount": "5.00"})
    refused = api.ask("POST", "DataEntry/crControl", body)
    assert (refused.status_code, refused.json()["message"]) == (400, message)
    assert api.rows("DataEntry/crLanding") == []


def test_an_account_that_the_administrator_adds_is_taken(api: Api) -> None:
    api.order("add_account", number="999.99", name="Unapplied Payments", kind=2)
    rows = posted(api, {"Amount": "10.00"}, {"Account": "999.99", "Invoice": "", "Amount": "5.00"})
    assert [row["Amount"] for row in rows] == [-10.0, -5.0, 15.0]


def test_money_that_only_moves_has_a_total_of_nothing_and_no_side_of_the_bank(api: Api) -> None:
    spent = {"Account": DEPOSITS, "Invoice": "", "Amount": "-20.00"}
    rows = posted(api, {"Amount": "20.00"}, spent)
    assert columns(rows, "Account", "Amount") == [("111.00", -20.0), (DEPOSITS, 20.0)]
    assert api.rows("DataEntry/crControl/BATCH0001")[0]["Total"] == 0
    assert balance(api) == 130.0


def test_fees_alone_are_a_receipt_of_less_than_nothing(api: Api) -> None:
    rows = posted(api, {"Account": FEES, "Invoice": "", "Amount": "-4.35", "WBS1": "24002.00", "WBS2": " "})
    assert columns(rows, "Account", "WBS1", "Amount") == [(FEES, "24002.00", 4.35), ("103.00", "", -4.35)]
    assert balance(api) == 150.0


def test_the_side_of_the_bank_may_come_unmarked(api: Api, office: Office) -> None:
    office.admin.set_options({"bank_side_marked": False})
    assert columns(posted(api, {"Amount": "10.00"}), "Account", "AutoEntry") == [
        ("111.00", "N"),
        ("103.00", "N"),
    ]
    assert balance(api) == 140.0


def test_the_ledger_may_keep_no_project_of_other_balance_sheet_accounts(api: Api, office: Office) -> None:
    office.admin.set_options({"balance_sheet_projects": False})
    rows = posted(
        api,
        {"Amount": "10.00"},
        {"Account": DEPOSITS, "Invoice": "", "Amount": "5.00"},
        {"Account": FEES, "Invoice": "", "Amount": "-1.00"},
    )
    assert columns(rows, "Account", "WBS1", "WBS2") == [
        ("111.00", WBS1, PHASE),
        (DEPOSITS, "", " "),
        (FEES, WBS1, PHASE),
        ("103.00", "", " "),
    ]
    assert [row["WBS1"] for row in api.rows("DataEntry/crDetail/BATCH0001")] == [WBS1] * 3


def test_retainers_and_interest_are_flags_of_the_file_and_retainers_a_sub_type_of_the_ledger(
    api: Api,
) -> None:
    rows = posted(
        api, {"Amount": "50.00", "Retainer": "Y"}, {"Amount": "4.00", "Interest": "Y"}, {"Amount": "1.00"}
    )
    assert columns(api.rows("DataEntry/crDetail/BATCH0001"), "Retainer", "Interest") == [
        ("Y", "N"),
        ("N", "Y"),
        ("N", "N"),
    ]
    assert columns(rows, "SubType", "Amount")[:3] == [("R", -50.0), ("", -4.0), ("", -1.0)]
    received = api.rows("ARReview/ARBalanceDetailCR", ARWBS1InvoiceKey=f"{WBS1}|000000001")
    assert columns(received, "SubType", "Amount") == [("R", 50.0), ("", 4.0), ("", 1.0)]
    assert balance(api) == 95.0


def test_a_retainer_is_made_of_money_received_by_a_receipt_of_nothing(api: Api) -> None:
    """Deltek KB91306."""
    rows = posted(api, {"Amount": "-40.00"}, {"Amount": "40.00", "Retainer": "Y"})
    assert columns(rows, "SubType", "Amount") == [("", 40.0), ("R", -40.0)]
    assert balance(api) == 150.0


@pytest.mark.parametrize(("counted", "owed"), [(False, 900.0), (True, 940.0)])
def test_retainage_that_is_received_lowers_a_balance_that_contains_it(
    api: Api, office: Office, counted: bool, owed: float
) -> None:
    office.admin.set_options({"balance_contains_retainage": counted})
    office.post(lines=(line("900.00", retainage=Decimal(100)),))
    retainage = {"Account": RETAINAGE, "Invoice": "000000002", "Amount": "60.00"}
    rows = posted(api, {"Amount": "1.00"}, retainage)
    assert columns(rows, "Account", "SubType", "Amount")[1] == (RETAINAGE, "R", -60.0)
    (owing,) = api.rows("ARReview/ARBalance", **clause(0, "Invoice", "000000002"))
    assert owing["Balance"] == owed
    (received,) = api.rows("ARReview/ARBalanceDetailCR", **clause(0, "Invoice", "000000002"))
    assert (received["Account"], received["SubType"], received["Amount"]) == (RETAINAGE, "R", 60.0)


def test_a_reversal_raises_the_balance_again(api: Api, office: Office) -> None:
    paid = [Payment("000000001", WBS1, Decimal(150), PHASE)]
    office.accountant.record_check("5001", TODAY, paid, bank="STRIPE")
    rows = posted(api, {"Amount": "-30.00"}, {"Amount": "-0.01"})
    assert [row["Amount"] for row in rows] == [30.0, 0.01, -30.01]
    assert balance(api) == 30.01
    received = api.rows("ARReview/ARBalanceDetailCR", ARWBS1InvoiceKey=f"{WBS1}|000000001")
    assert [row["Amount"] for row in received] == [150.0, -30.0, -0.01]


def test_a_check_that_bounces_is_a_negative_receipt_of_its_own(api: Api, office: Office) -> None:
    paid = [Payment("000000001", WBS1, Decimal(150), PHASE)]
    office.accountant.record_check("5001", TODAY, paid, bank="STRIPE")
    bounced = {"invoice": "000000001", "wbs1": WBS1, "wbs2": PHASE, "amount": "-150.00"}
    ordered = api.order(
        "record_check", ref_no="NSF5001", dated="2026-08-05", payments=[bounced], bank="STRIPE"
    )
    assert ordered.json()["done"] == "CHKNSF5001"
    rows = api.rows("PSALedger/CR", **clause(0, "Batch", "CHKNSF5001"))
    assert columns(rows, "Account", "Amount", "TransDate") == [
        ("111.00", 150.0, "2026-08-05T00:00:00.000"),
        ("103.00", -150.0, "2026-08-05T00:00:00.000"),
    ]
    assert balance(api) == 150.0
    assert api.rows("DataEntry/crControl/CHKNSF5001")[0]["Total"] == -150.0


def test_a_check_may_pay_into_another_account(api: Api, office: Office) -> None:
    paid = [
        Payment("000000001", WBS1, Decimal(150), PHASE),
        Payment("", WBS1, Decimal(7), PHASE, account=DEPOSITS),
    ]
    office.accountant.record_check("5001", TODAY, paid, bank="STRIPE")
    rows = api.rows("PSALedger/CR")
    assert columns(rows, "Account", "Amount") == [("111.00", -150.0), (DEPOSITS, -7.0), ("103.00", 157.0)]
    with pytest.raises(OrderRefused, match="needs a bank code"):
        office.accountant.record_check("5002", TODAY, paid, bank="NONE")
