"""What a command works with: the runtime, on a database that is up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser

from connector import audit, schema
from connector.bootstrap import opened_runtime, opened_settings
from connector.models import Tenant
from connector.runtime import Runtime


@contextmanager
def command_runtime(*, any_schema: bool = False) -> Iterator[Runtime]:
    """The runtime of one command; raises UsageError for a database that is not upgraded."""
    with opened_settings() as settings, opened_runtime(settings) as runtime, audit.acting_as(_operator()):
        if not any_schema:
            schema.require_current(runtime.engine)
        yield runtime


@contextmanager
def command_tenant(slug: str) -> Iterator[tuple[Runtime, Tenant]]:
    """The runtime and the tenant a command is about; raises UsageError for an unknown one."""
    with command_runtime() as runtime:
        with runtime.transaction() as session:
            tenant = runtime.tenant_by_slug(session, slug)
        yield runtime, tenant


def _operator() -> str:
    try:
        return f"operator {getuser()}"
    except (KeyError, OSError):
        return "operator"
