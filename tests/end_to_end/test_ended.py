"""SIGTERM and Ctrl-C: what is under way is finished or handed back, within the 30 s that a platform gives."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from connector.fleet.procfile import read_procfile
from connector.models import Lease
from tests.end_to_end.books import differences
from tests.end_to_end.product import PROCFILE, ROOT, Product, eventually

GRACE_SECONDS = 30.0
ALL_BUT_QUEUES = ("release", "web", "beat", "worker", "flower")


def test_a_worker_that_is_asked_to_end_finishes_what_is_under_way_and_holds_nothing(product: Product) -> None:
    numbers = [product.bill(wbs1) for wbs1 in product.firm(3)]
    product.slow_down(0.1)
    beat, worker = product.start("beat"), product.start_worker()
    eventually(lambda: bool(product.world.stripe_invoices()), "the first draft is at Stripe", product.state)
    product.end(beat)

    assert product.end(worker) < GRACE_SECONDS

    drafts = [one for one in product.world.stripe_invoices() if one["status"] == "draft"]
    assert drafts == [], "an invoice that was begun is finished"
    with product.world.runtime.transaction() as session:
        assert list(session.scalars(select(Lease.subject))) == []
    product.full_speed()
    product.let_time_pass()
    for name in ("beat", "worker"):
        product.start(name)
    product.pushed(len(numbers))
    assert differences(product.world) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see every process")
def test_ctrl_c_ends_the_whole_fleet_and_leaves_nothing_running(product: Product, tmp_path: Path) -> None:
    """Every process but the five workers of one queue, which are the same program as `worker`."""
    lines = [f"{name}: {read_procfile(PROCFILE)[name]}" for name in ALL_BUT_QUEUES]
    (tmp_path / "Procfile").write_text("\n".join(lines))
    shutil.copytree(ROOT / "webhooks", tmp_path / "webhooks", ignore=shutil.ignore_patterns("__pycache__"))
    product.bill(*product.firm(1))
    environment = product.environment | {"FLOWER_PORT": "0", "FLOWER_BASIC_AUTH": "operator:word"}
    with (
        product.log.open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "connector.fleet"], cwd=tmp_path, env=environment, stdout=log, stderr=log
        ) as fleet,
    ):
        product.pushed(1)
        began = time.monotonic()
        fleet.send_signal(signal.SIGINT)
        assert fleet.wait(2 * GRACE_SECONDS) == 0
    assert time.monotonic() - began < GRACE_SECONDS
    assert processes_with(product.broker.url) == []


def processes_with(url: str) -> list[str]:
    """The commands of those that know this broker: nobody but the product's processes does."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"REDIS_URL={url}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except (OSError, ValueError):
            continue  # it ended a moment ago, or is somebody else's
    return found
