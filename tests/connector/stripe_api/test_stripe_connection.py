"""How requests leave: with what headers, in what pace, page by page, and silently."""

import logging
from datetime import UTC, datetime

import pytest
import responses
import stripe
from responses import matchers

from connector.secret import Secret
from connector.stripe_api.connection import epoch, moment
from connector.stripe_api.gateway import StripeGateway

from .doubles import API, KEY, NOW, NOW_EPOCH, FixedClock, RecordingPace, invoice, page, refund


@pytest.mark.parametrize(
    ("key", "live"),
    [
        ("sk_live_1", True),
        ("rk_live_1", True),
        ("sk_test_1", False),
        ("rk_test_1", False),
        ("sk_org_live_1", False),
    ],
)
def test_the_key_tells_whether_money_is_real(key: str, live: bool) -> None:
    assert StripeGateway(Secret(key), pace=RecordingPace(), clock=FixedClock()).livemode is live


def test_a_request_carries_key_account_pinned_version_and_idempotency_key_and_no_telemetry(
    api: responses.RequestsMock,
) -> None:
    gateway = StripeGateway(
        Secret(KEY), pace=RecordingPace(), clock=FixedClock(), account="acct_9", api_base="http://127.0.0.1:9"
    )
    api.post("http://127.0.0.1:9/v1/invoices/in_1/finalize", json=invoice(status="open"))
    gateway.finalize_invoice("in_1", idempotency_key="acme:push:1")
    gateway_headers = api.calls[0].request.headers
    assert gateway_headers["Authorization"] == f"Bearer {KEY}"
    assert gateway_headers["Stripe-Account"] == "acct_9"
    assert gateway_headers["Stripe-Version"] == stripe.api_version
    assert gateway_headers["Idempotency-Key"] == "acme:push:1"
    assert "X-Stripe-Client-Telemetry" not in gateway_headers
    assert "telemetry_id" not in gateway_headers["X-Stripe-Client-User-Agent"]


def test_every_request_waits_for_its_named_endpoint_without_ids(
    api: responses.RequestsMock, gateway: StripeGateway, pace: RecordingPace
) -> None:
    api.get(f"{API}/v1/invoices/in_1", json=invoice())
    api.post(f"{API}/v1/invoices/in_1/send", json=invoice(status="open"))
    gateway.retrieve_invoice("in_1")
    gateway.send_invoice("in_1", idempotency_key="k")
    assert pace.asked == ["GET /v1/invoices/{id}", "POST /v1/invoices/{id}/send"]


def test_a_failed_request_is_not_tried_again(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{API}/v1/invoices/in_1", status=503, headers={"Stripe-Should-Retry": "true"})
    with pytest.raises(Exception, match="503"):
        gateway.retrieve_invoice("in_1")
    assert len(api.calls) == 1


def test_a_list_is_read_page_by_page_each_in_its_pace(
    api: responses.RequestsMock, gateway: StripeGateway, pace: RecordingPace
) -> None:
    window = {"limit": "100", "created[gte]": str(NOW_EPOCH), "expand[0]": "data.amount_paid_off_stripe"}
    for after, rows, more in [
        ({}, [invoice(id="in_3"), invoice(id="in_2")], True),
        ({"starting_after": "in_2"}, [invoice(id="in_1")], False),
    ]:
        api.get(
            f"{API}/v1/invoices",
            json=page(*rows, has_more=more),
            match=[matchers.query_param_matcher(window | after)],
        )
    assert [row.id for row in gateway.invoices_created_since(NOW)] == ["in_3", "in_2", "in_1"]
    assert pace.asked == ["GET /v1/invoices"] * 2


def test_only_the_pages_that_are_taken_are_asked_for(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{API}/v1/invoices", json=page(invoice(id="in_3"), invoice(id="in_2"), has_more=True))
    assert next(gateway.invoices_created_since(NOW)).id == "in_3"
    assert len(api.calls) == 1


def test_a_base_of_none_is_stripes_own(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{API}/v1/refunds/re_1", json=refund())
    gateway.retrieve_refund("re_1")
    assert str(api.calls[0].request.url).startswith(f"{API}/v1/refunds/re_1?")


def test_bodies_are_neither_logged_nor_printed(
    api: responses.RequestsMock,
    gateway: StripeGateway,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    api.get(f"{API}/v1/invoices/in_1", json=invoice(customer_name="Harbor Authority"))
    gateway.retrieve_invoice("in_1")
    assert "Harbor" not in caplog.text
    assert "stripe" not in caplog.text.lower()
    assert capsys.readouterr() == ("", "")


def test_timestamps_are_whole_seconds_and_aware_utc() -> None:
    assert moment(NOW_EPOCH) == NOW
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert epoch(NOW.replace(microsecond=999_999)) == NOW_EPOCH
