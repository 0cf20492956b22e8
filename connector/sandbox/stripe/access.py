"""Who may ask: API keys, and what a restricted one was not given (docs.stripe.com/keys)."""

from collections.abc import Callable, Iterable

from connector.sandbox.stripe.books import ApiKey, Books
from connector.sandbox.stripe.errors import Refusal

_SAME_PERMISSION = {
    "customer_balance_transaction_read": "customer_read",
    "customer_cash_balance_transaction_read": "customer_cash_balance_read",
    "invoice_payment_read": "invoice_read",
    "invoice_payment_write": "invoice_write",
    "line_item_read": "invoice_read",
    "webhook_endpoint_read": "webhook_read",
    "webhook_endpoint_write": "webhook_write",
    "refund_read": "charge_read",
    "refund_write": "charge_write",
    "balance_transaction_read": "balance_read",
    "payment_record_read": "payment_records_read",
    "payment_record_write": "payment_records_write",
}
"""Kinds whose permission has another name (docs.stripe.com/stripe-apps/reference/permissions)."""


def authenticate(accounts: Iterable[Books], header: str | None) -> tuple[Books, ApiKey]:
    """The account and key of an `Authorization` header. Raises 401."""
    scheme, _, secret = (header or "").partition(" ")
    if scheme != "Bearer" or not secret:
        raise _unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    for books in accounts:
        key = books.keys.get(secret)
        if key is not None and not key.revoked:
            return books, key
        if key is not None:
            raise _unauthorized(f"Expired API Key provided: {_masked(secret)}", "api_key_expired")
    raise _unauthorized(f"Invalid API Key provided: {_masked(secret)}")


def permissions(books: Books, key: ApiKey) -> Callable[[str], None]:
    """A check that raises 403 for a permission which the key lacks."""

    def check(permission: str) -> None:
        if not may(key, permission):
            needed = _SAME_PERMISSION.get(permission, permission)
            raise Refusal(
                403,
                f"The provided key '{_masked(key.secret)}' does not have the required permissions for this "
                f"endpoint on account '{books.account}'. Having the 'rak_{needed}' permission would allow "
                "this request to continue.",
                stored=False,
            )

    return check


def may(key: ApiKey | None, permission: str) -> bool:
    """Whether the key has the permission; the account's owner in the Dashboard, who needs no key, has all."""
    return key is None or not {permission, _SAME_PERMISSION.get(permission, permission)} & key.lacks


def _unauthorized(message: str, code: str | None = None) -> Refusal:
    return Refusal(401, message, code=code, stored=False)


def _masked(secret: str) -> str:
    kind, _, rest = secret.rpartition("_")
    return f"{kind}_{'*' * max(len(rest) - 4, 3)}{rest[-4:]}"
