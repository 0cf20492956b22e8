"""What an accountant does in Deltek to an invoice that is at Stripe, and how both sides stand afterwards."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from connector import audit
from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.auditor import audit as audit_deltek
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sync.poll import poll_tenant, read_news
from connector.sync.problems import Problem, problems_of
from connector.sync.replay import Replayed
from connector.sync.take_in_postings import take_in_invoice_number
from connector.sync.tell_entered import Entered, tell_entered
from tests.support.auditing import audited
from tests.support.money import pushed, tied
from tests.support.world import World

TODAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 21)
A_WHILE = timedelta(minutes=5)
_checks = count(7001)


def one_phase(world: World, amount: str = "1000.00") -> str:
    """An invoice over this amount that is open at Stripe; its number."""
    return pushed(world, {"02": amount})


def checked(world: World, *paid: tuple[str, str], bank: str = "FIRST", dated: date = TODAY) -> str:
    """A check on each invoice number, for this amount; a negative one bounced. Its batch."""
    payments = [Payment(number, "24001.00", Decimal(amount), wbs2="02") for number, amount in paid]
    return world.accountant.record_check(f"{next(_checks)}", dated, payments, bank)


def polled(world: World) -> None:
    """The next poll, and all that follows from it."""
    world.clock.turn(A_WHILE)
    world.poll()
    world.settle()


def synced(world: World) -> None:
    """What `ml-connector sync` does: everything is read and compared now."""
    world.clock.turn(A_WHILE)
    poll_tenant(
        world.runtime,
        world.tenant().id,
        lambda run: read_news(run, all_at_once=True),
        slice_time=timedelta(hours=1),
    )
    world.settle()


def compare(world: World) -> None:
    """The full comparison, when it comes round, and whatever follows from it."""
    world.clock.turn(timedelta(minutes=61))
    world.poll()
    world.settle()


def at_stripe(world: World, number: str) -> tuple[str, int]:
    """Its status and what it asks for, in minor units."""
    invoice = world.stripe_invoice(number)
    return invoice["status"], invoice["amount_remaining"]


def balance(world: World, number: str) -> str:
    """What is open on it in Deltek, its credit memos taken off."""
    items = audit_deltek(world.deltek_books)["invoices"]
    of_it = [Decimal(one["balance"]) for one in items if number in (one["number"], one["credit_memo"])]
    return str(sum(of_it, Decimal("0.00")))


def problems(world: World) -> list[Problem]:
    with world.runtime.transaction() as session:
        return problems_of(session, world.runtime.tenant_by_slug(session, world.slug))


def only_problem(world: World) -> Problem:
    assert (world.status().backlog, world.status().failed) == (0, 1), problems(world)
    (found,) = problems(world)
    return found


def told(world: World, reference: str, *entered: str) -> list[Replayed]:
    """What `ml-connector replay REFERENCE --by-hand --entered …` does."""
    receipts = [Entered.parse(one) for one in entered]
    results = tell_entered(world.runtime, world.tenant(), reference, receipts)
    world.settle()
    return results


def story(world: World, reference: str) -> str:
    """The audit trail of it, a line for each entry."""
    with world.runtime.transaction() as session:
        entries = audit.trail(session, world.tenant().id, reference)
        return "\n".join(f"{one.action}: {one.summary}" for one in entries)


def assert_reconciled(world: World) -> None:
    """The product finds both sides equal to the cent, and nothing waits for anybody."""
    assert (world.status().backlog, world.status().failed) == (0, 0), problems(world)
    assert [(one.number, one.difference, one.notes) for one in tied(world).differences] == []


def assert_all_ties(world: World) -> None:
    """And so does the auditor, who knows of no receipt that a person entered for a movement."""
    assert_reconciled(world)
    assert [str(one) for one in audited(world)] == []


def credited(world: World, number: str, amount: str) -> str:
    """A posted credit memo on it; the batch of the memo."""
    batch = world.deltek_books.billing.next_batch()
    world.accountant.credit_invoice(number, Decimal(amount), TODAY, batch)
    return batch


def numbered(world: World, number: str) -> None:
    """What `ml-connector sync --invoice` does."""
    world.clock.turn(A_WHILE)
    poll_tenant(
        world.runtime,
        world.tenant().id,
        lambda run: take_in_invoice_number(run, number) >= 0,
        slice_time=timedelta(hours=1),
    )
    world.settle()


def adjusted(world: World, number: str, amount: str, *, due: date | None = None) -> str:
    """What an adjustment under the invoice's own number charges, or takes off; its batch (KB109307)."""
    batch = world.deltek_books.billing.next_batch()
    line = InvoiceLine(wbs1="24001.00", wbs2="02", amount=Decimal(amount))
    world.accountant.post_invoice(Invoice("24001.00", (line,), TODAY, number=number, due=due), batch)
    return batch


def batch_of(world: World, number: str) -> str:
    """The batch of the invoice's first posting."""
    return world.invoice(number).batch


def requests_that_write(world: World) -> list[str]:
    """The endpoints of what was written to Stripe."""
    return [one["endpoint"] for one in world.stripe_books.requests if one["endpoint"].startswith("POST")]
