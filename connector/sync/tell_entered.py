"""A person tells on which invoices the money of a Stripe event was entered in Deltek; the event is done with that."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector.errors import UsageError
from connector.models import Event, Invoice, Tenant, WorkState
from connector.money import Money
from connector.runtime import Runtime
from connector.sync.replay import Replayed, do_again, events_named


@dataclass(frozen=True)
class Entered:
    """The receipts on one invoice: `amount` as they stand in Deltek, below zero for money that went back.

    `place` is the company or the project (WBS1) of the invoice, where its number alone does not tell it.
    """

    number: str
    amount: Decimal
    place: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """[PLACE:]NUMBER=AMOUNT; raises UsageError for anything else."""
        invoice, _, amount = text.rpartition("=")
        place, _, number = invoice.rpartition(":")
        with suppress(InvalidOperation):
            if number.strip():
                return cls(number.strip(), Decimal(amount.strip()), place.strip())
        raise UsageError(
            f"{text} does not say what was entered", "Say NUMBER=AMOUNT, for one 000012345=-100.00"
        )

    def __str__(self) -> str:
        return f"{self.place}:{self.number}" if self.place else self.number


def tell_entered(
    runtime: Runtime, tenant: Tenant, reference: str, receipts: Sequence[Entered]
) -> list[Replayed]:
    """Keep `receipts` with the event that `reference` names, and do the event again.

    Raises UsageError where no event of that name waits for a person or an invoice is not known, and InexactAmount
    for what is no amount of its currency.
    """
    with runtime.transaction() as session:
        event = _event_that_waits(session, tenant, reference)
        event.entered = _by_invoice(session, tenant, receipts)
    return do_again(runtime, tenant, [], [event], [])


def _event_that_waits(session: Session, tenant: Tenant, reference: str) -> Event:
    waiting = [one for one in events_named(session, tenant, reference) if one.state is WorkState.BLOCKED]
    if len(waiting) != 1:
        raise UsageError(
            f"{len(waiting) or 'No'} events of tenant {tenant.slug} that go by {reference} wait for a person",
            f"Name one event (evt_…); see: ml-connector status {tenant.slug}",
        )
    return session.get_one(Event, waiting[0].id, with_for_update=True)


def _by_invoice(session: Session, tenant: Tenant, receipts: Sequence[Entered]) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for receipt in receipts:
        invoice = _invoice_of(session, tenant, receipt)
        if str(invoice.id) in amounts:
            raise UsageError(f"Invoice {receipt} is named twice", "Say the sum of its receipts")
        amounts[str(invoice.id)] = Money.from_decimal(receipt.amount, invoice.currency).minor
    return amounts


def _invoice_of(session: Session, tenant: Tenant, receipt: Entered) -> Invoice:
    mine = select(Invoice).where(
        Invoice.tenant_id == tenant.id,
        Invoice.number == receipt.number,
        Invoice.stripe_invoice_id.is_not(None),
    )
    found = [
        one
        for one in session.scalars(mine.order_by(Invoice.id))
        if receipt.place in ("", one.company.strip(), one.wbs1.strip())
    ]
    if not found:
        raise UsageError(f"No invoice {receipt} of tenant {tenant.slug} is at Stripe")
    if len(found) > 1:
        places = ", ".join(f"{one.company.strip()} {one.wbs1.strip()}".strip() for one in found)
        raise UsageError(
            f"Invoice {receipt} stands {len(found)} times ({places})",
            "Put its company or its project before the number: PLACE:NUMBER=AMOUNT",
        )
    return found[0]
