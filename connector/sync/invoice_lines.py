"""The lines a client reads: as Deltek bills them, by section, phase and tax, or summed where there are too many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.deltek.records import DocumentLine, Wbs, WbsAmount
from connector.money import Money

# Stripe holds at most 250 items on an invoice (docs.stripe.com/invoicing/multi-currency-customers).
MOST_LINES = 250

# Deltek Vantagepoint 4.5 help, UT_TF_Invoice_Data_Entry: the sections of an invoice.
SECTIONS = {
    "F": "Fee",
    "L": "Labor",
    "C": "Consultants",
    "E": "Reimbursable expenses",
    "U": "Units",
    "A": "Add-ons",
    "T": "Tax",
    "I": "Interest",
}

Names = dict[tuple[str, str, str], str]


def phase_names(lines: Iterable[DocumentLine], billed: Iterable[WbsAmount]) -> Names:
    """What each WBS row is called, from the document itself or from the AR review."""
    names: Names = {}
    for row in billed:
        names[row.wbs.key] = _joined(row.wbs2_name, row.wbs3_name)
    for line in lines:
        if spoken := _joined(line.wbs2_name, line.wbs3_name):
            names[line.wbs.key] = spoken
    return {key: name for key, name in names.items() if name}


def as_billed(
    lines: Sequence[DocumentLine], names: Names, project: str, currency: str
) -> list[dict[str, Any]]:
    """One line for each row of the document; raises InexactAmount."""
    return [
        _line(describe(line, names, project), line.amount, currency, line.wbs, line.section)
        for line in lines
        if line.amount
    ]


def summed(lines: Sequence[DocumentLine], names: Names, project: str, currency: str) -> tuple[list[Any], str]:
    """At most MOST_LINES lines, summed by phase or else by project, and how they were summed, in words."""
    by_phase = _summed_by(lines, lambda wbs: wbs.key)
    if len(by_phase) <= MOST_LINES:
        rows = [
            _line(names.get(wbs.key) or _codes(wbs) or project, amount, currency, wbs, "")
            for wbs, amount in by_phase
        ]
        return rows, f"The {len(lines)} lines of this invoice are summed by phase"
    by_project = _summed_by(lines, lambda wbs: (wbs.wbs1.strip(), "", ""))
    rows = [_line(f"Project {wbs.wbs1.strip()}", amount, currency, wbs, "") for wbs, amount in by_project]
    return rows, f"The {len(lines)} lines of this invoice are summed by project"


def describe(line: DocumentLine, names: Names, project: str) -> str:
    """A line in words: "Schematic Design – Labor: Principal in charge"."""
    phase = names.get(line.wbs.key) or _codes(line.wbs) or project or line.wbs.wbs1.strip()
    section = SECTIONS.get(line.section.strip(), "Services")
    if line.section.strip() == "T" and line.tax_code.strip():
        section = f"Tax {line.tax_code.strip()}"
    text = f"{phase} – {section}" if phase else section
    detail = line.description.strip().removeprefix(f"{phase}: ")
    return f"{text}: {detail}" if detail else text


def spoken(lines: Sequence[dict[str, Any]], currency: str) -> list[dict[str, str]]:
    """The lines as a person reads them: amounts in the currency's own units."""
    return [
        {"amount": str(Money(line["amount"], currency).to_decimal()), "description": line["description"]}
        for line in lines
    ]


@dataclass(frozen=True)
class Charge:
    """An amount on a WBS row. A receipt for interest or for a retainer is flagged as such too (KB91306)."""

    wbs: Wbs
    amount: Decimal
    interest: bool = False
    retainer: bool = False


def charge_of(line: DocumentLine) -> Charge:
    return Charge(line.wbs, line.amount, line.section.strip() == "I", line.retainer)


def wbs_rows(charges: Iterable[Charge], currency: str) -> list[dict[str, Any]]:
    """The amount billed on each WBS row, in the order of the document; raises InexactAmount.

    Interest and retainers stand in rows of their own, with "interest" or "retainer" true.
    """
    totals: dict[Charge, Decimal] = {}
    for charge in charges:
        place = replace(charge, amount=Decimal(0))
        totals[place] = totals.get(place, Decimal(0)) + charge.amount
    return [_wbs_row(place, Money.from_decimal(amount, currency).minor) for place, amount in totals.items()]


def _wbs_row(place: Charge, amount: int) -> dict[str, Any]:
    wbs = place.wbs
    flags = {name: True for name in ("interest", "retainer") if getattr(place, name)}
    return {"wbs1": wbs.wbs1, "wbs2": wbs.wbs2, "wbs3": wbs.wbs3, "amount": amount, **flags}


def _summed_by(lines: Sequence[DocumentLine], key: Any) -> list[tuple[Wbs, Decimal]]:
    totals: dict[tuple[str, str, str], Decimal] = {}
    first: dict[tuple[str, str, str], Wbs] = {}
    for line in lines:
        place = key(line.wbs)
        first.setdefault(place, line.wbs)
        totals[place] = totals.get(place, Decimal(0)) + line.amount
    return [(first[place], amount) for place, amount in totals.items() if amount]


def _line(description: str, amount: Decimal, currency: str, wbs: Wbs, section: str) -> dict[str, Any]:
    minor = Money.from_decimal(amount, currency).minor
    return {"description": description, "amount": minor, "wbs": str(wbs), "section": section.strip()}


def _joined(*names: str) -> str:
    return " / ".join(name.strip() for name in names if name.strip())


def _codes(wbs: Wbs) -> str:
    return _joined(wbs.wbs2, wbs.wbs3)
