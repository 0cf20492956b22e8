"""Logs: one line an event, as text or as JSON, to standard error; secrets are struck out even there."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from connector.config import Settings

# What a credential looks like wherever it may turn up; the code never logs one, this is the second lock. PostgreSQL's
# DETAIL shows the row it refused.
CREDENTIAL = re.compile(
    r"(?<=DETAIL: ).*|\b(?:sk|rk|pk)_(?:live|test)_\w+|\bwhsec_\w+|(?<=Bearer )\S+|(?<=://)[^/@\s]*:[^/@\s]*(?=@)"
)


def without_credentials(text: str) -> str:
    """The text with everything that looks like a credential replaced by ***."""
    return CREDENTIAL.sub("***", text)


# What these say at INFO, a line for each request, task or migration step, is the audit trail's and Flower's to say.
CHATTY = (
    "urllib3",
    "stripe",
    "alembic",
    "sqlalchemy.engine",
    "celery.beat",
    "celery.worker.strategy",
    "celery.app.trace",
)


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return without_credentials(super().format(record))


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": without_credentials(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = without_credentials(self.formatException(record.exc_info))
        return json.dumps(line)


def configure_logging(settings: Settings) -> None:
    """Send every logger of the process to standard error in the wanted form and level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
