"""What the tests of the use cases share beside the world."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

from connector.database import make_engine
from connector.runtime import Runtime
from tests.conftest import TEMPLATE
from tests.support.booked import OVERPAYMENTS, chart_accounts, name_in_file
from tests.support.world import World


@pytest.fixture
def keeping(acme: World) -> World:
    """acme, its tenant file naming an account for what clients pay over an invoice."""
    chart_accounts(acme)
    name_in_file(acme, OVERPAYMENTS)
    return acme


@pytest.fixture
def another_database(world: World, engine: Engine, administration: Engine) -> Iterator[Callable[[], None]]:
    """Called, it puts an empty database in the place of the one that the product had."""
    name, made = f"{engine.url.database}_again", list[Engine]()

    def lose() -> None:
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
        made.append(make_engine(engine.url.set(database=name).render_as_string(hide_password=False)))
        old = world.runtime
        world.runtime = Runtime(old.settings, made[0], old.vault, old.clock, old.random, old.doorbell)

    yield lose
    for one in made:
        one.dispose()
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
