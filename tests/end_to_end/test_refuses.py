"""Processes that cannot work say so in one line and end, instead of failing every task."""

import pytest
from sqlalchemy import Engine, text

from tests.end_to_end.product import Product


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Its schema does not stay as it was."""
    return own_database_url


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_process_on_a_database_without_its_schema_ends_with_the_remedy(
    product: Product, engine: Engine, name: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))

    process = product.start(name)

    assert process.wait(60) == 1
    product.running.remove(process)
    assert product.said("Run: ml-connector db upgrade") == 1


def test_a_worker_without_keys_ends_with_the_way_to_make_one(product: Product) -> None:
    process = product.start("worker", CONNECTOR_SECRET_KEYS="")
    assert process.wait(60) == 1
    product.running.remove(process)
    assert product.said("CONNECTOR_SECRET_KEYS is not set") == 1
    assert product.said("Traceback") == 0
