"""What people and banks do at Stripe: pay, dispute, refund in the Dashboard. The means of demo and tests."""

from collections.abc import Iterable

from connector.sandbox.stripe import (
    balance,
    bank_transfers,
    collecting,
    credit_notes,
    customer_balance,
    customers,
    disputes,
    invoice_life,
    invoice_lines,
    invoices,
    payment_intents,
    payment_records,
    payouts,
    refunds,
    settlement,
)
from connector.sandbox.stripe.books import ApiKey, Books, Object
from connector.sandbox.stripe.errors import refused
from connector.sandbox.stripe.events import emit
from connector.sandbox.stripe.presenting import whole
from connector.sandbox.stripe.webhooks import new_secret


class Dashboard:
    """One account's operator, its customers and their banks. Amounts are in minor units.

    Every method changes the books as Stripe would and emits the events; it answers the object it made.
    Raises `Refusal` where Stripe would not allow it.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def pay(self, invoice: str, amount: int | None = None, method: str = "card") -> Object:
        """The customer pays all that remains, or a part, or too much; by `card` or `us_bank_account`.

        A bank payment stays `processing` until `settle`. Answers the charge.
        """
        with self._books.lock:
            row = self._books.named("invoice", invoice, "invoice")
            waiting = settlement.default_payment(self._books, row)
            if waiting is not None and amount in (None, row["amount_remaining"]):
                intent = self._books.table("payment_intent")[waiting["payment"]["payment_intent"]]
            else:
                intent = self._intent_for([row], amount)
            return self._shown(collecting.pay(self._books, intent, method))

    def pay_together(self, invoices: Iterable[str], method: str = "card") -> Object:
        """One payment for all that remains on several invoices of a customer. Answers the charge."""
        with self._books.lock:
            rows = [self._books.named("invoice", invoice, "invoice") for invoice in invoices]
            return self._shown(collecting.pay(self._books, self._intent_for(rows), method))

    def pay_twice(self, invoice: str, method: str = "card") -> list[Object]:
        """Two payments of the whole amount, both of which succeed. Answers both charges."""
        with self._books.lock:
            row = self._books.named("invoice", invoice, "invoice")
            intents = [self._intent_for([row]), self._intent_for([row])]
            return [self._shown(collecting.pay(self._books, intent, method)) for intent in intents]

    def decline(self, invoice: str) -> Object:
        """The customer's card is declined. Answers the failed charge."""
        with self._books.lock:
            row = self._books.named("invoice", invoice, "invoice")
            waiting = settlement.default_payment(self._books, row)
            if waiting is None:
                raise refused("This invoice has no payment to collect.")
            intent = self._books.table("payment_intent")[waiting["payment"]["payment_intent"]]
            collecting.decline(self._books, intent)
            return self._shown(self._books.table("charge")[intent["latest_charge"]])

    def settle(self, payment: str, *, succeed: bool = True, code: str = "insufficient_funds") -> Object:
        """A bank payment under way (its charge, intent or invoice) succeeds or fails after its days."""
        with self._books.lock:
            charge = self._charge(payment)
            intent = self._books.table("payment_intent")[charge["payment_intent"]]
            if charge["status"] != "pending":
                raise refused(f"Charge {charge['id']} is not pending.")
            if succeed:
                collecting.succeed(self._books, intent, charge)
            else:
                collecting.fail(self._books, intent, charge, code, "The customer's bank declined the debit.")
            return self._shown(charge)

    def fill_balance_transactions(self) -> list[Object]:
        """Books the charges whose money was left out by `late_balance_transactions`."""
        with self._books.lock:
            late = [row for row in self._books.table("charge").values() if _unbooked(row)]
            for charge in late:
                collecting.book_money(self._books, charge)
                emit(self._books, "charge.updated", charge, {"balance_transaction": None})
            return [self._shown(charge) for charge in late]

    def refund(self, payment: str, amount: int | None = None, status: str | None = None) -> Object:
        """Refunds a charge (or that of an intent or invoice), all or a part.

        The status is Stripe's for the payment method, unless one is given: `succeeded`, `pending`,
        `requires_action`.
        """
        with self._books.lock:
            return self._shown(refunds.make(self._books, self._charge(payment), amount, status))

    def settle_refund(self, refund: str, status: str = "succeeded", reason: str | None = None) -> Object:
        """A refund becomes `succeeded`, `failed` or `canceled`."""
        with self._books.lock:
            row = self._books.named("refund", refund, "refund")
            refunds.settle(self._books, row, status, reason)
            return self._shown(row)

    def dispute(
        self, payment: str, amount: int | None = None, reason: str = "general", *, withdrawn: bool = True
    ) -> Object:
        """The payer disputes; `withdrawn` false is an inquiry, in which no money moves yet."""
        with self._books.lock:
            status = "needs_response" if withdrawn else "warning_needs_response"
            row = disputes.begin(self._books, self._charge(payment), amount, reason, status)
            if withdrawn:
                disputes.withdraw(self._books, row)
            return self._shown(row)

    def withdraw(self, dispute: str, amount: int | None = None) -> Object:
        """An inquiry becomes a dispute: the bank takes the money, at once or by and by."""
        with self._books.lock:
            row = self._dispute(dispute)
            row["status"] = "needs_response"
            disputes.withdraw(self._books, row, amount)
            return self._shown(row)

    def close_inquiry(self, dispute: str) -> Object:
        """The bank asks no further: no money has moved."""
        with self._books.lock:
            row = self._dispute(dispute)
            disputes.close(self._books, row, "warning_closed")
            return self._shown(row)

    def win(self, dispute: str) -> Object:
        """The dispute is won and the money comes back."""
        with self._books.lock:
            row = self._dispute(dispute)
            disputes.reinstate(self._books, row)
            disputes.close(self._books, row, "won")
            return self._shown(row)

    def lose(self, dispute: str) -> Object:
        """The dispute is lost."""
        with self._books.lock:
            row = self._dispute(dispute)
            disputes.close(self._books, row, "lost")
            return self._shown(row)

    def return_debit(self, payment: str, reason: str = "insufficient_funds") -> Object:
        """The bank returns an ACH debit that had succeeded: a dispute, lost at once and for good."""
        with self._books.lock:
            row = disputes.begin(self._books, self._charge(payment), None, reason, "lost")
            disputes.withdraw(self._books, row)
            emit(self._books, "charge.dispute.closed", row)
            return self._shown(row)

    def pay_out(self, amount: int | None = None, *, arrived: bool = True) -> Object:
        """The balance is paid out and reconciled; or somebody pays a part of it out by hand.

        One that has not `arrived` is pending, and so is the list of what it settled.
        """
        with self._books.lock:
            row = payouts.pay_out(self._books, amount)
            if arrived:
                payouts.arrive(self._books, row)
            return self._shown(row)

    def cancel_payout(self, payout: str) -> Object:
        """Somebody takes back a pending payout that was made by hand."""
        with self._books.lock:
            row = self._books.named("payout", payout, "payout")
            payouts.cancel(self._books, row)
            return self._shown(row)

    def charge_fee(self, amount: int, description: str = "Invoicing - Usage Fee") -> Object:
        """Stripe charges a fee that belongs to no payment. Answers the balance transaction."""
        return self.adjust(-amount, "stripe_fee", "fee", description)

    def adjust(self, amount: int, kind: str, category: str, description: str | None = None) -> Object:
        """Stripe adds to the balance what no payment is behind, or takes it off (negative): a tax, a reserve, ...

        `kind` and `category` are its type and reporting category. Answers the balance transaction.
        """
        with self._books.lock:
            return self._shown(balance.adjust(self._books, amount, kind, category, description))

    def fail_payout(self, payout: str, code: str = "account_closed") -> Object:
        """The bank returns a payout."""
        with self._books.lock:
            row = self._books.named("payout", payout, "payout")
            payouts.fail(self._books, row, code)
            return self._shown(row)

    def credit_note(
        self,
        invoice: str,
        amount: int,
        credit_amount: int = 0,
        refund_amount: int = 0,
        out_of_band_amount: int = 0,
    ) -> Object:
        """Somebody reduces an invoice; of one that was paid the rest says where the money goes."""
        back = {
            "credit_amount": credit_amount,
            "refund_amount": refund_amount,
            "out_of_band_amount": out_of_band_amount,
        }
        given = {name: each for name, each in back.items() if each}
        with self._books.lock:
            return self._shown(
                credit_notes.create(self._books, {"invoice": invoice, "amount": amount, **given})
            )

    def void_credit_note(self, credit_note: str) -> Object:
        """Somebody takes a credit note back."""
        with self._books.lock:
            return self._shown(credit_notes.void(self._books, {}, credit_note))

    def adjust_balance(self, customer: str, amount: int, currency: str = "usd") -> Object:
        """Somebody gives a customer credit (negative), or charges a debt, for the next invoice."""
        with self._books.lock:
            given = {"amount": amount, "currency": currency}
            return self._shown(customer_balance.create(self._books, given, customer))

    def void(self, invoice: str) -> Object:
        """Somebody voids an invoice."""
        with self._books.lock:
            return self._shown(invoice_life.void(self._books, {}, invoice))

    def begin_edit(self, invoice: str) -> Object:
        """Somebody edits an open invoice, and has not finished. Answers the draft of its revision."""
        with self._books.lock:
            given = {"from_invoice": {"action": "revision", "invoice": invoice}}
            return self._shown(invoices.create(self._books, given))

    def edit_invoice(self, invoice: str, amount: int | None = None) -> Object:
        """Somebody edits an open invoice, so that its lines come to `amount`, and sends it. Answers the revision."""
        with self._books.lock:
            row = self.begin_edit(invoice)
            if amount is not None:
                line = {"amount": amount - row["total"], "description": "Changed"}
                invoice_lines.add_lines(self._books, {"lines": [line]}, row["id"])
            return self._shown(invoice_life.send(self._books, {}, row["id"]))

    def mark_uncollectible(self, invoice: str) -> Object:
        """Somebody gives an invoice up."""
        with self._books.lock:
            return self._shown(invoice_life.mark_uncollectible(self._books, {}, invoice))

    def pay_out_of_band(self, invoice: str) -> Object:
        """Somebody marks an invoice as paid outside Stripe."""
        with self._books.lock:
            return self._shown(invoice_life.pay(self._books, {"paid_out_of_band": True}, invoice))

    def record_payment(self, invoice: str, amount: int) -> Object:
        """Somebody records a check for a part of an invoice. Answers the invoice."""
        with self._books.lock:
            row = self._books.named("invoice", invoice, "invoice")
            now = self._books.now()
            record = payment_records.report(
                self._books,
                {
                    "amount_requested": {"currency": row["currency"], "value": amount},
                    "guaranteed": {"guaranteed_at": now},
                    "initiated_at": now,
                    "outcome": "guaranteed",
                    "payment_method_details": {
                        "type": "custom",
                        "custom": {"display_name": "Check", "type": None},
                    },
                },
            )
            payment_records.attach(self._books, row, record)
            return self._shown(row)

    def transfer(
        self, customer: str, amount: int, currency: str = "usd", reference: str | None = None
    ) -> Object:
        """A bank transfer of the customer arrives; Stripe chooses what it pays."""
        with self._books.lock:
            row = self._books.named("customer", customer, "customer")
            return self._shown(bank_transfers.fund(self._books, row, amount, currency, reference))

    def reverse_transfer(self, cash_balance_transaction: str) -> Object:
        """The sender's bank takes a transfer back, also when its money has paid something by now.

        Answers the cash balance transaction of the reversal.
        """
        with self._books.lock:
            kind = "customer_cash_balance_transaction"
            row = self._books.named(kind, cash_balance_transaction, "cash_balance_transaction")
            return self._shown(bank_transfers.reverse(self._books, row))

    def overdue(self, invoice: str) -> Object:
        """The due date has passed."""
        with self._books.lock:
            return emit(self._books, "invoice.overdue", self._books.named("invoice", invoice, "invoice"))

    def delete_customer(self, customer: str) -> Object:
        """Somebody deletes a customer."""
        with self._books.lock:
            return customers.delete(self._books, {}, customer)

    def add_key(self, key: str, lacks: Iterable[str] = ()) -> Object:
        """A new key; a restricted one lacks permissions such as `invoice_write`."""
        with self._books.lock:
            added = ApiKey(key, set(lacks))
            self._books.keys[key] = added
            return {"key": key, "lacks": sorted(added.lacks)}

    def revoke_key(self, key: str) -> Object:
        """The key no longer opens anything."""
        with self._books.lock:
            self._books.keys[key].revoked = True
            return {"key": key, "revoked": True}

    def roll_secret(self, endpoint: str, *, keep_old: bool = True) -> Object:
        """A new signing secret; deliveries carry a signature for the old one too, for as long as it is kept."""
        with self._books.lock:
            self._books.named("webhook_endpoint", endpoint, "endpoint")
            old = self._books.secrets[endpoint] if keep_old else []
            self._books.secrets[endpoint] = [new_secret(self._books), *old]
            return {"secret": self._books.secrets[endpoint][0]}

    def _intent_for(self, invoices: list[Object], amount: int | None = None) -> Object:
        first = invoices[0]
        total = sum(row["amount_remaining"] for row in invoices) if amount is None else amount
        intent = payment_intents.new(self._books, total, first["currency"], first["customer"])
        for row in invoices:
            collecting.attach(self._books, row, intent)
        return intent

    def _charge(self, identifier: str) -> Object:
        """The charge itself, or the latest of a PaymentIntent or invoice."""
        table = self._books.table("charge")
        if identifier.startswith("pi_"):
            identifier = self._books.named("payment_intent", identifier, "payment")["latest_charge"] or ""
        elif identifier.startswith("in_"):
            row = self._books.named("invoice", identifier, "payment")
            intents = {
                each["payment"].get("payment_intent") for each in settlement.payments(self._books, row)
            }
            found = (key for key, charge in reversed(table.items()) if charge["payment_intent"] in intents)
            identifier = next(found, "")
        return self._books.named("charge", identifier, "payment")

    def _dispute(self, identifier: str) -> Object:
        return self._books.named("dispute", identifier, "dispute")

    def _shown(self, row: Object) -> Object:
        return whole(self._books, row)


def _unbooked(charge: Object) -> bool:
    return charge["status"] == "succeeded" and charge["balance_transaction"] is None
