"""The lines of one invoice and its amounts by WBS row: from its document, else in one sum and as the ledger has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.deltek.records import InvoiceDocument, LedgerRow
from connector.deltek.vantagepoint import Vantagepoint
from connector.money import Money
from connector.sync import invoice_lines
from connector.sync.invoice_in_deltek import is_retainage, sum_due
from connector.sync.invoice_lines import Charge, charge_of
from connector.sync.receivable import projects_of

INTEREST_ROW = "I"  # SubType in the invoice ledger (Deltek PS data dictionary)


@dataclass(frozen=True)
class BilledLines:
    """`lines` and `wbs_rows` as in `ReadInvoice`; `summarised` says in words how lines were summed."""

    lines: list[dict[str, Any]]
    wbs_rows: list[dict[str, Any]]
    summarised: str = ""


def billed_lines(
    deltek: Vantagepoint,
    document: InvoiceDocument,
    posted: Sequence[LedgerRow],
    original: Money,
    project: str,
) -> BilledLines:
    """`project` is the name of the invoice's project, `original` what the lines sum to; raises InexactAmount."""
    if not document.lines:
        return _in_one_sum(deltek, document, posted, original, project)
    currency = original.currency
    nameless = any(line.wbs.key[1] and not line.wbs2_name.strip() for line in document.lines)
    projects = projects_of(document, [])
    wbs1, number = document.wbs.wbs1, document.invoice
    billed = (deltek.billed_by_wbs(wbs1, number, projects) or []) if nameless else []
    names = invoice_lines.phase_names(document.lines, billed)
    rows = invoice_lines.wbs_rows(map(charge_of, document.lines), currency)
    if len(document.lines) > invoice_lines.MOST_LINES:
        lines, summarised = invoice_lines.summed(document.lines, names, project, currency)
        return BilledLines(lines, rows, summarised)
    return BilledLines(invoice_lines.as_billed(document.lines, names, project, currency), rows)


def _in_one_sum(
    deltek: Vantagepoint,
    document: InvoiceDocument,
    posted: Sequence[LedgerRow],
    original: Money,
    project: str,
) -> BilledLines:
    text = f"Invoice {document.invoice}" + (f" – {project}" if project else "")
    wbs1 = document.wbs.wbs1.strip()
    line = {"description": text, "amount": original.minor, "wbs": wbs1, "section": ""}
    rows = _rows_of_charges(deltek, document, posted, original)
    return BilledLines([line], rows, "Deltek holds no lines for this invoice: it is shown in one sum")


def _rows_of_charges(
    deltek: Vantagepoint, document: InvoiceDocument, posted: Sequence[LedgerRow], original: Money
) -> list[dict[str, Any]]:
    """What was billed where: as AR review has it, or the ledger, which also tells interest."""
    projects = projects_of(document, posted)
    billed = deltek.billed_by_wbs(document.wbs.wbs1, document.invoice, projects) or []
    # The ledger's sign of charges is documented nowhere; the whole is one.
    sign = -1 if sum_due(posted) < 0 else 1
    in_ledger = [
        Charge(row.wbs, sign * row.amount, interest=row.sub_type.strip() == INTEREST_ROW)
        for row in posted
        if not is_retainage(row)
    ]
    in_review = [Charge(row.wbs, row.amount) for row in billed]
    some_interest = any(charge.interest for charge in in_ledger)
    for found in (in_ledger, in_review) if some_interest else (in_review, in_ledger):
        rows = invoice_lines.wbs_rows(found, original.currency)
        if sum(row["amount"] for row in rows) == original.minor:
            return rows
    return invoice_lines.wbs_rows([Charge(document.wbs, original.to_decimal())], original.currency)
