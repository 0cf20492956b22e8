"""The lines that a client reads: as Deltek bills them, in words, and summing to the invoice to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.deltek.records import DocumentLine, Wbs
from connector.models import InvoiceState
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sync.invoice_lines import MOST_LINES, charge_of, summed, wbs_rows
from tests.support.world import World


def shown(world: World, number: str) -> list[tuple[str, int]]:
    """As the client reads them, from the top: Stripe lists the newest first."""
    lines = world.stripe_books.lines[world.stripe_invoice(number)["id"]]
    return [(line["description"], line["amount"]) for line in reversed(lines)]


def line(amount: str, section: str = "L", wbs2: str = "02", **more: str) -> InvoiceLine:
    return InvoiceLine(wbs1="24001.00", wbs2=wbs2, amount=Decimal(amount), section=section, **more)  # type: ignore[arg-type]


def push(world: World, *lines: InvoiceLine) -> str:
    posted = world.accountant.post_invoice(
        DeltekInvoice("24001.00", lines, date(2026, 11, 2), due=date(2026, 12, 2))
    )
    world.poll()
    world.work()
    return posted.number


def test_lines_name_phase_section_tax_and_what_was_done(acme: World) -> None:
    number = push(
        acme,
        line("1000.00", description="Principal in charge"),
        line("200.50", "E", "03"),
        line("-50.25", "C"),
        line("80.00", "T", tax_code="NYSALES"),
    )

    assert shown(acme, number) == [
        ("Phase 02 – Labor: Principal in charge", 100000),
        ("Phase 03 – Reimbursable expenses", 20050),
        ("Phase 02 – Consultants", -5025),
        ("Phase 02 – Tax NYSALES", 8000),
    ]
    assert acme.stripe_invoice(number)["total"] == 123025


def test_two_invoices_of_one_file_keep_their_lines_apart(acme: World) -> None:
    first, second = (
        Invoice("24001.00", (line(amount),), date(2026, 11, 2), due=date(2026, 12, 2))
        for amount in ("10", "20")
    )
    numbers = [one.number for one in acme.accountant.post_invoices([first, second])]
    acme.poll()
    acme.work()

    assert [shown(acme, number)[0][1] for number in numbers] == [1000, 2000]


def test_more_than_250_lines_are_summed_by_phase_and_the_invoice_says_so(acme: World) -> None:
    number = push(acme, *(line("1.01", wbs2=("02", "03")[each % 2]) for each in range(251)))

    assert shown(acme, number) == [("Phase 02", 126 * 101), ("Phase 03", 125 * 101)]
    assert acme.stripe_invoice(number)["description"] == "The 251 lines of this invoice are summed by phase"


def test_rule_4_lines_that_do_not_sum_to_the_original_amount_block_the_invoice(acme: World) -> None:
    posted = acme.accountant.post_invoice(
        DeltekInvoice("24001.00", (line("900.00"),), date(2026, 11, 2)), "IN77"
    )
    file = acme.deltek_books.billing.file("IN77")
    file.invoices = [replace(posted, lines=(line("1000.00"),))]

    acme.poll()
    acme.work()

    blocked = acme.invoice(posted.number)
    assert blocked.state is InvoiceState.BLOCKED
    assert blocked.reason == "Its lines sum to 1,000.00, but its original amount in AR is 900.00"
    assert "a line that the role may not see" in blocked.remedy
    assert acme.stripe_invoices() == []


def test_interest_is_billed_as_any_line_and_its_row_is_known_for_the_receipt(acme: World) -> None:
    number = push(acme, line("500.00"), line("7.50", "I"), line("2.50", "I"))

    assert shown(acme, number)[1:] == [("Phase 02 – Interest", 750), ("Phase 02 – Interest", 250)]
    rows = [(row["amount"], row.get("interest")) for row in acme.invoice(number).wbs_rows]
    assert rows == [(50000, None), (1000, True)]


def test_interest_without_a_document_is_known_by_the_ledger(acme: World) -> None:
    acme.deltek_sandbox.administrator.set_receipt_mode("00", "single")
    number = push(acme, line("500.00"), line("7.50", "I", "03"))

    assert shown(acme, number) == [(f"Invoice {number} – Annex", 50750)]
    rows = [(row["amount"], row.get("interest")) for row in acme.invoice(number).wbs_rows]
    assert rows == [(50000, None), (750, True)]


def document_line(place: Wbs, amount: Decimal, seq: int = 0, **changes: Any) -> DocumentLine:
    plain = DocumentLine(
        wbs=place,
        seq=seq,
        section="L",
        tax_code="",
        account="",
        amount=amount,
        retainage=Decimal(0),
        description="",
        retainer=False,
        credit_memo_ref="",
        wbs2_name="",
        wbs3_name="",
    )
    return replace(plain, **changes)


def test_rows_are_told_apart_by_wbs_and_by_what_a_receipt_must_say_of_them() -> None:
    place, ten = Wbs("24001.00", "02"), Decimal(10)
    lines = [
        document_line(place, ten),
        document_line(place, ten, retainer=True),
        document_line(place, ten, section="I"),
        document_line(place, ten, section="T"),
        document_line(Wbs("24001.00 ", " 02"), ten, retainer=True),
    ]

    rows = wbs_rows(map(charge_of, lines), "USD")

    where = {"wbs1": "24001.00", "wbs2": "02", "wbs3": " "}
    assert rows == [
        {**where, "amount": 2000},
        {**where, "amount": 2000, "retainer": True},
        {**where, "amount": 1000, "interest": True},
    ]


@given(st.integers(MOST_LINES + 1, MOST_LINES + 150), st.integers(1, 400), st.integers(0))
def test_rule_4_summed_lines_sum_to_the_invoice_and_fit(count: int, places: int, seed: int) -> None:
    random = Random(seed)
    lines = []
    for seq in range(count):
        place = random.randrange(places)
        amount = Decimal(random.randint(-100_000, 100_000)).scaleb(-2)
        lines.append(document_line(Wbs(f"P{place % 7}", f"{place:03d}"), amount, seq))

    summary, how = summed(lines, {}, "Annex", "USD")

    assert len(summary) <= MOST_LINES
    assert sum(row["amount"] for row in summary) == sum(line.amount for line in lines) * 100
    assert f"The {len(lines)} lines of this invoice are summed by" in how
