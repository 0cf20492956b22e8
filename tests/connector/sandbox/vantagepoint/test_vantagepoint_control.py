"""The operator's routes: orders, readings, faults, and the stand-in as a process."""

import subprocess
import sys
from datetime import timedelta

import pytest
import requests

from connector.sandbox.vantagepoint.history import load_history
from connector.sandbox.vantagepoint.hub_tables import PSA_LEDGER
from connector.sandbox.vantagepoint.queries import Query

from .doubles import NOW, PHASE, WBS1, Api, Office, clause, receipt


def test_an_invoice_is_posted_by_an_order_in_json(api: Api) -> None:
    lines = [{"wbs1": WBS1, "wbs2": PHASE, "amount": "99.90", "section": "F"}]
    done = api.order("post_invoice", invoice={"wbs1": WBS1, "dated": "2026-08-01", "lines": lines})
    assert (done.status_code, done.json()["done"]["number"]) == (200, "000000001")
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 99.9


def test_a_check_is_recorded_by_an_order_in_json(api: Api, office: Office) -> None:
    office.post("100.00")
    payments = [{"invoice": "000000001", "wbs1": WBS1, "wbs2": PHASE, "amount": "40.00"}]
    order = {"ref_no": "77", "dated": "2026-08-02", "payments": payments, "bank": "STRIPE"}
    assert api.order("record_check", **order).json() == {"done": "CHK77"}
    assert api.rows("ARReview/ARBalance")[0]["Balance"] == 60.0


@pytest.mark.parametrize(
    ("name", "given", "status"),
    [
        ("no_such_order", {}, 404),
        ("_check", {}, 404),
        ("void_invoice", {"number": "NONE", "dated": "2026-08-01"}, 400),
        ("void_invoice", {"number": "NONE"}, 400),
        ("void_invoice", {"nmuber": "1"}, 400),
        ("void_invoice", {"number": 1, "dated": "2026-08-01"}, 400),
        ("void_invoice", {"number": "1", "dated": "yesterday"}, 400),
        ("set_receipt_mode", {"company": "99", "receipts": "files"}, 400),
        ("set_options", {"changes": {"no_such_option": 1}}, 400),
        ("set_options", {"changes": {"lock_after": "5"}}, 400),
        ("set_options", {"changes": {"filter_operators": "signs"}}, 400),
        ("add_firm", {"values": {"Nmae": "x"}}, 400),
        ("post_invoice", {"invoice": "x"}, 400),
        ("record_check", {"ref_no": "1", "dated": "2026-08-02", "payments": [], "bank": "STRIPE"}, 400),
        ("alter_receipt_file", {"batch": "BATCH0001", "row": 0, "values": {"Amount": "x"}}, 400),
    ],
)
def test_an_order_that_cannot_be_carried_out_says_why(
    api: Api, name: str, given: dict[str, object], status: int
) -> None:
    api.ask("POST", "DataEntry/crControl", receipt())
    refused = api.order(name, **given)
    assert refused.status_code == status
    assert refused.json()["error"]


def test_an_order_that_is_not_json_is_refused(api: Api) -> None:
    assert requests.post(f"{api.url}/_sandbox/add_firm", data=b"{", timeout=10).status_code == 400


def test_the_clock_is_set_and_read(api: Api) -> None:
    api.order("set_clock", at="2026-09-01T00:00:00Z")
    api.order("advance_clock", seconds=90)
    assert api.reading("clock") == {"now": "2026-09-01T00:01:30+00:00"}


def test_options_are_read_and_switched(api: Api) -> None:
    api.order("set_options", changes={"posting_delay": 5, "unknown_batch": "empty"})
    options = api.reading("options")
    assert (options["posting_delay"], options["unknown_batch"], options["approvals"]) == (5, "empty", False)


def test_an_unknown_reading_is_a_404(api: Api) -> None:
    assert "no reading" in api.reading("nothing")["error"]


def test_the_auditor_sees_each_invoice_with_its_receipts_and_balance(api: Api, office: Office) -> None:
    office.post("150.00", "0.1234")
    api.ask("POST", "DataEntry/crControl", receipt("60.00"))
    invoice, *others = api.reading("books")["invoices"]
    assert others == []
    assert (invoice["company"], invoice["wbs1"], invoice["number"]) == ("00", WBS1, "000000001")
    assert (invoice["original"], invoice["balance"]) == ("150.1234", "150.1234")
    assert invoice["receipts"] == [
        {
            "batch": "BATCH0001",
            "ref": "R000001",
            "date": "2026-08-03",
            "amount": "60.00",
            "posted": False,
            "wbs": [{"wbs1": WBS1, "wbs2": PHASE, "wbs3": " ", "account": "111.00", "amount": "60.00"}],
        }
    ]
    office.accountant.post_receipt_file("BATCH0001")
    (invoice,) = api.reading("books")["invoices"]
    assert (invoice["balance"], invoice["receipts"][0]["posted"]) == ("90.1234", True)


def test_requests_are_recorded_with_their_query_but_not_their_body(api: Api) -> None:
    requests.delete(f"{api.url}/_sandbox/requests", timeout=10)
    api.rows("firm", pageSize="5")
    api.sign_in()
    recorded = api.reading("requests")
    assert recorded["counts"] == {"GET /firm": 1, "POST /token": 1}
    asked = recorded["requests"][0]
    assert (asked["method"], asked["path"], asked["status"]) == ("GET", "/Sandbox/api/firm", 200)
    assert (asked["query"], asked["time"]) == ({"pageSize": "5"}, NOW.isoformat())
    assert "pass-word" not in str(recorded)


def test_a_receipt_is_kept_although_its_answer_was_lost(api: Api) -> None:
    fault = {"kind": "after", "method": "POST", "path": ".*crControl", "status": 502}
    requests.post(f"{api.url}/_sandbox/faults", json=fault, timeout=10)
    lost = api.ask("POST", "DataEntry/crControl", receipt())
    assert (lost.status_code, lost.json().keys()) == (502, {"message", "detail"})
    assert api.rows("DataEntry/crControl/BATCH0001")[0]["Posted"] == "N"


def test_a_poll_of_a_large_ledger_touches_only_what_was_posted_since(api: Api, office: Office) -> None:
    assert load_history(office.books, 40_000, NOW - timedelta(days=1)) == 10_000
    office.post("1.00")
    since = clause(0, "PostDate", "2026-08-03T00:00:00Z", ">=", type="datetime")
    assert [row["Amount"] for row in api.rows("PSALedger/IN", order="PostDate", **since)] == [1.0, 1.0]
    wanted = Query(tuple(since.items()), office.books.options).filter(PSA_LEDGER)
    assert len(list(office.books.ledger.printed("IN", wanted))) == 2


def test_a_loaded_history_is_in_the_ledger_and_the_balances_without_documents(
    api: Api, office: Office
) -> None:
    assert api.order("load_history", rows=400, days=100).json() == {"done": 100}
    rows = api.rows("PSALedger/IN", **clause(0, "Invoice", "h00000099"))
    assert [row["SubType"] for row in rows if row["Invoice"]] == ["X", "X", "X"]
    assert len(api.rows("ARReview/ARBalance")) == 100
    assert api.rows("DataEntry/inLanding") == []


def test_the_stand_in_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "connector.sandbox.vantagepoint", "--instance", "Acme", "--firm"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base = process.stdout.readline().strip()
            assert base.endswith("/Acme/api")
            assert requests.get(f"{base}/LoginConfig", timeout=10).status_code == 200
        finally:
            process.terminate()
