"""The checker accepts what the pinned SDK would send and refuses what Stripe would."""

import timeit

import pytest

from connector.sandbox.stripe.contract import check, endpoints, find, read
from connector.sandbox.stripe.form import FormError, decode

Form = list[tuple[str, str]]

INVOICE: Form = [
    ("customer", "cus_1"),
    ("collection_method", "send_invoice"),
    ("due_date", "1798761600"),
    ("auto_advance", "false"),
    ("currency", "usd"),
    ("number", "0001042"),
    ("effective_at", "1795176000"),
    ("custom_fields[0][name]", "Project"),
    ("custom_fields[0][value]", "2026.01"),
    ("metadata[deltek_invoice]", "0001042"),
    ("payment_settings[payment_method_types][0]", "card"),
    ("payment_settings[payment_method_types][1]", "us_bank_account"),
    ("pending_invoice_items_behavior", "exclude"),
]

CHECK: Form = [
    ("amount_requested[currency]", "usd"),
    ("amount_requested[value]", "2500"),
    ("initiated_at", "1795176000"),
    ("outcome", "guaranteed"),
    ("guaranteed[guaranteed_at]", "1795176000"),
    ("payment_method_details[type]", "custom"),
    ("payment_method_details[custom][display_name]", "Check"),
]


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", "/v1/invoices", INVOICE),
        ("POST", "/v1/invoices", []),
        ("POST", "/v1/invoices", [("metadata", ""), ("custom_fields", "")]),
        (
            "POST",
            "/v1/invoices/in_1/add_lines",
            [("lines[0][amount]", "-100"), ("lines[0][metadata][wbs2]", "02")],
        ),
        ("POST", "/v1/invoices/in_1/add_lines", [("lines[0][quantity_decimal]", "1.25")]),
        ("POST", "/v1/invoices/in_1/finalize", [("auto_advance", "true")]),
        ("POST", "/v1/invoices/in_1/send", []),
        ("POST", "/v1/invoices/in_1/pay", [("paid_out_of_band", "true")]),
        ("POST", "/v1/invoices/in_1/void", []),
        ("POST", "/v1/customers", [("email", "a@client.example"), ("address[country]", "US")]),
        ("POST", "/v1/customers/cus_1", [("address", ""), ("metadata[k]", "")]),
        ("GET", "/v1/customers/search", [("query", "metadata['k']:'v'")]),
        ("GET", "/v1/invoices", [("created[gte]", "1"), ("status", "open"), ("limit", "100")]),
        ("GET", "/v1/invoices", [("created", "1795176000")]),
        ("GET", "/v1/invoices/in_1", [("expand[]", "payments"), ("expand[]", "customer")]),
        (
            "GET",
            "/v1/invoice_payments",
            [("payment[type]", "payment_intent"), ("payment[payment_intent]", "pi_1")],
        ),
        ("GET", "/v1/events", [("types[0]", "invoice.paid"), ("delivery_success", "false")]),
        ("GET", "/v1/balance_transactions", [("payout", "po_1")]),
        ("POST", "/v1/refunds", [("charge", "ch_1"), ("amount", "100"), ("reason", "duplicate")]),
        (
            "POST",
            "/v1/webhook_endpoints",
            [("url", "https://a.example"), ("enabled_events[0]", "invoice.paid")],
        ),
        ("DELETE", "/v1/webhook_endpoints/we_1", []),
        ("GET", "/v1/balance_transactions", [("payout", "po_1"), ("expand[]", "data.source")]),
        ("GET", "/v1/invoices/in_1", [("expand[]", "amount_paid_off_stripe")]),
        ("GET", "/v1/payouts", [("created[gte]", "1")]),
        ("GET", "/v1/customers/cus_1/balance_transactions", [("invoice", "in_1")]),
        ("GET", "/v1/customers/cus_1/cash_balance_transactions/ccsbtxn_1", []),
        ("POST", "/v1/credit_notes", [("invoice", "in_1"), ("lines[0][type]", "custom_line_item")]),
        ("POST", "/v1/credit_notes", [("invoice", "in_1"), ("amount", "1"), ("email_type", "none")]),
        ("POST", "/v1/credit_notes/cn_1/void", []),
        ("POST", "/v1/invoices/in_1/attach_payment", [("payment_record", "pr_1")]),
        ("GET", "/v1/payment_records", [("created_after", "1")]),
        ("POST", "/v1/payment_records/report_payment", CHECK),
    ],
)
def test_a_right_request_fits(method: str, path: str, form: Form) -> None:
    assert check(method, path, form) == []


