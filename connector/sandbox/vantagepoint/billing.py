"""The life of an AR invoice: a draft, accepted into a transaction file, posted; credited, voided, undone.

Sources: Deltek 4.5 help (Invoice History, Void a Final Invoice), 6.0 (Undo Posting), KB109234, KB109307.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Literal

from connector.sandbox.vantagepoint.clock import SandboxClock
from connector.sandbox.vantagepoint.companies import RETAINAGE, REVENUE, WIP, Settings, period_of
from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.hubs import Hubs
from connector.sandbox.vantagepoint.ledger import ZERO, Ledger, LedgerRow, Posting
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.receivables import RETAINAGE_ROW, Receivables
from connector.sandbox.vantagepoint.wire import Wbs

DRAFT, STATEMENT = "<Draft>", "<State>"
Kind = Literal["invoice", "interest", "credit_memo", "reversal", "history", "pre_invoice", "statement"]
_SUB_TYPES = {"interest": "I", "history": "X"}


@dataclass(frozen=True)
class InvoiceLine:
    """A charge. `section`: F fee, L labor, C consultant, E expense, U unit, A add-on, T tax, I interest.

    `amount` is due now; `retainage` was withheld from it and is not due yet.
    """

    wbs1: str
    amount: Decimal
    section: str = "L"
    account: str = REVENUE
    wbs2: str = ""
    wbs3: str = ""
    description: str = ""
    tax_code: str = ""
    tax_basis: Decimal = ZERO
    retainage: Decimal = ZERO

    @property
    def wbs(self) -> Wbs:
        return Wbs.of(self.wbs1, self.wbs2, self.wbs3)

    def negated(self, share: Decimal = Decimal(1)) -> "InvoiceLine":
        return replace(
            self,
            amount=-self.amount * share,
            tax_basis=-self.tax_basis * share,
            retainage=-self.retainage * share,
        )


@dataclass(frozen=True)
class Invoice:
    """An invoice as its accountant makes it. `wbs1` is the main project of a billing group."""

    wbs1: str
    lines: tuple[InvoiceLine, ...]
    dated: date
    number: str = ""
    due: date | None = None
    company: str = "00"
    currency: str = "USD"
    kind: Kind = "invoice"
    credit_of: str = ""
    comment: str = ""

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)


@dataclass(eq=False)
class InvoiceFile:
    """An invoice transaction file: one batch of accepted invoices."""

    batch: str
    company: str
    period: int
    description: str
    ended: date
    invoices: list[Invoice] = field(default_factory=list)
    posting: Posting | None = None


class Billing:
    """Interactive billing and its transaction files."""

    def __init__(
        self,
        options: Options,
        clock: SandboxClock,
        settings: Settings,
        hubs: Hubs,
        ledger: Ledger,
        receivables: Receivables,
    ) -> None:
        self._options = options
        self._clock = clock
        self._settings = settings
        self._hubs = hubs
        self._ledger = ledger
        self._receivables = receivables
        self._numbers = count(1)
        self._batches = count(1)
        self.number_format = "{:09d}"
        self.drafts: list[Invoice] = []
        self.unposted_documents: list[Invoice] = []
        self.files: dict[str, InvoiceFile] = {}
        self._register: dict[str, list[Invoice]] = defaultdict(list)
        self._voided: set[tuple[str, str]] = set()

    def draft(self, invoice: Invoice) -> Invoice:
        """A draft has no number; every answer shows `<Draft>` in its place."""
        drafted = replace(invoice, number=DRAFT)
        self._check_lines(drafted)
        self.drafts.append(drafted)
        return drafted

    def issue(self, invoice: Invoice) -> Invoice:
        """A pre-invoice or a statement: printed and sent, but in no ledger (Vision 7.4 help)."""
        number = STATEMENT if invoice.kind == "statement" else invoice.number or self.next_number()
        issued = replace(invoice, number=number)
        self.unposted_documents.append(issued)
        return issued

    def accept(self, invoice: Invoice, batch: str = "", description: str = "") -> Invoice:
        """Gives the invoice its number and puts it into an unposted transaction file."""
        self._check_lines(invoice)
        accepted = replace(invoice, number=self._take_number(invoice))
        file = self._open_file(batch or self.next_batch(), accepted, description)
        file.invoices.append(accepted)
        self._enroll(accepted)
        return accepted

    def accept_draft(self, draft: Invoice, batch: str = "") -> Invoice:
        self.drafts.remove(draft)
        return self.accept(replace(draft, number=""), batch)

    def post(self, batch: str, at: datetime | None = None) -> Posting:
        """Posts the file: from now on its invoices are receivables."""
        file = self.file(batch)
        if file.posting:
            raise OrderRefused(f"file {batch} is posted already")
        posting = Posting(
            "IN",
            batch,
            file.company,
            file.period,
            self._ledger.next_sequence(file.period),
            at or self._clock.now(),
            [row for invoice in file.invoices for row in self._rows(invoice)],
        )
        self._enter(posting)
        file.posting = posting
        return posting

    def load_history(self, invoice: Invoice, at: datetime | None = None) -> Posting:
        """History Loading: a balance without a document (Deltek 6.5 help, Billing Invoices and QB)."""
        loaded = replace(invoice, kind="history", number=self._take_number(invoice))
        period = period_of(loaded.dated)
        sequence = self._ledger.next_sequence(period)
        batch = f"HL{sequence:06d}"
        rows = list(self._rows(loaded))
        posting = Posting("IN", batch, loaded.company, period, sequence, at or self._clock.now(), rows)
        self._enroll(loaded)
        self._enter(posting)
        return posting

    def undo(self, batch: str) -> None:
        """Undo Posting: the rows vanish, and the file is unposted again."""
        file = self.file(batch)
        if not file.posting:
            raise OrderRefused(f"file {batch} is not posted")
        self._ledger.remove(file.posting)
        self._receivables.remove(file.posting)
        file.posting = None

    def delete(self, batch: str) -> None:
        """Takes an unposted file away, and its invoices with it; their numbers are free again."""
        file = self.file(batch)
        if file.posting:
            raise OrderRefused(f"file {batch} is posted")
        del self.files[batch]
        for invoice in file.invoices:
            if invoice.kind != "reversal":
                self._register[invoice.number].remove(invoice)

    def credit(
        self, number: str, amount: Decimal, dated: date, batch: str = "", *, wbs1: str = ""
    ) -> Invoice:
        """A credit memo with its own number; it cannot exceed the unpaid balance (KB109234)."""
        invoice = self.invoice(number, wbs1)
        owed = sum((self._receivables.net_balance(number, one) for one in _projects(invoice)), ZERO)
        if not ZERO < amount <= owed:
            raise OrderRefused(f"a credit memo on {number} is at most its unpaid balance of {owed}")
        lines = _shares(invoice.lines, amount)
        memo = replace(
            invoice, lines=lines, dated=dated, due=None, number="", kind="credit_memo", credit_of=number
        )
        return self.accept(memo, batch)

    def void(self, number: str, dated: date, batch: str = "", *, wbs1: str = "") -> Invoice:
        """The reversal file of a void; posting it takes the balance to 0. The number is never used again."""
        invoice = self.invoice(number, wbs1)
        lines = tuple(line.negated() for line in invoice.lines)
        reversal = replace(invoice, lines=lines, dated=dated, due=None, kind="reversal")
        self._voided.add((number, invoice.wbs1))
        return self.accept(reversal, batch)

    def invoice(self, number: str, wbs1: str = "") -> Invoice:
        """The accepted or posted invoice with its corrections; the main project decides between equal numbers.

        Raises OrderRefused.
        """
        found = [one for one in self._register[number] if wbs1 in ("", one.wbs1)]
        if not found:
            raise OrderRefused(f"no invoice {number} {wbs1}".rstrip())
        first = found[0]
        lines = [line for one in found if one.wbs1 == first.wbs1 for line in one.lines]
        return replace(first, lines=tuple(lines))

    def file(self, batch: str) -> InvoiceFile:
        """Raises OrderRefused."""
        try:
            return self.files[batch]
        except KeyError:
            raise OrderRefused(f"no invoice file {batch}") from None

    def change_due(self, number: str, due: date | None, wbs1: str = "") -> None:
        """Corrects the due date wherever the invoice's document is."""
        main = self.invoice(number, wbs1).wbs1

        def corrected(one: Invoice) -> Invoice:
            same = (one.number, one.wbs1) == (number, main) and one.kind != "reversal"
            return replace(one, due=due) if same else one

        self._register[number] = list(map(corrected, self._register[number]))
        for file in self.files.values():
            file.invoices = list(map(corrected, file.invoices))

    def number_from(self, first: int) -> None:
        """Where automatic numbering goes on."""
        self._numbers = count(first)

    def next_batch(self) -> str:
        names = (f"IN{number:06d}" for number in self._batches)
        return next(name for name in names if name not in self.files)

    def next_number(self) -> str:
        numbers = (self.number_format.format(number) for number in self._numbers)
        return next(number for number in numbers if not self._register.get(number))

    def _take_number(self, invoice: Invoice) -> str:
        """A posted invoice's number may be used again for a correction of it (KB109307)."""
        number = invoice.number or self.next_number()
        if invoice.kind == "reversal":
            return number
        if (number, invoice.wbs1) in self._voided:
            raise OrderRefused(f"invoice {number} is void; its number cannot be used again")
        taken = any(one.wbs1 == invoice.wbs1 for one in self._register[number])
        if taken and not self._ledger.of_invoice("IN", number):
            raise OrderRefused(f"invoice {number} exists and is not posted")
        return number

    def _enroll(self, invoice: Invoice) -> None:
        """Keeps what was charged under the number, corrections included."""
        if invoice.kind != "reversal":
            self._register[invoice.number].append(invoice)

    def _check_lines(self, invoice: Invoice) -> None:
        for line in invoice.lines:
            self._hubs.project(line.wbs)
        self._hubs.project(Wbs(invoice.wbs1))
        self._settings.company(invoice.company)

    def _open_file(self, batch: str, invoice: Invoice, description: str) -> InvoiceFile:
        period = period_of(invoice.dated)
        new = InvoiceFile(batch, invoice.company, period, description or "Billing", invoice.dated)
        file = self.files.setdefault(batch, new)
        if file.posting or file.company != invoice.company:
            raise OrderRefused(f"file {batch} cannot take this invoice")
        return file

    def _enter(self, posting: Posting) -> None:
        self._ledger.add(posting)
        self._receivables.add(posting)

    def _rows(self, invoice: Invoice) -> Iterator[LedgerRow]:
        for line in invoice.lines:
            yield self._row(invoice, line)
            if line.retainage:
                yield replace(
                    self._row(invoice, line),
                    account=RETAINAGE,
                    amount=line.retainage,
                    sub_type=RETAINAGE_ROW,
                )
        yield from self._offsets(invoice)

    def _row(self, invoice: Invoice, line: InvoiceLine) -> LedgerRow:
        number, memo = self._reference(invoice)
        return LedgerRow(
            wbs=line.wbs,
            account=line.account,
            amount=line.amount,
            trans_date=invoice.dated,
            invoice=number,
            section=line.section,
            sub_type=_SUB_TYPES.get(invoice.kind, "I" if line.section == "I" else ""),
            desc1=line.description[:80],
            tax_code=line.tax_code,
            tax_basis=line.tax_basis,
            credit_memo=memo,
            currency=invoice.currency,
            main_wbs1=invoice.wbs1,
        )

    def _reference(self, invoice: Invoice) -> tuple[str, str]:
        if not invoice.credit_of:
            return invoice.number, ""
        if self._options.credit_memo_direction == "reference":
            return invoice.credit_of, invoice.number
        return invoice.number, invoice.credit_of

    def _offsets(self, invoice: Invoice) -> Iterator[LedgerRow]:
        """The system's own rows: A/R without an invoice number, and work in progress where it is kept."""
        receivable = self._settings.company(invoice.company).ar_account
        auto = LedgerRow(
            Wbs(invoice.wbs1),
            receivable,
            invoice.total,
            invoice.dated,
            auto_entry=True,
            currency=invoice.currency,
        )
        yield auto
        if self._options.wip_offsets:
            yield replace(auto, account=WIP, amount=-invoice.total, invoice=invoice.number)


def _projects(invoice: Invoice) -> list[str]:
    return list(dict.fromkeys(line.wbs1 for line in invoice.lines))


def _shares(lines: Sequence[InvoiceLine], amount: Decimal) -> tuple[InvoiceLine, ...]:
    """Negative lines that sum to `amount` to the cent, in proportion to the invoice's lines."""
    total = sum((line.amount for line in lines), ZERO)
    cent = Decimal("0.01")
    shares = [(line.amount * amount / total).quantize(cent) for line in lines]
    shares[-1] += amount - sum(shares)
    return tuple(
        replace(line, amount=-share, tax_basis=ZERO, retainage=ZERO)
        for line, share in zip(lines, shares, strict=True)
    )
