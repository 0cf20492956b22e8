"""A tenant's Deltek sign-in belongs to the credentials it was made with."""

import pytest

from connector.errors import Busy
from connector.secret import Secret
from connector.tenants.secrets import store_secrets
from tests.support.calls import counted
from tests.support.world import World


def change_password(world: World, password: str) -> None:
    with world.runtime.transaction() as session:
        tenant = world.runtime.tenant_by_slug(session, world.slug)
        store_secrets(
            session, world.runtime.vault, tenant, {"DELTEK_PASSWORD": Secret(password)}, world.clock.now()
        )


def test_a_worker_with_the_old_credentials_neither_signs_in_nor_is_refused_in_place_of_the_new(
    acme: World,
) -> None:
    old_worker = acme.runtime.deltek(acme.tenant())
    change_password(acme, "a-new-one")

    with counted(acme, "Deltek") as requests, pytest.raises(Busy):
        old_worker.active_company()

    assert requests == []
    assert acme.tenant().blocked == ""


def test_new_credentials_are_tried_although_the_old_ones_still_had_a_token(acme: World) -> None:
    acme.poll()
    change_password(acme, "wrong")

    acme.poll()

    assert "password" in acme.tenant().blocked.lower()


def test_another_secret_that_changes_interrupts_nobody_at_work_in_deltek(acme: World) -> None:
    at_work = acme.runtime.deltek(acme.tenant())
    with acme.runtime.transaction() as session:
        tenant = acme.runtime.tenant_by_slug(session, acme.slug)
        changed = {"STRIPE_WEBHOOK_SECRET": Secret("whsec_another")}
        store_secrets(session, acme.runtime.vault, tenant, changed, acme.clock.now())

    at_work.active_company()

    assert acme.tenant().blocked == ""
