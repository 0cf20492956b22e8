from collections.abc import Iterator

import pytest

from tests.connector.sandbox.stripe.stripe_shop import Shop, opened


@pytest.fixture
def shop() -> Iterator[Shop]:
    """One account with its clock standing at noon; webhooks wait to be delivered."""
    with opened() as shop:
        yield shop
