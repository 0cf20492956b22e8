"""GET /pay/TOKEN: what a client's browser, a mail scanner and a curious stranger get."""

import logging
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from connector.models import Invoice, InvoiceState
from connector.sandbox.faults import Fault
from connector.sync.pay_link import PayLinks, new_token
from tests.support.money import pushed
from tests.support.world import World

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def linked(world: World, **changes: Any) -> str:
    """The path of the pay link of an invoice that is open at Stripe."""
    number, token = pushed(world), new_token()
    with world.runtime.transaction() as session:
        invoice = session.get_one(Invoice, world.invoice(number).id)
        for name, value in {"pay_token": token, **changes}.items():
            setattr(invoice, name, value)
    return f"/pay/{token}"


def only_number(world: World) -> str:
    (invoice,) = world.stripe_invoices()
    return str(invoice["number"])


class Page(HTMLParser):
    """What a browser makes of a page: its elements, balanced, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


def read(answer: TestResponse) -> Page:
    """The page, after checks of what every page must be."""
    page = Page(answer.text)
    assert answer.mimetype == "text/html"
    assert answer.text.startswith("<!doctype html>")
    assert page.open == []
    assert ("lang", "en") in page.attributes
    assert page.elements.count("h1") == page.elements.count("title") == page.elements.count("main") == 1
    assert not {"script", "img", "link", "iframe", "form"} & set(page.elements)
    assert not [value for name, value in page.attributes if name in ("src", "href")]
    for name, value in PRIVATE.items():
        assert answer.headers[name] == value
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Traceback" not in answer.text
    return page


def test_an_open_invoice_is_paid_on_stripe_s_page(acme: World) -> None:
    path = linked(acme)

    answer = acme.web.get(path)

    assert answer.status_code == 302
    assert answer.headers["Location"] == acme.stripe_invoice(only_number(acme))["hosted_invoice_url"]
    assert {name: answer.headers[name] for name in PRIVATE} == PRIVATE
    assert answer.data == b""


def test_a_paid_invoice_says_so(acme: World) -> None:
    path = linked(acme)
    number = only_number(acme)
    acme.pay(number)

    answer = acme.web.get(path)

    assert answer.status_code == 200
    assert f"Invoice {number} is paid" in read(answer).words


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        (InvoiceState.LEFT_ALONE, 410, "was withdrawn"),
        (InvoiceState.PENDING, 503, "is being made anew"),
        (InvoiceState.BLOCKED, 503, "is being made anew"),
    ],
)
def test_an_invoice_that_is_not_at_stripe_any_more_or_not_yet_again_says_so(
    acme: World, state: InvoiceState, status: int, said: str
) -> None:
    path = linked(acme, state=state, stripe_invoice_id=None)

    answer = acme.web.get(path)

    assert answer.status_code == status
    assert f"Invoice {only_number(acme)} {said}" in read(answer).words
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_while_stripe_is_away_the_page_says_when_to_come_again(acme: World) -> None:
    path = linked(acme)
    acme.stripe_sandbox.faults.add(Fault("before", path="/v1/invoices/.*", status=500))

    answer = acme.web.get(path)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "cannot be paid at this moment" in read(answer).words


def test_while_the_database_is_away_the_page_says_so_and_the_log_keeps_the_token_to_itself(
    acme: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Rule 11: whoever has the token may read how the invoice stands."""

    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {"pay_token": path.rpartition("/")[2]}, Exception("went away"))

    path = linked(acme)
    monkeypatch.setattr(PayLinks, "_invoice_of", gone)
    with caplog.at_level(logging.DEBUG):
        answer = acme.web.get(path)

    assert answer.status_code == 503
    assert "This invoice cannot be paid at this moment" in read(answer).words
    assert path.rpartition("/")[2] not in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        *("/pay/", "/pay/x", f"/pay/{'x' * 32}", f"/pay/{'x' * 5000}", "/pay/%00", f"/pay/{'x' * 31}%00"),
        *("/pay/a/b", "/pay/%2e%2e%2f", "/pay/%ff", "/pay/%3Cscript%3E"),
    ],
)
def test_every_link_that_leads_nowhere_gets_the_same_page(acme: World, path: str) -> None:
    linked(acme)

    answer = acme.web.get(path)

    assert answer.status_code == 404
    assert "leads nowhere" in read(answer).words
    assert answer.data == acme.web.get("/pay/y").data
    assert dict(answer.headers) == dict(acme.web.get("/pay/y").headers)


def test_a_page_tells_the_number_and_how_it_stands_and_nothing_of_the_client(acme: World) -> None:
    path = linked(acme)
    acme.pay(only_number(acme))

    text = acme.web.get(path).text

    for secret in ("Riverbend", "ap@riverbend.example", "Annex", "1,000.00", "1000", "24001.00", "Acme"):
        assert secret not in text


def test_a_number_is_text_whatever_signs_it_holds(acme: World) -> None:
    path = linked(acme, number="<b>&7", state=InvoiceState.LEFT_ALONE)

    assert "Invoice <b>&7 was withdrawn" in read(acme.web.get(path)).words


def test_head_is_answered_as_get_without_the_page(acme: World) -> None:
    path = linked(acme)
    asked = acme.web.head(path)
    acme.pay(only_number(acme))
    acme.settle()
    paid = acme.web.head(path)

    assert (asked.status_code, paid.status_code) == (302, 200)
    assert asked.headers["Location"] == acme.stripe_invoice(only_number(acme))["hosted_invoice_url"]
    assert paid.data == b""


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_sent_to_a_pay_link(acme: World, method: str) -> None:
    path = linked(acme)

    assert getattr(acme.web, method)(path).status_code == 405
