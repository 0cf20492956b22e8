"""Money: integers of a currency's minor unit, exact or refused.

The minor unit of a currency is the one that Stripe counts in (docs.stripe.com/currencies), because that is where
amounts become integers; at Deltek's edge they are `Decimal`. There is no float on the way.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Self

from connector.errors import ConnectorError

ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
# Sent with two decimals which must be 00 (docs.stripe.com/currencies, 2026).
WHOLE_UNITS_ONLY = frozenset({"ISK", "UGX"})

# Python's own context rounds, without a word, what has more digits than it holds.
EXACTLY = Context(prec=28, traps=[Inexact, InvalidOperation, Overflow])
MOST_DIGITS = 17  # an amount is kept in a bigint


class InexactAmount(ConnectorError):
    """The amount cannot be said in the currency's minor unit, so it is not said at all."""


class CurrencyMismatch(ConnectorError):
    """Two amounts of different currencies were about to be added or compared."""


def decimals(currency: str) -> int:
    """How many decimals `currency` has at Stripe: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def smallest_step(currency: str) -> int:
    """The multiple of minor units in which `currency` can be charged: 1, or more for the special ones."""
    if currency in WHOLE_UNITS_ONLY:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units of an ISO 4217 currency (upper case)."""

    minor: int
    currency: str

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Self:
        """The exact amount; raises InexactAmount where the currency cannot express it."""
        currency = currency.upper()
        try:
            scaled = amount.scaleb(decimals(currency), EXACTLY)
        except ArithmeticError:
            scaled = Decimal("NaN")
        if not scaled.is_finite() or scaled.adjusted() > MOST_DIGITS or scaled != scaled.to_integral_value():
            raise InexactAmount(f"{amount} cannot be expressed in {currency} without rounding")
        return cls(int(scaled), currency)

    def to_decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-decimals(self.currency))

    @property
    def chargeable(self) -> bool:
        """Whether Stripe takes this amount as it is (ISK and UGX in whole units, KWD to ten fils, …)."""
        return self.minor % smallest_step(self.currency) == 0

    def __add__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.minor - other.minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.to_decimal():,.{decimals(self.currency)}f} {self.currency}"

    def _same_currency(self, other: Self) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self} and {other} are of different currencies")


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in shares proportional to `weights`, summing to it exactly.

    Shares are rounded towards zero and what is left goes, unit by unit, to the largest remainders (ties: the
    earlier row). No share exceeds its weight as long as |amount| <= sum(weights). Weights are not negative and
    not all zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if amount < 0 else 1
    shares, remainders = zip(*(divmod(abs(amount) * weight, total) for weight in weights), strict=True)
    result = list(shares)
    by_remainder = sorted(range(len(weights)), key=lambda row: -remainders[row])
    for row in by_remainder[: abs(amount) - sum(result)]:
        result[row] += 1
    return [sign * share for share in result]


def told(amount: Decimal, currency: str) -> str:
    """An amount in words as another system holds it, also one that `currency` cannot express."""
    with suppress(InexactAmount):
        return str(Money.from_decimal(amount, currency))
    return f"{amount} {currency}"
