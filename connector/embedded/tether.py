"""Children that end with their parent, even when the parent was killed."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

# linux/prctl.h. The kernel forgets the setting when a process changes its user and keeps it over exec:
# prctl(2), PR_SET_PDEATHSIG. The parent is the thread that forked, not its process.
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def tether(signal_number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `signal_number` when the calling thread ends. Only on Linux.

    It makes two system calls and takes no lock, so it is safe in a process with threads as well."""
    parent = os.getpid()

    def tie() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != parent:  # the parent ended before the kernel knew
            os._exit(1)

    return tie if sys.platform == "linux" else _nothing


def _nothing() -> None:
    """Other systems have no such signal; there the next start finds what was left behind."""
