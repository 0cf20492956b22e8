"""Clients become customers, are found again, and are noticed when they are gone."""

import pytest
import responses
from responses import matchers

from connector.errors import SignInRefused, Unavailable
from connector.stripe_api.customers import CLIENT_KEY, TENANT_KEY
from connector.stripe_api.errors import CustomerGone
from connector.stripe_api.gateway import StripeGateway
from connector.stripe_api.records import CustomerDetails, PostalAddress

from .doubles import API, NOW, customer, error, page, sent

CUSTOMERS = f"{API}/v1/customers"
SEARCH = f"{API}/v1/customers/search"
OURS = {TENANT_KEY: "acme", CLIENT_KEY: "HARBOR"}
FULL = CustomerDetails(
    name="Harbor Authority",
    email="ap@harbor.example",
    phone="+1 206 555 0100",
    address=PostalAddress(line1="1 Pier", city="Seattle", state="WA", postal_code="98101", country="US"),
    metadata=OURS,
)


def test_a_customer_is_created_with_what_is_known(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(CUSTOMERS, json=customer(id="cus_7"))
    assert gateway.create_customer(FULL, idempotency_key="k1") == "cus_7"
    request = api.calls[0].request
    assert request.headers["Idempotency-Key"] == "k1"
    assert dict(sent(request)) == {
        "name": "Harbor Authority",
        "email": "ap@harbor.example",
        "phone": "+1 206 555 0100",
        "address[line1]": "1 Pier",
        "address[city]": "Seattle",
        "address[state]": "WA",
        "address[postal_code]": "98101",
        "address[country]": "US",
        f"metadata[{TENANT_KEY}]": "acme",
        f"metadata[{CLIENT_KEY}]": "HARBOR",
    }


def test_what_is_not_known_is_left_as_stripe_has_it(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(f"{CUSTOMERS}/cus_1", json=customer())
    gateway.update_customer("cus_1", CustomerDetails("Harbor Authority"), idempotency_key="k")
    assert sent(api.calls[0].request) == [("name", "Harbor Authority")]


def test_a_name_is_cut_and_a_phone_number_too_long_for_stripe_is_left_out(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(CUSTOMERS, json=customer())
    details = CustomerDetails("Department " * 30, phone="+1 780-459-5656 ext. 725")
    gateway.create_customer(details, idempotency_key="k")
    fields = dict(sent(api.calls[0].request))
    assert len(fields["name"]) <= 256
    assert fields["name"].endswith("Department…")
    assert "phone" not in fields


def test_updating_a_deleted_customer_says_that_it_is_gone(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    missing = error("No such customer: 'cus_1'", code="resource_missing", param="id")
    api.post(f"{CUSTOMERS}/cus_1", status=404, json=missing)
    with pytest.raises(CustomerGone, match="No such customer: 'cus_1'") as caught:
        gateway.update_customer("cus_1", FULL, idempotency_key="k")
    assert (caught.value.status, caught.value.code) == (404, "resource_missing")


def test_a_deleted_customer_is_recognised(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{CUSTOMERS}/cus_1", json={"id": "cus_1", "object": "customer", "deleted": True})
    found = gateway.retrieve_customer("cus_1")
    assert found.deleted
    assert found.created is None


def test_customers_are_searched_by_their_metadata(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    query = f"metadata['{TENANT_KEY}']:'acme' AND metadata['{CLIENT_KEY}']:'O\\'HARE \\\\ CO'"
    api.get(
        SEARCH,
        json=page(
            customer(id="cus_2", metadata={TENANT_KEY: "acme", CLIENT_KEY: "O'HARE \\ CO"}),
            customer(id="cus_3", metadata={TENANT_KEY: "acme", CLIENT_KEY: "o'hare \\ co"}),
        ),
        match=[matchers.query_param_matcher({"query": query, "limit": "100"})],
    )
    assert [found.id for found in gateway.find_customers("acme", "O'HARE \\ CO")] == ["cus_2"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_without_search_all_customers_are_looked_through(
    api: responses.RequestsMock, gateway: StripeGateway, status: int
) -> None:
    api.get(SEARCH, status=status, json=error("Search is not available for merchants in your region"))
    rows = [
        customer(id="cus_3", metadata=OURS),
        customer(id="cus_2", metadata=OURS | {TENANT_KEY: "other"}),
        customer(id="cus_1", metadata={}),
    ]
    api.get(CUSTOMERS, json=page(*rows))
    assert [found.id for found in gateway.find_customers("acme", "HARBOR")] == ["cus_3"]


@pytest.mark.parametrize(
    ("status", "failure"), [(401, SignInRefused), (429, Unavailable), (500, Unavailable)]
)
def test_a_search_that_failed_for_another_reason_is_not_replaced_by_the_long_list(
    api: responses.RequestsMock, gateway: StripeGateway, status: int, failure: type[Exception]
) -> None:
    api.get(SEARCH, status=status, json=error("no"))
    with pytest.raises(failure):
        gateway.find_customers("acme", "HARBOR")
    assert len(api.calls) == 1


def test_new_customers_are_listed_from_a_moment_on(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(CUSTOMERS, json=page(customer(metadata=OURS, email="ap@harbor.example")))
    (found,) = gateway.customers_created_since(NOW)
    assert (found.name, found.email, found.created) == ("Harbor Authority", "ap@harbor.example", NOW)
    assert found.metadata == OURS
    assert not found.deleted
