"""What the two books come to, side by side."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from connector.sandbox.auditor.deltek_side import NOTHING, DeltekSide
from connector.sandbox.auditor.money_moved import MoneyMoved
from connector.sandbox.auditor.receipts import Receipts
from connector.sandbox.auditor.stripe_side import StripeSide


@dataclass(frozen=True)
class Sums:
    """Of the tenant's invoices that stand at Stripe, all in one currency.

    `deltek_balance` counts the receipts that wait as posted. `stripe_open` is what remains to be paid, and what went
    back of the invoices. `money_in` and `money_back` are cash, what exceeded the invoices included; `receipts` is
    the cash of the connector's receipts, fees left out.
    """

    billed: Decimal
    deltek_balance: Decimal
    stripe_open: Decimal
    money_in: Decimal
    money_back: Decimal
    receipts: Decimal
    receipt_count: int

    @property
    def tie(self) -> bool:
        """Whether both sides come to the same, in what is open and in what was received.

        They do not while Deltek has settled what Stripe cannot know of: a check that came beside a payment, say.
        """
        received = self.money_in - self.money_back
        return self.deltek_balance == self.stripe_open and self.receipts == received


def sum_up(deltek: DeltekSide, stripe: StripeSide, money: MoneyMoved, receipts: Receipts) -> Sums:
    standing = [bill for bill in stripe.bills.values() if bill.stands]
    invoices = [deltek.invoices[key] for key in {bill.key for bill in standing} if key in deltek.invoices]
    booked = [one.receipt.total for found in receipts.booked.values() for one in found]
    back: dict[str, Decimal] = defaultdict(Decimal)
    for movement in money.movements:
        if movement.key is None:
            back[movement.source] -= movement.amount
    returned = sum(max(NOTHING, gone - money.sources[name].excess) for name, gone in back.items())
    return Sums(
        billed=sum((bill.total for bill in standing), NOTHING),
        deltek_balance=sum((invoice.balance for invoice in invoices), NOTHING),
        stripe_open=sum((bill.remaining for bill in standing), NOTHING) + returned,
        money_in=sum((paid.applied + paid.excess for paid in stripe.payments), NOTHING),
        money_back=sum(back.values(), NOTHING),
        receipts=sum(booked, NOTHING),
        receipt_count=len(booked),
    )
