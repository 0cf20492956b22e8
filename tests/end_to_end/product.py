"""The product's own processes beside a test, with real time: started from the Procfile, killed, ended, looked at."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, select, text, update

from connector.embedded.tether import tether
from connector.embedded.valkey import Valkey
from connector.fleet.procfile import read_procfile
from connector.models import Event, Operation, Tenant, WorkState
from connector.sandbox.faults import Fault
from tests.support.clock import RunningClock
from tests.support.world import World, open_world

ROOT = Path(__file__).parents[2]
PROCFILE = ROOT / "Procfile"
TEST_KEY = urlsafe_b64encode(bytes(range(32))).decode()  # the one of tests.support.world
# A message that a lost broker swallowed is sent again after 60 s: longer than that.
PATIENCE_SECONDS = 100.0
# What the product waits for when a process died: a lease of 60 s, and a message unheard for 60 s.
LONGER_THAN_A_LEASE = timedelta(seconds=61)
AT_WORK_SECONDS = 0.1  # a transaction that said nothing for longer belongs to a process that is frozen
END_FROZEN = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (wait_event_type = 'Lock'
         OR state = 'idle in transaction' AND state_change < now() - interval '{AT_WORK_SECONDS} s')
"""  # noqa: S608 - a number of ours
TIMES = {
    "leases": ("until",),
    "operations": ("due_at", "rung_at"),
    "events": ("due_at", "rung_at"),
    "tenants": ("next_poll_at",),
}


