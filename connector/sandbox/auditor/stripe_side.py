"""Stripe's side of the audit: the tenant's invoices, and what its customers' payments brought in and took back."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.money import Money
from connector.sandbox.auditor.deltek_side import NOTHING, DeltekSide, Key
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.revisions import original_of

TENANT, COMPANY, WBS1, NUMBER = "ml_connector_tenant", "deltek_company", "deltek_wbs1", "deltek_invoice"
CLIENT = "ml_connector_client"


@dataclass(frozen=True)
class Bill:
    """A Stripe invoice of the tenant.

    `paid` went through Stripe; it was `reduced` by credit notes (`credited`) and by what was paid off Stripe, and
    `foreign` is what of that others than the connector did.
    """

    id: str
    key: Key
    number: str
    status: str
    currency: str
    total: Decimal
    remaining: Decimal
    paid: Decimal
    overpaid: Decimal
    credited: Decimal
    reduced: Decimal
    foreign: Decimal
    processing: bool

    @property
    def stands(self) -> bool:
        return self.status not in ("draft", "void")


@dataclass(frozen=True)
class Paid:
    """An InvoicePayment that succeeded through Stripe: what the invoice took of it, and what exceeded that.

    `source` is the PaymentIntent, or the charge that has none; `at` is Unix time in seconds.
    """

    id: str
    bill: Bill
    source: str
    applied: Decimal
    excess: Decimal
    at: int


class StripeSide:
    """Read once, for one tenant of the account.

    Which of two payments of the same second came last Stripe does not tell: the one that `deltek` has beside the
    invoice is taken for it.
    """

    def __init__(self, books: Books, slug: str, deltek: DeltekSide) -> None:
        with books.lock:
            self._books, self._beside = books, deltek.beside
            self._of_invoice = _by_invoice(books)
            mine = [
                row
                for row in books.table("invoice").values()
                if self._made(row)["metadata"].get(TENANT) == slug and not _is_begun(row)
            ]
            self.bills = {row["id"]: self._bill(row) for row in mine}
            self.payments = [paid for bill in self.bills.values() for paid in self._payments(bill)]
            self.customers = [
                row["metadata"].get(CLIENT, "")
                for row in books.table("customer").values()
                if row["metadata"].get(TENANT) == slug
            ]

    def _made(self, row: Object) -> Object:
        """The invoice that was made for the tenant, where a person edited it: a revision has a number of Stripe's."""
        while (original := original_of(self._books, row)) is not None:
            row = original
        return row

    def _bill(self, row: Object) -> Bill:
        made = self._made(row)
        currency, metadata = row["currency"].upper(), made["metadata"]
        credited, off_stripe = row["pre_payment_credit_notes_amount"], row["amount_paid_off_stripe"]
        return Bill(
            id=row["id"],
            key=Key.of(*(metadata.get(name, "") for name in (COMPANY, WBS1, NUMBER))),
            number=made["number"] or "",
            status=row["status"],
            currency=currency,
            total=exact(row["total"], currency),
            remaining=exact(row["amount_remaining"], currency),
            paid=exact(row["amount_paid"] - off_stripe, currency),
            overpaid=exact(row["amount_overpaid"], currency),
            credited=exact(credited, currency),
            reduced=exact(credited + off_stripe, currency),
            foreign=exact(sum(self._foreign(row)), currency),
            processing=any(self._is_processing(one) for one in self._of_invoice[row["id"]]),
        )

    def _foreign(self, invoice: Object) -> Iterator[int]:
        for note in self._books.table("credit_note").values():
            if note["invoice"] == invoice["id"] and note["status"] == "issued" and _is_foreign(note):
                yield note["pre_payment_amount"]
        for payment in self._of_invoice[invoice["id"]]:
            record = self._books.table("payment_record").get(payment["payment"].get("payment_record", ""))
            if record is not None and payment["status"] == "paid" and _is_foreign(record):
                yield payment["amount_paid"]

    def _is_processing(self, payment: Object) -> bool:
        intent = self._books.table("payment_intent").get(payment["payment"].get("payment_intent", ""))
        return payment["status"] == "open" and intent is not None and intent["status"] == "processing"

    def _payments(self, bill: Bill) -> Iterator[Paid]:
        """The invoice takes from each what is left of what it was paid, so the last ones exceed it.

        Whether `amount_paid` of an InvoicePayment contains what exceeded the invoice is documented nowhere: where
        the amounts do not account for it, the last one brought it beside.
        """
        found = [
            one
            for one in self._of_invoice[bill.id]
            if one["status"] == "paid" and one["payment"]["type"] != "payment_record"
        ]
        found.sort(key=lambda one: (one["status_transitions"]["paid_at"], self._beside(one["id"])))
        left, beside = bill.paid, bill.overpaid
        amounts = [exact(one["amount_paid"], bill.currency) for one in found]
        beside -= sum(amounts, NOTHING) - bill.paid
        for row, amount in zip(found, amounts, strict=True):
            applied = min(amount, left)
            left -= applied
            more = beside if row is found[-1] else NOTHING
            at = row["status_transitions"]["paid_at"]
            yield Paid(row["id"], bill, _source(row), applied, amount - applied + more, at)


def exact(minor: int, currency: str) -> Decimal:
    """An amount of Stripe's, in minor units, as Deltek has it."""
    return Money(minor, currency.upper()).to_decimal()


def _source(payment: Object) -> str:
    kind: str = payment["payment"]["type"]
    return str(payment["payment"][kind])


def _is_foreign(row: Object) -> bool:
    return TENANT not in row["metadata"]


def _is_begun(invoice: Object) -> bool:
    """A revision that a person has not finished."""
    return invoice["status"] == "draft" and invoice["from_invoice"] is not None


def _by_invoice(books: Books) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in books.table("invoice_payment").values():
        found[row["invoice"]].append(row)
    return found
