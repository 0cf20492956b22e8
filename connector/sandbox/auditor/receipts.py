"""Every receipt of the connector names one unit of money, and its rows are where that money belongs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.sandbox.auditor.deltek_side import NOTHING, ByWbs, DeltekSide, Key, Line, Receipt
from connector.sandbox.auditor.finding import Finding, Kind
from connector.sandbox.auditor.money_moved import MoneyMoved, Movement
from connector.sandbox.vantagepoint.auditor import text

ID = re.compile(r"\b[a-z]+_\w+")


@dataclass
class Booked:
    """A receipt and the movement that it names: what it puts on each invoice, and `over` them.

    `wrong` is one that was objected to, whose amounts are not looked at any more.
    """

    receipt: Receipt
    on: dict[Key, ByWbs] = field(default_factory=dict)
    over: Decimal = NOTHING
    wrong: bool = False

    @property
    def total(self) -> Decimal:
        return sum((self.on_invoice(key) for key in self.on), self.over)

    def on_invoice(self, key: Key) -> Decimal:
        return sum(self.on.get(key, {}).values(), NOTHING)


class Receipts:
    """Looks at each receipt by itself, and keeps what it books of which movement.

    `zone` is the tenant's; without one no date is looked at. Receipts of payout fees are left to `Fees`.
    """

    def __init__(self, deltek: DeltekSide, money: MoneyMoved, zone: ZoneInfo | None) -> None:
        self._deltek, self._money, self._zone = deltek, money, zone
        self._named: dict[str, list[Movement]] = defaultdict(list)
        for movement in money.movements:
            for name in movement.names:
                self._named[name].append(movement)
        self.booked: dict[Movement, list[Booked]] = defaultdict(list)
        self.fees: list[Receipt] = []
        self.findings: list[Finding] = []
        for receipt in deltek.receipts:
            self._look_at(receipt)

    def _look_at(self, receipt: Receipt) -> None:
        names = ID.findall(receipt.comment)
        if any(name.startswith("po_") for name in names):
            self.fees.append(receipt)
            return
        named = [self._named[name] for name in names if name in self._named]
        things = {one.group for each in named for one in each}
        if len(things) != 1:
            self.findings.append(_without_movement(receipt, names, len(things)))
            return
        movement = self._meant(receipt, min(named, key=len))
        booked = Booked(receipt)
        self.booked[movement].append(booked)
        if finding := self._objection(receipt, movement) or self._place_lines(booked, movement):
            booked.wrong = True
            self.findings.append(finding)
        elif finding := self._wrong_date(receipt, movement):
            self.findings.append(finding)

    def _meant(self, receipt: Receipt, named: Sequence[Movement]) -> Movement:
        """A refund and its failing, a dispute's withdrawal and reinstatement bear one name and differ in sign."""
        right = [one for one in named if one.positive == _is_positive(receipt)]
        return min(right or named, key=lambda one: len(self.booked[one]))

    def _objection(self, receipt: Receipt, movement: Movement) -> Finding | None:
        """What is wrong with the receipt as a whole."""
        stated, total = text(receipt.control_total), text(receipt.total)
        if receipt.control_total != receipt.total:
            said = f"its rows sum to {total}, its control total is {stated}"
            return _finding(Kind.CONTROL_TOTAL, receipt, movement, said)
        if _is_positive(receipt) != movement.positive:
            way = "brought money" if movement.positive else "took money back"
            return _finding(Kind.SIGN, receipt, movement, f"it is over {total}, but {movement.spoken} {way}")
        if receipt.currency.strip() != movement.currency:
            said = f"it is in {receipt.currency}, but {movement.spoken} was in {movement.currency}"
            return _finding(Kind.CURRENCY, receipt, movement, said)
        return None

    def _place_lines(self, booked: Booked, movement: Movement) -> Finding | None:
        """Keeps each line where it belongs; the first that belongs nowhere ends it."""
        for line in booked.receipt.lines:
            if not line.invoice and not self._deltek.is_receivable(booked.receipt.company, line.account):
                booked.over += line.amount
                continue
            place = self._place(booked.receipt, line, movement)
            if isinstance(place, Finding):
                return place
            by_wbs = booked.on.setdefault(place, {})
            by_wbs[line.wbs] = by_wbs.get(line.wbs, NOTHING) + line.amount
        return None

    def _place(self, receipt: Receipt, line: Line, movement: Movement) -> Key | Finding:
        """The invoice that the line is on, or why it is wrong there."""
        puts = f"it puts {text(line.amount)} on"
        invoices = self._invoices(movement)
        numbers = ", ".join(key.number for key in invoices)
        named = [key for key in invoices if key.number == line.invoice]
        if not named:
            said = f"{puts} invoice {line.invoice or '(none)'}, but {movement.spoken} is of invoice {numbers}"
            return _finding(Kind.INVOICE, receipt, movement, said)
        own = [key for key in named if key.company == receipt.company.strip()]
        if not own:
            said = f"it is in company {receipt.company}, but invoice {line.invoice} is of {named[0].company}"
            return _finding(Kind.ACCOUNT, receipt, movement, said)
        if not self._deltek.is_receivable(receipt.company, line.account):
            receivable = self._deltek.accounts[receipt.company.strip()]
            said = f"{puts} account {line.account}, but the A/R account of its company is {receivable}"
            return _finding(Kind.ACCOUNT, receipt, movement, said)
        for key in own:
            if line.wbs.wbs1 in self._projects(receipt, key):
                return key
        said = f"{puts} project {line.wbs.wbs1}, which invoice {line.invoice} does not charge"
        return _finding(Kind.PROJECT, receipt, movement, said)

    def _invoices(self, movement: Movement) -> list[Key]:
        return [movement.key] if movement.key else list(self._money.sources[movement.source].applied)

    def _projects(self, receipt: Receipt, key: Key) -> set[str]:
        """Of one that was undone and deleted nobody can tell whether it charged others beside its own."""
        invoice = self._deltek.invoices.get(key)
        if invoice is not None:
            return invoice.projects
        named = {line.wbs.wbs1 for line in receipt.lines}
        return named if key.wbs1 in named else {key.wbs1}

    def _wrong_date(self, receipt: Receipt, movement: Movement) -> Finding | None:
        if self._zone is None:
            return None
        days = sorted({day_of(moment, self._zone) for moment in movement.moments})
        if receipt.dated in days:
            return None
        said = f"it is dated {receipt.dated}, but {movement.spoken} moved money on {days[0]}"
        return _finding(Kind.DATE, receipt, movement, said)


