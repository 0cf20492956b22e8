"""The Celery application: `celery -A workers.app worker`."""

from typing import Any

from celery.signals import beat_init, setup_logging, worker_init

from connector import schema
from connector.errors import ConnectorError
from connector.logs import configure_logging
from workers.process import make_app, runtime, settings

app = make_app()
app.conf.imports = (
    "workers.polling",
    "workers.events",
    "workers.invoices",
    "workers.receipts",
)


@setup_logging.connect
def _log_as_the_product_does(**_: Any) -> None:
    configure_logging(settings())


@worker_init.connect
@beat_init.connect
def _refuse_an_old_schema(**_: Any) -> None:
    """A worker that cannot work says so and ends, instead of failing every task."""
    try:
        schema.require_current(runtime().engine)
    except ConnectorError as error:
        raise SystemExit(error.explained) from None
