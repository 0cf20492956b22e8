"""Rule 9: every failure is classified once, and the next attempt is jittered within its bounds."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connector.errors import (
    Blocked,
    Busy,
    Forbidden,
    HeldBack,
    Refused,
    SignInRefused,
    Unavailable,
    UsageError,
)
from connector.failures import FIRST_DELAY, LONGEST_DELAY, Failure, FailureKind, classify, next_delay
from connector.leases import LeaseLost
from connector.money import InexactAmount
from connector.remedies import remedy_for
from connector.vault import CannotOpen


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("Deltek", "no answer"),
        HeldBack("Stripe", "left alone"),
        Busy("somebody is at it"),
        LeaseLost("lost"),
        OperationalError("SELECT", {}, Exception()),
        InterfaceError("SELECT", {}, Exception()),
        PoolTimeout(),
    ],
)
def test_rule_9_what_passes_by_itself_is_temporary(error: Exception) -> None:
    assert classify(error).kind is FailureKind.TEMPORARY


@pytest.mark.parametrize(
    "error",
    [
        Blocked("no address", "add one"),
        Refused("Deltek", "The period is closed", status=400),
        Forbidden("Stripe", "lacks a right", status=403),
        SignInRefused("Deltek", "refused", status=400),
        UsageError("wrong", "right it"),
        CannotOpen("no key", "add it"),
        InexactAmount("0.001"),
    ],
)
def test_rule_9_what_says_no_waits_for_a_person(error: Blocked) -> None:
    failure = classify(error)

    assert (failure.kind, failure.reason) == (FailureKind.PERSON, error.message)


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("4242"), ProgrammingError("SELECT 4242", {}, Exception())]
)
def test_rule_9_anything_else_is_a_defect_named_by_its_class(error: Exception) -> None:
    failure = classify(error)

    assert failure.kind is FailureKind.DEFECT
    assert type(error).__name__ in failure.reason
    assert "4242" not in failure.reason + failure.remedy


@given(
    st.integers(min_value=1, max_value=10_000),
    st.one_of(st.none(), st.floats(min_value=0, max_value=3600)),
    st.randoms(use_true_random=False),
)
def test_rule_9_the_next_attempt_is_jittered_within_bounds_and_never_before_retry_after(
    failures: int, retry_after: float | None, random: Random
) -> None:
    failure = Failure(FailureKind.TEMPORARY, "no answer", retry_after=retry_after)

    delay = next_delay(failures, failure, random)

    asked = timedelta(seconds=retry_after or 0)
    assert asked <= delay <= asked + min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(failures, 20))


def test_rule_9_the_jitter_is_full() -> None:
    random = Random(1)
    failure = Failure(FailureKind.TEMPORARY, "no answer")

    delays = [next_delay(20, failure, random) for _ in range(200)]

    assert min(delays) < LONGEST_DELAY * 0.1
    assert max(delays) > LONGEST_DELAY * 0.9


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (
            Refused("Deltek", "Transaction date is in a closed period", status=400),
            "Open the accounting period",
        ),
        (Refused("Deltek", "WBS1 24001.00 is not active", status=400), "Make the project and phase active"),
        (Refused("Deltek", "Bank code is invalid", status=400), "bank_code"),
        (Refused("Deltek", "Account 111.00 is invalid", status=400), "ar_account"),
        (Refused("Deltek", "String would be truncated", status=400), "deltek.refno_length"),
        (Refused("Deltek", "Something new", status=400), "Correct the record in Deltek"),
        (Refused("Stripe", "Invalid", status=400, param="customer_address[country]"), "client's address"),
        (Refused("Stripe", "in use", status=400, param="number"), "Another Stripe invoice has this number"),
        (Refused("Stripe", "Something new", status=400), "Correct the record in Stripe"),
        (Forbidden("Deltek", "no", status=403), "role in Deltek"),
        (Forbidden("Stripe", "no", status=403), "restricted key at Stripe"),
        (SignInRefused("Stripe", "no", status=401), "ml-connector tenant secrets SLUG"),
    ],
)
def test_a_refusal_comes_with_what_a_person_can_do(refusal: Refused, remedy: str) -> None:
    assert remedy in remedy_for(refusal)
