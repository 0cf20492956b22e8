"""By which payment methods an invoice of a given amount may be paid."""

from connector.errors import Blocked
from connector.money import Money
from connector.tenants.description import TenantDescription

# Methods other than cards take at most 999,999.99 (eight digits) in most currencies (docs.stripe.com/currencies).
MOST_DIGITS_BESIDES_CARDS = 8
CARD_METHODS = frozenset({"card", "link"})
# The others in use for invoices, each in its own currencies only (docs.stripe.com/payments/payment-methods/
# payment-method-support).
CURRENCIES_OF = {
    "acss_debit": frozenset({"CAD", "USD"}),
    "au_becs_debit": frozenset({"AUD"}),
    "bacs_debit": frozenset({"GBP"}),
    "customer_balance": frozenset({"EUR", "GBP", "JPY", "MXN", "USD"}),
    "sepa_debit": frozenset({"EUR"}),
    "us_bank_account": frozenset({"USD"}),
}
# In minor units. Stripe marks a smaller invoice paid, and owes the amount to the next one (docs.stripe.com/
# currencies, minimum and maximum charge amounts; stripe-python 16.1.0 Invoice.amount_due).
LEAST_CHARGE = {
    "AED": 200,
    "AUD": 50,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "INR": 50,
    "JPY": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
    "USD": 50,
}


def least_charge(currency: str) -> Money:
    """What Stripe charges at least; one minor unit where it names nothing."""
    return Money(LEAST_CHARGE.get(currency, 1), currency)


def offered_methods(tenant: TenantDescription, amount: Money, left: Money) -> tuple[str, ...]:
    """The tenant's methods for an invoice over `amount` of which `left` is to be paid; raises Blocked for none.

    What was paid elsewhere is taken off only after finalizing, and what is finalized every method must be able to take.
    """
    least = least_charge(amount.currency)
    if amount.minor < least.minor:
        raise Blocked(f"Stripe charges no less than {least}", "Collect this invoice outside Stripe")
    methods = tuple(one for one in tenant.stripe.payment_methods if _can_take(tenant, one, amount, left))
    if not methods:
        raise Blocked(
            f"None of the payment methods {', '.join(tenant.stripe.payment_methods)} can take {amount}",
            "Add a method or raise stripe.card_limit in the tenant file, or collect this invoice outside Stripe",
        )
    return methods


def _can_take(tenant: TenantDescription, method: str, amount: Money, left: Money) -> bool:
    if method in CARD_METHODS:
        return tenant.card_allowed(left)
    in_currency = amount.currency in CURRENCIES_OF.get(method, (amount.currency,))
    return in_currency and len(str(amount.minor)) <= MOST_DIGITS_BESIDES_CARDS
