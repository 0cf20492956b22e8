"""The audit trail: append-only, and the whole story of a record by any of its names."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector import audit
from connector.models import AuditEntry, Event
from connector.sandbox.faults import Fault
from connector.tenants import registry
from tests.support.bench import Bench
from tests.support.world import World

STORY = ["read client from Deltek", "read invoice from Deltek", "aligned customer", "pushed invoice"]


def actions(world: World, reference: str) -> list[str]:
    with world.runtime.transaction() as session:
        return [entry.action for entry in audit.trail(session, world.tenant().id, reference)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET summary = 'never happened'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(bench: Bench, statement: str) -> None:
    bench.tenant()
    before = [entry.summary for entry in bench.trail()]

    with pytest.raises(DBAPIError, match="append-only"), bench.engine.begin() as connection:
        connection.execute(text(statement))

    assert [entry.summary for entry in bench.trail()] == before


def test_a_deleted_tenant_takes_its_own_trail_along_and_no_other(bench: Bench) -> None:
    acme, other = bench.tenant("acme"), bench.tenant("other")

    with bench.runtime.transaction() as session:
        registry.delete(session, session.merge(acme))

    assert {entry.tenant_id for entry in bench.trail()} == {other.id}
    with pytest.raises(DBAPIError, match="append-only"), bench.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entries"))


def test_who_acts_is_named_in_every_entry_and_nobody_after_that(bench: Bench) -> None:
    tenant = bench.tenant()
    with audit.acting_as("operator jane"):
        note(bench, tenant.id, "by jane")
    note(bench, tenant.id, "by nobody in particular")

    assert [entry.actor for entry in bench.trail()][-2:] == ["operator jane", "ml-connector"]


def test_empty_names_are_dropped_and_doubled_ones_kept_once(bench: Bench) -> None:
    note(bench, bench.tenant().id, "noted", refs=["pi_1", None, "", "in_1", "pi_1"])

    assert bench.trail()[-1].refs == ["in_1", "pi_1"]


def test_the_trail_of_one_tenant_never_shows_another_s(bench: Bench) -> None:
    acme, other = bench.tenant("acme"), bench.tenant("other")
    note(bench, other.id, "theirs", refs=["in_1"])

    with bench.runtime.transaction() as session:
        assert audit.trail(session, acme.id, "in_1") == []


def test_an_unpaid_invoice_s_story_begins_with_its_client(acme: World) -> None:
    number = acme.bill({"02": "1200.00"})
    acme.poll()
    acme.work()

    assert actions(acme, number) == STORY


def test_a_paid_and_refunded_invoice_tells_the_same_story_by_each_of_its_names(acme: World) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    acme.poll()
    acme.work()
    charge = acme.pay(number)
    acme.settle()
    acme.stripe_sandbox.dashboard.refund(charge["id"])
    acme.settle()

    story = actions(acme, number)

    assert story[:4] == STORY
    assert "money moved: payment" in story
    assert "money moved: refund" in story
    assert story.count("receipt posted") == 2
    for name in names(acme, number):
        assert actions(acme, name) == story, name


def test_the_story_of_one_invoice_leaves_out_the_client_s_others(acme: World) -> None:
    first, second = acme.bill({"02": "10.00"}), acme.bill({"03": "20.00"})
    acme.poll()
    acme.work()

    assert actions(acme, first) == STORY
    with acme.runtime.transaction() as session:
        entries = audit.trail(session, acme.tenant().id, first)
    assert not [entry for entry in entries if second in entry.refs]
    assert actions(acme, acme.stripe_invoice(first)["customer"]).count("pushed invoice") == 2


def test_a_client_that_could_not_be_brought_to_stripe_is_told_of_in_its_invoice_s_story(acme: World) -> None:
    number = acme.bill({"02": "10.00"})
    acme.poll()
    acme.stripe_sandbox.faults.add(Fault("before", "POST", "/v1/customers"))
    acme.work()

    assert "failed, will be tried again" in actions(acme, number)


def names(world: World, number: str) -> list[str]:
    """Every name that the invoice, its money and the events about it have anywhere."""
    invoice = world.invoice(number)
    found = [invoice.stripe_invoice_id or "", invoice.batch]
    for movement in world.movements():
        found += [movement.stripe_id, movement.payment_intent, movement.charge, movement.batch]
    found += [f"op-{one.id}" for one in world.operations() if one.invoice_id == invoice.id]
    with world.runtime.transaction() as session:
        kinds = ("invoice.paid", "invoice_payment.paid", "refund.created")
        events = session.query(Event).filter(Event.type.in_(kinds)).all()
    return [name for name in (*found, *(one.stripe_event_id for one in events)) if name]


def note(bench: Bench, tenant_id: int, action: str, refs: list[str | None] | None = None) -> None:
    with bench.runtime.transaction() as session:
        audit.write(
            session, tenant_id=tenant_id, at=bench.clock.now(), action=action, summary=action, refs=refs or []
        )
    assert isinstance(bench.trail()[-1], AuditEntry)


def test_a_charge_leads_to_the_story_of_the_invoice_it_paid(acme: World) -> None:
    number = acme.bill({"02": "100.00"})
    acme.poll()
    acme.work()
    charge = acme.pay(number)
    acme.settle()

    assert "money moved: payment" in actions(acme, charge["id"])
