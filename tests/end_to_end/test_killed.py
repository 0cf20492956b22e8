"""Killed and frozen at any moment: whatever a process was doing, nothing is lost and nothing is done twice."""

import pytest
from sqlalchemy import Engine, text

from connector.leases import LEASE_TIME
from tests.end_to_end.chaos import Chaos
from tests.end_to_end.product import Product

MISFORTUNES = 5


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [20261122])
def test_rules_2_and_7_after_kills_in_the_midst_of_requests_each_invoice_and_receipt_is_there_once(
    product: Product, seed: int
) -> None:
    """The long form is `make chaos SECONDS=600 SEED=...`."""
    chaos = Chaos(product, seed)
    for _ in range(MISFORTUNES):
        chaos.happen()
    assert chaos.recover() == []
    assert chaos.payments, "clients paid in the midst of it"


def test_a_process_that_froze_inside_a_transaction_does_not_hold_its_locks_for_ever(engine: Engine) -> None:
    with engine.connect() as connection:
        shown = connection.scalar(
            text("SELECT setting FROM pg_settings WHERE name = :name"), {"name": SETTING}
        )
    assert 0 < int(str(shown)) <= LEASE_TIME.total_seconds() * 1000


SETTING = "idle_in_transaction_session_timeout"
