"""A link to pay an invoice that never goes stale: an unguessable address of ours that leads to Stripe's page of today.

Stripe's own address ends 30 days after the due date at the latest, but is good for ten days after each time that it
is read (docs.stripe.com/invoicing/hosted-invoice-page): so it is read when somebody follows the link, and never kept.
"""

import logging
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import BoundedSemaphore

from sqlalchemy import select

from connector.errors import ConnectorError, HeldBack, Unavailable
from connector.models import Invoice, InvoiceState, Tenant
from connector.runtime import Runtime
from connector.stripe_api.records import StripeInvoice

logger = logging.getLogger(__name__)

PATH = "/pay/"
TOKEN = re.compile(r"[\w-]{32}", re.ASCII)

# Stripe meters reads, 500 for each transaction over 30 days (docs.stripe.com/rate-limits), and mail scanners and
# impatient people follow a link many times. What changes meanwhile Stripe's own page shows as well.
REMEMBERED_FOR = timedelta(minutes=5)
MOST_REMEMBERED = 1000
# The threads that wait for Stripe are those that take its events in.
MOST_AT_ONCE = 3

SOON, LATER, MUCH_LATER = 10, 60, 900  # seconds
LONGEST_WAIT = 3600.0


class PayState(StrEnum):
    """What there is to say to whoever follows the link."""

    PAYABLE = "payable"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    IN_PREPARATION = "in preparation"
    AWAY = "away"  # nobody can tell at this moment
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Destination:
    """Where a link leads; `retry_after` is in seconds, 0 where coming again changes nothing."""

    state: PayState
    number: str = ""
    url: str = ""
    retry_after: int = 0


def new_token() -> str:
    """The secret part of a link: 24 random bytes, as TOKEN spells them."""
    return secrets.token_urlsafe(24)


def pay_link(base: str | None, invoice: Invoice) -> str | None:
    """The address, under the public address `base` of the web process; None where it has none."""
    if not base or not invoice.pay_token:
        return None
    return f"{base.rstrip('/')}{PATH}{invoice.pay_token}"


@dataclass(frozen=True)
class _Remembered:
    destination: Destination
    until: datetime


class PayLinks:
    """Follows links for the visitors of one process; safe to share between its threads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._remembered: dict[tuple[object, ...], _Remembered] = {}
        self._asking = BoundedSemaphore(MOST_AT_ONCE)

    def follow(self, token: str) -> Destination:
        """Where the link leads now. Costs one read at Stripe at most, and none once the invoice is paid or gone."""
        found = self._invoice_of(token)
        if found is None:
            return Destination(PayState.UNKNOWN)
        invoice, tenant = found
        known = _known(invoice)
        if known is not None:
            return known
        if tenant.paused or tenant.blocked:
            return _away(invoice, MUCH_LATER)
        return self._at_stripe(tenant, invoice)

    def _invoice_of(self, token: str) -> tuple[Invoice, Tenant] | None:
        if not TOKEN.fullmatch(token):
            return None
        statement = select(Invoice, Tenant).join(Tenant, Tenant.id == Invoice.tenant_id)
        with self._runtime.transaction() as session:
            row = session.execute(statement.where(Invoice.pay_token == token)).one_or_none()
        return row and (row[0], row[1])

    def _at_stripe(self, tenant: Tenant, invoice: Invoice) -> Destination:
        # An event for the invoice changes the key, so that what was remembered before it counts no more.
        key = (invoice.stripe_invoice_id, invoice.stripe_status, invoice.stripe_read_at)
        now = self._runtime.clock.now()
        remembered = self._remembered.get(key)
        if remembered is not None and now < remembered.until:
            return remembered.destination
        destination = self._ask(tenant, invoice)
        if not destination.retry_after:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = _Remembered(destination, now + REMEMBERED_FOR)
        return destination

    def _ask(self, tenant: Tenant, invoice: Invoice) -> Destination:
        if not self._asking.acquire(blocking=False):
            return _away(invoice, SOON)
        try:
            return _of_stripe(invoice, self._read(tenant, invoice))
        except HeldBack as moment:
            return _away(invoice, _wait_after(moment))
        except ConnectorError as error:
            logger.warning("The pay link of invoice %s leads nowhere now: %s", invoice.number, error.message)
            return _away(invoice, _wait_after(error))
        finally:
            self._asking.release()

    def _read(self, tenant: Tenant, invoice: Invoice) -> StripeInvoice:
        assert invoice.stripe_invoice_id is not None  # noqa: S101 - what is not at Stripe is told by `_known`
        try:
            return self._runtime.stripe(tenant).retrieve_invoice(invoice.stripe_invoice_id)
        except HeldBack:
            raise
        except Unavailable:
            self._runtime.pace(tenant, "Stripe").failed()
            raise


def _known(invoice: Invoice) -> Destination | None:
    """What needs no question at Stripe: an invoice that is paid stays so, and one that is not there has no page."""
    told = Destination(PayState.PAID, invoice.number.strip())
    if invoice.state is InvoiceState.LEFT_ALONE:
        return replace(told, state=PayState.WITHDRAWN)
    if invoice.state is not InvoiceState.PUSHED or invoice.stripe_invoice_id is None:
        return replace(told, state=PayState.IN_PREPARATION, retry_after=LATER)
    return told if invoice.stripe_status == "paid" else None


def _of_stripe(invoice: Invoice, at_stripe: StripeInvoice) -> Destination:
    number = invoice.number.strip()
    if at_stripe.status == "paid":
        return Destination(PayState.PAID, number)
    if at_stripe.status == "void":
        return Destination(PayState.WITHDRAWN, number)
    # One marked uncollectible can still be paid (docs.stripe.com/invoicing/integration/workflow-transitions).
    if not at_stripe.hosted_invoice_url:
        return _away(invoice, LATER)
    return Destination(PayState.PAYABLE, number, at_stripe.hosted_invoice_url)


def _away(invoice: Invoice, seconds: int) -> Destination:
    return Destination(PayState.AWAY, invoice.number.strip(), retry_after=seconds)


def _wait_after(error: ConnectorError) -> int:
    """What Stripe asked for; where a person has to act first, long."""
    if not isinstance(error, Unavailable):
        return MUCH_LATER
    return max(SOON, int(min(error.retry_after or LATER, LONGEST_WAIT)))
