"""The columns of the tables that the API shows and takes, with their rules; `metadata/*` prints them.

Names: Deltek's public Postman documents (4.0 to 7.1) and GO scjalliance/vantagepoint invoices.go, firms.go,
contacts.go, projects.go. Lengths where Deltek gives none are the data dictionary's usual ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.wire import Row

Kind = Literal["String", "Checkbox", "Date", "Numeric", "Dropdown"]


@dataclass(frozen=True)
class Column:
    """One column. `length` 0 means unlimited or no text; what is not `updateable` is computed."""

    name: str
    kind: Kind = "String"
    length: int = 0
    required: bool = False
    updateable: bool = True
    default: Any = ""

    @property
    def metadata(self) -> Row:
        return {
            "FieldName": self.name,
            "FieldType": self.kind,
            "Caption": self.name,
            "DefaultValue": "",
            "Hidden": False,
            "Required": self.required,
            "Updateable": self.updateable,
            "MaxLength": self.length,
            "CodeTable": "",
            "LimitToList": False,
            "Decimals": 2 if self.kind == "Numeric" else 0,
        }


@dataclass(frozen=True)
class Table:
    """A table of the API; `keys` are the columns without which a row cannot be written."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def blank(self) -> Row:
        return {column.name: column.default for column in self.columns}

    def row(self, values: Row) -> Row:
        """A full row. Raises ValueError for a name that is no column."""
        for name in values:
            if name not in self.by_name:
                raise ValueError(f"{self.name} has no {name}")
        return self.blank() | values

    def extended(self, column: Column) -> "Table":
        """With a column of the firm's own. Raises OrderRefused for one that is there."""
        if column.name in self:
            raise OrderRefused(f"{self.name} has a column {column.name} already")
        return replace(self, columns=(*self.columns, column))

    def metadata(self, lengths: dict[str, int]) -> Row:
        """`lengths` are the tenant's own for some columns."""
        return {
            "Keys": ",".join(self.keys),
            "TableName": self.name,
            "Updateable": True,
            "Fields": [
                column.metadata | {"MaxLength": lengths.get(column.name, column.length)}
                for column in self.columns
            ],
        }


def texts(names: str, length: int = 255) -> Iterable[Column]:
    return (Column(name, length=length) for name in names.split())


def flags(names: str) -> Iterable[Column]:
    return (Column(name, "Checkbox", 1, default="N") for name in names.split())


def dates(names: str) -> Iterable[Column]:
    return (Column(name, "Date") for name in names.split())


def numbers(names: str) -> Iterable[Column]:
    return (Column(name, "Numeric", default=0) for name in names.split())


def computed(columns: Iterable[Column]) -> Iterable[Column]:
    return (Column(c.name, c.kind, c.length, updateable=False, default=c.default) for c in columns)


def custom(name: str, length: int) -> Column:
    """A text of the firm's own. Raises OrderRefused for a name that Vantagepoint would not give it."""
    if not name.startswith("Cust"):
        raise OrderRefused(f"the name of a custom column begins with Cust, not as {name!r}")
    return Column(name, length=length)


def _required(name: str, kind: Kind = "String", length: int = 0) -> Column:
    return Column(name, kind, length, required=True)


_BATCH = _required("Batch", length=30)
_WBS = (
    Column("WBS1", length=30, required=True),
    Column("WBS2", length=30, default=" "),
    Column("WBS3", length=30, default=" "),
)
_OVERRIDE = (
    Column("CurrencyExchangeOverrideMethod", "Dropdown", 1, default="N"),
    *dates("CurrencyExchangeOverrideDate"),
    *numbers("CurrencyExchangeOverrideRate"),
)

