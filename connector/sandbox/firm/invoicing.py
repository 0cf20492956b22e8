"""The lines of the example firm's invoices: fee, labor, consultants, expenses, add-ons and tax, by phase."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from connector.sandbox.firm.names import CONSULTANTS, EXPENSES, ROLES
from connector.sandbox.firm.portfolio import Project
from connector.sandbox.firm.profile import COMPANY, CURRENCY
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.companies import TAX
from connector.sandbox.vantagepoint.wire import Wbs

SMALLEST, LARGEST = 1_200, 400_000
TAX_CODE, TAX_RATE = "WA-STATE", Decimal("0.088")
_CENT = Decimal("0.01")
_MARKUP = Decimal("1.10")
_OWN_SHARE, _COST_SHARE = Decimal("0.7"), Decimal("0.7")
_ACCOUNTS = {"F": "401.00", "L": "401.00", "A": "401.00", "C": "403.00", "E": "405.00"}


def make_invoice(random: Random, project: Project, dated: date) -> Invoice:
    """An invoice of 1,200 to 400,000, tax included. One in thirty has no due date."""
    lines = list(_lines(random, project))
    if random.random() < 0.25:
        lines.append(_tax(lines))
    invoice = Invoice(
        wbs1=project.wbs1,
        lines=tuple(lines),
        dated=dated,
        due=None if random.random() < 1 / 30 else dated + timedelta(days=30),
        company=COMPANY,
        currency=CURRENCY,
        comment=f"Professional services through {dated:%B %d, %Y}",
    )
    return invoice if SMALLEST <= invoice.total <= LARGEST else make_invoice(random, project, dated)


def _lines(random: Random, project: Project) -> Iterator[InvoiceLine]:
    """Most of it is the firm's own work, the rest passes through."""
    target = _size(random)
    phases = random.sample(project.chargeable, random.randint(1, 2))
    for wbs, name in phases:
        own = target * _OWN_SHARE / len(phases)
        yield from _fee(random, wbs, name, own) if random.random() < 0.4 else _labor(random, wbs, name, own)
    wbs, name = phases[-1]
    yield from _passed_through(random, wbs, name, target * (1 - _OWN_SHARE))


def _size(random: Random) -> Decimal:
    """Small invoices are as likely as large ones, measured by their order of magnitude."""
    return Decimal(round(math.exp(random.uniform(math.log(SMALLEST), math.log(LARGEST)))))


def _fee(random: Random, wbs: Wbs, name: str, target: Decimal) -> Iterator[InvoiceLine]:
    done = random.randint(1, 20) * 5
    yield _line(wbs, "F", _rounded(target), f"{name}: fixed fee, {done}% complete")


def _labor(random: Random, wbs: Wbs, name: str, target: Decimal) -> Iterator[InvoiceLine]:
    roles = random.sample(ROLES, random.randint(1, len(ROLES)))
    for role, rate in roles:
        quarters = max(1, round(target / len(roles) / rate * 4))
        amount = Decimal(quarters) * rate / 4
        yield _line(wbs, "L", amount, f"{name}: {role}, {Decimal(quarters) / 4:.2f} hours at {rate}.00")


def _passed_through(random: Random, wbs: Wbs, name: str, target: Decimal) -> Iterator[InvoiceLine]:
    consultant, bill = random.choice(CONSULTANTS), random.randint(1_000, 9_999)
    cost = _rounded(target * _COST_SHARE)
    yield _line(wbs, "C", _rounded(cost * _MARKUP), f"{consultant}, invoice {bill}, {cost:,.2f} plus 10%")
    for expense in random.sample(EXPENSES, random.randint(0, 3)):
        yield _line(wbs, "E", _rounded(target * random.randint(20, 80) / 1000), expense)
    if random.random() < 0.3:
        yield _line(wbs, "A", _rounded(target * 5 / 100), f"{name}: communications and records, 5%")


def _tax(lines: list[InvoiceLine]) -> InvoiceLine:
    basis = sum((line.amount for line in lines), Decimal(0))
    taxed = _line(lines[0].wbs, "T", _rounded(basis * TAX_RATE), f"Sales tax {TAX_RATE:.1%}")
    return replace(taxed, tax_code=TAX_CODE, tax_basis=basis)


def _line(wbs: Wbs, section: str, amount: Decimal, description: str) -> InvoiceLine:
    account = _ACCOUNTS.get(section, TAX)
    return InvoiceLine(
        wbs.wbs1, amount, section, account, wbs2=wbs.wbs2, wbs3=wbs.wbs3, description=description
    )


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT)
