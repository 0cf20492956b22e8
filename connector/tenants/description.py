"""The tenant's description as values: what stands in its TOML file, after every check."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from connector.money import Money

FilterOperators = Literal["symbols", "words"]
ReceiptMode = Literal["files", "single"]
OpenInvoices = Literal["leave", "recreate"]


@dataclass(frozen=True)
class CompanyDescription:
    """One Deltek company that takes part, and how its cash receipts are written."""

    code: str
    currency: str
    bank_code: str
    ar_account: str
    receipts: ReceiptMode
    post: bool
    fee_account: str | None = None
    fee_project: str | None = None
    overpayment_account: str | None = None


@dataclass(frozen=True)
class WriteBackDescription:
    """Where in Deltek the state of each invoice at Stripe is written: an Info Center, a column of the project."""

    pay_links: str | None = None  # the public address of the web process
    info_center: str | None = None
    project_column: str | None = None
    columns: dict[str, str] = field(default_factory=dict)  # of the Info Center, by what they hold


@dataclass(frozen=True)
class DeltekDescription:
    """How the tenant's Vantagepoint is reached, and the settings for what Deltek does not document."""

    url: str
    database: str
    username: str
    companies: dict[str, CompanyDescription]
    integrated: bool = False
    page_size: int = 200
    filter_operators: FilterOperators = "symbols"
    requests_per_second: int = 5
    allowed_host: str | None = None
    refno_length: int = 7
    detail_parameter: str = "ARWBS1InvoiceKey"
    write_back: WriteBackDescription | None = None


@dataclass(frozen=True)
class StripeDescription:
    payment_methods: tuple[str, ...]
    card_limit: str | None = None
    send_email: bool = False
    account: str | None = None
    requests_per_second: int = 20
    open_invoices: OpenInvoices = "leave"


@dataclass(frozen=True)
class SyncDescription:
    """Which invoices take part, and how often Deltek is asked for new ones."""

    poll_every: timedelta
    start_date: date
    default_terms_days: int = 30
    include_clients: tuple[str, ...] = ()
    exclude_clients: tuple[str, ...] = ()
    include_projects: tuple[str, ...] = ()
    exclude_projects: tuple[str, ...] = ()
    paused: bool = False
    summary_line: bool = True
    compare_every: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class TenantDescription:
    slug: str
    timezone: ZoneInfo
    deltek: DeltekDescription
    stripe: StripeDescription
    sync: SyncDescription

    def company(self, code: str) -> CompanyDescription | None:
        """The company an AR row belongs to, or None when it does not take part.

        Single-company databases answer "", " " or "00" for the same company (Deltek's own samples), so those
        three mean each other as long as the file names one company only.
        """
        companies = self.deltek.companies
        if code in companies:
            return companies[code]
        if len(companies) == 1 and code.strip() in ("", "00"):
            (only,) = companies
            return companies[only] if only.strip() in ("", "00") else None
        return None

    def code_of(self, code: str) -> str:
        """The company's code as the tenant file spells it: Deltek's endpoints spell one company differently."""
        company = self.company(code)
        return company.code if company is not None else code

    def same_company(self, one: str, other: str) -> bool:
        """Whether two codes, as Deltek's endpoints spell them, mean the same company."""
        known = self.company(one)
        return one.strip() == other.strip() or (known is not None and known == self.company(other))

    def takes_client(self, client_id: str) -> bool:
        return _selected(client_id, self.sync.include_clients, self.sync.exclude_clients)

    def takes_project(self, wbs1: str) -> bool:
        return _selected(wbs1, self.sync.include_projects, self.sync.exclude_projects)

    def card_allowed(self, amount: Money) -> bool:
        """Whether an invoice of this amount may be paid by card (the tenant's `card_limit`)."""
        limit = self.stripe.card_limit
        if limit is None:
            return True
        return amount.to_decimal() <= Decimal(limit)


def _selected(value: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    return value not in exclude and (not include or value in include)