CR_CONTROL = Table(
    "crControl",
    ("Batch",),
    (
        _BATCH,
        *texts("Description", 40),
        *flags("Recurring"),
        _required("EndDate", "Date"),
        *numbers("Total"),
        *texts("DefaultBank", 20),
        *flags("Selected Posted"),
        *texts("Creator", 20),
        *numbers("Period"),
        *texts("Company", 14),
        *computed(numbers("SumTotal DiffTotal PostPeriod PostSeq")),
        *computed(texts("DefaultBankDescription BankCurrencyCode SubmittedBy SubmittedDate")),
    ),
)
CR_MASTER = Table(
    "crMaster",
    ("Batch", "RefNo"),
    (
        _BATCH,
        _required("RefNo", length=11),
        _required("TransDate", "Date"),
        *texts("TransComment"),
        *flags("Posted"),
        *texts("BankCode", 20),
        *numbers("Seq"),
        *texts("CurrencyCode", 3),
        *_OVERRIDE,
        Column("Status", "Dropdown", 1, default="N"),
        *texts("AuthorizedBy RejectReason ModUser"),
        *dates("ModDate"),
        *texts("Diary", 20),
        *numbers("DiaryNo"),
    ),
)
CR_DETAIL = Table(
    "crDetail",
    ("Batch", "RefNo", "PKey"),
    (
        _BATCH,
        _required("RefNo", length=11),
        _required("PKey", length=32),
        *numbers("Seq"),
        *texts("Description", 80),
        *_WBS,
        *texts("Invoice", 12),
        _required("Account", length=13),
        *numbers("Amount"),
        *flags("Interest"),
        *texts("TaxCode", 10),
        *numbers("TaxBasis"),
        *flags("Retainer"),
        *numbers("CurrencyExchangeOverrideRate"),
        *texts("SourceCurrencyCode", 3),
        *numbers("SourceBalance SourceAmount"),
        *texts("SourceExchangeInfo", 255),
        *texts("LinkCompany", 14),
        *texts("PreInvoice", 12),
        *computed(
            texts("WBS1Name ClientName WBS2Level ChargeType BillingCurrencyCode FunctionalCurrencyCode")
        ),
        *texts("Org", 30),
        *computed(texts("AccountName")),
        *computed(numbers("AccountType")),
        *computed(texts("GlobalAccount")),
    ),
)
IN_CONTROL = Table(
    "inControl",
    ("Batch",),
    (
        _BATCH,
        *texts("Description", 40),
        *flags("Recurring"),
        _required("EndDate", "Date"),
        *texts("DefaultTaxCode", 10),
        *numbers("Total SumTotal DiffTotal RetTotal SumRetTotal DiffRetTotal"),
        *flags("Selected Posted"),
        *texts("Creator", 20),
        *numbers("Period"),
        *texts("Company", 14),
    ),
)
IN_MASTER = Table(
    "inMaster",
    ("Batch", "Invoice"),
    (
        _BATCH,
        _required("Invoice", length=12),
        *_WBS,
        *texts("WBS1Name WBS2Name WBS3Name ClientName ChargeType Org"),
        *dates("TransDate DueDate"),
        *texts("TransComment"),
        *flags("Posted"),
        *numbers("Seq"),
        *texts("CurrencyCode", 3),
        *_OVERRIDE,
        Column("Status", "Dropdown", 1, default="N"),
        *texts("StatusDescription AuthorizedBy RejectReason ModUser"),
        *dates("ModDate"),
        *texts("Diary", 20),
        *numbers("DiaryNo"),
        *flags("IsCreditMemo"),
    ),
)
IN_DETAIL = Table(
    "inDetail",
    ("Batch", "Invoice", "PKey"),
    (
        _BATCH,
        _required("Invoice", length=12),
        *_WBS,
        _required("PKey", length=32),
        *numbers("Seq"),
        *texts("InvoiceSection", 1),
        *texts("TaxCode", 10),
        _required("Account", length=13),
        *texts("AccountName AccountCurrencyCode"),
        *numbers("AccountType Amount RetAmount TaxBasis"),
        *flags("Retainer"),
        *texts("LinkWBS1 LinkWBS2 LinkWBS3", 30),
        *texts("CreditMemoRefNo", 12),
        *texts("Description", 255),
    ),
)
LANDING = Table(
    "landing",
    ("TransType", "Batch"),
    (
        *texts("TransType TransTypeDesc Batch Company Period"),
        *numbers("RawPeriod"),
        *dates("TransDate"),
        *texts("RefNo Creator Description"),
        *dates("EndDate"),
        *numbers("Total"),
        *texts("CurrencyCode ApprovalStatus ApprovalStatusDesc PostStatus PostStatusDesc PostComment"),
        *dates("PostDate"),
        *texts("PostUser"),
        *numbers("PostSeq"),
        *flags("Posted Recurring"),
    ),
)
