"""GET /healthz and /readyz."""

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from connector import schema
from connector.errors import ConnectorError
from webhooks.current import current_runtime

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> dict[str, str]:
    """200 while the process lives; touches nothing."""
    return {"status": "alive"}


@health.get("/readyz")
def ready() -> tuple[dict[str, str], int]:
    """200 when the database answers at this version's schema. Redis is not asked: the inbox works without it."""
    try:
        schema.require_current(current_runtime().engine)
    except ConnectorError as error:
        return {"status": "not ready", "missing": "database", "reason": error.explained}, 503
    except SQLAlchemyError as error:
        return {"status": "not ready", "missing": "database", "reason": type(error).__name__}, 503
    return {"status": "ready"}, 200
