"""The doorbell: tells a queue that a row is due. Nothing depends on its being heard.

A message carries ids only and is sent after the commit; what is not heard, because Redis was down or lost it,
is found in the database by the next tick and sent again.
"""

import logging
import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from celery import Celery

logger = logging.getLogger(__name__)

POLLING, EVENTS, INVOICES, RECEIPTS, RETRIES = "polling", "events", "invoices", "receipts", "retries"
QUEUES = (POLLING, EVENTS, INVOICES, RECEIPTS, RETRIES)

MOST_PENDING = 10_000  # messages that wait for a Redis that says nothing
CLOSING_SECONDS = 5


@dataclass(frozen=True)
class Ring:
    """One message: the task's name, its one argument (a row id), its queue, and an id an operator can follow."""

    task: str
    row_id: int
    queue: str
    task_id: str


class Doorbell(Protocol):
    def ring(self, rings: Iterable[Ring]) -> None:
        """Send the messages soon; never blocks, never raises."""


class SilentDoorbell:
    """Rings nobody: for commands that do the work themselves."""

    def ring(self, rings: Iterable[Ring]) -> None:
        """Nothing to do."""


class CeleryDoorbell:
    """Publishes from a thread of its own, so that nobody who commits ever waits for Redis.

    `app` is this bell's own: it is set to try each message once, because the tick asks again anyway.
    """

    def __init__(self, app: Celery) -> None:
        # kombu 5.7 connection.py, default_channel: without this a refused connection is tried for some 6 s.
        app.conf.broker_transport_options = {**app.conf.broker_transport_options, "max_retries": 0}
        self._app = app
        self._pending: queue.Queue[Ring | None] = queue.Queue(MOST_PENDING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self.unheard = 0  # messages that could not be sent; /metrics shows it

    def ring(self, rings: Iterable[Ring]) -> None:
        for ring in rings:
            try:
                self._pending.put_nowait(ring)
            except queue.Full:
                self.unheard += 1
            self._started()

    def close(self) -> None:
        """Send what is pending and stop."""
        if self._thread is None:
            return
        with suppress(queue.Full):  # a silent Redis: what is left is found in the database
            self._pending.put(None, timeout=CLOSING_SECONDS)
            self._thread.join(timeout=CLOSING_SECONDS)
        self._thread = None

    def _started(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._publish, name="doorbell", daemon=True)
                self._thread.start()

    def _publish(self) -> None:
        while (ring := self._pending.get()) is not None:
            # The second time, because the first may have met a connection that died with a broker that is back.
            if not self._sent(ring) and not self._sent(ring):
                self.unheard += 1
                logger.warning("The broker did not take %s", ring.task_id)

    def _sent(self, ring: Ring) -> bool:
        try:
            self._app.send_task(
                ring.task, args=[ring.row_id], queue=ring.queue, task_id=ring.task_id, retry=False
            )
        except Exception as error:  # noqa: BLE001 - whatever it was, the tick finds the row again
            logger.info("The broker did not take %s: %s", ring.task_id, type(error).__name__)
            return False
        return True


def celery_app(redis_url: str) -> Celery:
    """The Celery application that publishers and workers share; its settings stand in celeryconfig.py."""
    app = Celery("ml-connector", broker=redis_url, config_source="celeryconfig")
    app.set_default()
    return app
