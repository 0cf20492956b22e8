"""What Stripe, or something in its place, answers, and the error that the product sees."""

from typing import Any

import pytest
import requests
import responses

from connector.errors import Forbidden, NotFound, OutsideError, Refused, SignInRefused, Unavailable
from connector.secret import Secret
from connector.stripe_api.errors import CustomerGone, IdempotencyMismatch, RateLimited, ReplayedFailure
from connector.stripe_api.gateway import StripeGateway

from .doubles import API, KEY, NOW, ClosedPace, FixedClock, RecordingPace, error

ECHO = f"Invalid API Key provided: {KEY}"
READ_URL = f"{API}/v1/invoices/in_1"
WRITE_URL = f"{API}/v1/invoices/in_1/finalize"


def failure_of_read(gateway: StripeGateway) -> OutsideError:
    with pytest.raises(OutsideError) as caught:
        gateway.retrieve_invoice("in_1")
    return caught.value


def failure_of_write(gateway: StripeGateway) -> OutsideError:
    with pytest.raises(OutsideError) as caught:
        gateway.finalize_invoice("in_1", idempotency_key="k")
    return caught.value


def test_an_unknown_key_is_a_refused_sign_in_without_stripes_text(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(READ_URL, status=401, json=error("Invalid API Key provided: rk_live_****6789"))
    failure = failure_of_read(gateway)
    assert isinstance(failure, SignInRefused)
    assert failure.status == 401
    assert "6789" not in failure.explained
    assert "ml-connector tenant secrets" in failure.remedy


def test_a_missing_permission_is_named(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    text = (
        "The provided key 'rk_live_*********6789' does not have the required permissions for this endpoint "
        "on account 'acct_1'. Having the 'rak_invoice_read' permission would allow this request to continue."
    )
    api.get(READ_URL, status=403, json=error(text))
    failure = failure_of_read(gateway)
    assert isinstance(failure, Forbidden)
    assert failure.message == (
        "Stripe refused GET /v1/invoices/{id}: the API key lacks the permission rak_invoice_read"
    )
    assert "'invoice: read'" in failure.remedy
    assert "6789" not in failure.explained


def test_a_403_that_names_no_permission_is_told_in_stripes_words(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(READ_URL, status=403, json=error("Only Stripe Connect platforms can do this."))
    failure = failure_of_read(gateway)
    assert isinstance(failure, Forbidden)
    assert "Only Stripe Connect platforms can do this" in failure.message


def test_a_404_of_the_api_is_not_found(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(
        READ_URL, status=404, json=error("No such invoice: 'in_1'", code="resource_missing", param="invoice")
    )
    failure = failure_of_read(gateway)
    assert isinstance(failure, NotFound)
    assert (failure.status, failure.code, failure.param) == (404, "resource_missing", "invoice")


def test_a_404_page_of_a_proxy_proves_nothing(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(READ_URL, status=404, body="<html>not here</html>")
    failure = failure_of_read(gateway)
    assert isinstance(failure, Unavailable)
    assert not isinstance(failure, NotFound)


def test_a_refusal_names_code_parameter_and_request(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(
        WRITE_URL,
        status=400,
        json=error("This invoice is already finalized.", code="invoice_not_editable", param="id"),
        headers={"Request-Id": "req_77"},
    )
    failure = failure_of_write(gateway)
    assert type(failure) is Refused
    assert (failure.status, failure.code, failure.param) == (400, "invoice_not_editable", "id")
    assert failure.message == (
        "Stripe refused POST /v1/invoices/{id}/finalize: This invoice is already finalized (request req_77)"
    )


def test_a_declined_card_is_a_refusal(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.post(WRITE_URL, status=402, json=error("Your card was declined.", code="card_declined"))
    failure = failure_of_write(gateway)
    assert type(failure) is Refused
    assert (failure.status, failure.code) == (402, "card_declined")


def test_a_customer_that_is_missing_is_named_wherever_it_stands(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(
        WRITE_URL,
        status=400,
        json=error("No such customer: 'cus_1'", code="resource_missing", param="customer"),
    )
    assert isinstance(failure_of_write(gateway), CustomerGone)


def test_a_key_used_with_other_parameters_is_a_mismatch(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    body = {"error": {"type": "idempotency_error", "message": "Keys for idempotent requests can only …"}}
    api.post(WRITE_URL, status=400, json=body)
    failure = failure_of_write(gateway)
    assert isinstance(failure, IdempotencyMismatch)
    assert isinstance(failure, Refused)


def test_a_request_that_still_runs_has_an_unknown_outcome_and_is_asked_again_soon(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(WRITE_URL, status=409, json=error("still running", code="idempotency_key_in_use"))
    failure = failure_of_write(gateway)
    assert isinstance(failure, Unavailable)
    assert failure.outcome_unknown
    assert failure.retry_after == 2.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Fri, 20 Nov 2026 17:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 16:00:00 GMT", 1.0),
        ("soon", 1.0),
        (None, 1.0),
    ],
)
def test_a_rate_limit_silences_the_whole_account_for_as_long_as_stripe_asks(
    api: responses.RequestsMock,
    gateway: StripeGateway,
    pace: RecordingPace,
    value: str | None,
    seconds: float,
) -> None:
    headers = {"Stripe-Rate-Limited-Reason": "endpoint-rate"} | ({"Retry-After": value} if value else {})
    api.post(WRITE_URL, status=429, json=error("Too many requests", code="rate_limit"), headers=headers)
    failure = failure_of_write(gateway)
    assert isinstance(failure, RateLimited)
    assert failure.retry_after == seconds
    assert not failure.outcome_unknown
    assert pace.pauses == [seconds]


def test_a_lock_time_out_is_tried_again_and_slows_nobody_else(
    api: responses.RequestsMock, gateway: StripeGateway, pace: RecordingPace
) -> None:
    api.post(WRITE_URL, status=429, json=error("This object cannot be accessed", code="lock_timeout"))
    failure = failure_of_write(gateway)
    assert isinstance(failure, Unavailable)
    assert not failure.outcome_unknown
    assert pace.pauses == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_after_a_server_error_the_outcome_of_a_write_is_unknown(
    api: responses.RequestsMock, gateway: StripeGateway, status: int
) -> None:
    api.post(WRITE_URL, status=status, json=error("Something went wrong"))
    failure = failure_of_write(gateway)
    assert isinstance(failure, Unavailable)
    assert not isinstance(failure, ReplayedFailure)
    assert failure.outcome_unknown


def test_a_stored_server_error_is_recognised(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.post(WRITE_URL, status=500, json=error("oops"), headers={"Idempotent-Replayed": "true"})
    failure = failure_of_write(gateway)
    assert isinstance(failure, ReplayedFailure)
    assert failure.replayed
    assert failure.outcome_unknown


@pytest.mark.parametrize(
    "exception",
    [
        requests.ReadTimeout(),
        requests.ConnectTimeout(),
        requests.ConnectionError(),
        requests.exceptions.SSLError(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_without_an_answer_the_outcome_of_a_write_is_unknown_and_of_a_read_there_is_none(
    api: responses.RequestsMock, gateway: StripeGateway, exception: Exception
) -> None:
    api.get(READ_URL, body=exception)
    api.post(WRITE_URL, body=exception)
    read, write = failure_of_read(gateway), failure_of_write(gateway)
    assert isinstance(read, Unavailable)
    assert isinstance(write, Unavailable)
    assert not read.outcome_unknown
    assert write.outcome_unknown
    assert type(exception).__name__ in write.message


@pytest.mark.parametrize("status", [200, 400, 401, 403, 502])
@pytest.mark.parametrize(
    "body",
    [
        b"<html>gateway</html>",
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"5",
        b"{}",
        b'"text"',
        b'{"error": "text"}',
        b'{"error": "invalid_request"}',
        b'{"error": []}',
        b'{"object": "list"}',
        b'{"id": "in_1", "object": "invoice"}',
        b'{"id": "in_1", "object": "invoice", "status": "open", "currency": 5}',
    ],
)
def test_an_answer_that_is_not_the_apis_is_no_answer(
    api: responses.RequestsMock, gateway: StripeGateway, status: int, body: bytes
) -> None:
    api.post(WRITE_URL, status=status, body=body)
    failure = failure_of_write(gateway)
    assert isinstance(failure, Unavailable)
    assert failure.outcome_unknown


@pytest.mark.parametrize(
    "rows", [{}, {"data": [{}]}, {"data": [], "has_more": True}, {"data": 5, "has_more": False}]
)
def test_a_page_that_cannot_be_read_is_no_empty_list(
    api: responses.RequestsMock, gateway: StripeGateway, rows: dict[str, Any]
) -> None:
    api.get(f"{API}/v1/invoices", json={"object": "list", **rows})
    with pytest.raises(Unavailable):
        list(gateway.invoices_created_since(NOW))


def test_a_request_that_the_pace_holds_back_never_leaves() -> None:
    gateway = StripeGateway(Secret(KEY), pace=ClosedPace(), clock=FixedClock())
    with responses.RequestsMock() as mock, pytest.raises(Unavailable) as caught:
        gateway.finalize_invoice("in_1", idempotency_key="k")
    assert len(mock.calls) == 0
    assert not caught.value.outcome_unknown
    assert caught.value.retry_after == 30.0


ECHOES: list[dict[str, Any]] = [
    *(
        {"status": status, "json": error(ECHO, param="key")}
        for status in (400, 401, 402, 403, 404, 409, 429, 500)
    ),
    *({"status": status, "body": ECHO} for status in (200, 429, 502)),
    *({"body": exception(ECHO)} for exception in (requests.ConnectionError, requests.Timeout, RuntimeError)),
]


@pytest.mark.parametrize("answer", ECHOES, ids=str)
def test_no_exception_holds_the_key_or_leads_to_one_that_does(
    api: responses.RequestsMock, gateway: StripeGateway, answer: dict[str, Any]
) -> None:
    api.post(WRITE_URL, **answer)
    failure: BaseException | None = failure_of_write(gateway)
    while failure is not None:
        assert KEY not in f"{failure} {failure!r} {failure.args} {vars(failure)}"
        assert isinstance(failure, OutsideError)
        failure = failure.__cause__ or failure.__context__


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_counts_whoever_says_it(
    api: responses.RequestsMock, gateway: StripeGateway, status: int
) -> None:
    api.get(READ_URL, status=status, body="<html>busy</html>", headers={"Retry-After": "12"})
    failure = failure_of_read(gateway)
    assert isinstance(failure, Unavailable)
    assert failure.retry_after == 12.0


def test_the_old_status_of_a_rate_limit_is_understood(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(READ_URL, status=400, json=error("Too many requests", code="rate_limit"))
    assert isinstance(failure_of_read(gateway), RateLimited)


def test_the_gateway_shows_whose_it_is_and_never_the_key() -> None:
    gateway = StripeGateway(Secret(KEY), pace=RecordingPace(), clock=FixedClock(), account="acct_9")
    assert repr(gateway) == "StripeGateway(account='acct_9', livemode=True)"
    assert KEY not in f"{vars(gateway)}"
