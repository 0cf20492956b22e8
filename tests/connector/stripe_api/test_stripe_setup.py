"""Before a tenant goes live, its key is tried on everything that will be read."""

import re

import pytest
import responses

from connector.errors import Forbidden, SignInRefused, Unavailable
from connector.secret import Secret
from connector.stripe_api.gateway import StripeGateway

from .doubles import API, KEY, FixedClock, RecordingPace, error, page, sent

NO_DISPUTES = "Having the 'rak_dispute_read' permission would allow this request to continue."


def test_every_resource_is_read_once_one_row_of_each_and_nothing_is_written(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(re.compile(f"{API}/v1/\\w+\\?limit=1$"), json=page())
    checks = gateway.check_permissions()
    assert [check.what for check in checks if check.ok] == [
        "customers",
        "invoices",
        "invoice payments",
        "payment intents",
        "charges",
        "refunds",
        "disputes",
        "events",
        "webhook endpoints",
    ]
    assert len(api.calls) == len(checks)
    assert {call.request.method for call in api.calls} == {"GET"}
    assert all(sent(call.request) == [("limit", "1")] for call in api.calls)


def test_what_the_key_may_not_read_is_said_with_the_name_of_the_permission(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(f"{API}/v1/disputes", status=403, json=error(NO_DISPUTES))
    api.get(re.compile(f"{API}/v1/\\w+\\?limit=1$"), json=page())
    (missing,) = [check for check in gateway.check_permissions() if not check.ok]
    assert missing.what == "disputes"
    assert "rak_dispute_read" in missing.message
    assert "'dispute: read'" in missing.message


@pytest.mark.parametrize(("status", "failure"), [(401, SignInRefused), (503, Unavailable)])
def test_a_key_that_cannot_be_tried_is_not_reported_permission_by_permission(
    api: responses.RequestsMock, gateway: StripeGateway, status: int, failure: type[Exception]
) -> None:
    api.get(f"{API}/v1/customers", status=status, json=error("no"))
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
