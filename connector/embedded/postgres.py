"""PostgreSQL: the one server that must not run as root, and whose data is made once."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

from connector.embedded.account import account_for
from connector.embedded.binaries import POSTGRES_MAJOR, postgres_package
from connector.embedded.errors import EmbeddedError
from connector.embedded.private import owner_only
from connector.embedded.server import ENVIRONMENT, Server
from connector.embedded.shelter import data_directory, reachable_package

ROLE = DATABASE = "connector"
# One collation on every platform: "Locale Providers", PostgreSQL 18 manual, 23.1.4.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path has room for about 100 bytes, and homes lie deep
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
STATUS_LINE = 7  # of postmaster.pid, counted from 0: src/include/utils/pidfile.h, LOCK_FILE_LINE_PM_STATUS


class Postgres(Server):
    """PostgreSQL with its data in HOME/postgres, which can be a link to a place that its user reaches."""

    name = "postgres"
    stop_signals: ClassVar = (signal.SIGINT, signal.SIGQUIT)  # fast shutdown, immediate shutdown

    def __init__(self, home: Path, *, durable: bool) -> None:
        """`durable=False` gives up what a power failure would take, for tests."""
        link = home / "postgres"
        super().__init__(home, account_for(link))
        self._durable = durable
        self._place = data_directory(link, self.account)
        self._programs = reachable_package(postgres_package(), self.account) / "pginstall" / "bin"

    @property
    def url(self) -> str:
        password = (self._place / "password").read_text()
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def directory(self) -> Path:
        return self._place

    def prepare(self) -> None:
        for unfinished in self._place.glob("initdb-*"):
            shutil.rmtree(unfinished)
        if not self._data.exists():
            self._create_cluster()
        self._check_version()
        # The lock says that no process of this cluster is alive. PostgreSQL itself would believe a stale
        # process id that a reboot or a new container gave to somebody else, and refuse to start.
        with contextlib.suppress(FileNotFoundError):
            (self._data / "postmaster.pid").unlink()

    def command(self) -> list[str]:
        settings = SETTINGS | ({} if self._durable else NOT_DURABLE)
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *options]

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return (
            len(lines) > STATUS_LINE
            and lines[0] == str(process.pid)
            and lines[STATUS_LINE].strip() == "ready"
        )

    @property
    def _data(self) -> Path:
        return self._place / "data"

    def _create_cluster(self) -> None:
        """Makes the cluster beside its place and renames it when it is whole: half a one is never used."""
        self._write_password()
        fresh = Path(tempfile.mkdtemp(prefix="initdb-", dir=self._place))
        self.account.own(fresh)
        self._initdb(fresh)
        self._run(f"CREATE DATABASE {DATABASE}\n", "postgres", "--single", "-D", str(fresh), "postgres")
        fresh.rename(self._data)
        _sync_directory(self._place)

    def _initdb(self, directory: Path) -> None:
        sync = [] if self._durable else ["--no-sync"]
        password = f"--pwfile={self._place / 'password'}"
        self._run(
            "", "initdb", "-D", str(directory), "-U", ROLE, "--auth=scram-sha-256", password, *LOCALE, *sync
        )

    def _run(self, text: str, program: str, *arguments: str) -> None:
        """Runs a program of PostgreSQL to its end with `text` on standard input; it holds the lock meanwhile."""
        run = subprocess.run(  # noqa: S603
            [self._programs / program, *arguments],
            cwd=self._place,
            env=ENVIRONMENT,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=(self._lock,),
            preexec_fn=self._tie(signal.SIGTERM),
            **self.account.popen_options(),
        )
        if run.returncode != 0:
            raise EmbeddedError(f"{program} failed in {self._place}: {_reason(run.stderr)}")

    def _write_password(self) -> None:
        path = self._place / "password"
        path.unlink(missing_ok=True)
        with open(path, "x", opener=owner_only) as file:
            file.write(secrets.token_urlsafe(32))
        self.account.own(path)

    def _check_version(self) -> None:
        major = (self._data / "PG_VERSION").read_text().strip()
        if major != POSTGRES_MAJOR:
            raise EmbeddedError(
                f"{self._data} belongs to PostgreSQL {major} and this is {POSTGRES_MAJOR}: "
                "dump it with the old version, or choose another CONNECTOR_HOME"
            )


def _reason(output: str) -> str:
    """The first line that names an error: initdb prints advice after it."""
    lines = [line for line in output.splitlines() if line.strip()]
    named = [line for line in lines if "error:" in line or "FATAL:" in line or "could not" in line]
    return (named or lines or ["it said nothing"])[0]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
