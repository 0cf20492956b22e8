"""The runtime that the current request is served with."""

from typing import cast

from flask import current_app

from connector.runtime import Runtime


def current_runtime() -> Runtime:
    return cast("Runtime", current_app.extensions["connector"])
