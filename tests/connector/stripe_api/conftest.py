from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import responses
from requests import PreparedRequest

from connector.sandbox.stripe.contract import check
from connector.secret import Secret
from connector.stripe_api.gateway import StripeGateway

from .doubles import KEY, FixedClock, RecordingPace, sent


@pytest.fixture
def pace() -> RecordingPace:
    return RecordingPace()


@pytest.fixture
def gateway(pace: RecordingPace) -> StripeGateway:
    return StripeGateway(Secret(KEY), pace=pace, clock=FixedClock())


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    """Answers in Stripe's place; every request that was sent must fit the contract of the pinned SDK."""
    with responses.RequestsMock() as mock:
        yield mock
        assert [problem for call in mock.calls for problem in _problems(call.request)] == []


def _problems(request: PreparedRequest) -> list[str]:
    return check(request.method or "", urlsplit(request.url or "").path, sent(request))
