"""Deliberate bugs of the product, each put into it in memory: the simulation has to find every one."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from connector.models import Event
from connector.money import split
from connector.sync import (
    handle_event,
    movements,
    plan_settlement,
    poll,
    returned_money,
    settlement_step,
    split_receipt,
    take_in_disputes,
    take_in_payments,
    take_in_refunds,
)
from connector.sync.settlement_step import PayElsewhere
from connector.work import Attempt

Mutation = Callable[[], Any]
REFUND_EVENTS = ("refund", "charge.refund.updated", "charge.refunded")


def nothing(*_: object, **__: object) -> None:
    """In the place of what ought to be done."""


def only_acknowledged(attempt: Attempt[Event]) -> None:
    """An event that is done as soon as it is looked at."""
    attempt.finish()


def a_cent_less(amount: int, weights: list[int]) -> list[int]:
    first, *others = split(amount, weights)
    return [first - 1 if first > 1 else first, *others]


def all_on_the_first(amount: int, weights: list[int]) -> list[int]:
    return [amount, *(0 for _ in weights[1:])]


def twice_as_much(deltek: Any, at_stripe: Any, too_much: int) -> PayElsewhere:
    amount = min(2 * too_much, at_stripe.amount_remaining)
    return PayElsewhere(amount, whole=amount == at_stripe.amount_remaining)


@contextmanager
def payments_only() -> Iterator[None]:
    """What exceeded an invoice is taken for a payment of it."""
    with patch.object(take_in_payments, "_excess", lambda *_: take_in_payments.Excess()):
        yield


MUTATIONS: dict[str, Mutation] = {
    "a share of what went back is a cent short": lambda: patch.object(returned_money, "split", a_cent_less),
    "a receipt is not spread": lambda: patch.object(split_receipt, "split", all_on_the_first),
    "a refund that failed stays booked": lambda: patch.object(take_in_refunds, "REFUND_CAME_BACK", ()),
    "money that a dispute gave back is not booked": lambda: patch.object(
        take_in_disputes, "_reinstated", nothing
    ),
    "the batch id is a new one each time": lambda: patch.object(
        movements, "batch_id", lambda *_: f"STRP{uuid.uuid4().hex[:22]}"
    ),
    "Stripe invoices are reduced by twice as much": lambda: patch.object(
        settlement_step, "_reduce", twice_as_much
    ),
    "Stripe invoices are never brought down": lambda: patch.object(
        plan_settlement, "needs_settling", lambda *_: False
    ),
    "lost events stay lost": lambda: patch.object(poll, "sweep_events", nothing),
    "refunds are not taken in": lambda: patch.dict(
        handle_event.HANDLERS, dict.fromkeys(REFUND_EVENTS, only_acknowledged)
    ),
    "what exceeded an invoice is taken for its payment": payments_only,
}
