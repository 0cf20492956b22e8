"""Random legal histories of both sides come to rest with books that an auditor signs."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector.embedded import Servers
from tests.simulation.machine import ALL_STEPS
from tests.simulation.mutations import MUTATIONS
from tests.simulation.rest import Unsound
from tests.simulation.running import simulate
from tests.simulation.stage import Stage, open_stage

SEEDS, HISTORIES = range(8), 25
# What so few histories may not reach; `make simulate` does.
RARE = {"bank_answers", "transfer_reversed"}
CHEAPEST = ("Stripe invoices are never brought down", "refunds are not taken in")


@pytest.fixture
def stage(engine: Engine, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(engine, servers.redis_url, tmp_path_factory.mktemp("tenant-files")) as opened:
        yield opened


@pytest.fixture
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of one test run leave what they counted."""
    own = tmp_path_factory.getbasetemp()
    directory = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "simulation"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_history_comes_to_rest_with_sound_books(stage: Stage, counted: Path, seed: int) -> None:
    """What a person must decide is a blocked item; once it is decided, nothing at all is left."""
    counts = Counter[str]()

    simulate(stage, HISTORIES, seed, counts=counts)

    (counted / f"{seed}.json").write_text(json.dumps(counts), "utf-8")
    whole = Counter[str]()
    for one in counted.glob("*.json"):
        whole.update(json.loads(one.read_text("utf-8")))
    if len(list(counted.glob("*.json"))) == len(SEEDS):
        assert {one for one in ALL_STEPS if not whole[f"step: {one}"]} <= RARE


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CHEAPEST)
def test_a_bug_that_is_put_into_the_product_is_found(stage: Stage, name: str) -> None:
    with MUTATIONS[name](), pytest.raises(Unsound):
        simulate(stage, 60, 1, shrink=False)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_deliberate_bug_is_put_where_the_product_has_something(name: str) -> None:
    """`make simulate BUGS=1` hunts them all."""
    with MUTATIONS[name]():
        pass
