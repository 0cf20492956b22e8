"""Delivers events to webhook endpoints: signed, at least once, again until they are taken.

The scheme of the signature: docs.stripe.com/webhooks#verify-manually; retries: docs.stripe.com/webhooks.
"""

import hashlib
import hmac
import json
import random
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

import requests

from connector.sandbox.stripe.books import Books, Delivery, Object
from connector.sandbox.stripe.presenting import present
from connector.sandbox.stripe.webhooks import version_of

TRIES = 4
TIMEOUT = 10.0
IDLE_SECONDS = 0.2
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def sandbox_backoff(attempts: int) -> float:
    """Seconds until the next try: three times over a few hours, as Stripe retries in a sandbox."""
    return 60.0 * 10.0 ** (attempts - 1)


class Courier:
    """Carries the deliveries of some accounts, on request or in the background."""

    def __init__(
        self,
        accounts: list[Books],
        backoff: Callable[[int], float] = sandbox_backoff,
        order: random.Random | None = None,
    ) -> None:
        self._accounts = accounts
        self._backoff = backoff
        self._order = order or random.SystemRandom()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._one_at_a_time = threading.Lock()

    def deliver(self, *, also_later: bool = False) -> int:
        """Tries every delivery that is due, or all that are owed, paused or not; how many were taken."""
        with self._one_at_a_time, requests.Session() as session:
            return sum(self._deliver_for(books, session, also_later=also_later) for books in self._accounts)

    def start(self) -> None:
        """Delivers in the background until stopped."""
        self._thread = threading.Thread(target=self._run, name="stripe-courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the background thread after the delivery in hand."""
        self._stopping.set()
        for books in self._accounts:
            books.delivery.wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._stopping.is_set():
                for books in self._accounts:
                    if not books.delivery.paused:
                        with self._one_at_a_time:
                            self._deliver_for(books, session, also_later=False)
                self._wait()

    def _wait(self) -> None:
        wake = self._accounts[0].delivery.wake
        wake.wait(IDLE_SECONDS)
        wake.clear()

    def _deliver_for(self, books: Books, session: requests.Session, *, also_later: bool) -> int:
        due = _due(books, also_later=also_later)
        if books.delivery.shuffle:
            self._order.shuffle(due)
        return sum(self._try(books, delivery, session) for delivery in due)

    def _try(self, books: Books, delivery: Delivery, session: requests.Session) -> bool:
        with books.lock:
            event = books.table("event")[delivery.event]
            target = books.table("webhook_endpoint").get(delivery.endpoint)
            if target is None or target["status"] != "enabled":
                delivery.state = "failed"  # what a disabled endpoint misses at a retry is gone for good
                return False
            body = payload(present(books, event), target)
            headers = signed(books, target, body)
        taken = [_post(session, target["url"], body, headers) for _ in range(books.delivery.copies)]
        with books.lock:
            self._note(books, delivery, event, taken=any(taken))
        return any(taken)

    def _note(self, books: Books, delivery: Delivery, event: Object, *, taken: bool) -> None:
        delivery.attempts += 1
        if taken:
            delivery.state = "delivered"
            event["pending_webhooks"] -= 1
        elif delivery.attempts >= TRIES:
            delivery.state = "failed"
        else:
            delivery.due = books.clock().timestamp() + self._backoff(delivery.attempts)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def payload(event: Object, target: Object) -> bytes:
    """The event as this endpoint gets it: in the API version fixed when the endpoint was created."""
    return json.dumps({**event, "api_version": version_of(target)}, indent=2).encode()


def signed(books: Books, target: Object, body: bytes) -> dict[str, str]:
    """The headers, with one `v1` signature for each active secret; every try is signed anew."""
    moment = books.now()
    message = f"{moment}.".encode() + body
    signatures = [
        hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        for secret in books.secrets[target["id"]]
    ]
    header = ",".join([f"t={moment}", *(f"v1={signature}" for signature in signatures)])
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }


def _due(books: Books, *, also_later: bool) -> list[Delivery]:
    now = books.clock().timestamp()
    with books.lock:
        books.outbox = [delivery for delivery in books.outbox if delivery.state == "pending"]
        return [delivery for delivery in books.outbox if also_later or delivery.due <= now]


def _post(session: requests.Session, url: str, body: bytes, headers: dict[str, str]) -> bool:
    """Only to this machine: a rehearsal must not reach a real receiver by mistake."""
    if urlsplit(url).hostname not in _LOOPBACK:
        return False
    try:
        answer = session.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        return False
    return answer.ok and answer.status_code < 300
