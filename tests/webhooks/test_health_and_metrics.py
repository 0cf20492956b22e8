"""GET /healthz, /readyz and /metrics: what a platform and an operator's monitoring see."""

import re

import pytest
from sqlalchemy import text

from tests.support.money import pushed
from tests.support.world import World


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Its tables do not stay as they were."""
    return own_database_url


def gauges(world: World) -> dict[str, str]:
    answer = world.web.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return dict(re.findall(r'^(ml_connector_\w+)\{tenant="acme"\} (\S+)$', answer.text, re.MULTILINE))


def test_a_living_process_says_so_even_without_its_database(world: World) -> None:
    with world.runtime.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))

    assert world.web.get("/healthz").status_code == 200


def test_ready_means_that_the_database_answers_at_this_version(world: World) -> None:
    assert world.web.get("/readyz").status_code == 200

    with world.runtime.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = world.web.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["missing"] == "database"


def test_metrics_count_what_is_in_the_database_at_each_scrape(acme: World) -> None:
    number = pushed(acme)
    acme.pay(number)
    taken = acme.deliver()

    before = gauges(acme)
    acme.settle()
    after = gauges(acme)

    assert float(before["ml_connector_backlog"]) == taken
    assert (float(after["ml_connector_backlog"]), float(after["ml_connector_receipts_written"])) == (0, 1)
    assert float(after["ml_connector_failed"]) == 0
    assert after["ml_connector_oldest_seconds"] == "NaN"


def test_metrics_show_what_waits_for_a_person(acme: World) -> None:
    number = pushed(acme)
    acme.accountant.close_period(202611)
    acme.pay(number)
    acme.settle()

    assert float(gauges(acme)["ml_connector_failed"]) == 1
