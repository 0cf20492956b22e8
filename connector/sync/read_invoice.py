"""Make sense of a posted Deltek invoice: which one it is, whom it bills, and whether its amounts add up.

Rule 3: a masked zero, a missing row or an empty answer proves nothing. Whatever does not add up is Unclear, with
the likely cause and the remedy; nothing wrong is ever pushed.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from connector.deltek.query import same
from connector.deltek.records import ArBalance, InvoiceDocument, LedgerRow, Project, Wbs
from connector.deltek.vantagepoint import Vantagepoint
from connector.money import InexactAmount, Money
from connector.sync import invoice_lines
from connector.sync.reading import InvoiceKey, LeftAlone, Reading, ReadInvoice, Unclear
from connector.sync.receivable import Receivable, projects_of, receivable
from connector.tenants.description import CompanyDescription, TenantDescription

HIDDEN_AMOUNTS = (
    "An amount of the invoice reads as 0.00 where it cannot be, as Deltek answers when a role may not see a field",
    "Let the role of the connector's user see the amount fields of AR and invoices in Deltek, then replay",
)

HIDDEN_BALANCE = (
    "Its balance reads as 0.00, but the ledger shows no receipts or credits that settle it",
    "Let the role of the connector's user see balances in AR review, then replay; one written off needs nothing",
)


def is_numbered(number: str) -> bool:
    """Whether it is an invoice at all: drafts read "<Draft>", statements "<State>" (Deltek Vision 7.6 help)."""
    return bool(number.strip()) and not number.strip().startswith("<")


class InvoiceReader:
    """Reads the invoices of one tenant; asks Deltek for no more than it needs to be sure."""

    def __init__(self, vantagepoint: Vantagepoint, tenant: TenantDescription) -> None:
        self._deltek = vantagepoint
        self._tenant = tenant
        self._projects: dict[str, Project | None] = {}
        self._companies: list[str] | None = None

    def documents(self, batch: str) -> list[InvoiceDocument]:
        return self._deltek.documents(batch)

    def read_document(self, document: InvoiceDocument, posted: Sequence[LedgerRow]) -> Reading:
        """An invoice that has its document; `posted` are its ledger rows of this posting."""
        key = InvoiceKey(document.company, document.wbs.wbs1, document.invoice)
        if reason := self._left_alone_by_document(document, posted):
            return LeftAlone(key, document.batch, reason, document.invoice_date)
        try:
            return self._read(key, document, posted, self._balances(document, posted))
        except InexactAmount as error:
            return self._unclear(key, document, error.message, "Correct the amount in Deltek, then replay")

    def by_main_project(self, number: str, posted: Sequence[LedgerRow]) -> dict[str, list[LedgerRow]]:
        """The rows of invoices without documents under the project that each is billed by.

        Several projects may be one billing group, or have an invoice of the same number each; only AR review
        tells. Without it they are one, which `read_undocumented` does not take for granted.
        """
        projects = list(dict.fromkeys(row.wbs.wbs1 for row in posted))
        grouped: dict[str, list[LedgerRow]] = {}
        for wbs1 in projects:
            main = self._main_project(number, wbs1, projects) if len(projects) > 1 else wbs1
            grouped.setdefault(main, []).extend(row for row in posted if row.wbs.wbs1 == wbs1)
        return grouped

    def read_undocumented(self, number: str, wbs1: str, posted: Sequence[LedgerRow]) -> Reading:
        """An invoice without a document: history-loaded, or of a company that keeps no transaction files."""
        first = posted[0]
        balances = self._deltek.balances(wbs1, number)
        company = self._company_of(balances)
        key = InvoiceKey(company or "", wbs1, first.credit_memo_ref.strip() or number)
        if first.credit_memo_ref.strip() or first.pre_invoice:
            kind = "a credit memo" if first.credit_memo_ref.strip() else "a pre-invoice"
            return LeftAlone(key, first.batch, f"It is {kind}", first.trans_date)
        dated = first.trans_date or next((row.invoice_date for row in balances or ()), None)
        several = len({row.wbs.wbs1 for row in posted}) > 1
        if company is None or dated is None or (several and balances is None):
            return Unclear(
                key,
                first.batch,
                "Deltek holds no document of it, and does not show its company, its date or its billing group",
                "Let the role of the connector's user see the ledger's dates and AR review in Deltek, then replay",
                dated,
            )
        stand_in = InvoiceDocument(
            batch=first.batch,
            company=company,
            invoice=number,
            wbs=Wbs(wbs1),
            wbs1_name="",
            invoice_date=dated,
            due_date=None,
            currency=first.currency,
            posted=True,
            credit_memo=False,
            comment="",
            lines=(),
        )
        return self.read_document(stand_in, posted)

    def company_of(self, wbs1: str, number: str) -> str:
        """The company of an invoice whose document cannot be read; blank where Deltek does not tell."""
        return self._company_of(self._deltek.balances(wbs1, number)) or ""

    def _left_alone_by_document(self, document: InvoiceDocument, posted: Sequence[LedgerRow]) -> str:
        sync = self._tenant.sync
        if self._tenant.company(document.company) is None:
            return f"Its company {document.company.strip() or '(blank)'} is not in the tenant file"
        if document.invoice_date < sync.start_date:
            return f"It is dated {document.invoice_date}, before start_date {sync.start_date}"
        if document.credit_memo or any(line.credit_memo_ref.strip() for line in document.lines):
            return "It is a credit memo"
        if any(row.pre_invoice for row in posted):
            return "It is a pre-invoice, which is not in AR"
        if not self._tenant.takes_project(document.wbs.wbs1):
            return f"Project {document.wbs.wbs1} is excluded by the tenant file"
        if document.lines and sum(line.amount for line in document.lines) < 0:
            return "Its amount is negative: a reversal or a credit"
        return ""

    def _read(
        self,
        key: InvoiceKey,
        document: InvoiceDocument,
        posted: Sequence[LedgerRow],
        balances: Sequence[ArBalance] | None,
    ) -> Reading:
        claim = receivable(self._deltek, document, posted, balances)
        if not claim.shown and not claim.settled:
            return self._unclear(
                key,
                document,
                "It is posted, but AR review does not show it",
                "Give the connector's user access to the company and to AR review in Deltek, then replay",
            )
        problem = self._amounts_problem(document, claim)
        if isinstance(problem, str):
            return LeftAlone(key, document.batch, problem, document.invoice_date)
        if problem is not None:
            return self._unclear(key, document, *problem)
        return self._understood(key, document, claim, posted)

    def _amounts_problem(self, document: InvoiceDocument, claim: Receivable) -> str | tuple[str, str] | None:
        """None when the amounts add up; a reason to leave it alone; or a reason and a remedy."""
        lines_total = sum((line.amount for line in document.lines), Decimal(0))
        if claim.voided:
            return "It was voided or credited in full in Deltek"
        if claim.original == 0 or (document.lines and lines_total == 0):
            return HIDDEN_AMOUNTS
        if document.lines and lines_total != claim.original:
            return (
                f"Its lines sum to {_shown(lines_total)}, but its original amount in AR is {_shown(claim.original)}",
                "Look in Deltek for an adjustment, retainage or a line that the role may not see, then replay",
            )
        if claim.original < 0:
            return "Its amount is not positive"
        return self._open_problem(document, claim)

    def _open_problem(self, document: InvoiceDocument, claim: Receivable) -> str | tuple[str, str] | None:
        """The same, for an invoice whose amounts add up: is all of it still to be paid, and can it be shown?"""
        if claim.balance < 0 or claim.settled:
            return "It is already settled in Deltek"
        if claim.balance == 0:
            return HIDDEN_BALANCE
        if claim.balance != claim.original:
            settled = _shown(claim.original - claim.balance)
            return (
                f"{settled} of its {_shown(claim.original)} was settled before it reached Stripe",
                "Collect the rest of this invoice outside Stripe, or have its project excluded",
            )
        if not document.lines and not self._tenant.sync.summary_line:
            return (
                "Deltek holds no document with its lines, and the tenant file allows no summary line",
                "Set sync.summary_line = true in the tenant file, `ml-connector tenant apply` it, then replay",
            )
        return None

    def _understood(
        self,
        key: InvoiceKey,
        document: InvoiceDocument,
        claim: Receivable,
        posted: Sequence[LedgerRow],
    ) -> Reading:
        company = self._tenant.company(document.company)
        assert company is not None  # noqa: S101 - checked by _left_alone_by_document
        project = self._project(document.wbs.wbs1)
        currency = _currency(document, project, company)
        if currency != company.currency:
            return self._unclear(
                key,
                document,
                f"It is in {currency}, but the bank account of its company is in {company.currency}",
                "Collect this invoice outside Stripe: receipts are booked in the company's currency only",
            )
        client_id = claim.client_id or _client_id(project)
        if not client_id:
            return self._unclear(
                key,
                document,
                f"Deltek names no billing client for project {document.wbs.wbs1}",
                "Enter the billing client of the project in Deltek, then replay",
            )
        if not self._tenant.takes_client(client_id):
            return LeftAlone(
                key, document.batch, "Its client is excluded by the tenant file", document.invoice_date
            )
        money = Money.from_decimal(claim.original, currency)
        if not money.chargeable:
            return self._unclear(
                key, document, f"Stripe cannot charge {money}", "Collect this invoice outside Stripe"
            )
        name = document.wbs1_name.strip() or (project.name.strip() if project else "")
        return self._to_push(key, document, posted, money, client_id, name)

    def _to_push(
        self,
        key: InvoiceKey,
        document: InvoiceDocument,
        posted: Sequence[LedgerRow],
        money: Money,
        client_id: str,
        name: str,
    ) -> ReadInvoice:
        lines, rows, summarised = self._lines(document, posted, money, name)
        terms = timedelta(days=self._tenant.sync.default_terms_days)
        return ReadInvoice(
            key=key,
            batch=document.batch,
            client_id=client_id,
            invoice_date=document.invoice_date,
            due_date=document.due_date or document.invoice_date + terms,
            original=money,
            lines=lines,
            wbs_rows=rows,
            project_name=name,
            summarised=summarised,
        )

    def _lines(
        self, document: InvoiceDocument, posted: Sequence[LedgerRow], original: Money, project: str
    ) -> tuple[list[dict[str, object]], list[dict[str, object]], str]:
        currency, wbs1 = original.currency, document.wbs.wbs1
        if not document.lines:
            rows = self._billed_rows(document, posted, original)
            text = f"Invoice {document.invoice}" + (f" – {project}" if project else "")
            line = {"description": text, "amount": original.minor, "wbs": wbs1.strip(), "section": ""}
            return [line], rows, "Deltek holds no lines for this invoice: it is shown in one sum"
        nameless = any(line.wbs.key[1] and not line.wbs2_name.strip() for line in document.lines)
        projects = {line.wbs.wbs1 for line in document.lines}
        billed = (self._deltek.billed_by_wbs(wbs1, document.invoice, projects) or []) if nameless else []
        names = invoice_lines.phase_names(document.lines, billed)
        rows = invoice_lines.wbs_rows([(line.wbs, line.amount) for line in document.lines], currency)
        if len(document.lines) > invoice_lines.MOST_LINES:
            lines, summarised = invoice_lines.summed(document.lines, names, project, currency)
            return lines, rows, summarised
        return invoice_lines.as_billed(document.lines, names, project, currency), rows, ""

    def _billed_rows(
        self, document: InvoiceDocument, posted: Sequence[LedgerRow], original: Money
    ) -> list[dict[str, object]]:
        """What was billed where, of an invoice without lines: as AR review or else as the ledger has it."""
        projects = projects_of(document, posted)
        billed = self._deltek.billed_by_wbs(document.wbs.wbs1, document.invoice, projects) or []
        in_ledger = [(row.wbs, row.amount) for row in posted]
        for found in ([(row.wbs, row.amount) for row in billed], in_ledger):
            rows = invoice_lines.wbs_rows(found, original.currency)
            if sum(row["amount"] for row in rows) == original.minor:
                return rows
        return invoice_lines.wbs_rows([(document.wbs, original.to_decimal())], original.currency)

    def _balances(self, document: InvoiceDocument, posted: Sequence[LedgerRow]) -> list[ArBalance] | None:
        """The AR rows of the invoice: one, or one for each project of a billing group; None without AR review."""
        found: list[ArBalance] = []
        for wbs1 in projects_of(document, posted):
            rows = self._deltek.balances(wbs1, document.invoice)
            if rows is None:
                return None
            company = self._tenant.company(document.company)
            found += [row for row in rows if self._tenant.company(row.company) == company]
        return found

    def _project(self, wbs1: str) -> Project | None:
        if wbs1 not in self._projects:
            self._projects[wbs1] = self._deltek.project(wbs1)
        return self._projects[wbs1]

    def _main_project(self, number: str, wbs1: str, projects: Sequence[str]) -> str:
        billed = self._deltek.billed_by_wbs(wbs1, number, projects)
        if billed is None:
            return projects[0]
        own = (row.billing_group_wbs1 for row in billed if same(row.wbs.wbs1, wbs1))
        return next((main for main in own if main.strip()), wbs1)

    def _company_of(self, balances: Sequence[ArBalance] | None) -> str | None:
        """The company of an invoice without a document: AR review's, or the only one there is; None: unknown."""
        if balances:
            return balances[0].company
        if self._companies is None:
            self._companies = [found.code for found in self._deltek.companies() or ()]
        return self._companies[0] if len(self._companies) == 1 else None

    @staticmethod
    def _unclear(key: InvoiceKey, document: InvoiceDocument, reason: str, remedy: str) -> Unclear:
        return Unclear(key, document.batch, reason, remedy, document.invoice_date)


def _shown(amount: Decimal) -> str:
    """With two decimals, or as many as it has: Deltek prints 500.00 as 500.0."""
    return f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,}"


def _currency(document: InvoiceDocument, project: Project | None, company: CompanyDescription) -> str:
    """The first of: the document's, the project's billing currency, the company's; blank is single-currency."""
    billing = project.billing_currency if project else ""
    return (document.currency.strip() or billing.strip() or company.currency).upper()


def _client_id(project: Project | None) -> str:
    """The billing client of the project, else its client, where AR review names none."""
    if project is None:
        return ""
    return project.billing_client_id.strip() or project.client_id.strip()
