"""Idempotency keys: the first answer is kept, replayed, and guarded."""

import threading

import pytest

from connector.sandbox.stripe import Books
from connector.sandbox.stripe.clock import DAY, Clock
from tests.connector.sandbox.stripe.stripe_shop import NOON, Shop, opened, refusal


def test_the_same_key_answers_the_same_and_does_it_once(shop: Shop) -> None:
    form, headers = {"email": "a@client.example"}, {"Idempotency-Key": "once"}
    first = shop.send("POST", "/v1/customers", data=form, headers=headers)
    second = shop.send("POST", "/v1/customers", data=form, headers=headers)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(shop.api.v1.customers.list().data) == 1


def test_the_same_key_with_other_parameters_is_refused(shop: Shop) -> None:
    shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"})
    with refusal(400) as refused:
        shop.api.v1.customers.create({"name": "Two"}, {"idempotency_key": "k"})
    assert "can only be used with the same parameters" in refused.message


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"})
    shop.books.clock.advance(DAY - 1)
    assert shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"}).id == first.id
    shop.books.clock.advance(1)
    assert shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"}).id != first.id


def test_what_failed_validation_does_not_use_the_key_up(shop: Shop) -> None:
    with refusal(400, error_code="email_invalid"):
        shop.api.v1.customers.create({"email": "nobody"}, {"idempotency_key": "k"})
    assert shop.api.v1.customers.create({"email": "some@body.example"}, {"idempotency_key": "k"}).id


def test_a_refusal_of_the_execution_is_kept(shop: Shop) -> None:
    invoice = shop.invoice(5000)
    for _ in range(2):
        with refusal(400) as refused:
            shop.api.v1.invoices.finalize_invoice(invoice.id, {}, {"idempotency_key": "k"})
    assert refused.error is not None
    assert refused.error.headers is not None
    assert refused.error.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("kind", "made"), [("before", 0), ("after", 1)])
def test_a_500_of_the_execution_is_kept_whether_or_not_it_took_effect(
    shop: Shop, kind: str, made: int
) -> None:
    shop.operate("crashes", {"kind": kind, "path": "/v1/customers"})
    for _ in range(2):
        with refusal(500):
            shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"})
    assert len(shop.api.v1.customers.list().data) == made


def test_what_took_effect_is_not_done_again_for_want_of_a_presentable_answer(shop: Shop) -> None:
    for _ in range(2):
        with refusal(400, param="expand"):
            shop.api.v1.customers.create({"name": "One", "expand": ["nonsense"]}, {"idempotency_key": "k"})
    assert len(shop.api.v1.customers.list().data) == 1


def test_a_500_before_the_api_leaves_the_key_free(shop: Shop) -> None:
    shop.operate("faults", {"kind": "before"})
    with refusal(500):
        shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"})
    assert shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"}).name == "One"


def test_a_cut_connection_is_answered_by_the_sdk_s_own_retry(shop: Shop) -> None:
    shop.operate("faults", {"kind": "disconnect", "method": "POST"})
    customer = shop.client(max_network_retries=2).v1.customers.create({"name": "One"})
    assert [each.id for each in shop.api.v1.customers.list().data] == [customer.id]


def test_a_rate_limited_request_leaves_no_trace(shop: Shop) -> None:
    shop.operate("faults", {"kind": "rate_limit", "seconds": 2})
    with refusal(429, error_code="rate_limit"):
        shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"})
    assert shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k"}).name == "One"


def test_a_key_whose_first_request_still_runs_is_in_use() -> None:
    running, finish = threading.Event(), threading.Event()
    clock = Clock(lambda: NOON)

    def pause(seconds: float) -> None:
        if seconds:
            running.set()
            finish.wait(10)

    with opened(Books(clock=clock), sleep=pause) as shop:
        shop.books.latency = 1.0
        create = shop.api.v1.customers.create
        first = threading.Thread(target=create, args=({"name": "One"}, {"idempotency_key": "k"}))
        first.start()
        assert running.wait(10)
        shop.books.latency = 0.0
        with refusal(409) as refused:
            create({"name": "One"}, {"idempotency_key": "k"})
        finish.set()
        first.join()
        assert refused.error is not None
        assert refused.error.error is not None
        assert refused.error.error.code == "idempotency_key_in_use"
        assert len(shop.api.v1.customers.list().data) == 1


def test_a_key_that_is_too_long_is_refused(shop: Shop) -> None:
    with refusal(400):
        shop.api.v1.customers.create({"name": "One"}, {"idempotency_key": "k" * 256})
