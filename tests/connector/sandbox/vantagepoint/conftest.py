from collections.abc import Iterator

import pytest

from connector.sandbox.serving import serve
from connector.sandbox.vantagepoint import Sandbox

from .doubles import Api, Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def stranger(office: Office) -> Iterator[Api]:
    """A client that has not signed in."""
    with serve(Sandbox(office.books)) as serving:
        client = Api(serving.url, office.books)
        yield client
        client.session.close()


@pytest.fixture
def api(stranger: Api) -> Api:
    stranger.sign_in()
    return stranger
