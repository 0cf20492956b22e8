"""The account itself (docs.stripe.com/api/accounts)."""

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.routing import endpoint


@endpoint("GET", "/v1/account", "account")
def retrieve(books: Books, params: Params) -> Object:
    return {
        "id": books.account,
        "object": "account",
        "business_profile": {"name": "Sandbox", "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "us_bank_account_ach_payments": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": books.opened,
        "default_currency": books.currency,
        "details_submitted": True,
        "email": "billing@sandbox.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Sandbox", "timezone": "Etc/UTC"}},
        "type": "standard",
    }
