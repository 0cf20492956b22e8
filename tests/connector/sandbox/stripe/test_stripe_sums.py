"""Whatever happens to an invoice, its amounts tell to the cent what settled it."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.sandbox.stripe import (
    Books,
    Dashboard,
    customer_balance,
    customers,
    invoice_life,
    invoice_lines,
)
from connector.sandbox.stripe import invoices as invoice_drafts
from connector.sandbox.stripe.books import Object
from connector.sandbox.stripe.clock import DAY, Clock
from connector.sandbox.stripe.errors import Refusal
from connector.sandbox.stripe.presenting import whole
from connector.stripe_api import reading
from connector.stripe_api.records import StripeInvoice

AMOUNTS = st.integers(1, 6000)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(
                ["pay", "credit_note", "credit_after_payment", "record_payment", "dispute", "refund"]
            ),
            AMOUNTS,
        ),
        st.tuples(
            st.sampled_from(["pay_all", "pay_twice", "pay_out_of_band", "void_credit_note", "give_up"]),
            st.just(0),
        ),
    ),
    max_size=8,
)


class Life:
    """One invoice, and who does what to it."""

    def __init__(self, total: int, balance: int) -> None:
        clock = Clock(lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
        self.books = Books(clock=clock, entropy=Random(5))
        self.paid_out_of_band = 0
        self.dashboard = Dashboard(self.books)
        self.customer = customers.create(self.books, {"email": "ap@client.example"})["id"]
        if balance:
            given_credit = {"amount": balance, "currency": "usd"}
            customer_balance.create(self.books, given_credit, self.customer)
        head = {"customer": self.customer, "collection_method": "send_invoice"}
        draft = invoice_drafts.create(self.books, {**head, "due_date": self.books.now() + 30 * DAY})
        self.id = draft["id"]
        invoice_lines.add_lines(self.books, {"lines": [{"amount": total}]}, self.id)
        invoice_life.finalize(self.books, {}, self.id)

    def step(self, action: str, amount: int) -> None:
        """Does it, or hears that Stripe refuses."""
        try:
            getattr(self, action)(amount)
        except Refusal:
            return

    def pay(self, amount: int) -> None:
        self.dashboard.pay(self.id, amount)

    def pay_all(self, _: int) -> None:
        self.dashboard.pay(self.id)

    def pay_twice(self, _: int) -> None:
        self.dashboard.pay_twice(self.id)

    def credit_note(self, amount: int) -> None:
        self.dashboard.credit_note(self.id, amount)

    def credit_after_payment(self, amount: int) -> None:
        self.dashboard.credit_note(self.id, amount, credit_amount=amount)

    def void_credit_note(self, _: int) -> None:
        for note in list(self.books.table("credit_note")):
            self.dashboard.void_credit_note(note)

    def record_payment(self, amount: int) -> None:
        self.dashboard.record_payment(self.id, amount)

    def pay_out_of_band(self, _: int) -> None:
        rest = self.invoice.amount_remaining
        self.dashboard.pay_out_of_band(self.id)
        self.paid_out_of_band += rest

    def give_up(self, _: int) -> None:
        self.dashboard.mark_uncollectible(self.id)

    def dispute(self, amount: int) -> None:
        self.dashboard.dispute(self.id, amount)

    def refund(self, amount: int) -> None:
        self.dashboard.refund(self.id, amount)

    @property
    def invoice(self) -> StripeInvoice:
        return reading.invoice(whole(self.books, self.books.table("invoice")[self.id]))

    def payments(self, kind: str) -> int:
        rows = self.books.table("invoice_payment").values()
        return sum(row["amount_paid"] for row in rows if row["status"] == "paid" and kind in row["payment"])

    def rows(self, kind: str) -> list[Object]:
        return [row for row in self.books.table(kind).values() if row["invoice"] == self.id]

    def check(self) -> None:
        invoice = self.invoice
        used = [row["amount"] for row in self.rows("customer_balance_transaction") if _uses_credit(row)]
        notes = [row["pre_payment_amount"] for row in self.rows("credit_note") if row["status"] == "issued"]
        assert invoice.credit_used == sum(used)
        assert invoice.pre_payment_credit_notes == sum(notes)
        assert invoice.paid_through_stripe == self.payments("payment_intent") - invoice.amount_overpaid
        reported = self.payments("payment_record") + self.paid_out_of_band
        assert invoice.settled_elsewhere == sum(notes) + reported
        assert invoice.amount_remaining >= 0
        settled = invoice.credit_used + invoice.settled_elsewhere + invoice.paid_through_stripe
        assert invoice.total == settled + invoice.amount_remaining


def _uses_credit(row: Object) -> bool:
    return row["type"] in ("applied_to_invoice", "invoice_too_small")


@settings(deadline=None)
@given(total=st.integers(-2000, 9000), balance=st.integers(-9000, 3000), steps=STEPS)
def test_the_parts_of_an_invoice_are_its_total(
    total: int, balance: int, steps: list[tuple[str, int]]
) -> None:
    life = Life(total, balance)
    life.check()
    for action, amount in steps:
        life.step(action, amount)
        life.check()


@pytest.mark.parametrize(
    ("balance", "steps", "parts"),
    [
        (0, [("pay", 2000)], (0, 0, 2000, 3000)),
        (0, [("pay", 6000)], (0, 0, 5000, 0)),
        (-1200, [("pay_all", 0)], (1200, 0, 3800, 0)),
        (300, [], (-300, 0, 0, 5300)),
        (-1000, [("credit_note", 500), ("record_payment", 700), ("pay", 800)], (1000, 1200, 800, 2000)),
        (0, [("pay", 1000), ("pay_out_of_band", 0)], (0, 4000, 1000, 0)),
        (0, [("credit_note", 500), ("void_credit_note", 0)], (0, 0, 0, 5000)),
        (0, [("pay_all", 0), ("refund", 2000)], (0, 0, 5000, 0)),
    ],
)
def test_each_way_to_settle_has_its_own_part(
    balance: int, steps: list[tuple[str, int]], parts: tuple[int, int, int, int]
) -> None:
    life = Life(5000, balance)
    for action, amount in steps:
        getattr(life, action)(amount)
    invoice = life.invoice
    assert (
        invoice.credit_used,
        invoice.settled_elsewhere,
        invoice.paid_through_stripe,
        invoice.amount_remaining,
    ) == parts
