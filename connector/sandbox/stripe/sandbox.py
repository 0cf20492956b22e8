"""The whole stand-in in one hand: books, server, faults and the courier of webhooks."""

import json
import time
from collections.abc import Callable
from typing import Self

from connector.sandbox.faults import FaultInjector
from connector.sandbox.serving import Serving, serve
from connector.sandbox.stripe.app import create_app
from connector.sandbox.stripe.books import Books
from connector.sandbox.stripe.dashboard import Dashboard
from connector.sandbox.stripe.delivery import Courier, sandbox_backoff


def _error(status: int) -> tuple[str, bytes]:
    kind = "invalid_request_error" if status == 429 else "api_error"
    error = {"message": "An unknown error occurred", "type": kind}
    if status == 429:
        error |= {"code": "rate_limit", "message": "Testmode request rate limit exceeded"}
    return "application/json", json.dumps({"error": error}).encode()


class Sandbox:
    """Serves some accounts, one with the key `sk_test_sandbox` by default; use it in a `with` statement.

    `port` 0 takes a free one. Webhooks are delivered in the background unless `deliver` is false; then
    `courier.deliver()` does it on request.
    """

    def __init__(
        self,
        *accounts: Books,
        port: int = 0,
        deliver: bool = True,
        backoff: Callable[[int], float] = sandbox_backoff,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.accounts = list(accounts) or [Books()]
        self.books = self.accounts[0]
        self.dashboard = Dashboard(self.books)
        self.courier = Courier(self.accounts, backoff)
        self.faults = FaultInjector(
            create_app(*self.accounts, courier=self.courier, sleep=sleep), sleep, _error
        )
        self._port = port
        self._deliver = deliver
        self._serving: Serving | None = None

    @property
    def url(self) -> str:
        """The base URL of the API, to be given to `StripeClient(base_addresses={"api": url})`."""
        if self._serving is None:
            raise RuntimeError("The sandbox is not running")
        return self._serving.url

    def start(self) -> None:
        """Begins to serve. Raises OSError when the port is taken."""
        self._serving = serve(self.faults, self._port)
        if self._deliver:
            self.courier.start()

    def stop(self) -> None:
        """Ends the server and the courier."""
        self.courier.stop()
        if self._serving is not None:
            self._serving.stop()

    def wait(self) -> None:
        """Blocks until the server stops."""
        if self._serving is not None:
            self._serving.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
