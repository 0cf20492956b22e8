"""The operator's side: the clock, the auditor's books, the record of requests, and the process itself."""

import os
import signal
import subprocess
import sys
import threading

import pytest
import stripe

from connector.sandbox.stripe import DEFAULT_KEY, Books
from tests.connector.sandbox.stripe.stripe_shop import NOON, NOW, Shop, opened, refusal


def test_the_clock_stands_moves_on_and_follows_the_system_again(shop: Shop) -> None:
    assert shop.operate("clock", method="GET") == {"at": NOON.isoformat()}
    assert shop.operate("clock", {"advance": 60}) == {"at": "2026-11-20T12:01:00+00:00"}
    assert shop.operate("clock", {"at": "2026-12-01T00:00:00+00:00"})["at"] == "2026-12-01T00:00:00+00:00"
    assert shop.customer().created == 1_796_083_200
    shop.operate("clock", {})
    assert shop.operate("clock", method="GET")["at"] != "2026-12-01T00:00:00+00:00"


def test_the_books_show_everything_to_an_auditor(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    charge = shop.dashboard.pay(invoice.id)
    shop.dashboard.refund(charge["id"], 100)
    books = shop.operate("books", method="GET")
    assert [(row["id"], row["status"], row["amount_paid"]) for row in books["invoices"]] == [
        (invoice.id, "paid", 5000)
    ]
    assert [row["invoice"] for row in books["invoice_payments"]] == [invoice.id]
    assert [row["amount"] for row in books["refunds"]] == [100]
    assert {"customers", "charges", "disputes", "payouts", "balance_transactions"} <= books.keys()


def test_requests_are_recorded_and_counted(shop: Shop) -> None:
    customer = shop.customer().id
    shop.operate("requests", method="DELETE")
    shop.api.v1.invoices.send_invoice(shop.draft(100, 200, customer=customer, metadata={"k": "v"}).id)
    with refusal(404):
        shop.api.v1.invoices.retrieve("in_none")
    record = shop.operate("requests", method="GET")
    assert record["counts"] == {
        "POST /v1/invoices": 1,
        "POST /v1/invoices/{invoice}/add_lines": 1,
        "POST /v1/invoices/{invoice}/send": 1,
        "GET /v1/invoices/{invoice}": 1,
    }
    first = record["requests"][0]
    assert (first["status"], first["params"]["metadata"]) == (200, {"k": "v"})
    assert first["idempotency_key"]
    assert [each["status"] for each in record["requests"]] == [200, 200, 200, 404]


def test_requests_that_break_the_contract_are_recorded_with_the_reason(shop: Shop) -> None:
    shop.send("POST", "/v1/customers", data={"nickname": "x"})
    (record,) = shop.operate("requests", method="GET")["requests"]
    assert record["problems"] == ["Received unknown parameter: nickname"]


def test_an_account_is_chosen_by_its_id() -> None:
    with opened(Books("acct_1", ["sk_test_1"]), Books("acct_2", ["sk_test_2"])) as shop:
        shop.client("sk_test_2").v1.customers.create({"name": "Two"})
        assert shop.operate("books", method="GET")["customers"] == []
        assert len(shop.operate("books?account=acct_2", method="GET")["customers"]) == 1
        assert "error" in shop.operate("books?account=acct_3", method="GET")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pay", {}),
        ("pay", {"invoice": "in_none"}),
        ("pay", {"invoice": "in_none", "colour": "red"}),
        ("settings", {"mood": "good"}),
        ("clock", {"at": "soon"}),
        ("crashes", {"kind": "wobble"}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(shop: Shop, path: str, body: dict[str, str]) -> None:
    assert shop.operate(path, body)["error"]["message"]


def test_orders_go_over_http_as_over_python(shop: Shop) -> None:
    customer = shop.customer().id
    invoices = [shop.invoice(5000, customer=customer).id for _ in range(7)]
    one, two, three, four, five, six, seven = invoices
    assert shop.operate("pay", {"invoice": one})["status"] == "succeeded"
    assert shop.operate("pay_together", {"invoices": [two, three]})["amount"] == 10_000
    assert len(shop.operate("pay_twice", {"invoice": four})["data"]) == 2
    assert shop.operate("decline", {"invoice": five})["status"] == "failed"
    assert shop.operate("pay_out_of_band", {"invoice": five})["status"] == "paid"
    assert shop.operate("void", {"invoice": six})["status"] == "void"
    assert shop.operate("mark_uncollectible", {"invoice": seven})["status"] == "uncollectible"
    assert shop.operate("overdue", {"invoice": seven})["type"] == "invoice.overdue"
    assert shop.operate("add_key", {"key": "rk_test_x", "lacks": ["invoice_read"]})["lacks"] == [
        "invoice_read"
    ]
    assert "error" in shop.operate("settle", {"payment": one})


def test_crashes_can_be_taken_back(shop: Shop) -> None:
    shop.operate("crashes", {"kind": "before"})
    assert shop.operate("crashes", method="DELETE") == {"crashes": []}
    assert shop.customer().created == NOW


def test_writes_from_many_threads_all_arrive(shop: Shop) -> None:
    customer = shop.customer().id
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            shop.dashboard.pay(shop.invoice(1000 + number, customer=customer).id)
        except BaseException as error:  # noqa: BLE001 - reported by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rows = shop.operate("books", method="GET")["invoices"]
    assert sorted(row["amount_paid"] for row in rows) == list(range(1000, 1012))
    assert len({row["number"] for row in rows}) == 12


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "connector.sandbox.stripe", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            api = stripe.StripeClient(DEFAULT_KEY, base_addresses={"api": url})
            assert api.v1.customers.create({"name": "One"}).name == "One"
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
