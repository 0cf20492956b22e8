"""`make simulate N=20000 SEED=7`: histories in a worker process for each core, and what came about in them."""

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from random import SystemRandom

import click

from connector.embedded import remove, running
from tests.simulation.worker import run_batch

BATCH = 100


def main() -> int:
    given = _arguments()
    seed = given.seed if given.seed is not None else SystemRandom().randrange(2**31)
    click.echo(f"{given.histories} histories, seed {seed}")
    home = Path(tempfile.mkdtemp(prefix="ml-connector-simulation-"))
    home.chmod(0o711)  # PostgreSQL runs as another user when this runs as root
    try:
        with running(home, durable=False) as servers:
            counts, failures = _run(given.histories, seed, servers.database_url, servers.redis_url, home)
    finally:
        remove(home)
        shutil.rmtree(home, ignore_errors=True)
    for name, number in sorted(counts.items()):
        click.echo(f"{number:8} {name}")
    if failures:
        click.echo(min(failures, key=len))
    return int(bool(failures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    return parser.parse_args()


def _run(
    histories: int, seed: int, database_url: str, redis_url: str, home: Path
) -> tuple[Counter[str], list[str]]:
    """What was counted, and the failures of the batches that were under way when the first came."""
    counts, failures = Counter[str](), list[str]()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        batches = [
            pool.submit(run_batch, size, number, database_url, redis_url, home)
            for size, number in _batches(histories, seed)
        ]
        for done in as_completed(batches):
            if done.cancelled():
                continue
            counted, failure = done.result()
            counts += counted
            if failure:
                failures.append(failure)
                pool.shutdown(wait=False, cancel_futures=True)
    return counts, failures


def _batches(histories: int, seed: int) -> Iterator[tuple[int, int]]:
    for begun in range(0, histories, BATCH):
        yield min(BATCH, histories - begun), seed + begun // BATCH


if __name__ == "__main__":
    sys.exit(main())
