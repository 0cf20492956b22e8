"""Balance transactions: every movement of the account's own money, with its fee, in its own currency.

Source: docs.stripe.com/reports/balance-transaction-types. The fees are Stripe's list prices in the USA.
"""

from decimal import ROUND_HALF_UP, Decimal

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.clock import DAY
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import refused
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.presenting import view
from connector.sandbox.stripe.routing import PAGING, endpoint

SETTLING_DAYS = 2
_CENTS_A_CARD_PAYMENT = 30
_LARGEST_BANK_FEE = 500
DISPUTE_FEE = 1500


def _share(amount: int, rate: str) -> int:
    return int((amount * Decimal(rate)).to_integral_value(ROUND_HALF_UP))


def processing_fee(amount: int, method: str) -> int:
    """Stripe's fee on a payment, in minor units: 2.9 % + 30 by card, 0.8 % up to 500 from a bank account."""
    if method == "us_bank_account":
        return min(_share(amount, "0.008"), _LARGEST_BANK_FEE)
    if method == "customer_balance":
        return min(_share(amount, "0.005"), _LARGEST_BANK_FEE)
    return _share(amount, "0.029") + _CENTS_A_CARD_PAYMENT


def record(
    books: Books,
    source: Object,
    amount: int,
    kind: str,
    category: str,
    fee: int = 0,
) -> Object:
    """Books a movement of `amount` in the currency of its source, converted to that of the account.

    The fee is in the account's currency.
    """
    about = {
        "description": source.get("description"),
        "reporting_category": category,
        "source": source["id"],
        "type": kind,
    }
    return _book(books, amount, source["currency"], fee, about)


def adjust(books: Books, amount: int, kind: str, category: str, description: str | None) -> Object:
    """Books a movement that no object of the account is behind, such as a fee for Invoicing."""
    about = {"description": description, "reporting_category": category, "source": None, "type": kind}
    return _book(books, amount, books.currency, 0, about)


def _book(books: Books, amount: int, currency: str, fee: int, about: Object) -> Object:
    rate = _rate(books, currency)
    settled = _share(amount, rate) if rate else amount
    details = [{"amount": fee, "application": None, "currency": books.currency, "type": "stripe_fee"}]
    return books.add(
        "balance_transaction",
        {
            **about,
            "amount": settled,
            "available_on": books.now() + SETTLING_DAYS * DAY,
            "balance_type": "payments",
            "currency": books.currency if rate else currency,
            "exchange_rate": rate,
            "fee": fee,
            "fee_details": [{**each, "description": "Stripe processing fees"} for each in details if fee],
            "net": settled - fee,
            "status": "pending",
        },
    )


def _rate(books: Books, currency: str) -> str | None:
    return None if currency == books.currency else books.exchange_rates.get(currency)


@view("balance_transaction")
def _view(books: Books, row: Object) -> Object:
    rate = row["exchange_rate"]
    return {
        "status": "available" if row["available_on"] <= books.now() else "pending",
        # the one number of Stripe's that is no integer and no string
        "exchange_rate": None if rate is None else float(rate),
    }


@endpoint("GET", "/v1/balance_transactions", "balance", f"{PAGING} created currency payout source type")
def list_balance_transactions(books: Books, params: Params) -> Object:
    """By payout: what an automatic payout settled, and the payout itself."""
    payout = params.get("payout")
    if payout and not books.named("payout", payout, "payout")["automatic"]:
        raise refused(
            "Balance transaction history can only be filtered on automatic transfers, not manual.",
            None,
            "payout",
        )

    def keep(row: Object) -> bool:
        return (
            within(row["created"], params.get("created"))
            and equal(row, params, "currency", "source", "type")
            and (payout is None or books.payout_of.get(row["id"]) == payout)
        )

    return page(books.table("balance_transaction"), keep, params, "/v1/balance_transactions")


@endpoint("GET", "/v1/balance_transactions/{id}", "balance")
def retrieve(books: Books, params: Params, id: str) -> Object:
    return books.get("balance_transaction", id)
