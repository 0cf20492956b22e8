"""What clients, banks and people do at Stripe."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from connector.sandbox.stripe.books import Object
from connector.sandbox.stripe.dashboard import Dashboard
from tests.simulation.in_deltek import NUMBERS, SHARES
from tests.simulation.told import Told, pick, share_of, step

METHODS = st.sampled_from(["card", "card", "us_bank_account"])


class AtStripe(Told):
    """Reads the stand-in's books only."""

    @property
    def dashboard(self) -> Dashboard:
        return self.world.stripe_sandbox.dashboard

    def table(self, kind: str) -> list[Object]:
        return list(self.world.stripe_books.table(kind).values())

    def asking(self) -> list[Object]:
        """The invoices that a client can pay now."""
        return [
            one for one in self.table("invoice") if one["status"] == "open" and one["amount_remaining"] > 0
        ]

    def standing(self) -> list[Object]:
        return [one for one in self.table("invoice") if one["status"] not in ("draft", "void")]

    def charges(self, status: str = "succeeded") -> list[Object]:
        return [one for one in self.table("charge") if one["status"] == status]

    def refundable(self) -> list[Object]:
        return [
            one
            for one in self.charges()
            if not one["disputed"] and one["amount_captured"] > one["amount_refunded"]
        ]

    def disputes(self, *statuses: str) -> list[Object]:
        return [one for one in self.table("dispute") if one["status"] in statuses]

    # the client

    @precondition(lambda self: self.asking())
    @step(which=NUMBERS, share=SHARES, method=METHODS, over=st.sampled_from([0, 0, 0, 1, 5_000]))
    def pay(self, which: int, share: str, method: str, over: int) -> None:
        invoice = pick(self.asking(), which)
        amount = share_of(invoice["amount_remaining"], share)
        amount = amount + over if share == "whole" else max(amount, 50)
        self.attempt(
            f"the client pays {amount} of {invoice['amount_remaining']} on {invoice['number']} by {method}",
            lambda: self.dashboard.pay(invoice["id"], amount, method),
        )

    paid = pay
    pays_again = pay

    @precondition(lambda self: self.asking())
    @step(which=NUMBERS, method=METHODS)
    def pay_together(self, which: int, method: str) -> None:
        customer = pick(self.asking(), which)["customer"]
        invoices = [one for one in self.asking() if one["customer"] == customer]
        self.attempt(
            f"one payment by {method} for {', '.join(one['number'] for one in invoices)}",
            lambda: self.dashboard.pay_together([one["id"] for one in invoices], method),
        )

    @precondition(lambda self: self.charges("pending"))
    @step(which=NUMBERS, succeed=st.sampled_from([True, True, False]))
    def bank_answers(self, which: int, succeed: bool) -> None:
        charge = pick(self.charges("pending"), which)
        said = "succeeds" if succeed else "fails"
        self.attempt(
            f"bank debit {charge['id']} of {charge['amount']} {said}",
            lambda: self.dashboard.settle(charge["id"], succeed=succeed),
        )

    @precondition(lambda self: self.returnable())
    @step(which=NUMBERS)
    def bank_returns_debit(self, which: int) -> None:
        charge = pick(self.returnable(), which)
        self.attempt(
            f"the bank returns debit {charge['id']} of {charge['amount']}",
            lambda: self.dashboard.return_debit(charge["id"]),
        )

    def returnable(self) -> list[Object]:
        return [
            one
            for one in self.charges()
            if one["payment_method_details"]["type"] == "us_bank_account"
            and not one["disputed"]
            and not one["amount_refunded"]
        ]

    @precondition(lambda self: self.setting.bank_transfers and self.table("customer"))
    @step(which=NUMBERS, cents_more=st.sampled_from([0, 0, -100, 250]))
    def transfer(self, which: int, cents_more: int) -> None:
        customer = pick(self.table("customer"), which)
        asked = [one["amount_remaining"] for one in self.asking() if one["customer"] == customer["id"]]
        amount = max(100, pick(asked or [1000], which) + cents_more)
        self.attempt(
            f"a bank transfer of {amount} arrives for {customer['name']}",
            lambda: self.dashboard.transfer(customer["id"], amount),
        )

    @precondition(lambda self: self.reversible())
    @step(which=NUMBERS)
    def transfer_reversed(self, which: int) -> None:
        moved = pick(self.reversible(), which)
        self.attempt(
            f"the unused transfer {moved['id']} is reversed",
            lambda: self.dashboard.reverse_transfer(moved["id"]),
        )

    def reversible(self) -> list[Object]:
        books = self.world.stripe_books
        return [
            one
            for one in self.table("customer_cash_balance_transaction")
            if one["type"] == "funded"
            and one["id"] not in books.reversed_transfers
            and books.cash.get((one["customer"], one["currency"]), 0) >= one["net_amount"]
        ]

    # money back

    @precondition(lambda self: self.refundable())
    @step(which=NUMBERS, share=SHARES, status=st.sampled_from([None, None, "pending", "requires_action"]))
    def refund(self, which: int, share: str, status: str | None) -> None:
        self.give_back(pick(self.refundable(), which), share, status)

    refunded = refund

    def give_back(self, charge: Object, share: str, status: str | None) -> None:
        amount = share_of(charge["amount_captured"] - charge["amount_refunded"], share)
        self.attempt(
            f"refunds {amount} of {charge['id']} ({status or 'as usual'})",
            lambda: self.dashboard.refund(charge["id"], amount, status),
        )

    @precondition(lambda self: self.unsettled_refunds())
    @step(which=NUMBERS, status=st.sampled_from(["succeeded", "failed", "failed"]))
    def refund_settles(self, which: int, status: str) -> None:
        self.refund_becomes(pick(self.unsettled_refunds(), which), status)

    def refund_becomes(self, refund: Object, status: str) -> None:
        if status == "failed" and refund["status"] == "succeeded":
            self.reach("refund failed after success")
        if refund["status"] != status:
            self.attempt(
                f"refund {refund['id']} ({refund['status']}) becomes {status}",
                lambda: self.dashboard.settle_refund(refund["id"], status),
            )

    def unsettled_refunds(self) -> list[Object]:
        return [one for one in self.table("refund") if one["status"] not in ("failed", "canceled")]

    @precondition(lambda self: self.disputable())
    @step(which=NUMBERS, share=SHARES, inquiry=st.sampled_from([False, False, True]))
    def dispute(self, which: int, share: str, inquiry: bool) -> None:
        charge = pick(self.disputable(), which)
        amount = share_of(charge["amount"] - charge["amount_refunded"], share)
        self.attempt(
            f"{charge['id']} is disputed over {amount}" + (" (an inquiry)" if inquiry else ""),
            lambda: self.dashboard.dispute(charge["id"], amount, withdrawn=not inquiry),
        )

    def disputable(self) -> list[Object]:
        return [
            one
            for one in self.refundable()
            if one["payment_method_details"]["type"] in ("card", "us_bank_account")
        ]

    @precondition(lambda self: self.disputes("warning_needs_response", "needs_response"))
    @step(which=NUMBERS, won=st.sampled_from([True, False]))
    def dispute_goes_on(self, which: int, won: bool) -> None:
        dispute = pick(self.disputes("warning_needs_response", "needs_response"), which)
        if dispute["status"] == "warning_needs_response":
            self.attempt(
                f"inquiry {dispute['id']} becomes a dispute", lambda: self.dashboard.withdraw(dispute["id"])
            )
        elif won:
            self.attempt(f"dispute {dispute['id']} is won", lambda: self.dashboard.win(dispute["id"]))
        else:
            self.attempt(f"dispute {dispute['id']} is lost", lambda: self.dashboard.lose(dispute["id"]))

    # people at Stripe

    @precondition(lambda self: self.standing())
    @step(
        which=NUMBERS,
        share=SHARES,
        back=st.sampled_from(["refund_amount", "credit_amount", "out_of_band_amount"]),
    )
    def credit_at_stripe(self, which: int, share: str, back: str) -> None:
        invoice = pick(self.standing(), which)
        given: dict[str, Any] = {}
        if invoice["status"] in ("open", "uncollectible"):
            amount = share_of(invoice["amount_remaining"], share)
        else:
            amount = share_of(invoice["amount_paid"], share)
            given = {back: amount}
        if amount:
            said = f"somebody credits {amount} of {invoice['number']} at Stripe {' '.join(given)}"
            self.attempt(said, lambda: self.dashboard.credit_note(invoice["id"], amount, **given))

    @precondition(lambda self: self.asking())
    @step(which=NUMBERS, way=st.sampled_from(["void", "mark_uncollectible", "pay_out_of_band"]))
    def close_at_stripe(self, which: int, way: str) -> None:
        invoice = pick(self.asking(), which)
        said = f"somebody closes {invoice['number']} at Stripe: {way}"
        done = self.attempt(said, lambda: getattr(self.dashboard, way)(invoice["id"]))
        if done:
            self.closed_at_stripe.add(invoice["metadata"]["deltek_invoice"])

    @precondition(lambda self: self.asking())
    @step(which=NUMBERS)
    def edit_at_stripe(self, which: int) -> None:
        """Somebody sends the same invoice again, with another text."""
        invoice = pick(self.asking(), which)
        if not invoice["amount_paid"]:
            self.attempt(
                f"somebody edits {invoice['number']} ({invoice['id']}) at Stripe",
                lambda: self.dashboard.edit_invoice(invoice["id"]),
            )

    @precondition(lambda self: self.to_pay_out() > 0)
    @step()
    def pay_out(self) -> None:
        self.attempt("Stripe pays out", self.dashboard.pay_out)

    def to_pay_out(self) -> int:
        paid_out = self.world.stripe_books.payout_of
        return sum(one["net"] for one in self.table("balance_transaction") if one["id"] not in paid_out)

    @precondition(lambda self: self.payouts())
    @step(which=NUMBERS)
    def payout_fails(self, which: int) -> None:
        payout = pick(self.payouts(), which)
        self.attempt(f"payout {payout['id']} fails", lambda: self.dashboard.fail_payout(payout["id"]))

    payout_failed = payout_fails

    def payouts(self) -> list[Object]:
        return [one for one in self.table("payout") if one["status"] == "paid"]

    closed_at_stripe: set[str]
