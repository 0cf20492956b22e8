from collections.abc import Iterator

import pytest
import responses

from .support import Deltek


@pytest.fixture
def deltek() -> Iterator[Deltek]:
    """A signed-in client's Vantagepoint; a test that signs in sets `deltek.tokens` first."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield Deltek(mocked)
