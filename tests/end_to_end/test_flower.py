"""Flower shows operators the fleet and nobody else anything; of a client's data it knows nothing (rule 11)."""

import socket

import pytest
import requests

from connector.models import OperationKind
from tests.end_to_end.product import Product, eventually

LOGIN = ("operator", "a-password-of-this-test")
PAGES = ("/", "/workers", "/tasks", "/broker", "/metrics", "/healthcheck")
API = ("/api/workers", "/api/tasks", "/api/task/types", "/api/queues/length")
OPEN = (
    "/metrics",
    "/healthcheck",
)  # by Flower's design: flower.readthedocs.io/en/latest/prometheus-integration.html


class Flower:
    """Flower of the Procfile, beside a worker that did some work for a client."""

    def __init__(self, product: Product) -> None:
        self.product = product
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        port = self.url.rpartition(":")[2]
        product.start("flower", FLOWER_PORT=port, FLOWER_BASIC_AUTH=":".join(LOGIN))

    def get(self, path: str, auth: tuple[str, str] | None = LOGIN) -> requests.Response:
        return requests.get(self.url + path, auth=auth, timeout=10)

    def post(self, path: str, **body: object) -> requests.Response:
        return requests.post(self.url + path, auth=LOGIN, json=body, timeout=10)

    def is_up(self) -> bool:
        try:
            return self.get("/healthcheck").status_code == 200
        except requests.ConnectionError:
            return False

    def tasks(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = self.get("/api/tasks").json()
        return found


@pytest.fixture
def flower(product: Product) -> Flower:
    made = Flower(product)
    eventually(made.is_up, "Flower answers", product.state)
    product.bill(*product.firm(1))
    for name in ("beat", "worker"):
        product.start(name)
    product.pushed(1)
    eventually(lambda: "invoices.push_invoice" in names(made), "Flower heard of the push", product.state)
    return made


def names(flower: Flower) -> set[object]:
    return {task["name"] for task in flower.tasks().values()}


def test_flower_shows_operators_ids_and_nobody_a_client(flower: Flower) -> None:
    assert {"invoices.align_customer", "invoices.push_invoice", "polling.poll_tenant"} <= names(flower)
    pushes = [task for task in flower.tasks().values() if task["name"] == "invoices.push_invoice"]
    (operation,) = [
        one for one in flower.product.world.operations() if one.kind is OperationKind.PUSH_INVOICE
    ]
    assert {task["args"] for task in pushes} == {f"[{operation.id}]"}
    assert any(key.startswith(f"op-{operation.id}.") for key in flower.tasks())

    for path in {*PAGES, *API} - set(OPEN):
        assert flower.get(path, auth=None).status_code == 401, path
        assert flower.get(path, auth=("operator", "guessed")).status_code == 401, path
    for path in [*PAGES, *API, *(f"/task/{key}" for key in flower.tasks())]:
        answer = flower.get(path)
        assert answer.status_code == 200, path
        assert told(answer.text) == [], path
    for path in OPEN:
        assert told(flower.get(path, auth=None).text) == []

    for path in (
        "async-apply/invoices.push_invoice",
        "send-task/invoices.push_invoice",
        "apply/polling.tick",
    ):
        assert flower.post(f"/api/task/{path}", args=[operation.id]).status_code == 403, path
    assert flower.post("/api/worker/shutdown/worker@nowhere").status_code == 403


def told(text: str) -> list[str]:
    """What of the client, its invoice, or a credential stands in the text."""
    private = (
        "Client 1",
        "client.example",
        "1545.67",
        "154567",
        "1200.00",
        "120000",
        "sk_test",
        "whsec_",
        "f00d",
    )
    return [word for word in private if word in text]
