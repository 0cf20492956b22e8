"""Faults on order, driven over HTTP through the stand-ins' own server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from flask import Flask, request

from connector.sandbox.faults import Fault, FaultInjector
from connector.sandbox.serving import serve


@dataclass
class Bench:
    """A counting application behind the injector."""

    url: str
    injector: FaultInjector
    calls: list[str]
    slept: list[float] = field(default_factory=list)

    def send(self, method: str, path: str = "/count", **options: Any) -> requests.Response:
        return requests.request(method, self.url + path, timeout=10, **options)


@pytest.fixture
def bench() -> Iterator[Bench]:
    app = Flask(__name__)
    calls: list[str] = []
    slept: list[float] = []

    @app.route("/count", methods=["GET", "POST"])
    def count() -> dict[str, int]:
        calls.append("called")
        return {"calls": len(calls)}

    injector = FaultInjector(app, sleep=slept.append)
    with serve(injector) as serving:
        yield Bench(serving.url, injector, calls, slept)


def test_without_a_fault_the_application_answers(bench: Bench) -> None:
    assert bench.send("GET").json() == {"calls": 1}


def test_before_answers_the_status_and_nothing_takes_effect(bench: Bench) -> None:
    bench.injector.add(Fault("before", status=503))
    assert bench.send("POST").status_code == 503
    assert bench.calls == []


def test_after_takes_effect_and_hides_the_answer(bench: Bench) -> None:
    bench.injector.add(Fault("after"))
    assert bench.send("POST").status_code == 500
    assert bench.calls == ["called"]


def test_slow_waits_and_goes_on(bench: Bench) -> None:
    bench.injector.add(Fault("slow", seconds=2.5))
    assert bench.send("GET").json() == {"calls": 1}
    assert bench.slept == [2.5]


def test_rate_limit_says_when_to_come_back(bench: Bench) -> None:
    bench.injector.add(Fault("rate_limit", seconds=1.2))
    answer = bench.send("GET")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert bench.calls == []


def test_garbage_is_a_page_of_a_gateway_with_status_200(bench: Bench) -> None:
    bench.injector.add(Fault("garbage"))
    answer = bench.send("GET")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert bench.calls == []


def test_disconnect_takes_effect_and_cuts_the_line(bench: Bench) -> None:
    bench.injector.add(Fault("disconnect"))
    with pytest.raises(requests.ConnectionError):
        bench.send("POST")
    assert bench.calls == ["called"]


def test_a_fault_strikes_as_often_as_ordered_and_only_where_it_matches(bench: Bench) -> None:
    bench.injector.add(Fault("before", method="POST", path="/cou.*", times=2))
    statuses = [bench.send(verb).status_code for verb in ("GET", "POST", "POST", "POST")]
    assert statuses == [200, 500, 500, 200]
    assert bench.injector.pending == []


def test_the_path_of_a_fault_is_the_whole_path(bench: Bench) -> None:
    bench.injector.add(Fault("before", path="/cou"))
    assert bench.send("GET").status_code == 200


def test_faults_are_ordered_listed_and_cleared_over_http(bench: Bench) -> None:
    control = "/_sandbox/faults"
    added = bench.send("POST", control, json={"kind": "before", "times": 3, "status": 502})
    assert added.status_code == 200
    assert bench.send("GET").status_code == 502
    (pending,) = bench.send("GET", control).json()["faults"]
    assert (pending["kind"], pending["times"]) == ("before", 2)
    assert bench.send("DELETE", control).json() == {"faults": []}
    assert bench.send("GET").status_code == 200


def test_control_paths_are_never_faulted(bench: Bench) -> None:
    bench.injector.add(Fault("before"))
    assert bench.send("GET", "/_sandbox/other").status_code == 404
    assert len(bench.injector.pending) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "wobble"},
        {"kind": "before", "colour": 1},
        {},
        [],
        {"kind": "before", "path": "("},
        {"kind": "slow", "times": 0},
    ],
)
def test_what_is_not_a_fault_is_refused(bench: Bench, given: object) -> None:
    assert bench.send("POST", "/_sandbox/faults", json=given).status_code == 400
    assert bench.injector.pending == []


def test_a_kept_connection_serves_many_requests() -> None:
    app = Flask(__name__)

    @app.get("/port")
    def port() -> dict[str, int]:
        return {"port": int(request.environ["REMOTE_PORT"])}

    with serve(app) as serving, requests.Session() as session:
        ports = {session.get(f"{serving.url}/port", timeout=10).json()["port"] for _ in range(3)}
    assert len(ports) == 1


def test_a_server_that_stopped_no_longer_answers() -> None:
    serving = serve(Flask(__name__))
    with requests.Session() as session:
        assert session.get(serving.url, timeout=10).status_code == 404
        serving.stop()
        serving.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(serving.url, timeout=10)
