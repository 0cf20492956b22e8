"""The machine of random legal histories."""

import sys
from collections import Counter
from functools import partial

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RULE_MARKER, initialize, precondition

from tests.simulation.at_stripe import AtStripe
from tests.simulation.in_deltek import AMOUNTS, NUMBERS, SHARES, VARIATIONS, InDeltek
from tests.simulation.product import TURNS, Product
from tests.simulation.remedies import Remedies
from tests.simulation.setting import Setting, cents, settings
from tests.simulation.stage import Stage
from tests.simulation.told import pick, step

FIRST = st.one_of(st.tuples(st.sampled_from(list(AMOUNTS)), st.sampled_from(VARIATIONS)), st.none())
PAID = st.sampled_from(["not yet", "not yet", "by card", "by bank debit"])


class History(Remedies):
    """Rules are what may happen at that moment by the stand-ins' books; at the end everything is looked at."""

    def __init__(self, stage: Stage, counts: Counter[str]) -> None:
        super().__init__(stage, counts)
        self.taken_out, self.altered, self.deleted = [], {}, []
        self.closed_at_stripe = set()

    @initialize(setting=settings(), first=FIRST, second=FIRST, paid=PAID)
    def begin(
        self, setting: Setting, first: tuple[str, str] | None, second: tuple[str, str] | None, paid: str
    ) -> None:
        """Most histories begin with an invoice or two that a client can pay, or has paid a part of."""
        self.setting = setting
        self.tell(str(setting))
        setting.apply(self.world)
        for billed in (first, second):
            if billed is not None:
                self.bill_so(*billed, 30)
        self.tell("the product works: as usual")
        self.take_turn("as usual")
        if self.asking() and paid != "not yet":
            self.has_paid("card" if paid == "by card" else "us_bank_account")

    def has_paid(self, method: str) -> None:
        invoice = self.asking()[0]
        amount = invoice["amount_remaining"] * 3 // 4
        self.tell(f"the client has paid {amount} on {invoice['number']} by {method}")
        charge = self.dashboard.pay(invoice["id"], amount, method)
        if charge["status"] == "pending":
            self.dashboard.settle(charge["id"])

    @step(
        passed=st.integers(0, 25),
        who=st.sampled_from(["client", "accountant with a check", "accountant with a memo", "bank"]),
        turn=TURNS,
    )
    def somebody_acts_meanwhile(self, passed: int, who: str, turn: str) -> None:
        """Between two requests of the product."""
        self.tell(f"the product works: {turn}; before its request {passed + 1}, perhaps, acts the {who}")
        with self.meanwhile(passed, partial(self.act, who)):
            self.take_turn(turn)

    @precondition(lambda self: self.refundable())
    @step(which=NUMBERS, share=SHARES)
    def refund_fails_once_it_is_booked(self, which: int, share: str) -> None:
        """Up to 30 days after it had succeeded (docs.stripe.com/refunds, failed refunds)."""
        before = {one["id"] for one in self.unsettled_refunds()}
        self.give_back(pick(self.refundable(), which), share, "succeeded")
        self.tell("the product works: as usual")
        self.take_turn("as usual")
        for refund in (one for one in self.unsettled_refunds() if one["id"] not in before):
            self.refund_becomes(refund, "failed")

    def act(self, who: str) -> None:
        self.reach("somebody acted meanwhile")
        asking, owed, pending = self.asking(), self.owed(), self.charges("pending")
        if who == "client" and asking:
            self.attempt("the client pays", partial(self.dashboard.pay, asking[0]["id"]))
        elif who == "bank" and pending:
            self.attempt("the bank debit succeeds", partial(self.dashboard.settle, pending[0]["id"]))
        elif who == "accountant with a check" and owed:
            number, amount = next(iter(owed.items()))
            self.tell(f"records a check of {amount} on {number}")
            self.enter_check(
                self.payments(number, amount), self.world.deltek_books.billing.invoice(number).company
            )
        elif who == "accountant with a memo" and owed:
            number, amount = next(iter(owed.items()))
            said = f"credits half of {number}"
            credit = partial(self.world.accountant.credit_invoice, number, cents(amount // 2 + 1), self.today)
            self.attempt(said, credit)

    def teardown(self) -> None:
        """Also called when a step has failed, or when hypothesis gives the history up."""
        if sys.exception() is not None:
            self.print_story()
            return
        try:
            self.end()
        except BaseException:
            self.print_story()
            raise

    def end(self) -> None:
        self.counts["histories"] += 1
        self.come_to_rest()
        left = self.judge()
        self.count_states(left)
        self.all_seen_to()
        self.attempt("Stripe pays out", self.dashboard.pay_out)
        self.work_off()
        self.all_seen_to()
        self.all_ties_out()

    def print_story(self) -> None:
        note("\n".join(["", *self.story]))


ALL_STEPS = sorted(
    {
        member.__name__
        for part in (InDeltek, AtStripe, Product, History)
        for member in vars(part).values()
        if hasattr(member, RULE_MARKER)
    }
)
