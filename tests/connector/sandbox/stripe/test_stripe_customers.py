"""Customers at the stand-in."""

from typing import Any

import pytest

from tests.connector.sandbox.stripe.stripe_shop import NOW, Shop, refusal


def test_a_customer_comes_back_as_it_was_made(shop: Shop) -> None:
    made = shop.customer(
        phone="+1 206 555 0100", address={"line1": "1 Pier", "country": "US"}, metadata={"k": "v"}
    )
    found = shop.api.v1.customers.retrieve(made.id)
    assert found.to_dict() == made.to_dict()
    assert (found.created, found.balance) == (NOW, 0)
    assert found.to_dict()["metadata"] == {"k": "v"}
    assert found.address is not None
    assert (found.address.country, found.address.city) == ("US", None)


def test_an_update_changes_what_it_names_and_tells_what_was_there(shop: Shop) -> None:
    made = shop.customer(metadata={"a": "1", "b": "2"})
    changed = shop.api.v1.customers.update(made.id, {"name": "New Name", "metadata": {"a": "", "c": "3"}})
    assert (changed.name, changed.email) == ("New Name", made.email)
    assert changed.to_dict()["metadata"] == {"b": "2", "c": "3"}
    event = shop.api.v1.events.list({"type": "customer.updated"}).data[0]
    assert event.to_dict()["data"]["previous_attributes"] == {
        "name": "Client Inc.",
        "metadata": {"a": "1", "c": None},
    }


def test_an_update_that_changes_nothing_is_no_event(shop: Shop) -> None:
    made = shop.customer()
    shop.api.v1.customers.update(made.id, {"name": "Client Inc."})
    assert shop.event_types() == ["customer.created"]


def test_an_empty_value_unsets_where_the_contract_allows_it(shop: Shop) -> None:
    made = shop.customer(address={"country": "US"}, metadata={"a": "1"})
    changed = shop.api.v1.customers.update(made.id, {"address": "", "metadata": ""})
    assert (changed.address, changed.to_dict()["metadata"]) == (None, {})


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"email": "not an address"}, "email", "email_invalid"),
        ({"email": "a@b"}, "email", "email_invalid"),
        ({"email": "a@b.example; c@d.example"}, "email", "email_invalid"),
        ({"phone": "+1 206 555 0100 ext. 12345"}, "phone", "parameter_invalid_string"),
        ({"name": "x" * 257}, "name", "parameter_invalid_string"),
        ({"address": {"country": "United States"}}, "address[country]", "country_unknown"),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, "metadata", None),
        ({"metadata": {"k" * 41: "v"}}, None, None),
        ({"metadata": {"k[0]": "v"}}, None, None),
    ],
)
def test_fields_that_stripe_refuses_are_refused(
    shop: Shop, fields: dict[str, Any], param: str | None, code: str | None
) -> None:
    with refusal(400, param=param, error_code=code):
        shop.api.v1.customers.create(fields)  # type: ignore[arg-type]


def test_metadata_cannot_grow_beyond_fifty_keys_by_updates(shop: Shop) -> None:
    made = shop.customer(metadata={f"k{n}": "v" for n in range(50)})
    with refusal(400, param="metadata"):
        shop.api.v1.customers.update(made.id, {"metadata": {"one": "more"}})


def test_the_list_is_newest_first_and_filters_by_email_and_time(shop: Shop) -> None:
    first = shop.customer("a@client.example")
    shop.books.clock.advance(60)
    second = shop.customer("b@client.example")
    customers = shop.api.v1.customers
    assert [each.id for each in customers.list().data] == [second.id, first.id]
    assert [each.id for each in customers.list({"email": "a@client.example"}).data] == [first.id]
    assert [each.id for each in customers.list({"created": {"gte": NOW + 1}}).data] == [second.id]
    assert [each.id for each in customers.list({"created": {"lt": NOW + 60, "gt": NOW - 1}}).data] == [
        first.id
    ]
    assert [each.id for each in customers.list({"created": NOW}).data] == [first.id]


