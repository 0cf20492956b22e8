"""Error reports to Sentry: the defect and where it is, nothing of a credential or of a client."""

import re
from typing import Any, cast

import sentry_sdk
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import BadDsn

from connector.config import Settings
from connector.errors import UsageError
from connector.logs import without_credentials

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def configure_reports(settings: Settings) -> None:
    """Switch reports on where SENTRY_DSN is set; raises UsageError for one that is not a DSN."""
    if settings.sentry_dsn is None:
        return
    try:
        sentry_sdk.init(
            dsn=settings.sentry_dsn,
            include_local_variables=False,
            include_source_context=True,
            max_request_body_size="never",
            max_breadcrumbs=0,
            before_send=scrubbed,
        )
    except BadDsn:
        raise UsageError("SENTRY_DSN is not the DSN of a Sentry project") from None


def scrubbed(event: Event, _: Hint) -> Event:
    """The report without credentials, personal data, request headers, cookies and bodies."""
    content = cast("dict[str, Any]", event)
    for key in ("request", "user", "breadcrumbs"):
        content.pop(key, None)
    return cast("Event", _clean(content))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return EMAIL.sub("***", without_credentials(value))
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items() if key != "vars"}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value
