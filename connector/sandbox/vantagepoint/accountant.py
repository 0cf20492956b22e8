"""What the firm's accountants do in Vantagepoint's own screens, as methods and as the operator's routes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.vantagepoint.billing import Invoice
from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.companies import period_of
from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.ledger import Posting
from connector.sandbox.vantagepoint.receipt_rules import Receipt
from connector.sandbox.vantagepoint.tables import CR_CONTROL, CR_DETAIL, CR_MASTER
from connector.sandbox.vantagepoint.wire import Row, Wbs, day


@dataclass(frozen=True)
class Payment:
    """A line of a check: what it pays, and how much of it."""

    invoice: str
    wbs1: str
    amount: Decimal
    wbs2: str = ""
    wbs3: str = ""
    account: str = ""


class Accountant:
    """Each method takes the lock, does one thing, and answers with what a screen would show of it."""

    def __init__(self, books: Books) -> None:
        self._books = books

    # firms, contacts, projects; values are under Deltek's names of columns

    def add_firm(self, values: Row) -> Row:
        with self._books.lock:
            return self._books.hubs.add_firm(**values)

    def add_address(self, client_id: str, values: Row) -> Row:
        with self._books.lock:
            return self._books.hubs.add_address(client_id, **values)

    def add_contact(self, values: Row) -> Row:
        with self._books.lock:
            return self._books.hubs.add_contact(**values)

    def add_project(self, values: Row) -> Row:
        with self._books.lock:
            return self._books.hubs.add_project(**values)

    def change_firm(self, client_id: str, values: Row) -> Row:
        with self._books.lock:
            return self._books.hubs.change(self._books.hubs.firm(client_id), values)

    def change_contact(self, contact_id: str, values: Row) -> Row:
        with self._books.lock:
            return self._books.hubs.change(self._books.hubs.contact(contact_id), values)

    def change_address(self, client_id: str, values: Row) -> Row:
        """The firm's first address."""
        with self._books.lock:
            hubs = self._books.hubs
            hubs.touch(hubs.firm(client_id))
            return hubs.change(hubs.addresses[client_id][0], values)

    def change_project(self, wbs: str, values: Row) -> Row:
        """`wbs` is `WBS1|WBS2|WBS3`; `{"Status": "I"}` deactivates it."""
        with self._books.lock:
            return self._books.hubs.change(self._books.hubs.project(Wbs.parse(wbs)), values)

    def delete_project(self, wbs1: str) -> None:
        """With all its phases; nothing may be posted or entered on it."""
        with self._books.lock:
            books = self._books
            postings = [run for kind in ("IN", "CR") for run in books.ledger.runs(kind)]
            posted = (row.wbs.wbs1 for posting in postings for row in posting.rows)
            bills = (bill for file in books.billing.files.values() for bill in file.invoices)
            entered = (line.wbs1 for bill in bills for line in bill.lines)
            if wbs1 in {*posted, *entered}:
                raise OrderRefused(f"project {wbs1} has transactions")
            books.hubs.delete_project(wbs1)

    # invoices

    def draft_invoice(self, invoice: Invoice) -> Invoice:
        with self._books.lock:
            return self._books.billing.draft(invoice)

    def issue_document(self, invoice: Invoice) -> Invoice:
        """A pre-invoice or a statement."""
        with self._books.lock:
            return self._books.billing.issue(invoice)

    def accept_invoice(self, invoice: Invoice, batch: str = "") -> Invoice:
        """Gives it a number and an unposted transaction file."""
        with self._books.lock:
            return self._books.billing.accept(invoice, batch)

    def post_invoices(
        self, invoices: Sequence[Invoice], batch: str = "", at: datetime | None = None
    ) -> list[Invoice]:
        """Accepts them into one file and posts it."""
        with self._books.lock:
            billing = self._books.billing
            batch = batch or billing.next_batch()
            accepted = [billing.accept(invoice, batch) for invoice in invoices]
            billing.post(batch, at)
            return accepted

    def post_invoice(self, invoice: Invoice, batch: str = "", at: datetime | None = None) -> Invoice:
        return self.post_invoices([invoice], batch, at)[0]

    def post_invoice_file(self, batch: str, at: datetime | None = None) -> Posting:
        with self._books.lock:
            return self._books.billing.post(batch, at)

    def load_history_invoice(self, invoice: Invoice, at: datetime | None = None) -> Posting:
        """A balance without a document."""
        with self._books.lock:
            return self._books.billing.load_history(invoice, at)

    def credit_invoice(
        self,
        number: str,
        amount: Decimal,
        dated: date,
        batch: str = "",
        *,
        post: bool = True,
        wbs1: str = "",
        at: datetime | None = None,
    ) -> Invoice:
        """Makes the credit memo's file, and posts it unless told not to; `wbs1` decides between equal numbers."""
        with self._books.lock:
            batch = batch or self._books.billing.next_batch()
            memo = self._books.billing.credit(number, amount, dated, batch, wbs1=wbs1)
            if post:
                self._books.billing.post(batch, at)
            return memo

    def void_invoice(
        self,
        number: str,
        dated: date,
        batch: str = "",
        post: bool = True,
        *,
        wbs1: str = "",
        at: datetime | None = None,
    ) -> Invoice:
        """Makes the reversal file, and posts it unless told not to; `wbs1` decides between equal numbers."""
        with self._books.lock:
            batch = batch or self._books.billing.next_batch()
            reversal = self._books.billing.void(number, dated, batch, wbs1=wbs1)
            if post:
                self._books.billing.post(batch, at)
            return reversal

    def undo_posting(self, batch: str, trans_type: str = "IN") -> None:
        """The file's rows vanish from the ledger; `trans_type` is IN or CR."""
        with self._books.lock:
            (self._books.receipts if trans_type == "CR" else self._books.billing).undo(batch)

    def delete_invoice_file(self, batch: str) -> None:
        """An unposted one; what is posted has to be undone first."""
        with self._books.lock:
            self._books.billing.delete(batch)

    def change_due_date(self, number: str, due: date | None, wbs1: str = "") -> None:
        with self._books.lock:
            self._books.billing.change_due(number, due, wbs1)

    # cash receipts

    def record_check(
        self,
        ref_no: str,
        dated: date,
        payments: Sequence[Payment],
        bank: str,
        batch: str = "",
        company: str = "00",
        post: bool = True,
    ) -> str:
        """A receipt that is not the connector's. Answers with its batch."""
        with self._books.lock:
            batch = batch or f"CHK{ref_no}"
            receipt = self._check(batch, ref_no, dated, payments, bank, company)
            file = self._books.receipts.enter(receipt, "ACCOUNTANT")
            if post:
                self._books.receipts.post(file)
            return batch

    def post_receipt_file(self, batch: str) -> Posting:
        """What an accountant does with the files that wait in Transaction Entry."""
        with self._books.lock:
            return self._books.receipts.post(self._books.receipts.file(batch))

    def post_receipt_files(self) -> list[str]:
        """Every file that waits."""
        with self._books.lock:
            waiting = [file for file in self._books.receipts.files if not file.posting]
            for file in waiting:
                self._books.receipts.post(file)
            return [file.batch for file in waiting]

    def approve_receipt_file(self, batch: str) -> None:
        with self._books.lock:
            self._books.receipts.file(batch).approval = "A"

    def delete_receipt_file(self, batch: str) -> None:
        with self._books.lock:
            self._books.receipts.remove(batch)

    def alter_receipt_file(self, batch: str, row: int, values: Row) -> None:
        """Changes one line of an unposted file; `row` counts from 0."""
        with self._books.lock:
            self._books.receipts.alter(batch, row, values)

    def alter_receipt_header(self, batch: str, values: Row) -> None:
        """Changes the day or the bank of an unposted file."""
        with self._books.lock:
            self._books.receipts.alter_header(batch, values)

    # periods

    def close_period(self, period: int, company: str = "00") -> None:
        with self._books.lock:
            self._books.settings.company(company).closed.add(period)

    def open_period(self, period: int, company: str = "00") -> None:
        with self._books.lock:
            self._books.settings.company(company).closed.discard(period)

    def _check(
        self, batch: str, ref_no: str, dated: date, payments: Sequence[Payment], bank: str, company: str
    ) -> Receipt:
        found = self._books.settings.banks.get(bank)
        if found is None or not payments:
            raise OrderRefused(f"a check needs a bank code and payments, not {bank!r} and {len(payments)}")
        control: dict[str, Any] = CR_CONTROL.blank() | {
            "Batch": batch,
            "Description": f"Check {ref_no}",
            "EndDate": day(dated),
            "Total": sum(payment.amount for payment in payments),
            "DefaultBank": bank,
            "Creator": "ACCOUNTANT",
            "Period": period_of(dated),
            "Company": company,
        }
        key = {"Batch": batch, "RefNo": ref_no}
        master = (
            CR_MASTER.blank()
            | key
            | {
                "TransDate": day(dated),
                "BankCode": bank,
                "Seq": 1,
                "CurrencyCode": found.currency,
            }
        )
        return Receipt(
            control, [master], [self._paid(key, n, one, company) for n, one in enumerate(payments, 1)]
        )

    def _paid(self, key: Row, number: int, payment: Payment, company: str) -> Row:
        wbs = Wbs.of(payment.wbs1, payment.wbs2, payment.wbs3)
        return (
            CR_DETAIL.blank()
            | key
            | wbs.columns
            | {
                "PKey": self._books.hubs.new_key(),
                "Seq": number,
                "Invoice": payment.invoice,
                "Account": payment.account or self._books.settings.company(company).ar_account,
                "Amount": payment.amount,
            }
        )
