"""Who may ask, and what every answer carries."""

import pytest

from connector.sandbox.stripe import Books
from tests.connector.sandbox.stripe.stripe_shop import Shop, opened, refusal


def test_without_a_key_there_is_no_answer(shop: Shop) -> None:
    answer = shop.send("GET", "/v1/customers", headers={"Authorization": ""})
    assert answer.status_code == 401
    assert "You did not provide an API key" in answer.json()["error"]["message"]


def test_an_unknown_key_is_refused_without_being_repeated(shop: Shop) -> None:
    with refusal(401) as refused:
        shop.client("sk_test_somebodyelse").v1.customers.list()
    assert "somebody" not in refused.message
    assert refused.message.endswith("else")


def test_a_revoked_key_opens_nothing(shop: Shop) -> None:
    shop.operate("revoke_key", {"key": "sk_test_sandbox"})
    with refusal(401, error_code="api_key_expired"):
        shop.api.v1.customers.list()


def test_a_restricted_key_hears_which_permission_it_lacks(shop: Shop) -> None:
    shop.dashboard.add_key("rk_test_reader", lacks=["invoice_write", "charge_read"])
    reader = shop.client("rk_test_reader")
    assert reader.v1.invoices.list().data == []
    with refusal(403) as refused:
        reader.v1.invoices.create({"customer": "cus_1"})
    assert (
        "Having the 'rak_invoice_write' permission would allow this request to continue." in refused.message
    )


def test_expanding_needs_the_permission_of_what_is_expanded(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    shop.dashboard.add_key("rk_test_reader", lacks=["charge_read"])
    intents = shop.client("rk_test_reader").v1.payment_intents
    assert intents.retrieve(charge["payment_intent"]).latest_charge == charge["id"]
    with refusal(403) as refused:
        intents.retrieve(charge["payment_intent"], {"expand": ["latest_charge"]})
    assert "rak_charge_read" in refused.message


def test_reading_what_moved_the_money_needs_its_own_permission(shop: Shop) -> None:
    charge = shop.dashboard.pay(shop.invoice(5000).id)
    shop.dashboard.add_key("rk_test_reader", lacks=["balance_transaction_source_read"])
    entries = shop.client("rk_test_reader").v1.balance_transactions
    assert [entry.source for entry in entries.list().data] == [charge["id"]]
    with refusal(403) as refused:
        entries.list({"expand": ["data.source"]})
    assert "rak_balance_transaction_source_read" in refused.message


@pytest.mark.parametrize(
    ("lacks", "path"),
    [
        ("credit_note_read", "/v1/credit_notes"),
        ("payout_read", "/v1/payouts"),
        ("balance_read", "/v1/balance_transactions"),
        ("payment_records_read", "/v1/payment_records"),
        ("customer_cash_balance_read", "/v1/customers/cus_1/cash_balance_transactions"),
        ("customer_read", "/v1/customers/cus_1/balance_transactions"),
    ],
)
def test_a_permission_that_is_missing_is_named(shop: Shop, lacks: str, path: str) -> None:
    shop.dashboard.add_key("rk_test_reader", lacks=[lacks])
    answer = shop.send("GET", path, headers={"Authorization": "Bearer rk_test_reader"})
    assert answer.status_code == 403
    assert f"'rak_{lacks}'" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("lacks", "path", "form"),
    [
        ("credit_note_write", "/v1/credit_notes", {"invoice": "in_1", "amount": "1"}),
        ("credit_note_write", "/v1/credit_notes/cn_1/void", {}),
        ("invoice_write", "/v1/invoices/in_1/void", {}),
        ("invoice_write", "/v1/invoices/in_1/attach_payment", {"payment_record": "pr_1"}),
        (
            "payment_records_write",
            "/v1/payment_records/report_payment",
            {
                "amount_requested[currency]": "usd",
                "amount_requested[value]": "1",
                "initiated_at": "1",
                "payment_method_details[type]": "custom",
            },
        ),
    ],
)
def test_a_permission_to_write_that_is_missing_is_named(
    shop: Shop, lacks: str, path: str, form: dict[str, str]
) -> None:
    shop.dashboard.add_key("rk_test_writer", lacks=[lacks])
    answer = shop.send("POST", path, data=form, headers={"Authorization": "Bearer rk_test_writer"})
    assert answer.status_code == 403
    assert f"'rak_{lacks}'" in answer.json()["error"]["message"]


def test_two_accounts_never_meet() -> None:
    first, second = Books("acct_first", ["sk_test_first"]), Books("acct_second", ["sk_test_second"])
    with opened(first, second) as shop:
        customer = shop.client("sk_test_first").v1.customers.create({"email": "a@client.example"})
        other = shop.client("sk_test_second")
        assert other.v1.customers.list().data == []
        assert other.v1.accounts.retrieve_current().id == "acct_second"
        with refusal(404, error_code="resource_missing"):
            other.v1.customers.retrieve(customer.id)


def test_every_answer_carries_a_request_id_and_the_version_asked_for(shop: Shop) -> None:
    answer = shop.send("GET", "/v1/customers", headers={"Stripe-Version": "2026-09-30.endive"})
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-09-30.endive"


def test_an_unknown_url_is_unrecognized(shop: Shop) -> None:
    answer = shop.send("GET", "/v1/invoicez")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/invoicez)")


def test_an_endpoint_that_is_not_played_says_so(shop: Shop) -> None:
    with refusal(404) as refused:
        shop.api.v1.subscriptions.list()
    assert "does not play" in refused.message


def test_a_parameter_that_is_not_played_is_refused_and_not_ignored(shop: Shop) -> None:
    with refusal(400, param="tax_id_data") as refused:
        shop.api.v1.customers.create({"tax_id_data": [{"type": "us_ein", "value": "12"}]})
    assert "does not play" in refused.message


@pytest.mark.parametrize(
    ("path", "form", "param", "code"),
    [
        ("/v1/customers", {"nickname": "x"}, "nickname", "parameter_unknown"),
        ("/v1/webhook_endpoints", {"url": "https://a.example"}, "enabled_events", "parameter_missing"),
        ("/v1/invoices", {"due_date": "tomorrow"}, "due_date", "parameter_invalid_integer"),
        ("/v1/invoices", {"collection_method": "carrier_pigeon"}, "collection_method", None),
        ("/v1/customers", {"metadata[k]": "v" * 501}, "metadata[k]", None),
    ],
)
def test_what_does_not_fit_the_contract_is_refused(
    shop: Shop, path: str, form: dict[str, str], param: str, code: str | None
) -> None:
    answer = shop.send("POST", path, data=form)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error.get("code")) == (param, code)
