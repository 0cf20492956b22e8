"""What Stripe accepts as an amount in each currency (docs.stripe.com/currencies)."""

from connector.sandbox.stripe.errors import invalid

_CODES = """
usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg
huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt
mop mro mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf
sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf
xcd xcg xof xpf yer zar zmw
"""
SUPPORTED = frozenset(_CODES.split())
ROUND_HUNDREDS = frozenset({"isk", "ugx"})
ROUND_TENS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
MINIMUM = {
    "aed": 200,
    "aud": 50,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}
LARGEST_CARD = 999_999_999_999
LARGEST_OTHER = 99_999_999


def check_currency(currency: str) -> str:
    """The currency in lower case. Raises the refusal of one that Stripe does not know."""
    lower = currency.lower()
    if lower not in SUPPORTED:
        raise invalid(f"Invalid currency: {currency}.", "currency")
    return lower


def check_roundness(amount: int, currency: str, param: str) -> None:
    """Raises the refusal of an amount in minor units that the currency has no coin for."""
    step = 100 if currency in ROUND_HUNDREDS else 10 if currency in ROUND_TENS else 1
    if amount % step:
        raise invalid(f"Invalid amount: {amount} {currency} must be divisible by {step}", param)


def below_minimum(amount: int, currency: str) -> bool:
    """Whether an amount in minor units is too small to charge; one unit where Stripe names no minimum."""
    return amount < MINIMUM.get(currency, 1)


def check_payable(amount: int, currency: str, method: str) -> None:
    """Raises the refusal of an amount that a payment method cannot take, or of a currency it does not know.

    8 digits for all but cards, which take 12; ACH debits are in US dollars only.
    """
    largest = LARGEST_CARD if method in ("card", "link") else LARGEST_OTHER
    if amount > largest:
        raise invalid(
            f"The payment method `{method}` does not support amounts over {largest} {currency}",
            "payment_settings[payment_method_types]",
            "amount_too_large",
        )
    if method == "us_bank_account" and currency != "usd":
        raise invalid(
            "The payment method `us_bank_account` requires the currency usd",
            "payment_settings[payment_method_types]",
            "payment_method_currency_mismatch",
        )