class Broker:
    """A Valkey of this test's own, which may vanish and come back on the same port."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._server = Valkey(home)
        self._server.start()
        self.url = self._server.url

    @property
    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def kill(self) -> None:
        os.kill(int((self._server.home / "valkey.lock").read_text()), signal.SIGKILL)

    def come_back(self) -> None:
        eventually(self._server.revive, "the broker is started again")
        eventually(self._answers, "the broker answers")

    def _answers(self) -> bool:
        with self.client as client, contextlib.suppress(RedisError):
            return bool(client.ping())
        return False

    def forget_everything(self) -> None:
        with self.client as client:
            client.flushall()

    def end(self) -> None:
        self._server.begin_stop()
        self._server.finish_stop()


@dataclass
class Product:
    """Tenant acme between both stand-ins, and whatever processes a test starts."""

    world: World
    engine: Engine
    broker: Broker
    port: int
    log: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "DATABASE_URL": self.engine.url.set(drivername="postgresql").render_as_string(
                hide_password=False
            ),
            "REDIS_URL": self.broker.url,
            "CONNECTOR_SECRET_KEYS": TEST_KEY,
            "STRIPE_API_BASE": self.world.stripe_sandbox.url,
            "CONNECTOR_ALLOW_INSECURE_URLS": "1",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
            "PYTHONUNBUFFERED": "1",
            "WORKER_THREADS": "8",
        }

    # processes

    def start(self, name: str, **extra: str) -> subprocess.Popen[bytes]:
        """A process of the Procfile, in a session of its own, as the fleet starts it."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {read_procfile(PROCFILE)[name]}"],
                cwd=ROOT,
                env=self.environment | extra,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tether(signal.SIGKILL),  # noqa: PLW1509 - two system calls, no lock
            )
        self.running.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker that hears every queue, once it is connected to the broker."""
        said = self.said("worker@", " ready.")
        process = self.start("worker")
        eventually(lambda: self.said("worker@", " ready.") > said, "the worker is ready", self.state)
        return process

    def said(self, *parts: str) -> int:
        """How many lines of the log have all the parts."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return sum(all(part in line for part in parts) for line in lines)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL, to the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def end(self, process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> float:
        """Ends it as a platform does; seconds that it took."""
        began = time.monotonic()
        os.killpg(process.pid, number)
        process.wait(PATIENCE_SECONDS)
        self.running.remove(process)
        return time.monotonic() - began

    def kill_all(self) -> None:
        for process in list(self.running):
            self.kill(process)

    # the work

    def firm(self, clients: int) -> list[str]:
        """Clients with a project of two phases each; the projects."""
        return [
            self.world.project(
                f"26{number:03}.00",
                self.world.client(f"Client {number}", f"ap{number}@client.example"),
                ["01", "02"],
            )
            for number in range(1, clients + 1)
        ]

    def bill(self, wbs1: str, first: str = "1200.00", second: str = "345.67") -> str:
        """An invoice of last week over two phases; its number."""
        today = self.world.clock.now().date()
        dated, due = today - timedelta(days=7), today + timedelta(days=23)
        return self.world.bill({"01": first, "02": second}, wbs1=wbs1, dated=dated, due=due)

    def slow_down(self, seconds: float) -> None:
        """Both systems take their time, so that what happens to a process happens in the midst of a request."""
        self.world.stripe_books.latency = seconds
        self.world.deltek_sandbox.faults.add(Fault("slow", times=1_000_000, seconds=seconds))

    def full_speed(self) -> None:
        self.world.stripe_books.latency = 0.0
        self.world.deltek_sandbox.faults.clear()

    def requests(self) -> int:
        """How many requests reached the two systems so far."""
        counts = (self.world.stripe_books.request_counts, self.world.deltek_books.request_counts)
        return sum(sum(count.values()) for count in counts)

    def ask_for_a_poll(self) -> None:
        with self.world.runtime.transaction() as session:
            session.execute(update(Tenant).values(next_poll_at=self.world.clock.now()))

    def let_time_pass(self, by: timedelta = LONGER_THAN_A_LEASE) -> None:
        """As if nothing ran for so long. Only while no worker goes on: a lease it holds would run out early."""
        time.sleep(2 * AT_WORK_SECONDS)
        while self._end_frozen_transactions():
            time.sleep(
                2 * AT_WORK_SECONDS
            )  # whoever waited for their locks has them now, and may be frozen too
        with self.engine.begin() as connection:
            for table, columns in TIMES.items():
                earlier = ", ".join(f"{column} = {column} - :by" for column in columns)
                connection.execute(text(f"UPDATE {table} SET {earlier}"), {"by": by})  # noqa: S608 - names of ours

    def _end_frozen_transactions(self) -> int:
        """What PostgreSQL does after a minute; how many there were."""
        with self.engine.begin() as connection:
            return len(connection.execute(text(END_FROZEN)).all())

    # what an operator sees

    def pushed(self, count: int) -> None:
        """Waits until so many invoices are at Stripe and nothing else is to be done."""
        eventually(
            lambda: self.idle() and self.world.status().invoices_pushed == count,
            f"{count} invoices are at Stripe",
            self.state,
        )

    def receipts(self, count: int) -> None:
        """Waits until so many receipts stand in Deltek and nothing else is to be done."""
        eventually(
            lambda: self.idle() and self.world.status().receipts_written == count,
            f"{count} receipts stand in Deltek",
            self.state,
        )

    def idle(self) -> bool:
        status = self.world.status()
        assert status.failed == 0, f"a person is asked for: {self.state()}"
        return status.backlog == 0

    def state(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([str(self.world.status()), *self._due(), *lines[-25:]])

    def _due(self) -> list[str]:
        """The units that are not done, with all that decides when they will be."""
        with self.world.runtime.transaction() as session:
            units: list[Operation | Event] = [
                *session.scalars(select(Operation).where(Operation.state == WorkState.DUE)),
                *session.scalars(select(Event).where(Event.state == WorkState.DUE)),
            ]
            return [
                f"{type(one).__name__} {one.id}: attempts {one.attempts}, failures {one.failures}, "
                f"due {one.due_at}, rung {one.rung_at}, {one.reason}"
                for one in units
            ]


@contextmanager
def open_product(engine: Engine, directory: Path) -> Iterator[Product]:
    """Both stand-ins, a broker, and tenant acme set up; no process of the product runs yet."""
    broker = Broker(directory / "broker")
    try:
        with open_world(engine, broker.url, directory, clock=RunningClock(), deliver=True) as world:
            product = Product(world, engine, broker, _free_port(), directory / "processes.log")
            start = world.clock.now().date() - timedelta(days=60)
            world.set_up(webhooks_at=f"http://127.0.0.1:{product.port}", start_date=start.isoformat())
            try:
                yield product
            finally:
                product.kill_all()
    finally:
        broker.end()


def eventually(
    condition: Callable[[], bool],
    what: str,
    state: Callable[[], str] = str,
    seconds: float = PATIENCE_SECONDS,
) -> None:
    """Waits for a condition; `what` and `state` say what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds:.0f} s: {what}\n{state()}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
