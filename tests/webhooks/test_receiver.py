"""POST /webhooks/stripe/SLUG: verified over the raw body, stored, rung for, answered; nothing else."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from connector import inbox
from connector.models import Credential, WorkState
from connector.tenants.secrets import webhook_secrets
from tests.support.money import events
from tests.support.world import World

PATH = "/webhooks/stripe/acme"
EVENT = {"id": "evt_1", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}
BODY = json.dumps(EVENT).encode()


def secret_of(world: World) -> str:
    with world.runtime.transaction() as session:
        return webhook_secrets(session, world.runtime.vault, world.tenant())[0].reveal()


def signature(body: bytes, secret: str, at: float) -> str:
    made = stripe.WebhookSignature.generate_signature_header(body.decode("latin-1"), secret, int(at))
    return str(made)


def send(
    world: World, body: bytes = BODY, *, late: float = 0, secret: str = "", path: str = PATH
) -> TestResponse:
    at = int(world.clock.now().timestamp()) - late
    header = signature(body, secret or secret_of(world), at)
    return world.web.post(path, data=body, headers={"Stripe-Signature": header})


def test_an_event_is_stored_raw_and_rung_for_by_its_id(acme: World) -> None:
    answer = send(acme)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "stored"})
    (stored,) = events(acme)
    assert (stored.stripe_event_id, stored.object_id, stored.raw) == ("evt_1", "in_1", BODY)
    assert stored.state is WorkState.DUE
    ring = acme.doorbell.rings[-1]
    assert (ring.task, ring.row_id, ring.queue, ring.task_id) == (
        "events.handle_event",
        stored.id,
        "events",
        "evt_1",
    )


def test_a_duplicate_is_answered_200_and_stored_once(acme: World) -> None:
    send(acme)

    assert send(acme).get_json() == {"status": "already stored"}
    assert len(events(acme)) == 1


def test_eight_deliveries_of_one_event_at_once_are_stored_once(acme: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(acme).status_code, range(8)))

    assert answers == [200] * 8
    assert len(events(acme)) == 1


@pytest.mark.parametrize(("late", "status"), [(299, 200), (301, 400), (-300, 200), (-302, 400)])
def test_the_signature_s_time_may_be_off_by_300_seconds_either_way(
    acme: World, late: float, status: int
) -> None:
    assert send(acme, late=late).status_code == status


def test_during_a_rotation_two_secrets_are_taken_and_a_third_is_not(acme: World) -> None:
    with acme.runtime.transaction() as session:
        row = session.get_one(Credential, (acme.tenant().id, "STRIPE_WEBHOOK_SECRET"))
        both = acme.runtime.vault.seal(
            type(acme.runtime.vault.open(row.sealed, tenant_id=row.tenant_id, name=row.name))(
                "whsec_new,whsec_old"
            ),
            tenant_id=row.tenant_id,
            name=row.name,
        )
        row.sealed = both

    assert [send(acme, secret=f"whsec_{one}").status_code for one in ("new", "old", "other")] == [
        200,
        200,
        400,
    ]


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", "t=1,v1=", "v1=abc", "t=abc,v1=abc", "t=1,t=2,v1=abc", "t=99999999999999,v1=ä"],
)
def test_a_header_that_proves_nothing_is_answered_400(acme: World, header: str) -> None:
    answer = acme.web.post(PATH, data=BODY, headers={"Stripe-Signature": header})

    assert (answer.status_code, events(acme)) == (400, [])


def test_a_body_changed_by_one_byte_is_answered_400(acme: World) -> None:
    at = acme.clock.now().timestamp()
    header = signature(BODY, secret_of(acme), at)

    answer = acme.web.post(PATH, data=BODY + b" ", headers={"Stripe-Signature": header})

    assert (answer.status_code, events(acme)) == (400, [])


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"null", b'{"id": 1, "type": "x"}', b'{"type": "x"}', b"[" * 5000],
)
def test_a_rightly_signed_body_that_is_no_event_is_answered_400(acme: World, body: bytes) -> None:
    assert (send(acme, body).status_code, events(acme)) == (400, [])


def test_a_body_that_is_no_text_is_answered_400(acme: World) -> None:
    answer = acme.web.post(PATH, data=b"\xff\xfe", headers={"Stripe-Signature": "t=1,v1=abc"})

    assert answer.status_code == 400


@pytest.mark.parametrize("slug", ["other", "ACME", "%00", "a" * 5000, "acme'--"])
def test_an_unknown_tenant_is_answered_404(acme: World, slug: str) -> None:
    assert send(acme, path=f"/webhooks/stripe/{slug}").status_code == 404


def test_a_body_of_over_a_mebibyte_is_answered_413_and_one_of_just_that_is_read(acme: World) -> None:
    room = 1024 * 1024 - len(BODY)

    assert send(acme, BODY + b" " * (room + 1)).status_code == 413
    assert send(acme, BODY + b" " * room).status_code == 200


def failing_store(*_: object, **__: object) -> bool:
    raise OperationalError("INSERT", {}, Exception("the database went away"))


def test_an_event_that_could_not_be_stored_is_answered_503_and_taken_the_next_time(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "store", failing_store)
        assert send(acme).status_code == 503
    assert events(acme) == []

    assert send(acme).status_code == 200


def test_a_tenant_without_its_webhook_secret_is_answered_503(acme: World) -> None:
    secret = secret_of(acme)
    with acme.runtime.transaction() as session:
        session.delete(session.get_one(Credential, (acme.tenant().id, "STRIPE_WEBHOOK_SECRET")))

    assert send(acme, secret=secret).status_code == 503


def test_events_of_a_paused_tenant_are_kept_for_later(acme: World) -> None:
    with acme.runtime.transaction() as session:
        acme.runtime.tenant_by_slug(session, "acme").paused = True

    assert send(acme).status_code == 200
    assert len(events(acme)) == 1


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_is_a_delivery(acme: World, method: str) -> None:
    call: Callable[[str], Any] = getattr(acme.web, method)

    assert call(PATH).status_code == 405


def test_no_answer_and_no_log_holds_the_secret_or_the_body(
    acme: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 11."""
    monkeypatch.setattr(inbox, "store", failing_store)
    answer = send(acme)

    for text in (answer.get_data(as_text=True), caplog.text):
        assert secret_of(acme) not in text
        assert "evt_1" not in text
