"""What tests of money ask again and again: invoices that are paid, receipts as Deltek holds them, both books."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.engine import Connection

from connector.models import Event, Operation, OperationKind, WorkState
from connector.sandbox.faults import Fault, Kind
from connector.sandbox.stripe.control import audit as stripe_audit
from connector.sandbox.vantagepoint.auditor import audit as deltek_audit
from connector.sync.reconcile import Reconciliation, reconcile
from connector.sync.replay import Replayed, replay
from connector.use_cases import handle_stored_event
from tests.support.world import World

PHASES = {"02": "600.00", "03": "400.00"}


def pushed(world: World, amounts: dict[str, str] | None = None, **about: Any) -> str:
    """An invoice that is open at Stripe (by default 600.00 and 400.00 on two phases); its number."""
    number = world.bill(amounts or PHASES, **about)
    world.poll()
    world.settle()
    return number


def receipts(world: World, number: str) -> list[dict[str, Any]]:
    """The receipts on the invoice as the auditor sees them, posted or not."""
    found: list[dict[str, Any]] = world.deltek_invoice(number)["receipts"]
    return found


def spread(receipt: dict[str, Any]) -> dict[str, str]:
    """Amount by phase."""
    return {row["wbs2"]: row["amount"] for row in receipt["wbs"]}


def our_files(world: World) -> list[Any]:
    """The receipt files that the connector's login entered."""
    return [file for file in world.deltek_books.receipts.files if file.entered_by == "MLCONNECTOR"]


def total_received(world: World, number: str) -> Decimal:
    return sum((Decimal(one["amount"]) for one in receipts(world, number)), Decimal(0))


def both_books(world: World) -> str:
    """Everything that both systems hold, as text to compare."""
    return json.dumps(
        [deltek_audit(world.deltek_books), stripe_audit(world.stripe_books)], default=str, sort_keys=True
    )


def events(world: World) -> list[Event]:
    with world.runtime.transaction() as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def handle_due(world: World, *, at_most: int = 1000) -> None:
    """Handle the events that are due, and nothing that follows from them."""
    for due in [one for one in events(world) if one.state is WorkState.DUE][:at_most]:
        handle_stored_event(world.runtime, due.id)


def receipt_operations(world: World) -> list[Operation]:
    return [one for one in world.operations() if one.kind is OperationKind.POST_RECEIPT]


def blocked(world: World) -> list[Operation]:
    return [one for one in world.operations() if one.state is WorkState.BLOCKED]


def replayed(world: World, reference: str) -> list[Replayed]:
    return replay(world.runtime, world.tenant(), reference)


def tied(world: World) -> Reconciliation:
    return reconcile(world.runtime, world.tenant(), None)


def turn_to(world: World, moment: datetime) -> None:
    world.clock.turn(moment - world.clock.now())


class NthRequest(Fault):
    """A fault that lets the first `passed` matching requests through and strikes the next."""

    def __init__(self, kind: Kind, passed: int, *, seconds: float = 0.0) -> None:
        super().__init__(kind, path="(?!.*/token).*", seconds=seconds)
        self._passed = passed

    def matches(self, method: str, path: str) -> bool:
        if not super().matches(method, path):
            return False
        self._passed -= 1
        return self._passed < 0


class Killed(BaseException):
    """The worker's process ends here."""


@contextmanager
def killed_at_commit(world: World, passed: int) -> Iterator[Callable[[], bool]]:
    """The process dies in the place of its next commit after `passed` ones; nothing of it reaches the database
    from then on, its leases stay. What is yielded tells whether it has died."""
    commits = 0

    def die(_: Connection) -> None:
        nonlocal commits
        commits += 1
        if commits > passed:
            raise Killed

    event.listen(world.runtime.engine, "commit", die)
    try:
        yield lambda: commits > passed
    except Killed:
        pass
    finally:
        event.remove(world.runtime.engine, "commit", die)


NOW, AN_HOUR, A_DAY_AND_AN_HOUR = timedelta(0), timedelta(hours=1), timedelta(hours=25)
