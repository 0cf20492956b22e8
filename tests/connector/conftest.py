"""The mechanism's bench: a real database, a turned clock, no outside system."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.bench import Bench


@pytest.fixture
def bench(engine: Engine, tmp_path: Path) -> Bench:
    return Bench(engine, tmp_path)
