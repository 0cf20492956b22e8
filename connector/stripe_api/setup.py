"""Whose key it is and what it may read: asked when a tenant is set up, and by `ping`."""

from connector.errors import Refused, SignInRefused
from connector.stripe_api.connection import Connection
from connector.stripe_api.records import PermissionCheck

READ = (
    "customers",
    "invoices",
    "invoice_payments",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "events",
    "webhook_endpoints",
)
"""The resources that the product reads; a restricted key needs the right to each."""


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

        What the key may write does not show: that can only be tried. Raises SignInRefused if Stripe does not
        know the key, and Unavailable.
        """
        return [self._check(resource) for resource in READ]

    def _check(self, resource: str) -> PermissionCheck:
        what = resource.replace("_", " ")
        try:
            self._ask(f"GET /v1/{resource}", lambda page: page["data"], {"limit": 1})
        except SignInRefused:
            raise
        except Refused as refusal:
            return PermissionCheck(what, ok=False, message=refusal.explained)
        return PermissionCheck(what, ok=True, message=f"the key may read {what}")
