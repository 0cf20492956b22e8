"""What a person does about what was left, by the remedies' words, as far as the books allow."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from connector.sandbox.auditor.deltek_side import ArInvoice, DeltekSide
from connector.sandbox.stripe.books import Object
from connector.sandbox.vantagepoint.accountant import Payment
from connector.sync.close_by_hand import close_by_hand
from connector.sync.replay import replay_failed
from tests.simulation.rest import Rest, Unsound
from tests.simulation.setting import CREDITS, cents

KEPT_BESIDE = re.compile(r"([\d,.]+) USD is open on it again in Deltek, and as much of its payments")
WENT_BACK = re.compile(
    r"(?P<amount>[\d,.]+) USD of (?P<what>refund|dispute) (?P<id>\w+) was the client's credit at Stripe"
)


class Remedies(Rest):
    """Reads the stand-ins' books, and what waits for a person as the product shows it."""

    def see_to_it(self) -> None:
        """One thing after the other; then everything is done again."""
        self.name_what_was_missing()
        self.put_our_receipts_right()
        self.enter_again_what_cannot_be_refunded()
        self.post_what_was_undone()
        self.take_back_what_bounced_twice()
        self.refund_what_came_twice()
        self.book_what_was_settled_at_stripe()
        self.void_what_was_deleted()
        self.move_what_is_kept_beside()
        self.collect_outside_stripe()
        self.take_off_credit_that_went_back()
        self.forgive_what_customers_owe()
        replay_failed(self.world.runtime, self.world.tenant())

    def name_what_was_missing(self) -> None:
        """An account for overpayments; leave for negative totals."""
        self.world.deltek_sandbox.administrator.set_options({"negative_totals": True})
        if not self.setting.overpayments:
            self.tell("a person names overpayment_account")
            self.setting = replace(self.setting, overpayments=True)
            self.world.apply(self.setting.tenant_file(self.world))

    def put_our_receipts_right(self) -> None:
        receipts = self.world.deltek_books.receipts
        for file in self.taken_out:
            self.tell(f"a person enters {file.batch} again")
            with self.world.deltek_books.lock:
                receipts.enter(file.receipt, "ACCOUNTANT")
        self.taken_out = []
        for batch, amount in self.altered.items():
            for file in (one for one in receipts.files if one.batch == batch):
                if file.posting:
                    self.world.accountant.undo_posting(batch, "CR")
                self.tell(f"a person corrects {batch}")
                self.world.accountant.alter_receipt_file(batch, 0, {"Amount": amount})
        self.altered = {}
        for file in receipts.files:
            if file.posting is None and file.batch.startswith("STRP"):
                self.tell(f"a person posts {file.batch}")
                self.world.accountant.post_receipt_file(file.batch)

    def books(self) -> list[ArInvoice]:
        return list(DeltekSide(self.world.deltek_books, "MLCONNECTOR").invoices.values())

    def refund_what_came_twice(self) -> None:
        for invoice in self.books():
            over = -int(invoice.balance.scaleb(2))
            if invoice.posted and over > 0 and invoice.ours > 0:
                self._give_back(invoice, over)

    def _give_back(self, invoice: ArInvoice, over: int) -> None:
        for charge in self._charges_of(invoice):
            amount = min(over, charge["amount_captured"] - charge["amount_refunded"])
            if amount and self.attempt(
                f"a person refunds {amount} of {invoice.key.number}",
                lambda: self.dashboard.refund(charge["id"], amount, "succeeded"),  # noqa: B023
            ):
                over -= amount
        if over:
            self.balance_out(invoice, -over)

    def _charges_of(self, invoice: ArInvoice) -> list[Object]:
        mine = {
            one["id"]
            for one in self.table("invoice")
            if one["metadata"].get("deltek_invoice") == invoice.key.number
        }
        intents = {
            one["payment"].get("payment_intent")
            for one in self.table("invoice_payment")
            if one["invoice"] in mine and one["status"] == "paid"
        }
        return [one for one in self.refundable() if one["payment_intent"] in intents]

    def balance_out(self, invoice: ArInvoice, amount: int) -> None:
        """A receipt, or the reverse of one, of money that came outside Stripe."""
        self.tell(f"a person books {cents(amount)} of {invoice.key.number} as received elsewhere")
        line = self.world.deltek_books.billing.invoice(invoice.key.number).lines[0]
        payment = Payment(invoice.key.number, line.wbs1, cents(amount), line.wbs2, line.wbs3)
        self.enter_check([payment], invoice.key.company)

    def book_what_was_settled_at_stripe(self) -> None:
        """Of an invoice that is closed or reduced at Stripe the rest is collected, or written off, elsewhere."""
        by_credit = {
            one.invoice for one in self.problems() if "the customer's credit at Stripe" in one.reason
        }
        for invoice in self.books():
            if invoice.key.number in by_credit:
                continue  # now that the account is named, it is booked by itself
            bills = [
                one
                for one in self.table("invoice")
                if one["metadata"].get("deltek_invoice") == invoice.key.number
                and one["metadata"].get("deltek_company", "").strip() == invoice.key.company
            ]
            standing = [one for one in bills if one["status"] not in ("void", "draft")]
            asked = sum(one["amount_remaining"] for one in standing)
            paid = sum(one["amount_paid"] - one["amount_paid_off_stripe"] for one in bills)
            went_back = max(0, paid - int(invoice.ours.scaleb(2)))
            rest = int(invoice.balance.scaleb(2)) - asked - went_back
            if bills and invoice.posted and rest > 0:
                self.balance_out(invoice, rest)

    def post_what_was_undone(self) -> None:
        """An invoice on which money came in at Stripe."""
        for file in self.files(posted=False):
            numbers = {one.number for one in file.invoices}
            at_stripe = (one for one in self.standing() if one["metadata"]["deltek_invoice"] in numbers)
            if any(one["amount_paid"] or one["amount_paid_off_stripe"] for one in at_stripe):
                self.tell(f"a person posts file {file.batch} again")
                self.world.accountant.post_invoice_file(file.batch)

    def take_back_what_bounced_twice(self) -> None:
        """A check that was taken back by another, and its own posting undone beside that."""
        numbers = {one.invoice for one in self.problems() if "which is more than the" in one.reason}
        for file in self.receipts(ours=False, posted=True):
            if file.receipt.sum < 0 and numbers & {row["Invoice"].strip() for row in file.receipt.details}:
                self.tell(f"a person undoes the posting of {file.batch}")
                self.world.accountant.undo_posting(file.batch, "CR")

    def move_what_is_kept_beside(self) -> None:
        for problem in self.problems():
            if found := KEPT_BESIDE.match(problem.reason):
                amount = Decimal(found[1].replace(",", ""))
                invoice = self.world.deltek_books.billing.invoice(problem.invoice)
                line = invoice.lines[0]
                onto = Payment(problem.invoice, line.wbs1, amount, line.wbs2, line.wbs3)
                self.tell(f"a person moves {amount} onto {problem.invoice}")
                self.enter_check(
                    [onto, replace(onto, invoice="", amount=-amount, account=CREDITS)], invoice.company
                )

    def collect_outside_stripe(self) -> None:
        """What is less than Stripe charges."""
        numbers = {
            one.invoice
            for one in self.problems()
            if "Collect this invoice outside" in one.remedy or "Stripe charges no less than" in one.reason
        }
        for invoice in self.books():
            if invoice.key.number in numbers and invoice.posted and invoice.balance > 0:
                self.balance_out(invoice, int(invoice.balance.scaleb(2)))

    def take_off_credit_that_went_back(self) -> None:
        """By a refund, or a dispute that was lost: of the customer of its charge."""
        for problem in self.problems():
            if found := WENT_BACK.match(problem.reason):
                back = self.world.stripe_books.table(found["what"])[found["id"]]
                charge = self.world.stripe_books.table("charge")[back["charge"]]
                amount = int(Decimal(found["amount"].replace(",", "")).scaleb(2))
                self.attempt(
                    f"a person takes {amount} off the credit of {charge['customer']} at Stripe",
                    partial(self.dashboard.adjust_balance, charge["customer"], amount),
                )

    def forgive_what_customers_owe(self) -> None:
        """Beside their invoices at Stripe."""
        if any("owes" in one.reason for one in self.problems()):
            for customer in self.table("customer"):
                if customer["balance"] > 0:
                    self.tell(f"a person sets the balance of {customer['name']} to zero at Stripe")
                    self.dashboard.adjust_balance(customer["id"], -customer["balance"])

    def enter_again_what_cannot_be_refunded(self) -> None:
        """The bank has a say in a disputed payment: its invoice must stand; and so must what a memo takes back."""
        overdrawn = {one.key.number for one in self.books() if one.charged < 0}
        for file in self.deleted:
            numbers = {one.number for one in file.invoices}
            bills = [one for one in self.table("invoice") if one["metadata"]["deltek_invoice"] in numbers]
            intents = {intent for one in bills for intent in self._intents_of(one)}
            kept = (one for one in self.charges() if one["payment_intent"] in intents)
            if numbers & overdrawn or any(map(self._is_kept_in_part, kept)):
                self.tell(f"a person enters file {file.batch} again")
                with self.world.deltek_books.lock:
                    self.world.deltek_books.billing.files[file.batch] = file
        self.deleted = []

    def _is_kept_in_part(self, charge: Object) -> bool:
        withdrawn = sum(one["amount"] for one in self.table("dispute") if one["charge"] == charge["id"])
        return bool(charge["disputed"] and withdrawn < charge["amount_captured"] - charge["amount_refunded"])

    def void_what_was_deleted(self) -> None:
        gone = {one.invoice for one in self.problems() if "neither its posting nor its file" in one.reason}
        known = set(self.numbers()) - gone
        for bill in self.standing():
            if bill["amount_remaining"] and bill["metadata"]["deltek_invoice"] not in known:
                said = f"{bill['number']} at Stripe, which was deleted in Deltek"
                if not self.attempt(f"a person voids {said}", partial(self.dashboard.void, bill["id"])):
                    rest = bill["amount_remaining"]
                    credit = partial(self.dashboard.credit_note, bill["id"], rest)
                    self.attempt(f"a person credits the rest of {said}", credit)
        for invoice in self.table("invoice"):
            if invoice["metadata"]["deltek_invoice"] not in known:
                self._refund_all(invoice)

    def _refund_all(self, bill: Object) -> None:
        intents = self._intents_of(bill)
        for charge in self.refundable():
            if charge["payment_intent"] in intents:
                said = f"a person refunds {charge['id']} of {bill['number']}, which was deleted in Deltek"
                self.attempt(said, lambda: self.dashboard.refund(charge["id"], None, "succeeded"))  # noqa: B023

    def _intents_of(self, bill: Object) -> set[str]:
        return {
            one["payment"].get("payment_intent")
            for one in self.table("invoice_payment")
            if one["invoice"] == bill["id"] and one["status"] == "paid"
        }

    def close_the_rest(self) -> None:
        """What was seen to in the books, and cannot be seen from them."""
        while problems := self.problems():
            self.tell(f"a person closes {problems[0].reference} by hand: {problems[0].reason}")
            close_by_hand(self.world.runtime, self.world.tenant(), problems[0].reference)

    def all_seen_to(self) -> None:
        for _ in range(3):
            if not self.problems() and not self.findings():
                return
            self.see_to_it()
            self.world.clock.turn(timedelta(minutes=10))
            self.come_to_rest()
        if self.findings():
            raise Unsound(self.report("a person can not mend", self.findings(), self.problems()))
        self.close_the_rest()
        self.come_to_rest()
        if self.findings() or self.problems():
            raise Unsound(self.report("left in the end", self.findings(), self.problems()))
