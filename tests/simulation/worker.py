"""A worker process of `make simulate`, with a stage of its own.

Apart from `__main__`, which a process that is spawned does not import (multiprocessing.spawn, `_fixup_main_from_name`).
"""

import logging
import os
from collections import Counter
from contextlib import ExitStack, nullcontext
from pathlib import Path

from sqlalchemy import create_engine, text

from connector import schema
from connector.config import sqlalchemy_url
from connector.database import make_engine
from tests.simulation.mutations import MUTATIONS
from tests.simulation.running import simulate, told
from tests.simulation.stage import Stage, open_stage

_opened = ExitStack()
_stages: list[Stage] = []


def run_batch(
    histories: int, seed: int, database_url: str, redis_url: str, home: Path, bug: str = ""
) -> tuple[Counter[str], str]:
    """What was counted in the histories of this seed, and what went wrong, in words; with a deliberate `bug`."""
    logging.disable(logging.CRITICAL)
    counts = Counter[str]()
    put_in = MUTATIONS[bug]() if bug else nullcontext()
    try:
        stage = _stage(database_url, redis_url, home)
        with put_in:
            simulate(stage, histories, seed, counts=counts, shrink=not bug)
    except Exception as error:  # noqa: BLE001 - told in words
        return counts, told(error)
    return counts, ""


def _stage(database_url: str, redis_url: str, home: Path) -> Stage:
    if not _stages:
        process = os.getpid()
        name, directory = f"simulation_{process}", home / f"tenant-files-{process}"
        directory.mkdir()
        url = sqlalchemy_url(database_url)
        administration = create_engine(url, isolation_level="AUTOCOMMIT")
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        administration.dispose()
        engine = make_engine(url.rsplit("/", 1)[0] + f"/{name}", pre_ping=False)
        schema.upgrade(engine)
        _stages.append(_opened.enter_context(open_stage(engine, redis_url, directory)))
    return _stages[0]