@pytest.mark.parametrize(
    ("method", "path", "form", "says"),
    [
        ("GET", "/v1/invoicez", [], "Unrecognized request URL (GET: /v1/invoicez)"),
        ("GET", "/v1/invoices/", [], "Unrecognized request URL"),
        ("PUT", "/v1/invoices/in_1", [], "Unrecognized request URL"),
        ("POST", "/v1/invoices/in_1/finalise", [], "Unrecognized request URL"),
        ("POST", "/v1/invoices", [("duedate", "1")], "Received unknown parameter: duedate"),
        ("POST", "/v1/invoices", [("a", "1"), ("b", "1")], "Received unknown parameters: a, b"),
        (
            "POST",
            "/v1/invoices",
            [("rendering[colour]", "red")],
            "Received unknown parameter: rendering[colour]",
        ),
        ("POST", "/v1/invoices", [("idempotency_key", "k")], "Received unknown parameter: idempotency_key"),
        ("POST", "/v1/invoices/in_1/add_lines", [], "Missing required param: lines."),
        (
            "POST",
            "/v1/customers",
            [("shipping[name]", "Dock"), ("shipping[phone]", "1")],
            "shipping[address]",
        ),
        ("POST", "/v1/invoices/in_1/add_lines", [("lines[0][amount]", "10.5")], "Invalid integer: 10.5"),
        ("POST", "/v1/invoices/in_1/add_lines", [("lines[x][amount]", "10")], "Invalid array"),
        ("POST", "/v1/invoices/in_1/add_lines", [("lines", "10")], "Invalid array"),
        ("POST", "/v1/invoices", [("due_date", "2026-12-01")], "Invalid integer: 2026-12-01"),
        ("POST", "/v1/invoices", [("due_date", "9" * 20)], "Invalid integer"),
        ("POST", "/v1/invoices", [("auto_advance", "yes")], "Invalid boolean: yes"),
        ("POST", "/v1/invoices", [("auto_advance", "True")], "Invalid boolean: True"),
        (
            "POST",
            "/v1/invoices",
            [("collection_method", "send")],
            "one of charge_automatically or send_invoice",
        ),
        ("POST", "/v1/invoices", [("payment_settings[payment_method_types][0]", "cheque")], "must be one of"),
        ("POST", "/v1/invoices", [("customer", "")], "You passed an empty string for 'customer'"),
        ("POST", "/v1/invoices", [("customer[id]", "cus_1")], "Invalid string: customer must not be a hash"),
        ("POST", "/v1/invoices", [("footer", "x" * 5001)], "at most 5000 characters"),
        ("POST", "/v1/invoices", [(f"metadata[k{n}]", "v") for n in range(51)], "up to 50 keys"),
        ("POST", "/v1/invoices", [(f"metadata[{'k' * 41}]", "v")], "up to 40 characters"),
        ("POST", "/v1/invoices", [("metadata[k]", "v" * 501)], "up to 500 characters"),
        ("POST", "/v1/invoices", [("metadata[a][b]", "v")], "must not be a hash"),
        ("POST", "/v1/credit_notes", [("amount", "1")], "Missing required param: invoice."),
        (
            "POST",
            "/v1/credit_notes",
            [("invoice", "in_1"), ("email_type", "never")],
            "one of credit_note or none",
        ),
        ("POST", "/v1/payment_records/report_payment", CHECK[1:], "amount_requested[currency]"),
        ("GET", "/v1/invoices", [("limit", "0")], "between 1 and 100"),
        ("GET", "/v1/invoices", [("limit", "101")], "between 1 and 100"),
        ("GET", "/v1/invoices", [("metadata[k]", "v")], "Received unknown parameter: metadata"),
        (
            "GET",
            "/v1/invoice_payments",
            [("payment[payment_intent]", "pi_1")],
            "Missing required param: payment[type].",
        ),
        (
            "POST",
            "/v1/webhook_endpoints",
            [("url", "u"), ("enabled_events[0]", "invoice.late")],
            "must be one of",
        ),
        (
            "POST",
            "/v1/invoices/in_1/add_lines",
            [("lines[0][quantity_decimal]", "many")],
            "Invalid decimal: many",
        ),
    ],
)
def test_a_wrong_request_is_refused(method: str, path: str, form: Form, says: str) -> None:
    (problem,) = check(method, path, form)
    assert says in problem


def test_every_problem_is_named_at_once() -> None:
    problems = check(
        "POST", "/v1/invoices", [("nickname", "x"), ("due_date", "soon"), ("auto_advance", "maybe")]
    )
    assert len(problems) == 3


def test_what_fits_is_read_with_its_types() -> None:
    reading = read(
        "POST", "/v1/invoices/in_1/add_lines", [("lines[1][amount]", "2"), ("lines[0][amount]", "1")]
    )
    assert reading.arguments == {"invoice": "in_1"}
    assert reading.params == {"lines": [{"amount": 1}, {"amount": 2}]}


def test_a_word_in_the_path_goes_before_an_identifier() -> None:
    endpoint, arguments = find("GET", "/v1/customers/search")
    assert endpoint is not None
    assert (endpoint.template, arguments) == ("/v1/customers/search", {})


def test_the_whole_of_the_sdk_is_covered() -> None:
    found = {(endpoint.method, endpoint.template) for endpoint in endpoints()}
    assert len(found) > 550
    assert {
        ("POST", "/v1/invoices"),
        ("GET", "/v1/invoice_payments"),
        ("POST", "/v1/billing/meters"),
    } <= found
    assert all(endpoint.params() is not None for endpoint in endpoints())


@pytest.mark.parametrize("key", ["", "[a]", "a[", "a]b", "a[[b]]"])
def test_a_key_that_cannot_be_read_is_refused(key: str) -> None:
    with pytest.raises(FormError):
        decode([(key, "1")])


@pytest.mark.parametrize("form", [[("a", "1"), ("a", "2")], [("a", "1"), ("a[b]", "2")]])
def test_a_form_that_contradicts_itself_is_refused(form: Form) -> None:
    assert check("POST", "/v1/customers", form)[0].startswith("Invalid request")


def test_a_request_is_checked_in_well_under_a_millisecond() -> None:
    check("POST", "/v1/invoices", INVOICE)
    seconds = min(timeit.repeat(lambda: check("POST", "/v1/invoices", INVOICE), number=20, repeat=5)) / 20
    assert seconds < 0.001
