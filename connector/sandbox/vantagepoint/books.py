"""The books of one Vantagepoint database: everything the stand-in knows, under one lock."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from connector.sandbox.vantagepoint.billing import Billing
from connector.sandbox.vantagepoint.clock import SandboxClock, system_time
from connector.sandbox.vantagepoint.companies import AR, RETAINAGE, REVENUE, TAX, WIP, Settings
from connector.sandbox.vantagepoint.documents import InvoiceDocuments
from connector.sandbox.vantagepoint.hubs import Hubs
from connector.sandbox.vantagepoint.info_centers import InfoCenters
from connector.sandbox.vantagepoint.ledger import Ledger
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.receipt_documents import ReceiptDocuments
from connector.sandbox.vantagepoint.receipts import Receipts
from connector.sandbox.vantagepoint.receivables import Receivables
from connector.sandbox.vantagepoint.tokens import Tokens
from connector.sandbox.vantagepoint.wire import Row, moment

_REQUESTS_KEPT = 100_000
_ACCOUNTS = (
    (AR, "A/R - Clients", 1),
    (RETAINAGE, "A/R - Retainage", 1),
    (WIP, "Unbilled Services", 1),
    (TAX, "Sales Tax Payable", 2),
    ("241.00", "Client Deposits", 2),
    (REVENUE, "Fee Revenue", 4),
    ("403.00", "Consultant Revenue", 4),
    ("405.00", "Reimbursable Revenue", 4),
    ("407.00", "Interest Income", 4),
    ("741.00", "Bank Charges", 7),
)


@dataclass(frozen=True)
class RequestRecord:
    """One request to the API, without its body: a token request holds credentials."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    at: datetime


class Books:
    """All state. Hold `lock` around anything that reads or changes it from outside a request.

    `source` is the time that the books' clock follows until it is set; `seed` makes keys repeatable.
    """

    def __init__(
        self,
        *,
        instance: str = "Sandbox",
        source: Callable[[], datetime] = system_time,
        seed: int = 1,
    ) -> None:
        self.instance = instance
        self.lock = threading.RLock()
        self.options = Options()
        self.clock = SandboxClock(source)
        self.settings = Settings()
        for number, name, kind in _ACCOUNTS:
            self.settings.add_account(number, name, kind)
        self.tokens = Tokens(self.options, self.clock)
        self.hubs = Hubs(self.stamp, Random(seed))  # noqa: S311 - repeatable keys, not secrets
        self.info_centers = InfoCenters(self.stamp, self.hubs.new_key)
        self.ledger = Ledger(self.options)
        self.receivables = Receivables(self.options, self.settings, self.hubs)
        accounting = (self.options, self.clock, self.settings, self.hubs, self.ledger, self.receivables)
        self.billing = Billing(*accounting)
        self.receipts = Receipts(*accounting)
        self.documents = InvoiceDocuments(self.options, self.settings, self.hubs, self.billing)
        self.receipt_documents = ReceiptDocuments(self.options, self.settings, self.hubs, self.receipts)
        self.requests: deque[RequestRecord] = deque(maxlen=_REQUESTS_KEPT)
        self.request_counts: Counter[str] = Counter()

    def stamp(self) -> str:
        """Now, as the server prints it."""
        return moment(self.clock.now(), self.options.server_zone)

    def record(self, request: RequestRecord, endpoint: str) -> None:
        self.requests.append(request)
        self.request_counts[endpoint] += 1

    def forget_requests(self) -> None:
        self.requests.clear()
        self.request_counts.clear()

    @property
    def recorded(self) -> Row:
        """The requests so far and how often each endpoint was asked."""
        return {
            "requests": [
                {
                    "method": one.method,
                    "path": one.path,
                    "query": one.query,
                    "status": one.status,
                    "time": one.at.isoformat(),
                }
                for one in self.requests
            ],
            "counts": dict(self.request_counts),
        }
