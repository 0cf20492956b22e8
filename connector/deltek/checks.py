"""What a tenant's set-up is looked at for: each answer takes a call or two, and nothing is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.deltek.answers import Record
from connector.deltek.ledger import INVOICES
from connector.deltek.query import Equals, Query, before, same, since
from connector.deltek.records import LedgerRow
from connector.deltek.schemas import LEDGER
from connector.deltek.session import DeltekSession
from connector.errors import NotFound

LOOKED_AT = 50  # rows of the ledger among which an invoice is expected
A_DAY = timedelta(days=1)
BEFORE_ALL = datetime(1990, 1, 1, tzinfo=UTC)
AFTER_ALL = datetime(2190, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BankCode:
    """A row of BankCode/CFGBANKS."""

    code: str
    description: str
    company: str
    account: str


@dataclass(frozen=True)
class CompanyFound:
    """A row of Settings/Company."""

    code: str
    name: str
    currency: str


class Checks:
    """None stands for a resource that this version does not have."""

    def __init__(self, session: DeltekSession) -> None:
        self._session = session

    def companies(self) -> list[CompanyFound] | None:
        rows = self._rows("Settings/Company")
        columns = ("Company", "FirmName", "FunctionalCurrencyCode")
        return None if rows is None else [CompanyFound(*_texts(row, columns)) for row in rows]

    def bank_codes(self) -> list[BankCode] | None:
        rows = self._rows("BankCode/CFGBANKS")
        columns = ("Code", "Description", "Company", "Account")
        return None if rows is None else [BankCode(*_texts(row, columns)) for row in rows]

    def accounts_receivable(self, company: str) -> str | None:
        rows = self._rows("AccountConfiguration/CFGAutoPosting", {"company": company}) or []
        own = (row for row in rows if same(row.get("Company", company), company))
        return next((str(row["AcctsReceivable"]) for row in own if row.get("AcctsReceivable")), None)

    def receipt_field_lengths(self) -> dict[str, int] | None:
        """The longest value of each column of a cash receipt; the shorter one where two places name it."""
        lengths = dict(_lengths(self._rows("metadata/CREntry") or []))
        for row in self._rows("KeyCvt/CFGFormat") or []:
            length = _number(row.get("RefnoLength"))
            if length:
                lengths["RefNo"] = min(length, lengths.get("RefNo", length))
        return lengths or None

    def one_posted_invoice(self) -> LedgerRow | None:
        query = Query(order="PostDate_D")
        rows = LEDGER.read_all(self._asked(query, LOOKED_AT), INVOICES)
        return next((row for row in rows if row.invoice.strip() and not row.auto_entry), None)

    def filter_works(self, row: LedgerRow) -> bool:
        posted = row.post_date.replace(tzinfo=UTC) if row.post_date else None
        start, end = (posted - A_DAY, posted + A_DAY) if posted else (BEFORE_ALL, AFTER_ALL)
        own = self._of_invoice(row, start, end)
        if not any(same(found.get("Invoice"), row.invoice) for found in own):
            return False
        return not self._of_invoice(row, AFTER_ALL, AFTER_ALL + A_DAY)

    def _of_invoice(self, row: LedgerRow, start: datetime, end: datetime) -> list[Record]:
        clauses = (Equals("Invoice", row.invoice), since("PostDate", start), before("PostDate", end))
        return self._asked(Query(clauses), LOOKED_AT)

    def _asked(self, query: Query, size: int) -> list[Record]:
        """One page as Deltek gives it, whether or not it answers the query."""
        parameters = query.parameters(self._session.description.filter_operators)
        return self._session.get(INVOICES, {**parameters, "page": "1", "pageSize": str(size)})

    def _rows(self, path: str, parameters: dict[str, str] | None = None) -> list[Record] | None:
        try:
            return self._session.get(path, parameters)
        except NotFound:
            return None


def _lengths(metadata: list[Record]) -> Iterator[tuple[str, int]]:
    """Column and length of each table: `{"crControl": {"Fields": [{"FieldName", "MaxLength"}]}, …}`."""
    tables = [table for row in metadata for table in (row, *row.values()) if isinstance(table, dict)]
    for described in (column for table in tables for column in table.get("Fields") or []):
        length = _number(described.get("MaxLength"))
        if length:
            yield str(described.get("FieldName")), length


def _number(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 0


def _texts(row: Record, columns: Iterable[str]) -> Iterator[str]:
    return (str(row.get(column) or "") for column in columns)
