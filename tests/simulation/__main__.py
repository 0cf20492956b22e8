"""`make simulate N=20000 SEED=7`: histories in a worker process for each core, and what came about in them."""

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from random import SystemRandom

import click
from sqlalchemy import create_engine, text

from connector import schema
from connector.config import sqlalchemy_url
from connector.embedded import remove, running
from tests.simulation.quick import quick_engine
from tests.simulation.running import simulate, told
from tests.simulation.stage import Stage, open_stage

BATCH = 100
_opened = ExitStack()
_stages: dict[int, Stage] = {}


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
            pool.submit(_batch, size, number, database_url, redis_url, home)
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


def _batch(
    histories: int, seed: int, database_url: str, redis_url: str, home: Path
) -> tuple[Counter[str], str]:
    """In a worker process, which has a stage of its own."""
    logging.disable(logging.CRITICAL)
    counts = Counter[str]()
    try:
        simulate(_stage(database_url, redis_url, home), histories, seed, counts=counts)
    except Exception as error:  # noqa: BLE001 - told in words
        return counts, told(error)
    return counts, ""


def _stage(database_url: str, redis_url: str, home: Path) -> Stage:
    process = os.getpid()
    if process not in _stages:
        name, directory = f"simulation_{process}", home / f"tenant-files-{process}"
        directory.mkdir()
        url = sqlalchemy_url(database_url)
        administration = create_engine(url, isolation_level="AUTOCOMMIT")
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        administration.dispose()
        engine = quick_engine(url.rsplit("/", 1)[0] + f"/{name}")
        schema.upgrade(engine)
        _stages[process] = _opened.enter_context(open_stage(engine, redis_url, directory))
    return _stages[process]


if __name__ == "__main__":
    sys.exit(main())
