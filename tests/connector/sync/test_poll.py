"""The poll: what it costs, what it never does twice, and what it survives."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, select

from connector import dispatch
from connector.deltek.records import InvoiceDocument
from connector.deltek.vantagepoint import Vantagepoint
from connector.doorbell import POLLING
from connector.errors import Blocked
from connector.models import Tenant
from connector.runtime import Runtime
from connector.sandbox.faults import Fault
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.history import load_history
from connector.secret import Secret
from connector.sync.poll import poll_tenant
from connector.sync.poll_run import PollRun
from connector.sync.replay import replay
from connector.tenants.secrets import store_secrets
from tests.support.calls import counted
from tests.support.world import SECRETS, World, open_world, tenant_file

TOKEN = "POST token"


def at_stripe(world: World) -> dict[str, int]:
    return {one["number"]: one["total"] for one in world.stripe_invoices()}


def idle_poll(world: World) -> list[str]:
    with counted(world, "Deltek") as asked:
        world.poll()
    return asked


def enter(world: World, **secrets: str) -> None:
    with world.runtime.transaction() as session:
        tenant = world.runtime.tenant_by_slug(session, world.slug)
        store_secrets(
            session,
            world.runtime.vault,
            tenant,
            {name: Secret(value) for name, value in secrets.items()},
            world.clock.now(),
        )


def test_rule_10_an_idle_poll_of_20_000_rows_costs_the_same_few_calls_as_one_of_100(acme: World) -> None:
    acme.bill({"02": "100.00"})
    acme.poll()
    small = idle_poll(acme)
    history = acme.clock.now() - timedelta(days=90)
    with acme.deltek_books.lock:
        load_history(acme.deltek_books, 20_000, history)
    acme.poll()

    assert sorted(idle_poll(acme)) == sorted(small)
    assert len(small) <= 12


def test_an_idle_poll_stays_cheap_where_the_ledger_prints_no_post_date(acme: World) -> None:
    acme.deltek_sandbox.administrator.set_options({"ledger_prints_post_date": False})
    for _ in range(12):
        acme.bill({"02": "100.00"})
    acme.poll()
    acme.clock.turn(timedelta(days=3))
    acme.poll()

    with counted(acme, "Deltek") as asked:
        acme.poll()
        new = acme.bill({"02": "77.00"})
        acme.poll()
        acme.work()

    assert at_stripe(acme)[new] == 7700
    assert acme.tenant().ledger_read_to is not None
    assert len([one for one in asked if "PSALedger/IN" in one]) <= 3


def test_an_idle_poll_asks_stripe_nothing_between_two_sweeps(acme: World) -> None:
    acme.bill({"02": "100.00"})
    acme.poll()
    acme.settle()
    acme.poll()

    with counted(acme, "Stripe") as asked:
        acme.clock.turn(timedelta(minutes=5))
        acme.poll()
        acme.work()

    assert asked == []


def test_rule_7_two_polls_never_run_for_one_tenant_at_once(acme: World) -> None:
    second: list[bool] = []

    def read(_: PollRun) -> bool:
        second.append(acme.poll())
        return True

    assert poll_tenant(acme.runtime, acme.tenant().id, read)
    assert second == [False]
    assert acme.poll()


def test_rule_7_a_poll_whose_lease_was_taken_over_writes_no_position(acme: World) -> None:
    def read(run: PollRun) -> bool:
        acme.clock.turn(timedelta(minutes=2))
        assert acme.poll()
        run.keep()
        raise AssertionError("it should have noticed")

    poll_tenant(acme.runtime, acme.tenant().id, read)
    assert "was lost" in acme.tenant().last_poll_problem
    acme.clock.turn(timedelta(minutes=5))
    assert acme.poll()
    assert acme.tenant().last_poll_problem == ""


def test_the_position_and_its_overlap_take_in_what_is_posted_late(acme: World) -> None:
    acme.bill({"02": "100.00"})
    acme.poll()
    line = InvoiceLine("24001.00", Decimal("200.00"), wbs2="02")
    late = acme.accountant.post_invoice(
        Invoice("24001.00", (line,), date(2026, 11, 2), due=date(2026, 12, 2)),
        at=acme.clock.now() - timedelta(hours=20),
    )
    acme.poll()
    acme.work()

    assert at_stripe(acme)[late.number] == 20000


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_the_server_s_time_zone_loses_no_posting(acme: World, zone: str) -> None:
    acme.deltek_sandbox.administrator.set_options({"server_zone": zone})
    for hours in (0, 7, 11, 30):
        acme.clock.turn(timedelta(hours=hours))
        acme.bill({"02": "100.00"})
        acme.poll()
    acme.work()

    assert len(at_stripe(acme)) == 4


@pytest.mark.parametrize("operators", ["symbols", "words"])
def test_either_spelling_of_operators_works(world: World, operators: str) -> None:
    world.deltek_sandbox.administrator.set_options({"filter_operators": operators})
    world.annex()
    world.set_up(deltek=f'filter_operators = "{operators}"')
    number = world.bill({"02": "100.00"})
    world.poll()
    world.work()

    assert at_stripe(world) == {number: 10000}


def test_rule_3_an_ignored_filter_stops_the_poll_with_the_setting_to_change(acme: World) -> None:
    with acme.deltek_books.lock:
        load_history(acme.deltek_books, 1000, acme.clock.now() - timedelta(days=400))
    acme.deltek_sandbox.administrator.set_options({"filter_operators": "words"})
    number = acme.bill({"02": "100.00"})

    acme.poll()
    assert at_stripe(acme) == {}
    assert "ignores the filter" in acme.status().poll_problem
    assert "deltek.filter_operators" in acme.status().poll_problem

    acme.apply(tenant_file(acme.deltek_url, deltek='filter_operators = "words"'))
    acme.poll()
    acme.work()
    assert at_stripe(acme) == {number: 10000}


def test_a_page_boundary_in_the_midst_of_a_batch_loses_and_doubles_nothing(world: World) -> None:
    world.annex()
    world.set_up(deltek="page_size = 11")
    lines = tuple(InvoiceLine("24001.00", Decimal("10.00"), wbs2=wbs2) for wbs2 in ("02", "03", "02", "03"))
    batches = [
        [Invoice("24001.00", lines, date(2026, 11, 2), due=date(2026, 12, 2)) for _ in range(size)]
        for size in (1, 3, 2)
    ]
    for batch in batches:
        world.accountant.post_invoices(batch)
        world.clock.turn(timedelta(minutes=1))
    world.poll()
    world.work()

    assert sorted(at_stripe(world).values()) == [4000] * 6


def test_a_poll_works_in_slices_and_goes_on_where_it_stopped(acme: World) -> None:
    numbers = {acme.bill({"02": "100.00"}): 10000 for _ in range(3)}
    tenant_id = acme.tenant().id

    slices = 0
    while acme.tenant().last_poll_at is None:
        # Long enough for one posting: only the pace of a thousand requests a second turns the clock.
        poll_tenant(acme.runtime, tenant_id, slice_time=timedelta(milliseconds=8))
        slices += 1
        assert slices < 10
    acme.work()

    assert slices > 1
    assert at_stripe(acme) == numbers


def test_a_wrong_password_holds_the_tenant_after_one_try_and_new_secrets_let_it_go_on(acme: World) -> None:
    number = acme.bill({"02": "100.00"})
    acme.deltek_sandbox.administrator.change_password("MLCONNECTOR", "another")
    acme.deltek_sandbox.administrator.expire_tokens()

    with counted(acme, "Deltek") as asked:
        for _ in range(20):
            acme.poll()
            acme.work()
            dispatch.tick(acme.runtime)
            acme.clock.turn(timedelta(minutes=5))
    assert asked.count(TOKEN) == 1
    assert "wrong user name or password" in acme.status().held
    assert [ring for ring in acme.doorbell.rings if ring.queue == POLLING] == []

    enter(acme, DELTEK_PASSWORD="another")
    acme.poll()
    acme.work()
    assert acme.status().held == ""
    assert at_stripe(acme) == {number: 10000}


def test_a_disabled_login_holds_the_tenant_in_deltek_s_own_words(acme: World) -> None:
    acme.deltek_sandbox.administrator.disable_login("MLCONNECTOR")

    with counted(acme, "Deltek") as asked:
        for _ in range(5):
            acme.poll()
    assert asked == [TOKEN]
    assert "has been disabled" in acme.status().held


def test_a_revoked_stripe_key_holds_the_tenant_until_another_is_entered(acme: World) -> None:
    number = acme.bill({"02": "100.00"})
    acme.poll()
    acme.stripe_sandbox.dashboard.revoke_key(SECRETS["STRIPE_API_KEY"].reveal())

    with counted(acme, "Stripe") as asked:
        for _ in range(5):
            acme.work_once()
            acme.poll()
            acme.clock.turn(timedelta(minutes=31))

    assert asked == []  # the stand-in logs no request that it does not know the sender of
    assert "refused the API key" in acme.status().held
    assert acme.operations()[0].attempts == 1

    acme.stripe_sandbox.dashboard.add_key("sk_test_new")
    enter(acme, STRIPE_API_KEY="sk_test_new")
    acme.poll()
    acme.work()
    assert at_stripe(acme) == {number: 10000}


def test_many_workers_with_an_expired_token_refresh_it_once(acme: World) -> None:
    acme.poll()
    acme.clock.turn(timedelta(hours=1))
    tenant = acme.tenant()

    def ask(_: int) -> str:
        client = acme.runtime.deltek(tenant)
        return client.firm(acme.clients["Riverbend Schools"]).name

    with counted(acme, "Deltek") as asked, ThreadPoolExecutor(8) as workers:
        names = set(workers.map(ask, range(16)))

    assert names == {"Riverbend Schools"}
    assert asked.count(TOKEN) == 1


def test_an_outage_of_deltek_is_temporary_and_the_poll_goes_on_after_it(acme: World) -> None:
    number = acme.bill({"02": "100.00"})
    acme.deltek_sandbox.faults.add(Fault("before", status=503, times=3))
    for _ in range(3):
        acme.poll()
        acme.clock.turn(timedelta(minutes=2))
    assert not acme.status().failed

    acme.poll()
    acme.work()
    assert at_stripe(acme) == {number: 10000}
    assert acme.status().poll_problem == ""


def test_events_that_the_key_could_not_read_for_days_are_swept_once_it_can(acme: World) -> None:
    number = acme.bill({"02": "100.00"})
    acme.poll()
    acme.settle()
    key = acme.stripe_books.keys[SECRETS["STRIPE_API_KEY"].reveal()]
    key.lacks.add("event_read")
    acme.pay(number)
    acme.stripe_books.outbox.clear()  # the deliveries are lost
    for _ in range(4):
        acme.clock.turn(timedelta(hours=12))
        acme.poll()
    assert acme.status().poll_problem == ""

    key.lacks.clear()
    acme.poll()
    acme.settle()
    assert acme.deltek_invoice(number)["balance"] == "0.00"


@contextmanager
def second_tenant(world: World, engine: Engine, directory: Path) -> Iterator[World]:
    """Tenant bravo: another Deltek, another Stripe account, the same product."""
    with open_world(engine, world.runtime.settings.redis_url or "", directory) as bravo:
        bravo.slug = "bravo"
        bravo.runtime = Runtime(
            bravo.runtime.settings, engine, world.runtime.vault, world.clock, Random(3), world.doorbell
        )
        bravo.clock = world.clock
        bravo.apply(tenant_file(bravo.deltek_url).replace('"acme"', '"bravo"', 1))
        enter(bravo, **{name: secret.reveal() for name, secret in SECRETS.items()})
        bravo.annex()
        yield bravo


def test_rule_8_one_tenant_s_outage_holds_up_no_other(acme: World, engine: Engine, tmp_path: Path) -> None:
    directory = tmp_path / "bravo"
    directory.mkdir()
    with second_tenant(acme, engine, directory) as bravo:
        down, fine = acme.bill({"02": "100.00"}), bravo.bill({"02": "200.00"})
        acme.deltek_sandbox.faults.add(Fault("before", status=503, times=50))

        acme.poll()
        bravo.poll()
        bravo.work()
        assert at_stripe(bravo) == {fine: 20000}
        assert at_stripe(acme) == {}
        assert bravo.status().poll_problem == ""

        acme.deltek_sandbox.faults.clear()
        acme.clock.turn(timedelta(minutes=15))
        acme.poll()
        acme.work()
        assert at_stripe(acme) == {down: 10000}
        with bravo.runtime.transaction() as session:
            assert set(session.scalars(select(Tenant.slug))) == {"acme", "bravo"}


def test_a_batch_that_cannot_be_read_blocks_its_own_invoices_and_stops_nothing_behind_it(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable, readable = acme.bill({"02": "100.00"}), acme.bill({"02": "200.00"})
    whole = Vantagepoint.documents

    def documents(vantagepoint: Vantagepoint, batch: str) -> list[InvoiceDocument]:
        found = whole(vantagepoint, batch)
        if any(document.invoice == unreadable for document in found):
            raise Blocked("DataEntry/inMaster: TransDate of the row is no date", "Correct it in Deltek")
        return found

    monkeypatch.setattr(Vantagepoint, "documents", documents)
    acme.poll()
    acme.work()

    assert acme.stripe_invoice(readable)["status"] == "open"
    blocked = acme.invoice(unreadable)
    assert (blocked.state, blocked.company) == ("blocked", "00")
    assert "TransDate" in blocked.reason
    monkeypatch.undo()
    replay(acme.runtime, acme.tenant(), unreadable)
    assert acme.stripe_invoice(unreadable)["total"] == 10000
