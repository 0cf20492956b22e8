"""Sign in to both systems and check, item by item, all that a sync will need. Writes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from connector.deltek.records import LedgerRow
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import ConnectorError
from connector.models import Tenant
from connector.runtime import Runtime
from connector.stripe_api.events import WEBHOOK_EVENTS
from connector.stripe_api.gateway import StripeGateway
from connector.sync.movements import BATCH_DIGITS, BATCH_PREFIX
from connector.sync.write_back import columns_of
from connector.tenants.description import CompanyDescription, TenantDescription, WriteBackDescription
from connector.tenants.file import describe_stored
from connector.tenants.secrets import NAMES, stored_names

BATCH_LENGTH = len(BATCH_PREFIX) + BATCH_DIGITS
NO_BATCH = BATCH_PREFIX + "PING"


@dataclass(frozen=True)
class Check:
    """`ok` is None for what could not be checked and does not stand in the way."""

    system: str
    what: str
    ok: bool | None
    message: str


def ping(runtime: Runtime, tenant: Tenant) -> Iterator[Check]:
    """The checks, each as soon as it is made."""
    description = describe_stored(tenant.description)
    with runtime.transaction() as session:
        missing = [name for name in NAMES if name not in stored_names(session, tenant)]
    yield Check(
        "connector", "credentials", not missing, f"missing: {', '.join(missing)}" if missing else "all stored"
    )
    if tenant.blocked:
        yield Check("connector", "tenant", False, tenant.blocked)
    yield from _deltek_checks(runtime, tenant, description)
    yield from _stripe_checks(runtime, tenant, description)


def _deltek_checks(runtime: Runtime, tenant: Tenant, description: TenantDescription) -> Iterator[Check]:
    try:
        deltek = runtime.deltek(tenant)
        row = deltek.one_posted_invoice()
    except ConnectorError as error:
        yield Check("Deltek", "sign-in and posted ledger", False, error.explained)
        return
    yield Check("Deltek", "sign-in", True, f"signed in as {description.deltek.username}")
    if row is None:
        yield Check(
            "Deltek", "posted ledger", None, "no posted invoice is to be seen, so amounts cannot be checked"
        )
    else:
        yield Check("Deltek", "posted ledger", True, f"e.g. invoice {row.invoice}")
        yield from _invoice_checks(deltek, row)
    yield from _receipt_checks(deltek, description)
    yield from _write_back_checks(deltek, description, row)
    today = runtime.clock.now().astimezone(description.timezone).date()
    for company in description.deltek.companies.values():
        yield from _company_checks(deltek, company, today)


def _invoice_checks(deltek: Vantagepoint, row: LedgerRow) -> Iterator[Check]:
    yield _asked("filters", lambda: _filters(deltek, row))
    yield _asked("amounts in AR review", lambda: _amounts(deltek, row))
    yield _asked("invoice documents", lambda: _documents(deltek, row))
    yield _asked("project and client", lambda: _client(deltek, row))


def _filters(deltek: Vantagepoint, row: LedgerRow) -> tuple[bool | None, str]:
    if deltek.filter_works(row):
        return True, "Deltek filters by date as asked"
    return False, "Deltek does not filter by date: try the other deltek.filter_operators in the tenant file"


def _amounts(deltek: Vantagepoint, row: LedgerRow) -> tuple[bool | None, str]:
    balances = deltek.balances(row.wbs.wbs1, row.invoice)
    if balances is None:
        return None, "this version has no AR review: amounts are checked against the posted ledger"
    if not balances:
        return False, f"AR review does not show invoice {row.invoice}: give the role access to it"
    if not any(one.original for one in balances):
        return False, "original amounts read as 0.00: let the role see the amount fields"
    return True, f"invoice {row.invoice} was {balances[0].original:,.2f}, {balances[0].balance:,.2f} is open"


def _documents(deltek: Vantagepoint, row: LedgerRow) -> tuple[bool | None, str]:
    documents = deltek.documents(row.batch)
    if not documents:
        return None, f"batch {row.batch} has no documents: its invoices get one summary line"
    lines = sum(len(document.lines) for document in documents)
    return lines > 0, f"batch {row.batch}: {len(documents)} invoices with {lines} lines"


def _client(deltek: Vantagepoint, row: LedgerRow) -> tuple[bool | None, str]:
    project = deltek.project(row.wbs.wbs1)
    if project is None:
        return False, f"project {row.wbs.wbs1} is not to be seen: give the role access to it"
    firm = deltek.firm(project.billing_client_id.strip() or project.client_id.strip())
    addresses, contacts = deltek.addresses(firm.client_id), deltek.contacts(firm.client_id)
    return True, f"project, firm, {len(addresses)} addresses and {len(contacts)} contacts can be read"


def _receipt_checks(deltek: Vantagepoint, description: TenantDescription) -> Iterator[Check]:
    yield _asked("receipt fields", lambda: _lengths(deltek, description))


def _lengths(deltek: Vantagepoint, description: TenantDescription) -> tuple[bool | None, str]:
    lengths = deltek.receipt_field_lengths()
    if lengths is None:
        return None, "this version does not tell the lengths of a receipt's fields"
    ref_no = description.deltek.refno_length
    if lengths.get("Batch", BATCH_LENGTH) < BATCH_LENGTH:
        return False, f"Batch takes {lengths['Batch']} characters, but {BATCH_LENGTH} are needed"
    if lengths.get("RefNo", ref_no) < ref_no:
        return False, f"RefNo takes {lengths['RefNo']} characters: set deltek.refno_length to that"
    return True, "batch id and reference number fit"


def _write_back_checks(
    deltek: Vantagepoint, description: TenantDescription, row: LedgerRow | None
) -> Iterator[Check]:
    where = description.deltek.write_back
    if where is not None and where.info_center:
        yield _asked(f"Info Center {where.info_center}", lambda: _info_center(deltek, where))
    if where is not None and where.project_column and row is not None:
        yield _asked(
            f"project column {where.project_column}",
            lambda: _project_column(deltek, row.wbs.wbs1, where.project_column or ""),
        )


def _info_center(deltek: Vantagepoint, where: WriteBackDescription) -> tuple[bool | None, str]:
    """Looking in every column for what is in none asks for each of them by name."""
    columns = columns_of(where).values()
    deltek.info_center_records(where.info_center or "", dict.fromkeys(columns, NO_BATCH))
    return True, f"{', '.join(columns)} can be read"


def _project_column(deltek: Vantagepoint, wbs1: str, column: str) -> tuple[bool | None, str]:
    if column in (deltek.project_fields(wbs1, [column]) or {}):
        return True, f"project {wbs1} has it"
    return False, f"project {wbs1} does not show it: make it a column of text, and let the role see it"


def _company_checks(deltek: Vantagepoint, company: CompanyDescription, today: date) -> Iterator[Check]:
    label = f"company {company.code.strip() or '(blank)'}"
    yield _asked(label, lambda: _company(deltek, company))
    yield _asked(f"{label}: bank code", lambda: _bank_code(deltek, company))
    yield _asked(f"{label}: A/R account", lambda: _ar_account(deltek, company))
    yield _asked(f"{label}: accounting period", lambda: _period(deltek, company, today))
    yield _asked(f"{label}: cash receipts", lambda: _cash_receipts(deltek, company))


def _company(deltek: Vantagepoint, company: CompanyDescription) -> tuple[bool | None, str]:
    companies = deltek.companies()
    if companies is None:
        return None, "this version does not list companies"
    # A single-company database may call its company "", " " or "00" (Deltek's own samples).
    blank = len(companies) == 1 and not company.code.strip()
    found = next((one for one in companies if blank or one.code.strip() == company.code.strip()), None)
    if found is None:
        return (
            False,
            "Deltek does not show it to the API user: correct its code, or give the role access to it",
        )
    if found.currency.strip() not in ("", company.currency):
        return False, f"Deltek keeps it in {found.currency}, the tenant file says {company.currency}"
    return True, found.name


def _cash_receipts(deltek: Vantagepoint, company: CompanyDescription) -> tuple[bool | None, str]:
    """Looking for a batch that cannot be there asks for the same rights as looking for one of ours."""
    deltek.find_receipt(NO_BATCH, company.receipts, NO_BATCH)
    return True, "files and the posted ledger can be read"


def _bank_code(deltek: Vantagepoint, company: CompanyDescription) -> tuple[bool | None, str]:
    codes = deltek.bank_codes()
    if codes is None:
        return None, "this version does not list bank codes"
    found = company.bank_code in {one.code for one in codes}
    return (
        found,
        company.bank_code if found else f"Deltek has no bank code {company.bank_code}: correct bank_code",
    )


def _ar_account(deltek: Vantagepoint, company: CompanyDescription) -> tuple[bool | None, str]:
    account = deltek.accounts_receivable(company.code)
    if account is None:
        return None, "this version does not tell the A/R account"
    if account == company.ar_account:
        return True, account
    return None, f"the tenant file says {company.ar_account}, Deltek's automatic posting {account}: make sure"


def _period(deltek: Vantagepoint, company: CompanyDescription, today: date) -> tuple[bool | None, str]:
    period = deltek.fiscal_period(today, company.code)
    if period is None:
        return None, "this version does not list periods: calendar months are used"
    return not period.closed, f"{period.period} is {'closed' if period.closed else 'open'}"


def _stripe_checks(runtime: Runtime, tenant: Tenant, description: TenantDescription) -> Iterator[Check]:
    try:
        stripe = runtime.stripe(tenant)
        permissions = stripe.check_permissions()
    except ConnectorError as error:
        yield Check("Stripe", "API key", False, error.explained)
        return
    yield Check(
        "Stripe", "API key", True, f"{_account(stripe)}, {'live' if stripe.livemode else 'test'} mode"
    )
    for permission in permissions:
        yield Check("Stripe", f"read {permission.what}", permission.ok, permission.message)
    with runtime.transaction() as session:
        secret = "STRIPE_WEBHOOK_SECRET" in stored_names(session, tenant)
    yield _webhook_check(stripe, description, secret)


def _account(stripe: StripeGateway) -> str:
    """The account's id, for the reader: a restricted key that may not read it lacks nothing that a sync needs."""
    try:
        return f"account {stripe.account_id()}"
    except ConnectorError:
        return "an account that the key may not read"


