"""`make simulate N=20000 SEED=7`: histories in a worker process for each core, and what came about in them."""

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from random import SystemRandom

import click

from connector.embedded import remove, running
from tests.simulation.mutations import MUTATIONS
from tests.simulation.rest import Unsound
from tests.simulation.worker import run_batch

BATCH = 100
Batch = Future[tuple[Counter[str], str]]


def main() -> int:
    given = _arguments()
    seed = given.seed if given.seed is not None else SystemRandom().randrange(2**31)
    click.echo(f"{given.histories} histories, seed {seed}")
    home = Path(tempfile.mkdtemp(prefix="ml-connector-simulation-"))
    home.chmod(0o711)  # PostgreSQL runs as another user when this runs as root
    try:
        with running(home, durable=False) as servers, _pool() as pool:

            def submit(histories: int, seed: int, bug: str = "") -> Batch:
                where = (servers.database_url, servers.redis_url, home)
                return pool.submit(run_batch, histories, seed, *where, bug)

            return _hunt(submit, given.histories, seed) if given.bugs else _run(submit, given.histories, seed)
    finally:
        remove(home)
        shutil.rmtree(home, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--bugs", action="store_true", help="put each deliberate bug in, and see it found")
    return parser.parse_args()


@contextmanager
def _pool() -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"))
    with pool:
        yield pool
        pool.shutdown(cancel_futures=True)


def _run(submit: Callable[[int, int], Batch], histories: int, seed: int) -> int:
    """Prints what was counted, and the shortest failure of the batches that were under way when the first came."""
    counts, failures = Counter[str](), list[str]()
    batches = [submit(size, number) for size, number in _batches(histories, seed)]
    for done in as_completed(batches):
        if done.cancelled():
            continue
        counted, failure = done.result()
        counts += counted
        if failure:
            failures.append(failure)
            for batch in batches:
                batch.cancel()
    for name, number in sorted(counts.items()):
        click.echo(f"{number:8} {name}")
    if failures:
        click.echo(min(failures, key=len))
    return int(bool(failures))


def _hunt(submit: Callable[[int, int, str], Batch], histories: int, seed: int) -> int:
    """Prints for each deliberate bug the history that found it, and by what."""
    hunts, missed = {name: submit(histories, seed, name) for name in MUTATIONS}, 0
    for name, hunt in hunts.items():
        counts, told = hunt.result()
        if Unsound.__name__ in told:
            found = " ".join(told.partition("waiting for a person")[0].split())
            click.echo(f"{name}: found by history {counts['histories']}: {found}")
        else:
            click.echo(f"{name}: NOT FOUND {told}")
            missed += 1
    return int(missed > 0)


def _batches(histories: int, seed: int) -> Iterator[tuple[int, int]]:
    for begun in range(0, histories, BATCH):
        yield min(BATCH, histories - begun), seed + begun // BATCH


if __name__ == "__main__":
    sys.exit(main())
