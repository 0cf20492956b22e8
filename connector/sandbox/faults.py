"""Faults on order: a WSGI middleware that fails the next matching requests the way networks and servers fail.

It answers its own control route, so every stand-in wrapped in it has one:
`GET /_sandbox/faults` lists what is still due, `POST` adds a fault (the JSON of a `Fault`), `DELETE` clears.
"""

import http.client
import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL_PREFIX = "/_sandbox/"
FAULTS_PATH = CONTROL_PREFIX + "faults"
GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"

Kind = Literal["before", "after", "slow", "rate_limit", "garbage", "disconnect"]
Answer = tuple[int, dict[str, str], bytes]


class ConnectionCutError(ConnectionError):
    """The server is to close the connection without an answer."""


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and whole path match.

    - `before`: answers `status`; the request never reaches the application
    - `after`: the request takes effect, then `status` stands in for its answer
    - `slow`: waits `seconds`, then goes on as usual
    - `rate_limit`: 429 with `Retry-After: seconds`; the request never reaches the application
    - `garbage`: a gateway's HTML page with status 200; the request never reaches the application
    - `disconnect`: the request takes effect, then the connection is cut without an answer
    """

    kind: Kind
    method: str = "*"
    path: str = ".*"
    times: int = 1
    seconds: float = 0.0
    status: int = 500

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"Unknown kind of fault: {self.kind!r}")
        if self.times < 1 or self.seconds < 0:
            raise ValueError("A fault happens at least once, and never takes less than no time")
        re.compile(self.path)

    def matches(self, method: str, path: str) -> bool:
        """`path` is a regular expression for the whole path, `method` a verb or `*`."""
        return self.method.upper() in ("*", method) and re.fullmatch(self.path, path) is not None

    @classmethod
    def from_json(cls, given: Any) -> "Fault":
        """Raises ValueError or TypeError for anything that is not the JSON of a fault."""
        if not isinstance(given, dict):
            raise TypeError("A fault is a JSON object")
        if unknown := given.keys() - {field.name for field in fields(cls)}:
            raise ValueError(f"A fault has no {', '.join(sorted(unknown))}")
        return cls(**given)


def plain_error(status: int) -> tuple[str, bytes]:
    """The body of an injected error: content type and bytes. A stand-in may give its own."""
    return "application/json", json.dumps({"error": {"message": _phrase(status)}}).encode()


class FaultInjector:
    """Wraps a WSGI application. Requests under `/_sandbox/` are never faulted."""

    def __init__(
        self,
        app: "WSGIApplication",
        sleep: Callable[[float], None] = time.sleep,
        error: Callable[[int], tuple[str, bytes]] = plain_error,
    ) -> None:
        self._app = app
        self._sleep = sleep
        self._error = error
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Puts the fault behind those already due; the first that matches a request strikes."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forgets every fault still due."""
        with self._lock:
            self._faults.clear()

    @property
    def pending(self) -> list[Fault]:
        """Copies of the faults still due, `times` counted down."""
        with self._lock:
            return [Fault(**asdict(fault)) for fault in self._faults]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if path == FAULTS_PATH:
            return _send(self._control(method, environ), start_response)
        fault = None if path.startswith(CONTROL_PREFIX) else self._strike(method, path)
        if fault is None:
            return self._app(environ, start_response)
        return self._fail(fault, environ, start_response)

    def _strike(self, method: str, path: str) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.matches(method, path)), None)
            if fault is None:
                return None
            struck = Fault(**asdict(fault))
            fault.times -= 1
            if not fault.times:
                self._faults.remove(fault)
            return struck

    def _fail(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if fault.kind == "slow":
            self._sleep(fault.seconds)
            return self._app(environ, start_response)
        if fault.kind in ("after", "disconnect"):
            self._take_effect(environ)
        if fault.kind == "disconnect":
            raise ConnectionCutError
        return _send(self._answer(fault), start_response)

    def _take_effect(self, environ: "WSGIEnvironment") -> None:
        chunks = self._app(environ, lambda *_: lambda _data: None)
        try:
            for _ in chunks:
                pass
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()

    def _answer(self, fault: Fault) -> Answer:
        if fault.kind == "garbage":
            return 200, {"Content-Type": "text/html"}, GATEWAY_PAGE.encode()
        status = 429 if fault.kind == "rate_limit" else fault.status
        content_type, body = self._error(status)
        headers = {"Content-Type": content_type}
        if fault.kind == "rate_limit":
            headers["Retry-After"] = str(math.ceil(fault.seconds))
        return status, headers, body

    def _control(self, method: str, environ: "WSGIEnvironment") -> Answer:
        if method == "POST":
            try:
                body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                self.add(Fault.from_json(json.loads(body)))
            except (ValueError, TypeError, re.error) as problem:
                return _json(400, {"error": str(problem)})
        elif method == "DELETE":
            self.clear()
        elif method != "GET":
            return _json(405, {"error": "GET, POST or DELETE"})
        return _json(200, {"faults": [asdict(fault) for fault in self.pending]})


def _json(status: int, document: dict[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def _send(answer: Answer, start_response: "StartResponse") -> list[bytes]:
    status, headers, body = answer
    sized = {**headers, "Content-Length": str(len(body))}
    start_response(f"{status} {_phrase(status)}", list(sized.items()))
    return [body]


def _phrase(status: int) -> str:
    return http.client.responses.get(status, "Unknown")
