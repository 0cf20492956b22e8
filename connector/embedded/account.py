"""Which operating system user a server runs as.

PostgreSQL refuses to run as root (src/backend/main/main.c, check_root), so root lends it an existing user. No
user is created, and no directory above the data changes its mode."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.embedded.errors import EmbeddedError

UNPRIVILEGED = ("nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """A user to drop to; `None` stands for whoever runs this process."""

    uid: int | None = None
    gid: int | None = None

    def popen_options(self) -> dict[str, Any]:
        """What makes subprocess start a program as this user, with no other groups."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Gives `path` to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_run(self, *command: str | Path) -> bool:
        """Whether the command succeeds as this user: the kernel's own answer to what that user can reach."""
        try:
            run = subprocess.run(command, capture_output=True, check=False, **self.popen_options())  # noqa: S603
        except OSError:
            return False
        return run.returncode == 0


def account_for(directory: Path) -> Account:
    """The user for a server with its data in `directory`: the present one; for root the data's owner, or the
    first of `UNPRIVILEGED`. Raises EmbeddedError when root finds nobody to drop to."""
    if os.geteuid() != 0:
        return Account()
    owner = directory.stat() if directory.exists() else None
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return _unprivileged()


def _unprivileged() -> Account:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(entry.pw_uid, entry.pw_gid)
        if entry.pw_uid != 0 and account.can_run("true"):
            return account
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and root cannot become {' or '.join(UNPRIVILEGED)} here: "
        "run this as another user, or set DATABASE_URL"
    )
