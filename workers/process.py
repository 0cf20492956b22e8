"""The runtime of a worker process: made once, when the first task needs it, and never before a fork."""

import atexit
import os
from contextlib import ExitStack
from functools import cache

from celery import Celery

from connector.bootstrap import opened_runtime, opened_settings
from connector.config import Settings
from connector.doorbell import celery_app
from connector.runtime import Runtime

_stack = ExitStack()
atexit.register(_stack.close)


@cache
def settings() -> Settings:
    return _stack.enter_context(opened_settings(os.environ))


@cache
def runtime() -> Runtime:
    return _stack.enter_context(opened_runtime(settings()))


def make_app() -> Celery:
    redis_url = settings().redis_url
    assert redis_url is not None  # noqa: S101 - opened_settings fills it in
    return celery_app(redis_url)
