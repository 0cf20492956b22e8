"""The product's processes, for the tests that start, kill and end them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.end_to_end.product import Product, open_product


@pytest.fixture
def product(engine: Engine) -> Iterator[Product]:
    """Tenant acme between both stand-ins; the test starts the processes it wants."""
    directory = Path(tempfile.mkdtemp(prefix="ml-connector-product-"))
    try:
        with open_product(engine, directory) as opened:
            yield opened
    finally:
        shutil.rmtree(directory, ignore_errors=True)
