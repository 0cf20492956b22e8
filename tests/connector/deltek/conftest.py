from collections.abc import Iterator

import pytest
import responses

from connector.sandbox.serving import serve
from connector.sandbox.vantagepoint import Books, Sandbox

from .office import NOW, Office, set_up
from .support import Deltek


@pytest.fixture
def deltek() -> Iterator[Deltek]:
    """A signed-in client's Vantagepoint; a test that signs in sets `deltek.tokens` first."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield Deltek(mocked)


@pytest.fixture
def office() -> Iterator[Office]:
    """The stand-in, and our client signed on to it."""
    sandbox = Sandbox(Books(source=lambda: NOW))
    with serve(sandbox) as serving:
        office = Office(sandbox, serving.url, set_up(sandbox.books))
        yield office
        office.session.close()
