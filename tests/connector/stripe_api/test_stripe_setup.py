"""Before a tenant goes live, its key is tried on everything that will be read."""

import re
from urllib.parse import urlsplit

import pytest
import responses

from connector.errors import Forbidden, SignInRefused, Unavailable
from connector.secret import Secret
from connector.stripe_api.gateway import StripeGateway

from .doubles import API, KEY, FixedClock, RecordingPace, customer, error, page, sent

CUSTOMERS = f"{API}/v1/customers"
OTHER_LISTS = re.compile(rf"{API}/v1/(?!customers)\w+\?(.*&)?limit=1$")
NO_DISPUTES = "Having the 'rak_dispute_read' permission would allow this request to continue."


def test_every_resource_is_read_once_one_row_of_each_and_nothing_is_written(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(CUSTOMERS, json=page(customer()))
    api.get(f"{CUSTOMERS}/cus_1/cash_balance_transactions", json=page())
    api.get(OTHER_LISTS, json=page())
    checks = gateway.check_permissions()
    assert [check.what for check in checks if check.ok] == [
        "customers",
        "invoices",
        "invoice payments",
        "credit notes",
        "payment records",
        "payment intents",
        "charges",
        "refunds",
        "disputes",
        "payouts",
        "balance transactions",
        "events",
        "webhook endpoints",
        "customer cash balance",
    ]
    assert len(checks) == 14
    assert {call.request.method for call in api.calls} == {"GET"}
    asked = {urlsplit(call.request.url or "").path: dict(sent(call.request)) for call in api.calls}
    assert asked.pop("/v1/balance_transactions") == {"expand[0]": "data.source", "limit": "1"}
    assert asked.pop("/v1/refunds") == {"expand[0]": "data.charge", "limit": "1"}
    assert all(params == {"limit": "1"} for params in asked.values())


def test_without_customers_no_cash_balance_can_be_tried(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(CUSTOMERS, json=page())
    api.get(OTHER_LISTS, json=page())
    assert "customer cash balance" not in {check.what for check in gateway.check_permissions()}


def test_a_key_that_may_not_read_customers_is_told_so_once(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    text = "Having the 'rak_customer_read' permission would allow this request to continue."
    api.get(CUSTOMERS, status=403, json=error(text))
    api.get(OTHER_LISTS, json=page())
    assert [check.what for check in gateway.check_permissions() if not check.ok] == ["customers"]


def test_what_the_key_may_not_read_is_said_with_the_name_of_the_permission(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(CUSTOMERS, json=page())
    api.get(f"{API}/v1/disputes", status=403, json=error(NO_DISPUTES))
    api.get(OTHER_LISTS, json=page())
    (missing,) = [check for check in gateway.check_permissions() if not check.ok]
    assert missing.what == "disputes"
    assert "rak_dispute_read" in missing.message
    assert "'dispute: read'" in missing.message


@pytest.mark.parametrize(("status", "failure"), [(401, SignInRefused), (503, Unavailable)])
def test_a_key_that_cannot_be_tried_is_not_reported_permission_by_permission(
    api: responses.RequestsMock, gateway: StripeGateway, status: int, failure: type[Exception]
) -> None:
    api.get(CUSTOMERS, status=status, json=error("no"))
    with pytest.raises(failure):
        gateway.check_permissions()


def test_the_account_is_the_keys_own(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.get(f"{API}/v1/account", json={"id": "acct_1", "object": "account"})
    assert gateway.account_id() == "acct_1"


def test_an_account_that_was_named_needs_no_request() -> None:
    gateway = StripeGateway(Secret(KEY), pace=RecordingPace(), clock=FixedClock(), account="acct_9")
    assert gateway.account_id() == "acct_9"


def test_a_key_that_may_not_read_its_account_says_so(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    text = "Having the 'rak_accounts_kyc_basic_read' permission would allow this request to continue."
    api.get(f"{API}/v1/account", status=403, json=error(text))
    with pytest.raises(Forbidden, match="rak_accounts_kyc_basic_read"):
        gateway.account_id()
