"""Receipts of payout fees hold what Stripe kept of the payout's money; nobody need book them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.sandbox.auditor.deltek_side import NOTHING, DeltekSide, Receipt
from connector.sandbox.auditor.finding import Finding, Kind
from connector.sandbox.auditor.money_moved import MoneyMoved, Source
from connector.sandbox.auditor.receipts import ID, day_of
from connector.sandbox.auditor.stripe_side import exact
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.vantagepoint.auditor import text

_OWN_CHARGES = ("fee", "tax", "network_cost")
"""docs.stripe.com/reports/reporting-categories"""


@dataclass
class _Kept:
    """What Stripe kept of a payout, by the company whose money it was; `shared` may be any company's, and of
    it `given_back` is what Stripe gave back."""

    created: int
    by_company: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    shared: Decimal = NOTHING
    given_back: Decimal = NOTHING


class Fees:
    """Reads what each payout cost."""

    def __init__(self, books: Books, money: MoneyMoved) -> None:
        with books.lock:
            self._payouts = {name: _Kept(row["created"]) for name, row in books.table("payout").items()}
            for entry in books.table("balance_transaction").values():
                if entry["id"] in books.payout_of:
                    self._add(books, money, entry)

    def check(self, deltek: DeltekSide, receipts: list[Receipt], zone: ZoneInfo | None) -> Iterator[Finding]:
        booked: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
        for receipt in receipts:
            payout = next(name for name in ID.findall(receipt.comment) if name.startswith("po_"))
            booked[payout, receipt.company.strip()].append(receipt)
        for (payout, company), found in booked.items():
            if payout not in self._payouts:
                said = f"Receipt {found[0].batch} is of {payout}, but Stripe has no such payout"
                yield Finding(Kind.NO_MOVEMENT, "", said)
            elif len(found) > 1:
                batches = " and ".join(one.batch for one in found)
                yield Finding(Kind.DOUBLED, "", f"The fees of {payout} are booked by {batches}")
            else:
                yield from self._objections(deltek, payout, company, found[0], zone)

    def _objections(
        self, deltek: DeltekSide, payout: str, company: str, receipt: Receipt, zone: ZoneInfo | None
    ) -> Iterator[Finding]:
        kept, spoken = self._payouts[payout], f"Receipt {receipt.batch} of the fees of {payout}"
        for line in receipt.lines:
            if line.invoice or deltek.is_receivable(company, line.account):
                yield Finding(Kind.ACCOUNT, line.invoice, f"{spoken} puts {text(line.amount)} on receivables")
        least = kept.by_company.get(company, NOTHING)
        if not least - kept.given_back <= -receipt.total <= least + kept.shared:
            said = f"{spoken} is over {text(receipt.total)}, but Stripe kept {text(least)}"
            yield Finding(Kind.AMOUNT, "", said)
        if receipt.control_total != receipt.total:
            sums = f"{spoken} sums to {text(receipt.total)}"
            said = f"{sums}, its control total is {text(receipt.control_total)}"
            yield Finding(Kind.CONTROL_TOTAL, "", said)
        if zone is not None and receipt.dated != day_of(kept.created, zone):
            said = f"{spoken} is dated {receipt.dated}, but the payout is of {day_of(kept.created, zone)}"
            yield Finding(Kind.DATE, "", said)

    def _add(self, books: Books, money: MoneyMoved, entry: Object) -> None:
        own = entry["reporting_category"] in _OWN_CHARGES
        amount = exact(entry["fee"] - (entry["amount"] if own else 0), entry["currency"])
        kept = self._payouts[books.payout_of[entry["id"]]]
        source = _source_behind(books, money, entry)
        if source is not None and not source.foreign and len({key.company for key in source.applied}) == 1:
            kept.by_company[next(iter(source.applied)).company] += amount
        elif source is not None or not _is_of_payment_received(books, entry):
            kept.shared += max(amount, NOTHING)
            kept.given_back -= min(amount, NOTHING)


def _source_behind(books: Books, money: MoneyMoved, entry: Object) -> Source | None:
    """None of what no payment is behind, and of a payment that brought the tenant nothing."""
    row = books.find(entry["source"] or "") or {}
    return money.sources.get(row.get("payment_intent") or row.get("charge") or row.get("id", ""))


def _is_of_payment_received(books: Books, entry: Object) -> bool:
    """Of one that failed, or is under way, it does not matter here whose it was to be."""
    row = books.find(entry["source"] or "") or {}
    charge = books.table("charge").get(row.get("charge") or row.get("id", ""))
    return charge is not None and charge["status"] == "succeeded"
