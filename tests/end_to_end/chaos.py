"""The fleet under misfortune: `python -m tests.end_to_end.chaos --seconds 600 --seed 7`, or `make chaos`.

An accountant bills and clients pay while processes are killed and frozen in the midst of their requests and the
broker vanishes. At the end every invoice and every cent has to be there exactly once. The seed decides what
happens, and after how many requests; which request that is, the machine's own pace decides.
"""

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import Engine

from connector import schema
from connector.config import sqlalchemy_url
from connector.database import make_engine
from connector.embedded import remove, running
from tests.end_to_end.books import differences
from tests.end_to_end.product import Product, open_product

LATENCY_SECONDS = 0.03
PROJECTS = 4
FEW, MANY = 1, 40  # requests before a misfortune
QUIET_SECONDS = 4.0  # without so many requests the misfortune comes all the same


@dataclass
class Chaos:
    """One run. `happen` brings one misfortune, `recover` lets the product finish its work in peace."""

    product: Product
    seed: int
    say: Callable[[str], None] = print
    billed: list[str] = field(default_factory=list)
    payments: int = 0

    def __post_init__(self) -> None:
        self._fate, self._trade = Random(self.seed), Random(self.seed + 1)
        self._step = self._fate
        self._projects = self.product.firm(PROJECTS)
        self.product.slow_down(LATENCY_SECONDS)
        self._web = self.product.start("web")
        self.product.start("beat")
        self._worker = self.product.start_worker()

    def happen(self) -> None:
        """Some business, then one misfortune, drawn from the seed, after some more requests."""
        misfortunes: tuple[Callable[[], str], ...] = (
            self._kill_worker,
            self._kill_worker_for_long,
            self._kill_worker_for_long,
            self._kill_worker_for_long,
            self._freeze_worker,
            self._kill_broker,
            self._empty_broker,
            self._kill_web,
        )
        # Chance of its own for each step: what a step leaves undrawn changes no later one.
        self._step = Random(self._fate.getrandbits(32))
        misfortune = self._step.choice(misfortunes)
        self.trade()
        after = self._await_requests()
        if not after:  # what a killed worker held is held for a minute: nobody waits for it here
            misfortune = self._kill_worker_for_long
        self.say(f"after {after:>2} requests {misfortune()}")

    def trade(self) -> None:
        """The accountant bills, clients pay, the whole or a part."""
        for _ in range(self._trade.randint(1, 3)):
            self.billed.append(self.product.bill(self._trade.choice(self._projects)))
        waiting = [one for one in self.product.world.stripe_invoices() if one["status"] == "open"]
        for invoice in self._trade.sample(waiting, min(2, len(waiting))):
            part = self._trade.choice([None, invoice["amount_remaining"] // 2 or None])
            self.product.world.pay(invoice["number"], part)
            self.payments += 1
        self.product.ask_for_a_poll()

    def recover(self) -> list[str]:
        """Whatever an accountant would object to when all the work is done."""
        self.product.full_speed()
        self.product.kill(self._worker)
        self.product.let_time_pass()
        self._worker = self.product.start_worker()
        self.product.ask_for_a_poll()
        self.product.pushed(len(self.billed))
        # What the web process missed Stripe sends again, a minute to an hour later.
        self.product.world.stripe_sandbox.courier.deliver(also_later=True)
        self.product.receipts(self.payments)
        return differences(self.product.world)

    def _await_requests(self) -> int:
        wanted, seen = self._step.randint(FEW, MANY), self.product.requests()
        pause = self._step.uniform(0, LATENCY_SECONDS)
        deadline = time.monotonic() + QUIET_SECONDS
        while self.product.requests() - seen < wanted and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(pause)
        return self.product.requests() - seen

    def _kill_worker(self) -> str:
        self.product.kill(self._worker)
        self._worker = self.product.start_worker()
        return "the worker is killed and at once started again"

    def _kill_worker_for_long(self) -> str:
        self.product.kill(self._worker)
        self.product.let_time_pass()
        self._worker = self.product.start_worker()
        return "the worker is killed and comes back when its leases have run out"

    def _freeze_worker(self) -> str:
        frozen = self._worker
        os.killpg(frozen.pid, signal.SIGSTOP)
        self.product.let_time_pass()
        self._worker = self.product.start_worker()
        self._await_requests()
        os.killpg(frozen.pid, signal.SIGCONT)
        self._await_requests()
        self.product.kill(frozen)
        return "the worker is frozen, another takes over, and the first wakes up and goes on"

    def _kill_broker(self) -> str:
        self.product.broker.kill()
        self._await_requests()
        self.product.broker.come_back()
        return "the broker is killed and comes back"

    def _empty_broker(self) -> str:
        self.product.broker.forget_everything()
        return "the broker forgets everything"

    def _kill_web(self) -> str:
        self.product.kill(self._web)
        self._web = self.product.start("web")
        return "the web process is killed and started again"


def main() -> int:
    """0 when everything is there exactly once."""
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.chaos")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    chosen = parser.parse_args()
    _say(f"seed {chosen.seed}, {chosen.seconds:.0f} seconds")
    with (
        _database() as engine,
        _directory("product") as directory,
        open_product(engine, directory) as product,
    ):
        chaos = Chaos(product, chosen.seed, _say)
        end = time.monotonic() + chosen.seconds
        while time.monotonic() < end:
            chaos.happen()
        wrong = chaos.recover()
    _say(f"{len(chaos.billed)} invoices, {chaos.payments} payments; {len(wrong)} differences")
    for difference in wrong:
        _say(difference)
    return 1 if wrong else 0


@contextmanager
def _database() -> Iterator[Engine]:
    with _directory("database") as home:
        with running(home, durable=False) as servers:
            engine = make_engine(sqlalchemy_url(servers.database_url))
            schema.upgrade(engine)
            yield engine
            engine.dispose()
        remove(home)


@contextmanager
def _directory(name: str) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix=f"ml-connector-{name}-"))
    made.chmod(0o711)  # PostgreSQL runs as another user when this runs as root
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
