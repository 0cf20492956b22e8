"""The auditor's view: every posted invoice and receipt as plain JSON, amounts as texts."""

from collections import defaultdict
from decimal import Decimal

from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.ledger import LedgerRow
from connector.sandbox.vantagepoint.receipts import ReceiptFile
from connector.sandbox.vantagepoint.receivables import ArItem, ItemKey
from connector.sandbox.vantagepoint.wire import Row

_CENT = Decimal("0.01")


def audit(books: Books) -> Row:
    """Each item with what was charged, what was received and what is owed; and each receipt file."""
    with books.lock:
        books.receipts.post_due()
        files = books.receipts.files
        applied = _applied(files)
        items = sorted(books.receivables.items.items())
        return {
            "invoices": [_invoice(books, key, item, applied[key]) for key, item in items],
            "receipts": [_file(file) for file in files],
        }


def text(amount: Decimal) -> str:
    """At least two decimals, and no more than the amount has."""
    exact = amount.normalize()
    return str(amount.quantize(_CENT) if exact == exact.quantize(_CENT) else exact)


def _applied(files: list[ReceiptFile]) -> dict[ItemKey, list[Row]]:
    """The receipts that name an invoice, one entry for each receipt and invoice."""
    found: dict[ItemKey, dict[tuple[str, str], Row]] = defaultdict(dict)
    for file in files:
        dates = {row["RefNo"]: row["TransDate"][:10] for row in file.receipt.masters}
        for row in file.receipt.details:
            if row["Invoice"].strip():
                key = ItemKey(file.company, row["WBS1"], row["Invoice"].strip())
                entry = found[key].setdefault(
                    (file.batch, row["RefNo"]), _entry(file, row["RefNo"], dates[row["RefNo"]])
                )
                _add(entry, row)
    return defaultdict(
        list, {key: [_closed(one) for one in entries.values()] for key, entries in found.items()}
    )


def _entry(file: ReceiptFile, ref_no: str, dated: str) -> Row:
    return {
        "batch": file.batch,
        "ref": ref_no,
        "date": dated,
        "amount": Decimal(0),
        "posted": file.posting is not None,
        "wbs": [],
    }


def _add(entry: Row, row: Row) -> None:
    entry["amount"] += row["Amount"]
    line = {name.lower(): row[name] for name in ("WBS1", "WBS2", "WBS3")}
    entry["wbs"].append(line | {"account": row["Account"], "amount": text(Decimal(row["Amount"]))})


def _closed(entry: Row) -> Row:
    return entry | {"amount": text(entry["amount"])}


def _invoice(books: Books, key: ItemKey, item: ArItem, receipts: list[Row]) -> Row:
    return {
        "company": key.company,
        "wbs1": key.wbs1,
        "number": key.invoice,
        "credit_memo": key.credit_memo,
        "date": item.dated.isoformat() if item.dated else "",
        "original": text(books.receivables.original(item)),
        "balance": text(books.receivables.balance(item)),
        "charges": [_charge(row) for row in item.charges],
        "receipts": receipts,
    }


def _charge(row: LedgerRow) -> Row:
    line = {name.lower(): value for name, value in row.wbs.columns.items()}
    return line | {"section": row.section, "account": row.account, "amount": text(row.amount)}


def _file(file: ReceiptFile) -> Row:
    return {
        "batch": file.batch,
        "company": file.company,
        "entered_by": file.entered_by,
        "total": text(Decimal(file.receipt.control["Total"])),
        "posted": file.posting is not None,
        "lines": len(file.receipt.details),
    }