def day_of(moment: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment, zone).date()


def invoice_named(invoices: Iterable[Key]) -> str:
    return ", ".join(dict.fromkeys(key.number for key in invoices))


def _is_positive(receipt: Receipt) -> bool:
    """Of a receipt that moves no cash: whether it settles an invoice."""
    on_invoices = sum((line.amount for line in receipt.lines if line.invoice), NOTHING)
    return (receipt.total or on_invoices) > 0


def _without_movement(receipt: Receipt, names: Sequence[str], things: int) -> Finding:
    """One that names nothing that moved for this tenant, or too much."""
    invoice = next((line.invoice for line in receipt.lines if line.invoice), "")
    spoken = f"Receipt {receipt.batch} over {text(receipt.total)}"
    if things:
        said = f"{spoken} names several movements: {', '.join(names)}"
    elif names:
        said = f"{spoken} names {', '.join(names)}, by which no money moved for an invoice of this tenant"
    else:
        said = f"{spoken} names nothing that moved at Stripe"
    return Finding(Kind.NO_MOVEMENT, invoice, said)


def _finding(kind: Kind, receipt: Receipt, movement: Movement, said: str) -> Finding:
    invoice = next((line.invoice for line in receipt.lines if line.invoice), "")
    number = movement.key.number if movement.key else invoice
    return Finding(kind, number, f"Receipt {receipt.batch} of {movement.spoken}: {said}")
