"""What differs between installations of Vantagepoint, or is documented nowhere: one switch each."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_type_hints


@dataclass
class Options:
    """The defaults are the likeliest behaviour; a rehearsal turns the others on."""

    # Deltek does not publish which spelling of operators a version takes.
    filter_operators: Literal["symbols", "words"] = "symbols"
    # ARReview is found in the collection of 7.1 only (Deltek's public Postman documents, mirrored by qodex).
    ar_review: bool = True
    ar_review_key: str = "ARWBS1InvoiceKey"
    ar_review_lists_paid: bool = True
    ar_review_active_company_only: bool = False
    balance_contains_retainage: bool = False
    # "reference": Invoice is the invoice it applies to, CreditMemoRefNo the memo (Deltek 3.5 help, AR
    # reports); "own": Invoice is the memo, CreditMemoRefNo the invoice (integrations in production).
    credit_memo_direction: Literal["reference", "own"] = "reference"
    # "/" in a project's number, written "[_$2F_]" in a path: the browser's own service takes it so.
    escaped_slash: bool = True
    unknown_batch: Literal["404", "empty"] = "404"
    # Some set-ups carry the invoice number on work-in-progress offsets too.
    wip_offsets: bool = False
    ledger_invoice_sign: Literal["positive", "negative"] = "positive"
    # Whether the generated row of a receipt, the bank's, is marked as an AutoEntry.
    bank_side_marked: bool = True
    # Receipt lines on balance sheet accounts other than A/R show no project in reports (Vision 7.6 help, Cash
    # Receipts Columns); whether the ledger keeps it is documented nowhere.
    balance_sheet_projects: bool = True
    # GO gl.go's ledger row has no PostDate; integrations in production filter on it.
    ledger_prints_post_date: bool = True
    ledger_paging: bool = True
    # The largest page that is given whatever pageSize asks for; 0 for no limit.
    max_page_size: int = 0
    # PostDate and ModDate are printed without a zone.
    server_zone: str = "UTC"
    refresh_single_use: bool = True
    access_token_seconds: int = 1799
    # Wrong passwords in a row that disable the login; 0 for never.
    lock_after: int = 5
    batch_length: int = 30
    refno_length: int = 11
    negative_totals: bool = True
    # Settings > Accounting > Transactions: "Ignore Control Totals When Posting".
    ignore_control_totals: bool = False
    approvals: bool = False
    period_must_be_active: bool = False
    post_trans_file: bool = True
    # Seconds of the stand-in's clock between PostTransFile and the rows in the ledger.
    posting_delay: int = 0

    def change(self, changes: dict[str, Any]) -> None:
        """Raises ValueError for an unknown switch or a value of another type."""
        hints = get_type_hints(Options)
        for name, value in changes.items():
            if name not in hints:
                raise ValueError(f"no option {name!r}; there are {', '.join(f.name for f in fields(self))}")
            if not _fits(hints[name], value):
                raise ValueError(f"{value!r} does not suit the option {name}")
            setattr(self, name, value)


def _fits(hint: Any, value: Any) -> bool:
    if hasattr(hint, "__args__"):
        return value in hint.__args__
    return type(value) is hint
