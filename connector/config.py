"""Settings from the environment, read and checked once at start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from connector.errors import UsageError
from connector.secret import Secret

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS = ("text", "json")


@dataclass(frozen=True)
class Settings:
    """What the environment says. An unset URL means the embedded default; see `connector.runtime`."""

    database_url: str | None = field(repr=False)
    redis_url: str | None = field(repr=False)
    home: Path
    secret_keys: Secret | None
    sentry_dsn: str | None = field(repr=False)
    stripe_api_base: str | None
    allow_insecure_urls: bool
    log_level: str
    log_format: str
    on_dyno: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the variables; raises UsageError naming the first that cannot be meant."""
        env = os.environ if environment is None else environment
        keys = env.get("CONNECTOR_SECRET_KEYS")
        database_url = env.get("DATABASE_URL") or None
        return cls(
            database_url=sqlalchemy_url(database_url) if database_url else None,
            redis_url=_redis_url(env.get("REDIS_URL") or None),
            home=Path(env.get("CONNECTOR_HOME") or ".connector"),
            secret_keys=Secret(keys) if keys else None,
            sentry_dsn=env.get("SENTRY_DSN") or None,
            stripe_api_base=(env.get("STRIPE_API_BASE") or "").rstrip("/") or None,
            allow_insecure_urls=env.get("CONNECTOR_ALLOW_INSECURE_URLS") == "1",
            log_level=_one_of("LOG_LEVEL", (env.get("LOG_LEVEL") or "INFO").upper(), LOG_LEVELS),
            log_format=_one_of("LOG_FORMAT", (env.get("LOG_FORMAT") or "text").lower(), LOG_FORMATS),
            on_dyno="DYNO" in env,
        )


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver named: Heroku says postgres://, SQLAlchemy wants postgresql+psycopg://."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise UsageError("DATABASE_URL must begin with postgres:// or postgresql://")
    try:
        make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        raise UsageError("DATABASE_URL must look like postgres://user:password@host:5432/name") from None
    return f"postgresql+psycopg://{rest}"


def _redis_url(url: str | None) -> str | None:
    if url is not None and url.partition("://")[0] not in ("redis", "rediss"):
        raise UsageError("REDIS_URL must begin with redis:// or rediss://")
    return url


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise UsageError(f"{name} is {value!r}, but must be one of {', '.join(allowed)}")
    return value
