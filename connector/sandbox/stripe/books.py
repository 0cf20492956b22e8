"""The books of one Stripe account: its objects, identifiers, clock and keys."""

import random
import string
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from connector.sandbox.faults import Fault
from connector.sandbox.stripe.clock import Clock
from connector.sandbox.stripe.errors import missing
from connector.sandbox.stripe.idempotency import IdempotencyKeys

Object = dict[str, Any]
"""One Stripe object, as its JSON."""

PREFIXES = {
    "balance_transaction": "txn",
    "charge": "ch",
    "credit_note": "cn",
    "customer": "cus",
    "customer_balance_transaction": "cbtxn",
    "customer_cash_balance_transaction": "ccsbtxn",
    "dispute": "du",
    "event": "evt",
    "invoice": "in",
    "invoice_payment": "inpay",
    "line_item": "il",
    "payment_intent": "pi",
    "payment_record": "pr",
    "payout": "po",
    "refund": "re",
    "webhook_endpoint": "we",
}
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_ALPHABET = string.ascii_letters + string.digits
_REQUESTS_KEPT = 20_000
DEFAULT_KEY = "sk_test_sandbox"


@dataclass
class ApiKey:
    """A secret or restricted key; `lacks` names the permissions it was not given, such as `invoice_write`."""

    secret: str
    lacks: set[str] = field(default_factory=set)
    revoked: bool = False


@dataclass
class Caller:
    """Whose request the books are working on; events carry it."""

    key: ApiKey | None = None
    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Delivery:
    """One event owed to one webhook endpoint; `due` is Unix time in seconds."""

    event: str
    endpoint: str
    due: float
    attempts: int = 0
    state: Literal["pending", "delivered", "failed"] = "pending"


@dataclass
class DeliveryOptions:
    """How webhooks reach their endpoints: at least once, in no order, and sometimes not at all."""

    paused: bool = False
    copies: int = 1
    shuffle: bool = False
    drop: bool = False
    wake: threading.Event = field(default_factory=threading.Event)


class Books:
    """Everything one account owns. Each change happens under `lock`."""

    def __init__(
        self,
        account: str = "acct_1Sandbox",
        keys: Iterable[str] = (DEFAULT_KEY,),
        clock: Clock | None = None,
        entropy: random.Random | None = None,
        currency: str = "usd",
    ) -> None:
        self.account = account
        self.currency = currency
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.keys = {key: ApiKey(key) for key in keys}
        self.tables: dict[str, dict[str, Object]] = {kind: {} for kind in PREFIXES}
        self.lines: dict[str, list[Object]] = {}
        self.cash: dict[tuple[str, str], int] = {}
        self.reversed_transfers: set[str] = set()
        self.payout_of: dict[str, str] = {}
        self.deleted_customers: dict[str, Object] = {}
        self.search_delay = 0.0
        self.latency = 0.0
        self.crashes: list[Fault] = []
        self.late_balance_transactions = False
        self.exchange_rates: dict[str, str] = {}
        self.caller = Caller()
        self.requests: deque[Object] = deque(maxlen=_REQUESTS_KEPT)
        self.request_counts: Counter[str] = Counter()
        self.delivery = DeliveryOptions()
        self.snapshots: dict[str, bytes] = {}
        self.deliveries: dict[str, list[Delivery]] = {}
        self.outbox: list[Delivery] = []
        self.secrets: dict[str, list[str]] = {}
        self.idempotency = IdempotencyKeys(self.clock)
        self.opened = self.now()
        self._entropy = entropy or random.SystemRandom()

    def now(self) -> int:
        """Unix time in whole seconds."""
        return self.clock.seconds()

    def random_text(self, length: int) -> str:
        """Letters and digits."""
        return "".join(self._entropy.choices(_ALPHABET, k=length))

    def new_id(self, kind: str) -> str:
        """A fresh identifier with the prefix of its kind, such as `in_`."""
        return f"{PREFIXES[kind]}_1{self.random_text(23)}"

    def table(self, kind: str) -> dict[str, Object]:
        """All objects of a kind by id, oldest first."""
        return self.tables[kind]

    def add(self, kind: str, fields: Object) -> Object:
        """Keeps a new object with its id, kind and time of creation."""
        created = {"id": self.new_id(kind), "object": kind, "created": self.now(), **fields}
        self.tables[kind][created["id"]] = created
        return created

    def get(self, kind: str, identifier: str, param: str = "id", status: int = 404) -> Object:
        """Raises the refusal of an unknown id: 404 in a path, 400 in a parameter."""
        found = self.tables[kind].get(identifier)
        if found is None:
            raise missing(kind, identifier, param, status)
        return found

    def named(self, kind: str, identifier: str, param: str) -> Object:
        """The object that a parameter names; 400 when there is none."""
        return self.get(kind, identifier, param, 400)

    def find(self, identifier: str) -> Object | None:
        """The object of any kind with this id."""
        kind = KINDS.get(identifier.partition("_")[0])
        if kind is None:
            return None
        return self.tables[kind].get(identifier) or self.deleted_customers.get(identifier)
