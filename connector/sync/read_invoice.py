"""Make sense of a posted Deltek invoice: which one it is, whom it bills, and whether its amounts add up.

Rule 3: a masked zero, a missing row or an empty answer proves nothing. Whatever does not add up is Unclear, with
the likely cause and the remedy; nothing wrong is ever pushed.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from connector.deltek.query import same
from connector.deltek.records import ArBalance, InvoiceDocument, LedgerRow, Project, Wbs
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked
from connector.money import InexactAmount, Money
from connector.sync.billed_lines import billed_lines
from connector.sync.invoice_in_deltek import in_ledger
from connector.sync.payment_methods import least_charge
from connector.sync.postings_of_number import is_credit_memo, postings_of
from connector.sync.reading import InvoiceKey, LeftAlone, Reading, ReadInvoice, Unclear
from connector.sync.receivable import Receivable, receivable
from connector.tenants.description import CompanyDescription, TenantDescription

Finding = str | tuple[str, str] | None  # a reason to leave it alone; a reason and a remedy; nothing

HIDDEN_AMOUNTS = (
    "An amount of the invoice reads as 0.00 where it cannot be, as Deltek answers when a role may not see a field",
    "Let the role of the connector's user see the amount fields of AR and invoices in Deltek, then replay",
)

SETTLED = "It is already settled in Deltek"
CREDITED = "It was voided or credited in full in Deltek"
HIDDEN_BALANCE = (
    "Its balance reads as 0.00, but the ledger shows no receipts or credits that settle it",
    (
        "Let the role of the connector's user see balances in AR review, then replay; if it was written off, replay it "
        "with --by-hand"
    ),
)

HIDDEN_LEDGER = (
    "Some of it is settled, but the ledger does not show by what",
    "Let the role of the connector's user see posted invoices and receipts with their amounts, then replay",
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
        """An invoice that has its document; `posted` are its ledger rows of this posting.

        Where more was posted under its number, all of that is read with it: see `read_number`.
        """
        return self._judged(document, posted, whole=False)

    def read_number(self, key: InvoiceKey) -> Reading:
        """All that stands posted under a number as one invoice: corrections and reversals are lines of it.

        Credit memos are not; they settle it.
        """
        postings = postings_of(self._deltek, self._tenant, key)
        if postings.document is not None:
            return self._judged(postings.document, postings.rows, whole=True)
        for wbs1, posted in self.by_main_project(key.number, postings.rows).items():
            if any(same(row.wbs.wbs1, key.wbs1) for row in posted):
                return self._read_undocumented(key.number, wbs1, posted, whole=True)
        return Unclear(
            key,
            "",
            "Deltek shows no posting of it any more",
            "Nothing is to be done if it was undone; else let the connector's user see it in Deltek, then replay",
        )

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
        return self._read_undocumented(number, wbs1, posted, whole=False)

    def _read_undocumented(
        self, number: str, wbs1: str, posted: Sequence[LedgerRow], *, whole: bool
    ) -> Reading:
        balances = self._deltek.balances(wbs1, number)
        company = self._company_of(balances)
        charges = [row for row in posted if not row.credit_memo_ref.strip()]
        if not charges:
            memo = self._key(company or "", wbs1, self._memo_number(posted[0]))
            return LeftAlone(memo, posted[0].batch, "It is a credit memo", posted[0].trans_date)
        first, key = charges[0], self._key(company or "", wbs1, number)
        dated = first.trans_date or next((row.invoice_date for row in balances or ()), None)
        several = len({row.wbs.wbs1 for row in charges}) > 1
        if company is None or dated is None or (several and balances is None):
            if self._is_settled(number, charges):
                return LeftAlone(key, first.batch, SETTLED, dated)
            return Unclear(
                key,
                first.batch,
                "Deltek holds no document of it, and does not show its company, its date or its billing group",
                "Let the role of the connector's user see the ledger's dates and AR review in Deltek, then replay",
                dated,
            )
        stand_in = _stand_in(first, company, wbs1, dated)
        return self._judged(stand_in, charges, whole=whole)

    def _is_settled(self, number: str, charges: Sequence[LedgerRow]) -> bool:
        """Whether nothing of it is open by the ledger, whosever it is: AR review may list open invoices only."""
        projects = list(dict.fromkeys(row.wbs.wbs1 for row in charges))
        ledger = in_ledger(self._deltek, None, number, projects)
        return ledger.listed and not ledger.hidden and ledger.balance == 0

    def key_of(self, wbs1: str, number: str) -> InvoiceKey:
        """The key of an invoice that cannot be read; its company is blank where Deltek does not tell."""
        try:
            balances = self._deltek.balances(wbs1, number)
        except Blocked:
            balances = None
        return self._key(self._company_of(balances) or "", wbs1, number)

    def key_of_document(self, document: InvoiceDocument) -> InvoiceKey:
        return self._key(document.company, document.wbs.wbs1, document.invoice)

    def _key(self, company: str, wbs1: str, number: str) -> InvoiceKey:
        return InvoiceKey(self._tenant.code_of(company), wbs1, number)

    def _judged(self, document: InvoiceDocument, posted: Sequence[LedgerRow], *, whole: bool) -> Reading:
        """`whole`: all postings of the number are in it."""
        key = self.key_of_document(document)
        company = self._tenant.company(document.company)
        if company is None:
            code = document.company.strip() or "(blank)"
            reason = f"Its company {code} is not in the tenant file"
            return LeftAlone(key, document.batch, reason, document.invoice_date)
        if reason := self._left_alone_by_document(document, posted):
            return LeftAlone(key, document.batch, reason, document.invoice_date)
        try:
            claim = receivable(self._deltek, self._tenant, company, document, posted)
            if claim.in_parts and not whole:
                return self.read_number(key)
            return self._weighed(key, company, document, claim, posted)
        except InexactAmount as error:
            return self._unclear(key, document, error.message, "Correct the amount in Deltek, then replay")

    def _left_alone_by_document(self, document: InvoiceDocument, posted: Sequence[LedgerRow]) -> str:
        sync = self._tenant.sync
        if document.invoice_date < sync.start_date:
            return f"It is dated {document.invoice_date}, before start_date {sync.start_date}"
        if is_credit_memo(document):
            return "It is a credit memo"
        if any(row.pre_invoice for row in posted):
            return "It is a pre-invoice, which is not in AR"
        if not self._tenant.takes_project(document.wbs.wbs1):
            return f"Project {document.wbs.wbs1} is excluded by the tenant file"
        return ""

    def _weighed(
        self,
        key: InvoiceKey,
        company: CompanyDescription,
        document: InvoiceDocument,
        claim: Receivable,
        posted: Sequence[LedgerRow],
    ) -> Reading:
        finding = _amounts_finding(document, claim) or self._open_finding(document, claim)
        if isinstance(finding, str):
            return LeftAlone(key, document.batch, finding, document.invoice_date)
        if finding is not None:
            return self._unclear(key, document, *finding)
        return self._understood(key, company, document, claim, posted)

    def _open_finding(self, document: InvoiceDocument, claim: Receivable) -> Finding:
        """Of an invoice whose amounts add up: is any of it still to be paid, and can it be shown?"""
        if claim.settled:
            return SETTLED
        if claim.balance == 0:
            return HIDDEN_BALANCE
        if claim.hidden and claim.balance != claim.original:
            return HIDDEN_LEDGER
        if claim.received < 0:
            charged = _shown(claim.original - claim.credited)
            return (
                f"{_shown(claim.balance)} is open on it, which is more than the {charged} that it charges",
                "Look in Deltek for a receipt or a journal entry that stands under its number by mistake, then replay",
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
        company: CompanyDescription,
        document: InvoiceDocument,
        claim: Receivable,
        posted: Sequence[LedgerRow],
    ) -> Reading:
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
        if problem := _charge_problem(claim, currency):
            return self._unclear(key, document, problem, "Collect this invoice outside Stripe")
        name = document.wbs1_name.strip() or (project.name.strip() if project else "")
        return self._to_push(key, document, claim, posted, currency, client_id, name)

    def _to_push(
        self,
        key: InvoiceKey,
        document: InvoiceDocument,
        claim: Receivable,
        posted: Sequence[LedgerRow],
        currency: str,
        client_id: str,
        name: str,
    ) -> ReadInvoice:
        original = Money.from_decimal(claim.original, currency)
        billed = billed_lines(self._deltek, document, posted, original, name)
        terms = timedelta(days=self._tenant.sync.default_terms_days)
        return ReadInvoice(
            key=key,
            batch=document.batch,
            client_id=client_id,
            invoice_date=document.invoice_date,
            due_date=document.due_date or document.invoice_date + terms,
            original=original,
            lines=billed.lines,
            wbs_rows=billed.wbs_rows,
            project_name=name,
            summarised=billed.summarised,
            retainage=Money.from_decimal(claim.retainage, currency).minor,
            credited=Money.from_decimal(claim.credited, currency).minor,
            received=Money.from_decimal(claim.received, currency).minor,
        )

    def _memo_number(self, row: LedgerRow) -> str:
        """A credit memo's own number: it stands under that and names the invoice, or the other way round.

        Only an invoice has charges under its number.
        """
        under_it = self._deltek.posted_rows_of_invoice(row.invoice)
        is_of_invoice = any(not one.credit_memo_ref.strip() and not one.auto_entry for one in under_it)
        return row.credit_memo_ref.strip() if is_of_invoice else row.invoice

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


def _stand_in(first: LedgerRow, company: str, wbs1: str, dated: date) -> InvoiceDocument:
    """The document of an invoice that has none: without lines, and posted by its first row."""
    return InvoiceDocument(
        batch=first.batch,
        company=company,
        invoice=first.invoice,
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


def _amounts_finding(document: InvoiceDocument, claim: Receivable) -> Finding:
    """Whether it is a claim at all, and its amounts add up."""
    lines_total = sum((line.amount for line in document.lines), Decimal(0))
    if lines_total < 0:
        return "Its amount is negative: a reversal or a credit"
    if not claim.shown and not claim.settled:
        return (
            "It is posted, but AR review does not show it",
            "Give the connector's user access to the company and to AR review in Deltek, then replay",
        )
    if claim.voided:
        return CREDITED
    if claim.original == 0 or (document.lines and lines_total == 0):
        return HIDDEN_AMOUNTS
    if document.lines and lines_total != claim.original:
        return (
            f"Its lines sum to {_shown(lines_total)}, but its original amount in AR is {_shown(claim.original)}",
            "Look in Deltek for an adjustment, retainage or a line that the role may not see, then replay",
        )
    return "Its amount is not positive" if claim.original < 0 else None


def _charge_problem(claim: Receivable, currency: str) -> str:
    """Why Stripe cannot charge the invoice, or what is left of it."""
    original, left = (Money.from_decimal(amount, currency) for amount in (claim.original, claim.balance))
    for money in (original, left):
        if not money.chargeable:
            return f"Stripe cannot charge {money}"
    least = least_charge(currency)
    if left != original and left.minor < least.minor:
        return f"{left} of it is left to be paid, and Stripe charges no less than {least}"
    return ""


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
