"""Cash receipts as the API prints them: control, receipts, lines, and the landing page.

Columns: Deltek's public Postman documents 5.5 and 6.5 (cash receipt detail, cash receipt control).
"""

from collections.abc import Iterator

from connector.sandbox.vantagepoint.companies import Settings
from connector.sandbox.vantagepoint.documents import landing_state
from connector.sandbox.vantagepoint.hubs import Hubs
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.receipts import ReceiptFile, Receipts
from connector.sandbox.vantagepoint.tables import LANDING
from connector.sandbox.vantagepoint.wire import Row, Wbs, flag, moment


class ReceiptDocuments:
    """Reads; nothing here changes the books."""

    def __init__(self, options: Options, settings: Settings, hubs: Hubs, receipts: Receipts) -> None:
        self._options = options
        self._settings = settings
        self._hubs = hubs
        self._receipts = receipts

    def control(self, file: ReceiptFile) -> Row:
        control = file.receipt.control
        bank = self._settings.banks.get(control["DefaultBank"])
        return control | {
            "Posted": flag(file.posting is not None),
            "SumTotal": file.receipt.sum,
            "DiffTotal": control["Total"] - file.receipt.sum,
            "DefaultBankDescription": bank.description if bank else "",
            "BankCurrencyCode": bank.currency if bank else "",
            "PostPeriod": file.posting.period if file.posting else 0,
            "PostSeq": file.posting.post_seq if file.posting else 0,
        }

    def masters(self, file: ReceiptFile) -> list[Row]:
        status = "P" if file.posting else file.approval
        posted = flag(file.posting is not None)
        return [row | {"Posted": posted, "Status": status} for row in file.receipt.masters]

    def details(self, file: ReceiptFile) -> list[Row]:
        return [self._detail(row, file) for row in file.receipt.details]

    def _detail(self, row: Row, file: ReceiptFile) -> Row:
        wbs = Wbs(row["WBS1"], row["WBS2"], row["WBS3"])
        name, kind = self._settings.accounts.get(row["Account"], ("", 0))
        project = self._hubs.projects.get(wbs, {})
        return row | {
            "WBS1Name": self._hubs.name(Wbs(wbs.wbs1)),
            "ClientName": self._hubs.billing_client(wbs.wbs1)[1],
            "ChargeType": project.get("ChargeType", ""),
            "BillingCurrencyCode": project.get("BillingCurrencyCode", ""),
            "FunctionalCurrencyCode": self._settings.company(file.company).currency,
            "Org": row["Org"] or file.company,
            "AccountName": name,
            "AccountType": kind,
            "GlobalAccount": "Y",
        }

    def landing(self, company: str) -> Iterator[Row]:
        for file in self._receipts.files:
            if file.company == company and self._receipts.kept(file):
                yield self._landing_row(file)

    def _landing_row(self, file: ReceiptFile) -> Row:
        posting, control = file.posting, file.receipt.control
        return LANDING.blank() | {
            "TransType": "CR",
            "TransTypeDesc": "Cash Receipts",
            "Batch": file.batch,
            "Company": file.company,
            "TransDate": file.receipt.masters[0]["TransDate"],
            "RefNo": file.receipt.masters[0]["RefNo"] if file.single else "",
            "Creator": file.entered_by,
            "Description": control["Description"],
            "EndDate": control["EndDate"],
            "Total": control["Total"],
            "CurrencyCode": file.receipt.masters[0]["CurrencyCode"],
            **landing_state(
                int(control["Period"]),
                approval="P" if posting else file.approval,
                posted=moment(posting.posted_at, self._options.server_zone) if posting else "",
                post_seq=posting.post_seq if posting else 0,
            ),
        }
