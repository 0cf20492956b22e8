"""The lines that a client reads: as Deltek bills them, in words, and summing to the invoice to the cent."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.deltek.records import DocumentLine, Wbs
from connector.models import InvoiceState
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sync.invoice_lines import MOST_LINES, summed
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
    acme.deltek_sandbox.administrator.set_options({"balance_contains_retainage": True})
    lines = (InvoiceLine("24001.00", Decimal("900.00"), wbs2="02", retainage=Decimal("100.00")),)
    number = push(acme, *lines)

    blocked = acme.invoice(number)
    assert blocked.state is InvoiceState.BLOCKED
    assert blocked.reason == "Its lines sum to 900.00, but its original amount in AR is 1,000.00"
    assert "retainage" in blocked.remedy
    assert acme.stripe_invoices() == []


def test_retainage_that_is_not_due_yet_is_not_charged(acme: World) -> None:
    number = push(acme, InvoiceLine("24001.00", Decimal("900.00"), wbs2="02", retainage=Decimal("100.00")))

    assert acme.stripe_invoice(number)["total"] == 90000


AMOUNTS = st.decimals(min_value=-1000, max_value=1000, places=2)


@given(st.lists(st.tuples(st.integers(0, 400), AMOUNTS), min_size=MOST_LINES + 1, max_size=MOST_LINES + 150))
def test_rule_4_summed_lines_sum_to_the_invoice_and_fit(rows: list[tuple[int, Decimal]]) -> None:
    lines = [
        DocumentLine(
            wbs=Wbs(f"P{place % 7}", f"{place:03d}"),
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
        for seq, (place, amount) in enumerate(rows)
    ]

    summary, how = summed(lines, {}, "Annex", "USD")

    assert len(summary) <= MOST_LINES
    assert sum(row["amount"] for row in summary) == sum(line.amount for line in lines) * 100
    assert f"The {len(lines)} lines of this invoice are summed by" in how
