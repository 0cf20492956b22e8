"""The encryption key of an embedded database, which belongs to its home as the database does."""

import contextlib
import os
import secrets
from pathlib import Path

from connector.embedded.private import owner_only
from connector.vault import new_key


def secret_keys(home: Path) -> str:
    """CONNECTOR_SECRET_KEYS for the database of `home`: made once, in HOME/secret.keys, mode 0600.

    A person rotates keys by writing a new one before it, separated by a comma."""
    path = home / "secret.keys"
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    """A link appears whole or not at all, and only one of two that make it at once wins."""
    fresh = path.with_name(f"secret.keys.{secrets.token_hex(4)}")
    with open(fresh, "x", opener=owner_only) as file:
        file.write(new_key())
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
