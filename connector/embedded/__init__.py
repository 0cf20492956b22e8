"""The embedded default of DATABASE_URL and REDIS_URL: real PostgreSQL and Valkey from wheels."""

from connector.embedded.errors import EmbeddedError
from connector.embedded.home import Servers, remove, running

__all__ = ["EmbeddedError", "Servers", "remove", "running"]
