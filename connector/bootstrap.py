"""From the environment to a runtime: what every process does once, at its start."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from connector.config import Settings
from connector.database import make_engine
from connector.doorbell import CeleryDoorbell, celery_app
from connector.embedded.services import backing_services
from connector.errors import UsageError
from connector.logs import configure_logging
from connector.reports import configure_reports
from connector.runtime import Runtime
from connector.vault import HOW_TO_MAKE_ONE, Vault


@contextmanager
def opened_settings(environment: Mapping[str, str] | None = None) -> Iterator[Settings]:
    """The settings, with the embedded default running for whatever URL is unset, while the block lasts."""
    given = os.environ if environment is None else environment
    with backing_services(given) as services:
        settings = Settings.from_environment({**given, **services})
        configure_logging(settings)
        configure_reports(settings)
        yield settings


@contextmanager
def opened_runtime(settings: Settings) -> Iterator[Runtime]:
    """The runtime of this process; raises UsageError, with the remedy, for what is missing."""
    if settings.database_url is None or settings.redis_url is None:
        raise UsageError("DATABASE_URL and REDIS_URL must be set")
    if settings.secret_keys is None:
        raise UsageError(
            "CONNECTOR_SECRET_KEYS is not set, and DATABASE_URL is not the embedded one", HOW_TO_MAKE_ONE
        )
    vault = Vault.from_setting(settings.secret_keys)
    engine = make_engine(settings.database_url)
    doorbell = CeleryDoorbell(celery_app(settings.redis_url))
    try:
        yield Runtime(settings, engine, vault, doorbell=doorbell)
    finally:
        doorbell.close()
        engine.dispose()
