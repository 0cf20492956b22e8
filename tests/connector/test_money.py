"""Rule 4: money is exact, or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.money import (
    THREE_DECIMAL,
    ZERO_DECIMAL,
    CurrencyMismatch,
    InexactAmount,
    Money,
    decimals,
    smallest_step,
    split,
)

MINOR = st.integers(min_value=-(10**15), max_value=10**15)
CURRENCIES = st.sampled_from(
    ["USD", "EUR", "JPY", "KWD", "ISK", "UGX", *sorted(ZERO_DECIMAL | THREE_DECIMAL)]
)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=30).filter(any)


@given(MINOR, CURRENCIES)
def test_rule_4_every_amount_survives_the_way_to_deltek_and_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.from_decimal(money.to_decimal(), currency) == money
    assert money.to_decimal() % Decimal(1).scaleb(-decimals(currency)) == 0


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9), CURRENCIES)
def test_rule_4_a_conversion_is_exact_or_refused(amount: Decimal, currency: str) -> None:
    try:
        money = Money.from_decimal(amount, currency)
    except InexactAmount:
        step = Decimal(1).scaleb(-decimals(currency))
        assert amount % step != 0 or len(amount.as_tuple().digits) > 28
    else:
        assert money.to_decimal() == amount
        assert type(money.minor) is int


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1200.00", "USD", 120000),
        ("1200.0000", "usd", 120000),
        ("-0.01", "USD", -1),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("5", "ISK", 500),
        ("5.00", "UGX", 500),
        ("1E+3", "USD", 100000),
    ],
)
def test_amounts_become_stripe_s_minor_units(amount: str, currency: str, minor: int) -> None:
    money = Money.from_decimal(Decimal(amount), currency)

    assert (money.minor, money.currency) == (minor, currency.upper())


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "USD"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("-Infinity", "JPY"),
    ],
)
def test_what_a_currency_cannot_express_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(InexactAmount, match=currency):
        Money.from_decimal(Decimal(amount), currency)


@pytest.mark.parametrize(
    "amount", ["12345678901234567890123456789.015", "1.00000000000000000000000000000000001", "1E+999999"]
)
def test_an_amount_with_more_digits_than_arithmetic_holds_is_refused_and_not_rounded(amount: str) -> None:
    with pytest.raises(InexactAmount):
        Money.from_decimal(Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("minor", "currency", "chargeable"),
    [
        (12345, "USD", True),
        (500, "ISK", True),
        (550, "ISK", False),
        (500, "UGX", True),
        (1, "UGX", False),
        (1230, "KWD", True),
        (1234, "KWD", False),
        (7, "JPY", True),
    ],
)
def test_what_stripe_does_not_take_as_it_is_can_be_told(minor: int, currency: str, chargeable: bool) -> None:
    assert Money(minor, currency).chargeable is chargeable
    assert smallest_step(currency) in (1, 10, 100)


@given(MINOR, MINOR, CURRENCIES)
def test_sums_and_differences_stay_in_minor_units(one: int, other: int, currency: str) -> None:
    a, b = Money(one, currency), Money(other, currency)

    assert (a + b).minor == one + other
    assert (a - b) + b == a
    assert -a + a == Money(0, currency)


def test_different_currencies_do_not_meet() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") - Money(1, "CAD")
    assert Money(1, "USD") != Money(1, "EUR")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(154567, "USD"), "1,545.67 USD"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(1200, "JPY"), "1,200 JPY"),
        (Money(1234, "KWD"), "1.234 KWD"),
    ],
)
def test_an_amount_reads_as_an_accountant_writes_it(money: Money, text: str) -> None:
    assert str(money) == text


@given(MINOR, WEIGHTS)
def test_rule_4_a_split_sums_to_the_amount_to_the_cent(amount: int, weights: list[int]) -> None:
    shares = split(amount, weights)

    assert sum(shares) == amount
    assert len(shares) == len(weights)
    assert all(type(share) is int for share in shares)


@given(WEIGHTS, st.fractions(min_value=-1, max_value=1))
def test_rule_4_no_share_exceeds_what_was_billed_there(weights: list[int], part: object) -> None:
    amount = int(sum(weights) * part)  # type: ignore[operator]

    shares = split(amount, weights)

    assert all(abs(share) <= weight for share, weight in zip(shares, weights, strict=True))
    assert all(share * amount >= 0 for share in shares)


@given(MINOR, WEIGHTS)
def test_a_refund_is_split_like_the_payment_it_gives_back(amount: int, weights: list[int]) -> None:
    assert split(-amount, weights) == [-share for share in split(amount, weights)]


@given(WEIGHTS)
def test_a_payment_in_full_pays_every_row_in_full(weights: list[int]) -> None:
    assert split(sum(weights), weights) == weights


def test_the_odd_cent_goes_to_the_largest_remainder_and_among_equals_to_the_earlier_row() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(101, [1, 1, 1]) == [34, 34, 33]
    assert split(10, [100, 299]) == [3, 7]
    assert split(1, [0, 1]) == [0, 1]


@pytest.mark.parametrize("weights", [[0, 0], [-1, 2]])
def test_weights_that_cannot_be_meant_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)