def _webhook_check(stripe: StripeGateway, description: TenantDescription, secret: bool) -> Check:
    """Event destinations of Stripe's newer kind are not in this list, so with a secret stored it is only noted."""
    path = f"/webhooks/stripe/{description.slug}"
    try:
        standing = [one for one in stripe.endpoints() if one.url.rstrip("/").endswith(path)]
    except ConnectorError as error:
        return Check("Stripe", "webhook endpoint", False, error.explained)
    mine = next((one for one in standing if one.status == "enabled"), None)
    if mine is None:
        how = f"ml-connector webhook register {description.slug} --url https://YOUR-HOST"
        what = f"{standing[0].url} is disabled" if standing else "there is none"
        return Check(
            "Stripe", "webhook endpoint", None if secret and not standing else False, f"{what}: {how}"
        )
    lacking = set(WEBHOOK_EVENTS) - set(mine.events)
    if lacking and "*" not in mine.events:
        return Check("Stripe", "webhook endpoint", False, f"{mine.url} lacks {', '.join(sorted(lacking))}")
    return Check("Stripe", "webhook endpoint", True, mine.url)


def _asked(what: str, question: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        ok, message = question()
    except ConnectorError as error:
        return Check("Deltek", what, False, error.explained)
    return Check("Deltek", what, ok, message)
