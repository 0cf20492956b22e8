"""DATABASE_URL and REDIS_URL: given, or the embedded default."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from connector.embedded import EmbeddedError, running
from connector.embedded.keys import secret_keys


@contextmanager
def backing_services(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What `environment` lacks for every process to find its database and broker, and those two in any case.

    The embedded servers of CONNECTOR_HOME fill in for the URL that is missing, while the block lasts. Raises
    EmbeddedError when they cannot run, and on a Heroku dyno, whose disk vanishes."""
    given = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL") if environment.get(name)}
    if len(given) == 2:
        yield given
        return
    if environment.get("DYNO"):
        raise EmbeddedError("DATABASE_URL and REDIS_URL must be set on Heroku: attach a database and a Redis")
    home = Path(environment.get("CONNECTOR_HOME") or ".connector").absolute()
    with running(home) as servers:
        defaults = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        yield defaults | given | {"CONNECTOR_HOME": str(home)} | _keys(environment, home)


def _keys(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """The home's own encryption keys, for its own database only: an outside one's are a person's to keep."""
    if environment.get("DATABASE_URL") or environment.get("CONNECTOR_SECRET_KEYS"):
        return {}
    return {"CONNECTOR_SECRET_KEYS": secret_keys(home)}
