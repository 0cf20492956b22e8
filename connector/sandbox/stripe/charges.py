"""Charges: one movement of money from a payer (docs.stripe.com/api/charges)."""

from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.lists import envelope, equal, page, within
from connector.sandbox.stripe.presenting import includable
from connector.sandbox.stripe.routing import PAGING, endpoint

_BLANK: Object = {
    "amount_captured": 0,
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "balance_transaction": None,
    "billing_details": {
        "address": {
            "city": None,
            "country": None,
            "line1": None,
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "email": None,
        "name": None,
        "phone": None,
        "tax_id": None,
    },
    "calculated_statement_descriptor": None,
    "captured": False,
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "failure_message": None,
    "fraud_details": {},
    "livemode": False,
    "metadata": {},
    "on_behalf_of": None,
    "outcome": None,
    "paid": False,
    "radar_options": {},
    "receipt_email": None,
    "receipt_number": None,
    "receipt_url": None,
    "refunded": False,
    "review": None,
    "shipping": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer": None,
    "transfer_data": None,
    "transfer_group": None,
}
_CARD: Object = {
    "brand": "visa",
    "checks": {"address_line1_check": None, "address_postal_code_check": "pass", "cvc_check": "pass"},
    "country": "US",
    "exp_month": 8,
    "exp_year": 2030,
    "fingerprint": "AOB934RVNwzk6xtn",
    "funding": "credit",
    "installments": None,
    "last4": "4242",
    "mandate": None,
    "network": "visa",
    "three_d_secure": None,
    "wallet": None,
}
_BANK_ACCOUNT: Object = {
    "account_holder_type": "company",
    "account_type": "checking",
    "bank_name": "STRIPE TEST BANK",
    "fingerprint": "FFDMA0xfhBjWSZLu",
    "last4": "6789",
    "mandate": None,
    "payment_reference": None,
    "routing_number": "110000000",
}
_DETAILS: dict[str, Object] = {
    "card": _CARD,
    "us_bank_account": _BANK_ACCOUNT,
    "customer_balance": {},
}


def new(books: Books, intent: Object, amount: int, method: str, status: str, **fields: object) -> Object:
    """A charge of `amount` in minor units for an intent, by card, bank account or customer balance."""
    row = books.add(
        "charge",
        {
            **_BLANK,
            "amount": amount,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "metadata": dict(intent["metadata"]),
            "payment_intent": intent["id"],
            "payment_method": f"pm_1{books.random_text(23)}",
            "payment_method_details": {"type": method, method: _DETAILS[method]},
            "status": status,
            **fields,
        },
    )
    intent["latest_charge"] = row["id"]
    intent["payment_method"] = row["payment_method"]
    return row


def method_of(charge: Object) -> str:
    """The type of payment method: `card`, `us_bank_account` or `customer_balance`."""
    return str(charge["payment_method_details"]["type"])


@endpoint("GET", "/v1/charges/{charge}", "charge")
def retrieve(books: Books, params: Params, charge: str) -> Object:
    return books.get("charge", charge)


@endpoint("GET", "/v1/charges", "charge", f"{PAGING} created customer payment_intent")
def list_charges(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return equal(row, params, "customer", "payment_intent") and within(
            row["created"], params.get("created")
        )

    return page(books.table("charge"), keep, params, "/v1/charges")


@includable("charge", "refunds")
def _refunds(books: Books, row: Object) -> Object:
    found = [each for each in reversed(books.table("refund").values()) if each["charge"] == row["id"]]
    return envelope(found[:10], f"/v1/charges/{row['id']}/refunds", has_more=len(found) > 10)
