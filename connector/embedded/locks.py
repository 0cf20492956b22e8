"""Advisory file locks (flock): the kernel frees them however their holder ends, so they cannot go stale."""

import fcntl
import os
import time
from pathlib import Path

from connector.embedded.errors import EmbeddedError

POLL = 0.02


def open_lock(path: Path) -> int:
    """A descriptor of the lock file at `path`, not locked yet; whoever inherits it holds the same lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def sign(descriptor: int) -> None:
    """Writes this process's id into the lock file, for whoever wants to know the holder."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)


def taken(descriptor: int, kind: int) -> bool:
    """Tries to take the lock, `fcntl.LOCK_SH` or `LOCK_EX`, without waiting for it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take(descriptor: int, kind: int, seconds: float, otherwise: str) -> None:
    """Takes the lock, waiting for up to `seconds`; then raises EmbeddedError with the line `otherwise`."""
    deadline = time.monotonic() + seconds
    while not taken(descriptor, kind):
        if time.monotonic() > deadline:
            raise EmbeddedError(otherwise)
        time.sleep(POLL)
