"""Whose key it is and what it may read: asked when a tenant is set up, and by `ping`."""

from collections.abc import Iterator, Mapping

from connector.errors import Refused, SignInRefused
from connector.stripe_api.connection import NOTHING, Connection, Json
from connector.stripe_api.records import PermissionCheck

READ = (
    "customers",
    "invoices",
    "invoice_payments",
    "credit_notes",
    "payment_records",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "payouts",
    "balance_transactions",
    "events",
    "webhook_endpoints",
)
"""The resources that the product reads; a restricted key needs the right to each."""

# Reading a source along takes a permission of its own (docs.stripe.com/stripe-apps/reference/permissions).
_ALSO: Mapping[str, Mapping[str, object]] = {
    "balance_transactions": {"expand": ["data.source"]},
    "refunds": {"expand": ["data.charge"]},
}


class Setup(Connection):
    def account_id(self) -> str:
        """The account ("acct_…") that the requests work on: the one that was named, else the key's own.

        Raises Forbidden where a restricted key may not read its account.
        """
        if self._account is not None:
            return self._account
        return self._ask("GET /v1/account", lambda row: str(row["id"]))

    def check_permissions(self) -> list[PermissionCheck]:
        """Read one row of everything that is read, and write nothing.

        What the key may write does not show: that can only be tried. Neither does what only shows on a row
        of which there is none yet. Raises SignInRefused if Stripe does not know the key, and Unavailable.
        """
        checks = [
            self._check(name.replace("_", " "), f"GET /v1/{name}", params=_ALSO.get(name, NOTHING))
            for name in READ
        ]
        return [*checks, *self._check_cash_balance()]

    def _check_cash_balance(self) -> Iterator[PermissionCheck]:
        """Cash balances are read customer by customer: that of the newest is tried, if there is one to read."""
        try:
            newest = self._ask("GET /v1/customers", _ids, {"limit": 1})
        except Refused:
            return
        for customer in newest:
            endpoint = "GET /v1/customers/{id}/cash_balance_transactions"
            yield self._check("customer cash balance", endpoint, of=customer)

    def _check(
        self, what: str, endpoint: str, *, params: Mapping[str, object] = NOTHING, of: str = ""
    ) -> PermissionCheck:
        try:
            self._ask(endpoint, _ids, {**params, "limit": 1}, of=of)
        except SignInRefused:
            raise
        except Refused as refusal:
            return PermissionCheck(what, ok=False, message=refusal.explained)
        return PermissionCheck(what, ok=True, message=f"the key may read {what}")


def _ids(page: Json) -> list[str]:
    return [row["id"] for row in page["data"]]
