"""When the dust has settled: both books are audited, and a person does what the remedies say."""

import re
from collections import Counter
from datetime import timedelta
from functools import partial

from sqlalchemy import func, select

from connector.models import Event, Movement, Operation, WorkState
from connector.sandbox.auditor import Finding, Kind
from connector.sandbox.stripe.books import Object
from connector.sandbox.stripe.currencies import below_minimum
from connector.sync.invoice_in_deltek import OUR_BATCH
from connector.sync.problems import Problem, problems_of
from connector.sync.reconcile_payout import reconcile_payout
from tests.simulation.at_stripe import AtStripe
from tests.simulation.in_deltek import InDeltek
from tests.simulation.product import Product
from tests.simulation.setting import Setting
from tests.support.auditing import START, audited
from tests.support.calls import counted
from tests.support.money import A_DAY_AND_AN_HOUR, tied

MOST_ROUNDS = 12
OF_AN_INVOICE = ("invoice", "settle invoice")  # items that its figures in both books must give a reason for


def without_numbers(text: str) -> str:
    """The reason as a kind: amounts and ids taken out."""
    return re.sub(r"\b\w*\d[\w.,]*", "#", text)[:100]


class Unsound(AssertionError):
    """The history came to rest with books that nobody would sign."""


class Rest(InDeltek, AtStripe, Product):
    setting: Setting

    def come_to_rest(self) -> None:
        """Turn after turn, until one writes nothing to either system. Some things are looked at once a day only."""
        self.world.deltek_sandbox.faults.clear()
        self.world.stripe_sandbox.faults.clear()
        self.banks_answer()
        self.world.clock.turn(A_DAY_AND_AN_HOUR)
        for _ in range(MOST_ROUNDS):
            written, before = self.take_a_turn_of_rest(), self.work_written_down
            self.work_written_down = self.work_so_far()
            if not written and before == self.work_written_down:
                return
        raise Unsound(f"the product does not come to rest: {written}\n{self.newest_work()}")

    def take_a_turn_of_rest(self) -> list[str]:
        """A full comparison and all that follows from it; the requests that wrote something, and who else did."""
        with counted(self.world, "Deltek") as to_deltek, counted(self.world, "Stripe") as to_stripe:
            self.take_turn("full comparison")
            self.work_off()
        posted = [] if self.setting.post else self.post_what_waits()
        asked = (*to_deltek, *to_stripe)
        return [one for one in asked if not one.startswith("GET ") and "token" not in one] + posted

    def work_so_far(self) -> tuple[int | None, ...]:
        """How much was planned, and how much money was written down."""
        with self.world.runtime.transaction() as session:
            rows = (session.scalar(select(func.count()).select_from(one)) for one in (Operation, Movement))
            return tuple(rows)

    work_written_down: tuple[int | None, ...] = ()

    def newest_work(self) -> str:
        return "\n".join(
            f"{one.kind} {one.key} {one.state} {one.reason}" for one in self.world.operations()[-8:]
        )

    def banks_answer(self) -> None:
        """What is under way arrives."""
        for charge in self.charges("pending"):
            self.attempt(f"bank debit {charge['id']} succeeds", partial(self.dashboard.settle, charge["id"]))
        for refund in self.unsettled_refunds():
            if refund["status"] != "succeeded":
                said = f"refund {refund['id']} succeeds"
                self.attempt(said, partial(self.dashboard.settle_refund, refund["id"]))

    def work_off(self) -> None:
        for _ in range(60):
            self.world.deliver()
            self.work()
            if not self.world.status().backlog:
                return
            self.world.clock.turn(timedelta(minutes=20))
        raise Unsound(f"still to do: {self.world.status()}\n{self.undone()}")

    def undone(self) -> str:
        with self.world.runtime.transaction() as session:
            units = [
                *session.scalars(select(Operation).where(Operation.state != WorkState.DONE)),
                *session.scalars(select(Event).where(Event.state != WorkState.DONE)),
            ]
            return "\n".join(f"{one.id} {one.state} {one.reason} {one.attempts}" for one in units)

    def post_what_waits(self) -> list[str]:
        waiting = [file.batch for file in self.receipts(ours=True, posted=False)]
        for batch in waiting:
            self.world.accountant.post_receipt_file(batch)
        return waiting

    # what is looked at

    def all_ties_out(self) -> None:
        """Every payout is the receipts that it became."""
        for payout in self.table("payout"):
            found = reconcile_payout(self.world.runtime, self.world.tenant(), payout["id"])
            if not found.ties:
                raise Unsound(self.report(f"does not tie out: {found}", self.findings(), self.problems()))

    def findings(self) -> list[Finding]:
        companies = ("00", "01")[: self.setting.companies]
        return audited(self.world, start_date=START, eligible=lambda one: one.key.company in companies)

    def problems(self) -> list[Problem]:
        with self.world.runtime.transaction() as session:
            return problems_of(session, self.world.tenant())

    def judge(self) -> list[Finding]:
        """What the auditor objects to: each has a blocked item that stands for it, and reconcile names it too."""
        findings, problems = self.findings(), self.problems()
        differences = tied(self.world).differences
        different = {one.number for one in differences}
        unspoken = [one for one in findings if not self.is_told(one, problems)]
        if unspoken:
            raise Unsound(self.report("nobody is told of", unspoken, problems))
        of_invoices = [one for one in findings if one.invoice]  # fees are tied out with their payout
        if unnamed := [one for one in of_invoices if not different & set(one.invoice.split(", "))]:
            raise Unsound(self.report("reconcile does not name", unnamed, problems))
        amiss = {number for one in findings for number in one.invoice.split(", ")}
        amiss |= {one.number for one in differences if one.difference}
        amiss |= {one["metadata"]["deltek_invoice"] for one in self.standing() if self._asks_too_little(one)}
        amiss |= {one.number for file in self.deleted for one in file.invoices}
        idle = [one for one in problems if one.what in OF_AN_INVOICE and one.invoice not in amiss]
        if idle:
            raise Unsound(self.report("told of for nothing", findings, idle))
        if twice := self.told_twice(problems):
            raise Unsound(self.report(f"told twice: {twice}", findings, problems))
        return findings

    @staticmethod
    def _asks_too_little(bill: Object) -> bool:
        """For Stripe to charge it."""
        return bool(bill["amount_remaining"]) and below_minimum(bill["amount_remaining"], bill["currency"])

    def is_told(self, finding: Finding, problems: list[Problem]) -> bool:
        """What somebody closed at Stripe is told by reconcile only: it may be meant so."""
        numbers = set(finding.invoice.split(", "))
        if finding.kind in (Kind.VOID, Kind.CLOSED, Kind.FORBIDDEN) and numbers & self.closed_at_stripe:
            return True
        return any(
            numbers & set(one.invoice.split(", "))
            or self._names(one, finding, numbers)
            or self._holds_back(one, finding)
            for one in problems
        )

    @staticmethod
    def _names(problem: Problem, finding: Finding, numbers: set[str]) -> bool:
        """An event is of no invoice before it is understood, and a receipt may be of no invoice at all."""
        of_event = problem.what.startswith("event") and any(one in problem.reason for one in numbers)
        return of_event or any(batch in problem.reason for batch in OUR_BATCH.findall(str(finding)))

    @staticmethod
    def _holds_back(problem: Problem, finding: Finding) -> bool:
        """The invoices of a client whose customer waits for a person are not at Stripe yet."""
        return problem.what == "align customer" and finding.kind is Kind.NOT_PUSHED

    def told_twice(self, problems: list[Problem]) -> list[str]:
        """Each movement has a receipt of its own, and events a reason; of all else an invoice has one item."""
        items = Counter(
            one.reason if one.what.startswith("event") else f"{one.what} {one.invoice}"
            for one in problems
            if one.what != "post receipt"
        )
        return [item for item, times in items.items() if times > 1]

    def count_states(self, findings: list[Finding]) -> None:
        """What came about in this history, by the books and by what the product made of it."""
        movements = self.world.movements()
        for kind in {one.kind for one in movements}:
            self.reach(f"booked: {kind}")
        for finding in findings:
            self.reach(f"left: {finding.kind}")
        for problem in self.problems():
            self.reach(f"blocked: {problem.what}: {without_numbers(problem.reason)}")
        for invoice in self.table("invoice"):
            self.reach(f"Stripe invoice {invoice['status']}")
            if "-" in (invoice["number"] or ""):
                self.reach("made again at Stripe")
            if invoice["pre_payment_credit_notes_amount"]:
                self.reach("credited at Stripe")
            if invoice["amount_paid_off_stripe"]:
                self.reach("paid elsewhere at Stripe")
        self.counts["movements"] += len(movements)
        self.counts["receipts"] += len(self.receipts(ours=True))
        self.counts["credit notes"] += len(self.table("credit_note"))
        self.counts["voids"] += sum(one["status"] == "void" for one in self.table("invoice"))

    def report(self, title: str, findings: list[Finding], problems: list[Problem]) -> str:
        lines = [f"{title}:"]
        lines += [f"  [{one.kind}] {one}" for one in findings]
        lines += ["waiting for a person:"]
        lines += [
            f"  {one.reference} {one.what} {one.invoice}: {one.reason}. {one.remedy}" for one in problems
        ]
        lines += ["reconcile:"]
        lines += [f"  {one.number} {one.difference} {one.notes}" for one in tied(self.world).differences]
        return "\n".join(lines)

    closed_at_stripe: set[str]
