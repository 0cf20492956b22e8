"""Every endpoint of Vantagepoint that is used, answering as its documentation shows.

The samples have the columns of Deltek's own, as published in its Postman documents (mirrored at
developers.qodex.ai/deltek-s-public) and its help; the page is named at each. Endpoints that Deltek documents
nowhere follow GO scjalliance/vantagepoint or integrations in production.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses

from connector.deltek.session import DeltekSession
from connector.deltek.vantagepoint import Vantagepoint
from tests.contract.doubles import BASE, CREDENTIALS, DESCRIPTION, Answers, Surroundings


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mocked:
        yield mocked


@pytest.fixture
def answers(mocked: responses.RequestsMock) -> Answers:
    """The next answer to a request."""

    def add(method: str, path: str, body: Any, status: int = 200) -> None:
        mocked.add(
            method, f"{BASE}/{path}", body=body if isinstance(body, str) else json.dumps(body), status=status
        )

    return add


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings()


@pytest.fixture
def vantagepoint(surroundings: Surroundings) -> Vantagepoint:
    around = surroundings
    session = DeltekSession(DESCRIPTION, CREDENTIALS, around, around, around, allow_insecure_urls=False)
    return Vantagepoint(session)
