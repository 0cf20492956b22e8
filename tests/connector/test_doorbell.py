"""The doorbell: nobody who commits ever waits for Redis, and nothing depends on its being heard."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from connector import doorbell
from connector.doorbell import INVOICES, QUEUES, CeleryDoorbell, Ring, SilentDoorbell, celery_app
from connector.embedded import Servers

RING = Ring("invoices.push_invoice", 7, INVOICES, "op-7.1")


@contextmanager
def bell(url: str) -> Iterator[CeleryDoorbell]:
    app = celery_app(url)
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "socket_timeout": 0.5}
    made = CeleryDoorbell(app)
    try:
        yield made
    finally:
        made.close()
        app.close()


@contextmanager
def listener() -> Iterator[str]:
    """A port on loopback where somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


def unheard(made: CeleryDoorbell, count: int, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while made.unheard < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert made.unheard == count


def test_a_ring_reaches_its_queue_and_carries_an_id_only(servers: Servers) -> None:
    with redis.Redis.from_url(servers.redis_url) as broker:
        broker.delete(INVOICES)
        with bell(servers.redis_url) as made:
            made.ring([RING])
        (message,) = broker.lrange(INVOICES, 0, -1)
        broker.delete(INVOICES)

    envelope = json.loads(message)
    args, kwargs, _ = json.loads(base64.b64decode(envelope["body"]))
    assert (args, kwargs) == ([7], {})
    assert envelope["headers"]["task"] == "invoices.push_invoice"
    assert envelope["headers"]["id"] == "op-7.1"
    assert made.unheard == 0


def test_a_redis_that_refuses_is_counted_and_holds_nobody_up(nobody: str) -> None:
    with bell(nobody) as made:
        began = time.monotonic()
        made.ring([RING, RING, RING])
        assert time.monotonic() - began < 0.2
        unheard(made, 3)


def test_a_redis_that_says_nothing_is_counted_and_holds_nobody_up() -> None:
    with listener() as url, bell(url) as made:
        began = time.monotonic()
        made.ring([RING])
        assert time.monotonic() - began < 0.2
        unheard(made, 1)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/notanumber", "nonsense://127.0.0.1:1"])
def test_a_broker_that_cannot_be_meant_does_not_end_the_bell(url: str) -> None:
    with bell(url) as made:
        made.ring([RING, RING])
        unheard(made, 2)


def test_a_bell_rings_again_when_redis_is_back(servers: Servers, nobody: str) -> None:
    with bell(nobody) as made:
        made.ring([RING])
        unheard(made, 1)
    with bell(servers.redis_url) as back, redis.Redis.from_url(servers.redis_url) as broker:
        broker.delete(INVOICES)
        back.ring([RING])
        back.close()
        back.ring([RING])  # and after it was closed, too
        back.close()
        assert broker.llen(INVOICES) == 2
        broker.delete(INVOICES)


def test_what_waits_for_a_silent_redis_is_bounded(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "MOST_PENDING", 5)
    with listener() as url, bell(url) as made:
        began = time.monotonic()
        made.ring([RING] * 50)
        assert time.monotonic() - began < 0.5
        assert made.unheard >= 44


def test_closing_a_bell_that_never_rang_costs_nothing(nobody: str) -> None:
    with bell(nobody) as made:
        made.close()
        made.close()

    SilentDoorbell().ring([RING])
    assert made.unheard == 0


def test_every_queue_that_is_rung_is_one_the_workers_know(servers: Servers) -> None:
    with_celery = celery_app(servers.redis_url)
    assert {queue.name for queue in with_celery.conf.task_queues} == set(QUEUES)
    with_celery.close()
