"""Every unit of money that moved at Stripe for the tenant's invoices, worked out from the objects that moved it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from connector.sandbox.auditor.deltek_side import NOTHING, Key
from connector.sandbox.auditor.stripe_side import Bill, Paid, StripeSide, exact
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.events import snapshot

CREDIT_OF_INVOICES = ("applied_to_invoice", "unapplied_from_invoice", "invoice_too_small")
"""docs.stripe.com/billing/customer/balance: what pays an invoice, what its voiding gives back, what it owes."""


@dataclass(frozen=True, eq=False)
class Movement:
    """One unit of money. `amount` is the cash, positive when it was received; what else it is says `kind`.

    Of a payment or of credit, `on_invoice` is what goes on the invoice `key`, and `over` what goes elsewhere. Of
    what went back, or came again, Stripe tells no shares, so `key` is None. `names` are the ids that a receipt may
    name it by; `moments` the Unix times that may date it. While nothing of an `optional` group is booked, nothing
    of it need be: its parts undo each other.
    """

    kind: str
    group: str
    names: frozenset[str]
    source: str
    currency: str
    amount: Decimal
    moments: tuple[int, ...]
    key: Key | None = None
    on_invoice: Decimal = NOTHING
    over: Decimal = NOTHING
    optional: bool = False

    @property
    def id(self) -> str:
        return min(self.names)

    @property
    def spoken(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def positive(self) -> bool:
        return (self.amount or self.on_invoice) > 0


@dataclass(frozen=True)
class Source:
    """A PaymentIntent, or a charge that has none: what it put on each invoice, over them, and on others' invoices."""

    id: str
    applied: dict[Key, Decimal]
    excess: Decimal
    foreign: Decimal


