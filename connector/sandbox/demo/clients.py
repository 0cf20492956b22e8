"""What clients and their banks do in the demo: pay by card and by bank, in part, and take money back."""

from collections.abc import Iterator, Sequence
from typing import Any

from connector.money import Money
from connector.sandbox.stripe import Sandbox

BY_CARD = 40
BY_BANK = 25
FAILING = 1  # of the bank payments


class Clients:
    """The payers; `movements` counts the units of money that really moved so far."""

    def __init__(self, stripe: Sandbox) -> None:
        self._stripe = stripe
        self._charges: list[dict[str, Any]] = []
        self._debits: list[dict[str, Any]] = []
        self.movements = 0

    def pay(self) -> Iterator[str]:
        """Pay many invoices whole and one in part; each sentence says what was done."""
        waiting = [one for one in self._stripe.books.table("invoice").values() if one["status"] == "open"]
        waiting.sort(key=lambda one: one["number"])
        cards = [one for one in waiting if "card" in one["payment_settings"]["payment_method_types"]][
            :BY_CARD
        ]
        banks = [one for one in waiting if one not in cards][: BY_BANK - FAILING]
        failing, part = waiting[BY_CARD + BY_BANK], waiting[BY_CARD + BY_BANK + 1]
        yield self._by_card(cards)
        yield from self._by_bank(banks, failing)
        half = part["total"] // 3
        self._charges.append(self._stripe.dashboard.pay(part["id"], half))
        self.movements += 1
        yield f"A client pays a part of invoice {part['number']}: {_money(half)} of {_money(part['total'])}"

    def change_their_minds(self) -> Iterator[str]:
        """The firm returns a part of one payment and the whole of another, in Stripe's dashboard."""
        whole, part = self._charges[0], self._charges[1]
        self._stripe.dashboard.refund(whole["id"])
        yield f"The firm refunds a payment of {_money(whole['amount'])} in Stripe's dashboard"
        returned = part["amount"] // 4
        self._stripe.dashboard.refund(part["id"], returned)
        yield f"... and {_money(returned)} of another of {_money(part['amount'])}"
        self.movements += 2

    def take_back(self) -> Iterator[str]:
        """A bank returns a debit that had succeeded; a cardholder disputes a payment."""
        returned, disputed = self._debits[0], self._charges[2]
        self._stripe.dashboard.return_debit(returned["id"])
        yield f"A bank returns a debit of {_money(returned['amount'])} that had succeeded"
        self._stripe.dashboard.dispute(disputed["id"], reason="product_not_received")
        yield f"A cardholder disputes a payment of {_money(disputed['amount'])}: the bank takes it"
        self.movements += 2

    def _by_card(self, invoices: Sequence[dict[str, Any]]) -> str:
        self._charges += [self._stripe.dashboard.pay(invoice["id"]) for invoice in invoices]
        self.movements += len(invoices)
        return f"{len(invoices)} clients pay by card: {_money(sum(one['total'] for one in invoices))}"

    def _by_bank(self, invoices: Sequence[dict[str, Any]], failing: dict[str, Any]) -> Iterator[str]:
        charges = [
            self._stripe.dashboard.pay(invoice["id"], method="us_bank_account")
            for invoice in (*invoices, failing)
        ]
        yield f"{len(charges)} clients pay by bank debit; no receipt while their banks are at it"
        self._debits = [self._stripe.dashboard.settle(charge["id"]) for charge in charges[:-1]]
        self._stripe.dashboard.settle(charges[-1]["id"], succeed=False)
        self.movements += len(invoices)
        yield (
            f"{len(invoices)} bank debits succeed: {_money(sum(one['total'] for one in invoices))}; "
            f"that of invoice {failing['number']} fails"
        )


def _money(minor: int) -> str:
    return str(Money(minor, "USD"))
