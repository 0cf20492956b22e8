"""Books for the auditor, made by hand."""

import pytest

from tests.support.hand_made import HandMade


@pytest.fixture
def made() -> HandMade:
    return HandMade()