class MoneyMoved:
    """Read once. `movements` are in the order of time; `asked` is what Stripe still asks for, by invoice."""

    def __init__(self, books: Books, stripe: StripeSide) -> None:
        with books.lock:
            self._books = books
            self._paid: dict[str, list[Paid]] = defaultdict(list)
            self.asked: dict[Key, Decimal] = defaultdict(Decimal)
            for bill in stripe.bills.values():
                self.asked[bill.key] += bill.remaining if bill.stands else NOTHING
            for paid in stripe.payments:
                self._paid[paid.source].append(paid)
            self.sources = {name: self._source(name, paid) for name, paid in self._paid.items()}
            found = [
                *(_payment(paid) for paid in stripe.payments),
                *self._refunds(),
                *self._disputes(),
                *self._credit(stripe),
            ]
            self.movements = sorted(found, key=lambda one: one.moments[0])

    def all_went_back(self, bill: Bill) -> bool:
        """Whether nothing is asked for by the Stripe invoice, nor kept of what its payments brought in."""
        sources = {paid.source for found in self._paid.values() for paid in found if paid.bill.id == bill.id}
        kept = sum((one.amount for one in self.movements if one.source in sources), NOTHING)
        return not bill.remaining and not kept

    def _source(self, name: str, payments: list[Paid]) -> Source:
        applied: dict[Key, Decimal] = defaultdict(Decimal)
        for paid in payments:
            applied[paid.bill.key] += paid.applied
        excess = sum((paid.excess for paid in payments), NOTHING)
        intent = self._books.table("payment_intent").get(name)
        received = intent["amount_received"] if intent else self._books.table("charge")[name]["amount"]
        foreign = exact(received, payments[0].bill.currency) - sum(applied.values(), NOTHING) - excess
        return Source(name, dict(applied), excess, foreign)

    def _source_of(self, row: Object) -> str:
        """What paid the charge that a refund or dispute is of."""
        charge = self._books.table("charge")[row["charge"]]
        return str(charge["payment_intent"] or charge["id"])

    def _refunds(self) -> Iterator[Movement]:
        for refund in self._books.table("refund").values():
            source = self._source_of(refund)
            if source not in self.sources or self._is_of_nothing(refund):
                continue
            if refund["status"] == "succeeded":
                yield self._refund(refund, source, optional=False)
            elif refund["status"] in ("failed", "canceled") and self._had_succeeded(refund):
                yield self._refund(refund, source, optional=True)
                yield self._refund_failed(refund, source)

    def _is_of_nothing(self, refund: Object) -> bool:
        """By a refund of the charge that came to nothing a bank debit that failed leaves the balance."""
        return bool(self._books.table("charge")[refund["charge"]]["status"] == "failed")

    def _refund(self, refund: Object, source: str, *, optional: bool) -> Movement:
        amount = -exact(refund["amount"], refund["currency"])
        moments = (refund["created"], *self._booked_at(refund["balance_transaction"]))
        return _returned("refund", refund, {refund["id"]}, source, amount, moments, optional=optional)

    def _refund_failed(self, refund: Object, source: str) -> Movement:
        amount = exact(refund["amount"], refund["currency"])
        moments = self._booked_at(refund.get("failure_balance_transaction"))
        return _returned("refund failed", refund, {refund["id"]}, source, amount, moments, optional=True)

    def _had_succeeded(self, refund: Object) -> bool:
        """Whether money had gone back: what failed before that moved none. Only the events remember."""
        for event in self._books.table("event").values():
            if event["type"].startswith("refund."):
                seen = snapshot(self._books, event)["object"]
                if (seen["id"], seen["status"]) == (refund["id"], "succeeded"):
                    return True
        return False

    def _booked_at(self, transaction: str | None) -> tuple[int, ...]:
        found = self._books.table("balance_transaction").get(transaction or "")
        return (found["created"],) if found else ()

    def _disputes(self) -> Iterator[Movement]:
        """Each balance transaction of a dispute moved money; it is in the currency that the account settles in."""
        for dispute in self._books.table("dispute").values():
            source = self._source_of(dispute)
            for name in dispute["balance_transactions"] if source in self.sources else ():
                entry = self._books.table("balance_transaction")[name]
                minor = entry["amount"]
                if entry["currency"] != dispute["currency"]:
                    minor = dispute["amount"] if minor > 0 else -dispute["amount"]
                amount = exact(minor, dispute["currency"])
                kind = "dispute reinstated" if minor > 0 else "dispute"
                names = {dispute["id"], entry["id"]}
                yield _returned(kind, dispute, names, source, amount, (entry["created"],))

    def _credit(self, stripe: StripeSide) -> Iterator[Movement]:
        """The customer's credit that paid an invoice: no cash, but it settles the invoice."""
        for entry in self._books.table("customer_balance_transaction").values():
            bill = stripe.bills.get(entry["invoice"] or "")
            if bill is not None and entry["type"] in CREDIT_OF_INVOICES:
                amount, group = exact(entry["amount"], entry["currency"]), f"credit of {bill.id}"
                yield Movement(
                    kind="credit applied",
                    group=group,
                    names=frozenset({entry["id"]}),
                    source=group,
                    currency=bill.currency,
                    amount=NOTHING,
                    moments=(entry["created"],),
                    key=bill.key,
                    on_invoice=amount,
                    over=-amount,
                    optional=True,
                )


def _payment(paid: Paid) -> Movement:
    return Movement(
        kind="payment",
        group=paid.id,
        names=frozenset({paid.id}),
        source=paid.source,
        currency=paid.bill.currency,
        amount=paid.applied + paid.excess,
        moments=(paid.at,),
        key=paid.bill.key,
        on_invoice=paid.applied,
        over=paid.excess,
    )


def _returned(
    kind: str,
    row: Object,
    names: set[str],
    source: str,
    amount: Decimal,
    moments: tuple[int, ...],
    *,
    optional: bool = False,
) -> Movement:
    return Movement(
        kind=kind,
        group=row["id"],
        names=frozenset(names),
        source=source,
        currency=row["currency"].upper(),
        amount=amount,
        moments=moments or (row["created"],),
        optional=optional,
    )
