"""A delivery is believed only if one of the tenant's secrets signed this very body, now."""

import hmac
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.secret import Secret
from connector.stripe_api.signatures import BadSignature, NotAnEvent, verify

from .doubles import NOW, NOW_EPOCH

CURRENT, ROLLED, FOREIGN = "whsec_current", "whsec_rolled", "whsec_foreign"
SECRETS = [Secret(ROLLED), Secret(CURRENT)]
EVENT = {"id": "evt_1", "type": "invoice_payment.paid", "data": {"object": {"id": "inpay_1", "name": "Zoë"}}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


def v1(body: bytes, secret: str = CURRENT, timestamp: int | str = NOW_EPOCH) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()


def header(body: bytes = BODY, secret: str = CURRENT, timestamp: int = NOW_EPOCH) -> str:
    return f"t={timestamp},v1={v1(body, secret, timestamp)}"


def test_the_event_of_a_signed_delivery_is_returned() -> None:
    assert verify(BODY, header(), SECRETS, now=NOW) == EVENT


def test_any_of_the_secrets_may_have_signed() -> None:
    assert verify(BODY, header(secret=ROLLED), SECRETS, now=NOW) == EVENT


def test_a_secret_that_is_being_rolled_signs_twice_and_one_match_is_enough() -> None:
    two = f"t={NOW_EPOCH},v1={v1(BODY, FOREIGN)},v1={v1(BODY, CURRENT)},v0=ignored"
    assert verify(BODY, two, [Secret(CURRENT)], now=NOW) == EVENT


@pytest.mark.parametrize("secrets", [[Secret(FOREIGN)], [Secret("")], [Secret("  ")], []])
def test_a_delivery_that_no_secret_signed_is_refused(secrets: list[Secret]) -> None:
    with pytest.raises(BadSignature, match="matches none"):
        verify(BODY, header(), secrets, now=NOW)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_a_clock_that_differs_by_five_minutes_is_accepted(seconds: int) -> None:
    assert verify(BODY, header(), SECRETS, now=NOW + timedelta(seconds=seconds)) == EVENT


@pytest.mark.parametrize("seconds", [-86400, -301, 301, 86400])
def test_a_signature_of_another_time_is_refused_whether_past_or_future(seconds: int) -> None:
    with pytest.raises(BadSignature, match="more than 300 seconds from now"):
        verify(BODY, header(), SECRETS, now=NOW + timedelta(seconds=seconds))


def test_the_tolerance_is_the_callers_and_zero_does_not_switch_it_off() -> None:
    assert verify(BODY, header(), SECRETS, now=NOW, tolerance_seconds=0) == EVENT
    with pytest.raises(BadSignature):
        verify(BODY, header(), SECRETS, now=NOW + timedelta(seconds=1), tolerance_seconds=0)


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "garbage",
        "t=,v1=",
        f"v1={v1(BODY)}",
        f"t={NOW_EPOCH}",
        f"t={NOW_EPOCH},v0={v1(BODY)}",
        f"t={NOW_EPOCH}.5,v1={v1(BODY)}",
        f"t=+{NOW_EPOCH},v1={v1(BODY)}",
        f"T={NOW_EPOCH},V1={v1(BODY)}",
        f"t={NOW_EPOCH},v1=",
        f"t={NOW_EPOCH},v1=Zoë",
        f"t={NOW_EPOCH},v1={v1(BODY).upper()}",
        f"t={NOW_EPOCH},v1",
        f"t={'9' * 5000},v1={v1(BODY)}",
        f"t=١٢٣,v1={v1(BODY)}",
    ],
)
def test_a_missing_or_odd_header_is_refused(odd: str) -> None:
    with pytest.raises(BadSignature):
        verify(BODY, odd, SECRETS, now=NOW)


@pytest.mark.parametrize("space", ["", " ", "+"])
def test_a_second_timestamp_does_not_make_an_old_signature_young(space: str) -> None:
    old = NOW_EPOCH - 86400
    with pytest.raises(BadSignature):
        verify(BODY, f"t={space}{old},t={NOW_EPOCH},v1={v1(BODY, CURRENT, old)}", SECRETS, now=NOW)


def test_a_body_that_is_not_utf_8_is_refused() -> None:
    body = b'{"id": "evt_\xff"}'
    with pytest.raises(BadSignature, match="not UTF-8"):
        verify(body, header(body), SECRETS, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"evt_1"',
        b"null",
        b"{}",
        b'{"id": "evt_1"}',
        b'{"type": "invoice.paid"}',
        b'{"id": 1, "type": "invoice.paid"}',
        b'{"id": "evt_1", "type": null}',
        b"[" * 100_000,
    ],
)
def test_a_signed_body_that_is_no_event_is_named_so(body: bytes) -> None:
    with pytest.raises(NotAnEvent, match="not an event"):
        verify(body, header(body), SECRETS, now=NOW)


def test_an_unsigned_body_that_is_no_event_is_a_bad_signature_and_not_read() -> None:
    with pytest.raises(BadSignature) as caught:
        verify(b"not json", header(), SECRETS, now=NOW)
    assert not isinstance(caught.value, NotAnEvent)


@given(position=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255))
def test_a_body_changed_in_any_byte_is_refused(position: int, byte: int) -> None:
    changed = BODY[:position] + bytes([byte]) + BODY[position + 1 :]
    if changed != BODY:
        with pytest.raises(BadSignature):
            verify(changed, header(), SECRETS, now=NOW)


@given(position=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_a_signature_changed_in_any_digit_is_refused(position: int, digit: str) -> None:
    right = v1(BODY)
    changed = right[:position] + digit + right[position + 1 :]
    if changed != right:
        with pytest.raises(BadSignature):
            verify(BODY, f"t={NOW_EPOCH},v1={changed}", SECRETS, now=NOW)


@given(seconds=st.integers(-300, 300).filter(bool))
def test_a_timestamp_moved_after_signing_is_refused(seconds: int) -> None:
    with pytest.raises(BadSignature):
        verify(BODY, f"t={NOW_EPOCH + seconds},v1={v1(BODY)}", SECRETS, now=NOW)


@given(body=st.binary(max_size=200), odd=st.text(max_size=200))
def test_whatever_is_posted_is_refused_and_nothing_else_is_raised(body: bytes, odd: str) -> None:
    with pytest.raises(BadSignature):
        verify(body, odd, SECRETS, now=NOW)


def test_no_refusal_holds_a_secret_or_the_body() -> None:
    with pytest.raises(BadSignature) as caught:
        verify(BODY, header(), [Secret(FOREIGN)], now=NOW)
    shown = f"{caught.value!r} {caught.value.args} {caught.value.__context__!r}"
    assert FOREIGN not in shown
    assert "inpay_1" not in shown
