"""The web process: `gunicorn 'webhooks.app:create_app()'`."""

import atexit
import os
from contextlib import ExitStack

from flask import Flask

from connector.bootstrap import opened_runtime, opened_settings
from connector.runtime import Runtime
from connector.sync.pay_link import PayLinks
from webhooks.health import health
from webhooks.metrics import metrics
from webhooks.pay import pay
from webhooks.receiver import receiver

MOST_BYTES = 1024 * 1024


def create_app(runtime: Runtime | None = None) -> Flask:
    """The application on `runtime`, or on one of its own for the life of the process."""
    app = Flask("ml-connector")
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.extensions["connector"] = runtime = runtime or _own_runtime()
    app.extensions["pay_links"] = PayLinks(runtime)
    for blueprint in (receiver, pay, health, metrics):
        app.register_blueprint(blueprint)
    return app


def _own_runtime() -> Runtime:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(opened_runtime(stack.enter_context(opened_settings(os.environ))))
