"""Customers: a client of the firm, as Stripe knows it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import cast

from stripe.params import (
    CustomerCreateParams,
    CustomerCreateParamsAddress,
    CustomerListParams,
    CustomerSearchParams,
    CustomerUpdateParams,
)

from connector.errors import Refused, SignInRefused, Unavailable
from connector.stripe_api import reading
from connector.stripe_api.connection import PAGE_SIZE, Connection, Json, epoch
from connector.stripe_api.records import CustomerDetails, StripeCustomer
from connector.stripe_api.text import shorten

TENANT_KEY = "ml_connector_tenant"
"""The key in a customer's metadata that holds the tenant's slug."""

CLIENT_KEY = "ml_connector_client"
"""The key in a customer's metadata that holds the client's id in the tenant's accounting system."""

NAME_LIMIT = 256
"""Characters in a customer's name (sagemathinc/cocalc issue 4656)."""

PHONE_LIMIT = 20
"""Characters in a phone number; Stripe refuses a longer one (odoo/odoo pull request 109728)."""


class Customers(Connection):
    def create_customer(self, details: CustomerDetails, *, idempotency_key: str) -> str:
        """The id of a new customer."""
        params: CustomerCreateParams = {}
        _fill(params, details)
        return self._ask("POST /v1/customers", reading.customer, params, key=idempotency_key).id

    def update_customer(self, customer_id: str, details: CustomerDetails, *, idempotency_key: str) -> None:
        """Bring the customer to `details`; metadata of other keys stays. Raises CustomerGone if deleted."""
        params: CustomerUpdateParams = {}
        _fill(params, details)
        self._ask("POST /v1/customers/{id}", reading.customer, params, of=customer_id, key=idempotency_key)

    def retrieve_customer(self, customer_id: str) -> StripeCustomer:
        """The customer; of a deleted one, `deleted` is true and the rest is empty."""
        return self._ask("GET /v1/customers/{id}", reading.customer, of=customer_id)

    def find_customers(self, tenant: str, client_id: str) -> list[StripeCustomer]:
        """The customers whose metadata name this tenant and client: a first look, no proof of absence.

        Stripe's search is behind by up to a minute, in outages by more, and some countries are without it
        (docs.stripe.com/search); there the list of all customers is read. Before a customer is made a second
        time, `customers_created_since` has the last word.
        """
        try:
            found: Iterable[StripeCustomer] = self._search(tenant, client_id)
        except SignInRefused:
            raise
        except Unavailable as trouble:
            # Search is young, and something between that does not know it answers 404 in words of its own.
            if trouble.status not in (404, 405):
                raise
            found = self._customers({})
        except Refused:
            found = self._customers({})
        return [row for row in found if _is_of(row, tenant, client_id)]

    def customers_created_since(self, since: datetime) -> Iterator[StripeCustomer]:
        """The customers created at `since` or later, newest first: strongly consistent."""
        return self._customers({"created": {"gte": epoch(since)}})

    def _customers(self, params: CustomerListParams) -> Iterator[StripeCustomer]:
        return self._walk("GET /v1/customers", reading.customer, params)

    def _search(self, tenant: str, client_id: str) -> list[StripeCustomer]:
        wanted = {TENANT_KEY: tenant, CLIENT_KEY: client_id}
        query = " AND ".join(f"metadata['{key}']:'{_quoted(value)}'" for key, value in wanted.items())
        params: CustomerSearchParams = {"query": query, "limit": PAGE_SIZE}
        return self._ask("GET /v1/customers/search", _found, params)


def _found(page: Json) -> list[StripeCustomer]:
    return [reading.customer(row) for row in page["data"]]


def _fill(params: CustomerCreateParams | CustomerUpdateParams, details: CustomerDetails) -> None:
    params["name"] = shorten(details.name, NAME_LIMIT)
    params["metadata"] = details.metadata
    if details.email is not None:
        params["email"] = details.email
    # Half of a phone number would be a wrong one.
    if details.phone is not None and len(details.phone) <= PHONE_LIMIT:
        params["phone"] = details.phone
    if details.address is not None:
        known = {part: text for part, text in asdict(details.address).items() if text}
        params["address"] = cast("CustomerCreateParamsAddress", known)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _is_of(customer: StripeCustomer, tenant: str, client_id: str) -> bool:
    # Search compares without regard to case; ids are not so forgiving.
    return customer.metadata.get(TENANT_KEY) == tenant and customer.metadata.get(CLIENT_KEY) == client_id
