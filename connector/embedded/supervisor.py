"""The parent of the servers: `python -m connector.embedded.supervisor HOME LOCK DURABLE`.

It holds the inherited lock LOCK (a descriptor) for its life. Standard output is a pipe to whoever started it:
it says READY when the servers are, or one line of error."""

import contextlib
import fcntl
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from connector.embedded.errors import EmbeddedError
from connector.embedded.home import ADDRESSES, READY, USERS_LOCK, Servers
from connector.embedded.locks import open_lock, sign, taken
from connector.embedded.postgres import Postgres
from connector.embedded.server import Server
from connector.embedded.valkey import Valkey

POLL_SECONDS = 0.2
MEGABYTE = 1024 * 1024
NEEDED_MEGABYTES = 64  # a new cluster of PostgreSQL 18 takes 46
logger = logging.getLogger("connector.embedded")


def main() -> None:
    """Detaches from its starter and serves until the last user left or SIGTERM or SIGINT came."""
    home, lock, durable = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1"
    if os.fork():
        os._exit(0)  # the starter waits for this one, and is no parent of the other
    sign(lock)
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    try:
        supervise(home, durable)
    except EmbeddedError as failure:
        _fail(f"{failure}{_shortage(home)}")
    except OSError as refusal:
        _fail(f"cannot keep servers in {home}: {refusal.strerror} ({refusal.filename}){_shortage(home)}")


def supervise(home: Path, durable: bool) -> None:
    """Runs the servers of `home` from their start to their end."""
    stop = _Stop()
    valkey, postgres = Valkey(home), Postgres(home, durable=durable)
    with _stopped_at_the_end(home, [valkey, postgres]):
        valkey.start()
        postgres.start()
        Servers(postgres.url, valkey.url).write(home)
        _answer_starter(READY)
        logger.info("ready: PostgreSQL on port %s, Valkey on port %s", postgres.port, valkey.port)
        _serve(home, [valkey, postgres], stop)


class _Stop:
    """Whether SIGTERM or SIGINT came. No Event: its lock could stop the handler for ever."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True


def _serve(home: Path, servers: Sequence[Server], stop: _Stop) -> None:
    users = open_lock(home / USERS_LOCK)
    while not stop.asked:
        time.sleep(POLL_SECONDS)
        if taken(users, fcntl.LOCK_EX):
            logger.info("the last user left")
            return  # with the lock: whoever comes now waits for the end, then starts anew
        if not (home / ADDRESSES).exists():
            logger.info("%s is gone", home)
            return
        for server in servers:
            if server.revive():
                logger.warning("%s had ended and was started again", server.name)


@contextlib.contextmanager
def _stopped_at_the_end(home: Path, servers: Sequence[Server]) -> Iterator[None]:
    try:
        yield
    finally:
        (home / ADDRESSES).unlink(missing_ok=True)
        for server in servers:
            server.begin_stop()
        for server in servers:
            server.finish_stop()
        logger.info("ended")


def _answer_starter(answer: str) -> None:
    """Answers once and closes the pipe: from here on standard output is the log."""
    with contextlib.suppress(BrokenPipeError):  # the starter may be gone
        os.write(sys.stdout.fileno(), answer.encode())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _shortage(home: Path) -> str:
    """What a full disk adds to an error; the servers' own words for it are many."""
    data = home / "postgres"
    free = shutil.disk_usage(data if data.exists() else home).free
    return (
        f"; its disk has {free // MEGABYTE} MB left: free some" if free < NEEDED_MEGABYTES * MEGABYTE else ""
    )


def _fail(message: str) -> None:
    logger.error(message)
    _answer_starter(message)
    sys.exit(1)


if __name__ == "__main__":
    main()