def test_cursors_walk_the_list_in_both_directions(shop: Shop) -> None:
    made = [shop.customer(f"{n}@client.example").id for n in range(5)]
    customers = shop.api.v1.customers
    page = customers.list({"limit": 2})
    assert ([each.id for each in page.data], page.has_more) == ([made[4], made[3]], True)
    page = customers.list({"limit": 2, "starting_after": made[3]})
    assert ([each.id for each in page.data], page.has_more) == ([made[2], made[1]], True)
    page = customers.list({"limit": 2, "ending_before": made[1]})
    assert ([each.id for each in page.data], page.has_more) == ([made[3], made[2]], True)
    walked = [each.id for each in customers.list({"limit": 2}).auto_paging_iter()]
    assert walked == made[::-1]


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_an_unknown_cursor_is_refused(shop: Shop, cursor: str) -> None:
    with refusal(400, param=cursor, error_code="resource_missing"):
        shop.api.v1.customers.list({cursor: "cus_none"})  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred_rows(shop: Shop, limit: int) -> None:
    with refusal(400, param="limit"):
        shop.api.v1.customers.list({"limit": limit})


def test_search_finds_by_metadata_and_email(shop: Shop) -> None:
    made = shop.customer("a@client.example", metadata={"deltek_client": "HARBOR"})
    shop.customer("b@client.example")
    search = shop.api.v1.customers.search
    assert [each.id for each in search({"query": "metadata['deltek_client']:'HARBOR'"}).data] == [made.id]
    assert search({"query": "metadata['deltek_client']:'HARBOR' AND email:'b@client.example'"}).data == []
    with refusal(400, param="query"):
        search({"query": "phone~'1'"})


def test_search_finds_late_when_told_so(shop: Shop) -> None:
    shop.operate("settings", {"search_delay": 60})
    made = shop.customer()
    query = {"query": "email:'ap@client.example'"}
    assert shop.api.v1.customers.search(query).data == []  # type: ignore[arg-type]
    shop.books.clock.advance(60)
    assert [each.id for each in shop.api.v1.customers.search(query).data] == [made.id]  # type: ignore[arg-type]


def test_search_goes_on_page_by_page(shop: Shop) -> None:
    made = [shop.customer(metadata={"k": "v"}).id for _ in range(3)]
    pages = shop.api.v1.customers.search({"query": "metadata['k']:'v'", "limit": 2})
    assert [each.id for each in pages.auto_paging_iter()] == made[::-1]


def test_a_deleted_customer_is_a_stub_and_takes_no_more_invoices(shop: Shop) -> None:
    made = shop.customer()
    draft = shop.draft(5000, customer=made.id)
    shop.dashboard.delete_customer(made.id)
    assert shop.api.v1.customers.retrieve(made.id).to_dict() == {
        "id": made.id,
        "object": "customer",
        "deleted": True,
    }
    assert shop.api.v1.customers.list().data == []
    with refusal(400, param="customer", error_code="resource_missing"):
        shop.draft(customer=made.id)
    with refusal(400, error_code="resource_missing"):
        shop.api.v1.invoices.finalize_invoice(draft.id)
    assert "customer.deleted" in shop.event_types()


def test_an_unknown_customer_is_missing(shop: Shop) -> None:
    with refusal(404, error_code="resource_missing") as refused:
        shop.api.v1.customers.retrieve("cus_none")
    assert refused.message == "No such customer: 'cus_none'"


def test_the_credit_balance_is_adjusted_with_a_record(shop: Shop) -> None:
    made = shop.customer()
    moves = shop.api.v1.customers.balance_transactions
    moves.create(made.id, {"amount": -500, "currency": "usd"})
    (move,) = moves.list(made.id).data
    assert (move.amount, move.ending_balance, move.type) == (-500, -500, "adjustment")
    assert shop.api.v1.customers.retrieve(made.id).balance == -500
