"""The documents of invoices as the API prints them: transaction files, landing page, interactive billing.

Columns: GO scjalliance/vantagepoint invoices.go, all_landing.go; Deltek's public Postman documents 5.0, 7.0,
7.1.
"""

import uuid
from collections.abc import Iterator

from connector.sandbox.vantagepoint.billing import Billing, Invoice, InvoiceFile, InvoiceLine
from connector.sandbox.vantagepoint.companies import Settings
from connector.sandbox.vantagepoint.hub_tables import INVOICE_MASTER
from connector.sandbox.vantagepoint.hubs import SYSTEM_USER, Hubs
from connector.sandbox.vantagepoint.ledger import ZERO
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.tables import IN_CONTROL, IN_DETAIL, IN_MASTER, LANDING
from connector.sandbox.vantagepoint.wire import Row, Wbs, day, flag, moment


class InvoiceDocuments:
    """Reads; nothing here changes the books."""

    def __init__(self, options: Options, settings: Settings, hubs: Hubs, billing: Billing) -> None:
        self._options = options
        self._settings = settings
        self._hubs = hubs
        self._billing = billing

    def visible(self, batch: str) -> InvoiceFile | None:
        """Without files to group transactions, posted ones leave Transaction Entry (Deltek 4.0 help)."""
        file = self._billing.files.get(batch)
        if file is None or (file.posting and self._settings.company(file.company).receipts == "single"):
            return None
        return file

    def landing(self, company: str) -> Iterator[Row]:
        """The files of the active company."""
        for batch, file in self._billing.files.items():
            if file.company == company and self.visible(batch):
                yield self._landing_row(file)

    def _landing_row(self, file: InvoiceFile) -> Row:
        posting = file.posting
        return LANDING.blank() | {
            "TransType": "IN",
            "TransTypeDesc": "Invoices",
            "Batch": file.batch,
            "Company": file.company,
            "Creator": SYSTEM_USER,
            "Description": file.description,
            "EndDate": day(file.ended),
            "Total": sum((invoice.total for invoice in file.invoices), ZERO),
            **landing_state(
                file.period,
                approval="P" if posting else "N",
                posted=moment(posting.posted_at, self._options.server_zone) if posting else "",
                post_seq=posting.post_seq if posting else 0,
            ),
        }

    def control(self, file: InvoiceFile) -> Row:
        total = sum((invoice.total for invoice in file.invoices), ZERO)
        retained = sum((line.retainage for invoice in file.invoices for line in invoice.lines), ZERO)
        return IN_CONTROL.blank() | {
            "Batch": file.batch,
            "Description": file.description,
            "EndDate": day(file.ended),
            **dict.fromkeys(("Total", "SumTotal"), total),
            **dict.fromkeys(("RetTotal", "SumRetTotal"), retained),
            "Posted": flag(file.posting is not None),
            "Creator": SYSTEM_USER,
            "Period": file.period,
            "Company": file.company,
        }

    def masters(self, file: InvoiceFile) -> Iterator[Row]:
        for number, invoice in enumerate(file.invoices, 1):
            yield self._master(file, invoice, number)

    def _master(self, file: InvoiceFile, invoice: Invoice, number: int) -> Row:
        main = Wbs(invoice.wbs1)
        return IN_MASTER.blank() | {
            "Batch": file.batch,
            "Invoice": invoice.number,
            **main.columns,
            **self._hubs.names(main),
            "ClientName": self._hubs.billing_client(invoice.wbs1)[1],
            "ChargeType": "R",
            "Org": file.company,
            "TransDate": day(invoice.dated),
            "DueDate": day(invoice.due),
            "TransComment": invoice.comment,
            "Posted": flag(file.posting is not None),
            "Seq": number,
            "CurrencyCode": invoice.currency,
            "Status": "P" if file.posting else "N",
            "IsCreditMemo": flag(invoice.kind == "credit_memo"),
        }

    def details(self, file: InvoiceFile) -> Iterator[Row]:
        for invoice in file.invoices:
            for number, line in enumerate(invoice.lines, 1):
                yield self._detail(file, invoice, line, number)

    def _detail(self, file: InvoiceFile, invoice: Invoice, line: InvoiceLine, number: int) -> Row:
        name, kind = self._settings.accounts.get(line.account, ("", 0))
        key = f"{file.batch}|{invoice.number}|{number}"
        return IN_DETAIL.blank() | {
            "Batch": file.batch,
            "Invoice": invoice.number,
            **line.wbs.columns,
            "PKey": uuid.uuid5(uuid.NAMESPACE_OID, key).hex.upper(),
            "Seq": number,
            "InvoiceSection": line.section,
            "TaxCode": line.tax_code,
            "Account": line.account,
            "AccountName": name,
            "AccountCurrencyCode": invoice.currency,
            "AccountType": kind,
            "Amount": line.amount,
            "RetAmount": line.retainage,
            "TaxBasis": line.tax_basis,
            "CreditMemoRefNo": invoice.credit_of,
            "Description": line.description,
        }

    def interactive(self, wbs1: str) -> Iterator[Row]:
        """InvoiceMaster of a project: drafts, statements and pre-invoices beside accepted and posted ones."""
        accepted = [invoice for file in self._billing.files.values() for invoice in file.invoices]
        found = [*accepted, *self._billing.unposted_documents, *self._billing.drafts]
        for number, invoice in enumerate((one for one in found if one.wbs1 == wbs1), 1):
            yield self._invoice_master(invoice, number)

    def _invoice_master(self, invoice: Invoice, number: int) -> Row:
        client_id, client = self._hubs.billing_client(invoice.wbs1)
        address = next(iter(self._hubs.addresses.get(client_id, ())), {})
        return INVOICE_MASTER.blank() | {
            "Invoice": invoice.number,
            "MainWBS1": invoice.wbs1,
            "RecdSeq": number,
            "InvoiceDate": day(invoice.dated),
            "BillWBS1": invoice.wbs1,
            "BillWBS2": " ",
            "BillWBS3": " ",
            "FromDate": day(invoice.dated.replace(day=1)),
            "ToDate": day(invoice.dated),
            "Addressee": client,
            **{f"Address{n}": address.get(f"Address{n}", "") for n in range(1, 5)},
            "OriginalInvoice": invoice.credit_of,
            "DueDate": day(invoice.due),
            "PreInvoice": flag(invoice.kind == "pre_invoice"),
            "ClientID": client_id,
            "Company": invoice.company,
            "FirmName": self._settings.company(invoice.company).name,
            "RecordType": "IN",
        }


_APPROVALS = {"N": "In Progress", "S": "Submitted", "A": "Approved", "R": "Rejected", "P": "Posted"}


def landing_state(period: int, *, approval: str, posted: str, post_seq: int) -> Row:
    """The columns of a landing page that say how far a file has come."""
    return {
        "Period": f"{period % 100:02d}/{period // 100}",
        "RawPeriod": period,
        "ApprovalStatus": approval,
        "ApprovalStatusDesc": _APPROVALS[approval],
        "PostStatus": flag(bool(posted)),
        "PostStatusDesc": "Complete" if posted else "",
        "PostDate": posted,
        "PostSeq": post_seq,
        "Posted": flag(bool(posted)),
    }
