"""The running order of the demo: start everything, let it work, let clients pay, tie out."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.bootstrap import opened_runtime
from connector.config import Settings
from connector.embedded import remove
from connector.embedded.services import backing_services
from connector.fleet import Fleet
from connector.models import AuditEntry
from connector.money import Money
from connector.runtime import Runtime
from connector.sandbox.demo.accountant import is_paid, open_invoice, record_check
from connector.sandbox.demo.clients import Clients
from connector.sandbox.demo.tie_out import TieOut, tie_out
from connector.sandbox.firm.profile import CURRENCY, SLUG
from connector.sandbox.rehearsal import Rehearsal, rehearsal
from connector.sync.status import TenantStatus, all_statuses

PROCFILE = Path("Procfile")
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.25
NEWS_SECONDS = 2.0
NEWS = ("pushed invoice", "receipt posted", "receipt unposted")


class Unfinished(Exception):
    """The demo waited for something that did not come."""


@dataclass
class Show:
    """One run of the demo; its data in `home` is made anew."""

    home: Path
    keep: bool

    def run(self) -> bool:
        """Whether everything ties out."""
        self._began = time.monotonic()
        remove(self.home)
        self.home.mkdir(parents=True, exist_ok=True)
        log_path = self.home / "fleet.log"
        with rehearsal() as standing, log_path.open("w") as log, self._running(standing, log) as runtime:
            result = self._play(standing, runtime)
            self._where_to_look(standing, log_path)
            if self.keep:
                self._say("Everything stays up until Ctrl-C.")
                _until_interrupted()
        self._say("All processes ended.")
        return result.ties

    @contextmanager
    def _running(self, standing: Rehearsal, log: TextIO) -> Iterator[Runtime]:
        """Every process of the Procfile on embedded servers, and a runtime of our own to watch with."""
        self._say("Starting PostgreSQL, Valkey, and every process of the Procfile")
        with backing_services({"CONNECTOR_HOME": str(self.home)}) as services:
            self._environment = services | standing.environment | self._ports()
            output = _into(log)
            with Fleet(PROCFILE, self._environment, output) as fleet:
                self._say(f"Running: {', '.join(sorted(fleet.processes))}")
                settings = Settings.from_environment({**os.environ, **self._environment})
                with opened_runtime(settings) as runtime:
                    yield runtime

    def _play(self, standing: Rehearsal, runtime: Runtime) -> TieOut:
        self._connect(standing)
        expected = len(standing.firm.expected)
        self._say(
            f"Deltek holds {expected} posted invoices over {standing.firm.total:,} USD for Stripe, and others"
        )
        self._wait(runtime, "invoices at Stripe", lambda status: status.invoices_pushed, expected)
        clients = Clients(standing.stripe)
        for sentence in clients.pay():
            self._say(sentence)
        self._wait(runtime, "receipts in Deltek", lambda status: status.receipts_written, clients.movements)
        for sentence in (*clients.change_their_minds(), *clients.take_back()):
            self._say(sentence)
        self._wait(runtime, "receipts in Deltek", lambda status: status.receipts_written, clients.movements)
        self._play_check(standing, runtime)
        self._play_payout(standing, runtime, clients.movements + 1)
        result = tie_out(standing)
        result.show()
        result.ties &= self._command("reconcile", SLUG)[0] == 0
        return result

    def _play_check(self, standing: Rehearsal, runtime: Runtime) -> None:
        """An accountant records a check in Deltek, and nobody can pay that invoice again."""
        invoice = open_invoice(standing)
        self._say(record_check(standing, invoice))
        self._run("sync", SLUG)
        self._wait(
            runtime, f"invoice {invoice.number} closed at Stripe", lambda _: is_paid(standing, invoice), 1
        )

    def _play_payout(self, standing: Rehearsal, runtime: Runtime, receipts: int) -> None:
        """Stripe pays out; its fees become a receipt, and the payout ties out."""
        payout = standing.stripe.dashboard.pay_out()
        self._say(f"Stripe pays {Money(payout['amount'], CURRENCY)} out to the firm's bank")
        self._wait(runtime, "receipts in Deltek", lambda status: status.receipts_written, receipts)
        shown = self._run("reconcile", SLUG, "--payout", payout["id"])
        for line in shown.splitlines()[-2:]:
            self._say(f"  {line}")

    def _connect(self, standing: Rehearsal) -> None:
        """The commands a person types to connect a tenant."""
        tenant_file = self.home / f"{SLUG}.toml"
        tenant_file.write_text(standing.tenant_file(post=True, poll_every="1m"), "utf-8")
        url = f"http://127.0.0.1:{self._environment['PORT']}"
        for arguments in (
            ("tenant", "apply", str(tenant_file)),
            ("tenant", "secrets", SLUG, "--from-env"),
            ("webhook", "register", SLUG, "--url", url),
        ):
            self._run(*arguments, extra=standing.secrets)

    def _run(self, *arguments: str, extra: dict[str, str] | None = None) -> str:
        """What the command printed; raises Unfinished when it failed."""
        self._say(f"$ ml-connector {' '.join(arguments)}")
        code, printed = self._command(*arguments, extra=extra)
        if code != 0:
            raise Unfinished(f"`ml-connector {' '.join(arguments)}` failed; see {self.home / 'commands.log'}")
        return printed

    def _command(self, *arguments: str, extra: dict[str, str] | None = None) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "connector", *arguments],
            env={**os.environ, **self._environment, **(extra or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        with (self.home / "commands.log").open("a") as log:
            log.write(done.stdout)
        return done.returncode, done.stdout

    def _wait(self, runtime: Runtime, what: str, count: Callable[[TenantStatus], int], wanted: int) -> None:
        """Say how far it is, until it is there and nothing else is to be done."""
        patience, news = time.monotonic() + PATIENCE_SECONDS, _News()
        while True:
            with runtime.transaction() as session:
                (status,) = all_statuses(session, runtime.clock.now())
                latest = news.latest(session)
            done = count(status) >= wanted and not status.backlog
            if done or latest:
                self._say(f"{count(status):>5} of {wanted} {what}   {latest}".rstrip())
            if done:
                return
            if status.failed or time.monotonic() > patience:
                raise Unfinished(
                    f"{count(status)} of {wanted} {what}, {status.backlog} to do, {status.failed} wait for a person "
                    f"{status.held or status.poll_problem}: see {self.home / 'fleet.log'}"
                )
            time.sleep(LOOK_SECONDS)

    def _where_to_look(self, standing: Rehearsal, log: Path) -> None:
        number = standing.firm.expected[0].number
        self._say(f"{time.monotonic() - self._began:.0f} s in all. Where to look next:")
        hints = [f"the log of every process: {log}"]
        if self.keep:
            port, flower = self._environment["PORT"], self._environment["FLOWER_PORT"]
            hints += [
                f"export CONNECTOR_HOME={self.home}, then:",
                f"  .venv/bin/ml-connector audit {SLUG} {number}     the whole story of one invoice",
                "  .venv/bin/ml-connector status                    counts, lag, what waits for a person",
                f"Flower: http://127.0.0.1:{flower} (login {self._environment['FLOWER_BASIC_AUTH']})",
                f"metrics: http://127.0.0.1:{port}/metrics",
            ]
        else:
            hints += [
                "`make demo KEEP=1` leaves it running: ml-connector status, audit, reconcile, and Flower",
                "README.md: how to connect real systems in ten minutes",
            ]
        for hint in hints:
            self._say(f"  {hint}")

    def _ports(self) -> dict[str, str]:
        return {
            "PORT": str(_free_port()),
            "FLOWER_PORT": str(_free_port()),
            "FLOWER_BASIC_AUTH": f"operator:{secrets.token_urlsafe(9)}",
            "WEB_CONCURRENCY": "1",
        }

    def _say(self, text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self._began:5.1f}  {text}\n")
        sys.stdout.flush()


class _News:
    """The newest entry of the audit trail, told at most every few seconds."""

    def __init__(self) -> None:
        self._told_at = 0.0
        self._told_id = 0

    def latest(self, session: Session) -> str:
        if time.monotonic() - self._told_at < NEWS_SECONDS:
            return ""
        entry = session.scalar(
            select(AuditEntry)
            .where(AuditEntry.id > self._told_id, AuditEntry.action.in_(NEWS))
            .order_by(AuditEntry.id.desc())
            .limit(1)
        )
        if entry is None:
            return ""
        self._told_at, self._told_id = time.monotonic(), entry.id
        return entry.summary


def _into(log: TextIO) -> Callable[[str, str], None]:
    def write(name: str, line: str) -> None:
        log.write(f"{name:<9} | {line}\n")
        log.flush()

    return write


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
