"""The whole product in one process, between both stand-ins: what an accountant, a client and a bank do, by name.

Nothing is simulated inside the product: HTTP goes over sockets to the stand-ins, the truth is in PostgreSQL, and
webhooks come in through the Flask receiver with real signatures. Only time and the queues are in the test's hand.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from connector import dispatch
from connector.config import Settings
from connector.doorbell import Ring
from connector.models import Event, Invoice, Movement, Operation, Tenant, WorkState
from connector.runtime import Runtime
from connector.sandbox.serving import serve
from connector.sandbox.stripe import DEFAULT_KEY
from connector.sandbox.stripe import Books as StripeBooks
from connector.sandbox.stripe import Sandbox as StripeSandbox
from connector.sandbox.stripe.clock import Clock as StripeClock
from connector.sandbox.stripe.delivery import payload, signed
from connector.sandbox.stripe.presenting import present
from connector.sandbox.vantagepoint.accountant import Accountant
from connector.sandbox.vantagepoint.app import Sandbox as VantagepointSandbox
from connector.sandbox.vantagepoint.auditor import audit
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sandbox.vantagepoint.books import Books as DeltekBooks
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.secret import Secret
from connector.sync.poll import poll_tenant
from connector.sync.register_webhook import register_webhook
from connector.sync.status import TenantStatus, status_of
from connector.tenants import registry
from connector.tenants.secrets import store_secrets
from connector.use_cases import handle_stored_event, perform_operation
from connector.vault import Vault
from tests.support.clock import TurnedClock
from webhooks.app import create_app


class RecordingDoorbell:
    """Keeps what was rung, as the queues would."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    def ring(self, rings: Iterable[Ring]) -> None:
        self.rings += rings


@dataclass
class World:
    """One tenant, `acme`, on both stand-ins; see the methods for what can happen to it."""

    runtime: Runtime
    clock: TurnedClock
    doorbell: RecordingDoorbell
    deltek_sandbox: VantagepointSandbox
    stripe_sandbox: StripeSandbox
    deltek_url: str
    directory: Path
    web: FlaskClient
    slug: str = "acme"
    clients: dict[str, str] = field(default_factory=dict)

    # what stands where

    @property
    def accountant(self) -> Accountant:
        return self.deltek_sandbox.accountant

    @property
    def deltek_books(self) -> DeltekBooks:
        return self.deltek_sandbox.books

    @property
    def stripe_books(self) -> StripeBooks:
        return self.stripe_sandbox.books

    def tenant(self) -> Tenant:
        with self.runtime.transaction() as session:
            return self.runtime.tenant_by_slug(session, self.slug)

    def invoice(self, number: str) -> Invoice:
        with self.runtime.transaction() as session:
            return session.scalars(select(Invoice).where(Invoice.number == number)).one()

    def operations(self) -> list[Operation]:
        with self.runtime.transaction() as session:
            return list(session.scalars(select(Operation).order_by(Operation.id)))

    def movements(self) -> list[Movement]:
        with self.runtime.transaction() as session:
            return list(session.scalars(select(Movement).order_by(Movement.id)))

    def status(self) -> TenantStatus:
        with self.runtime.transaction() as session:
            return status_of(session, self.runtime.tenant_by_slug(session, self.slug), self.clock.now())

    def stripe_invoices(self) -> list[dict[str, Any]]:
        return list(self.stripe_books.table("invoice").values())

    def stripe_invoice(self, number: str) -> dict[str, Any]:
        (found,) = [one for one in self.stripe_invoices() if one["number"] == number]
        return found

    def deltek_invoice(self, number: str) -> dict[str, Any]:
        """The auditor's view of one invoice: original, balance, receipts (posted and not)."""
        books: dict[str, Any] = audit(self.deltek_books)
        (found,) = [one for one in books["invoices"] if one["number"] == number]
        return dict(found)

    # what the product does

    def set_up(self, *, webhooks_at: str = "https://connector.example", **changes: str) -> None:
        """Apply the tenant file, store the credentials, register the webhook endpoint."""
        self.apply(tenant_file(self.deltek_url, **changes))
        with self.runtime.transaction() as session:
            tenant = self.runtime.tenant_by_slug(session, self.slug)
            store_secrets(session, self.runtime.vault, tenant, SECRETS, self.clock.now())
        register_webhook(self.runtime, self.tenant(), webhooks_at)

    def apply(self, text: str) -> None:
        path = self.directory / "acme.toml"
        path.write_text(text, "utf-8")
        with self.runtime.transaction() as session:
            registry.apply_file(session, path, allow_insecure_urls=True, now=self.clock.now())

    def poll(self) -> bool:
        return poll_tenant(self.runtime, self.tenant().id, slice_time=timedelta(hours=1))

    def work(self, *, at_most: int = 500) -> None:
        """Do what is due at this moment, unit by unit, until nothing is."""
        for _ in range(at_most):
            if not self.work_once():
                return
        raise AssertionError("the backlog does not end")

    def work_once(self) -> bool:
        """Do the first operation that is due, and the first event; False when there is none, or the tenant is held."""
        now, tenant = self.clock.now(), self.tenant()
        if tenant.paused or tenant.blocked:
            return False
        with self.runtime.transaction() as session:
            operations = [one.id for one in dispatch.ready_operations(session, now, tenant.id, 1)]
            due = select(Event.id).where(Event.state == WorkState.DUE, Event.due_at <= now)
            events = list(session.scalars(due.order_by(Event.id).limit(1)))
        for operation_id in operations:
            perform_operation(self.runtime, operation_id)
        for event_id in events:
            handle_stored_event(self.runtime, event_id)
        return bool(operations or events)

    def settle(self, *, rounds: int = 40) -> None:
        """Deliver events and work, turning the clock over retries, until the backlog is empty."""
        for _ in range(rounds):
            self.deliver()
            self.work()
            if not self.status().backlog:
                return
            self.clock.turn(timedelta(minutes=20))
        raise AssertionError(f"still to do: {self.status()}")

    def deliver(self) -> int:
        """Bring every event that waits in Stripe's outbox through the receiver; how many were taken."""
        taken = 0
        with self.stripe_books.lock:
            waiting = list(self.stripe_books.outbox)
            self.stripe_books.outbox.clear()
        for delivery in waiting:
            with self.stripe_books.lock:
                event = self.stripe_books.table("event")[delivery.event]
                target = self.stripe_books.table("webhook_endpoint")[delivery.endpoint]
                body = payload(present(self.stripe_books, event), target)
                headers = signed(self.stripe_books, target, body)
            answer = self.web.post(f"/webhooks/stripe/{self.slug}", data=body, headers=headers)
            delivery.attempts += 1
            delivery.state = "delivered" if answer.status_code == 200 else "failed"
            taken += answer.status_code == 200
        return taken

    # what an accountant does in Deltek

    def client(self, name: str = "Riverbend Schools", email: str = "ap@riverbend.example") -> str:
        """A client firm with its billing address; its ClientID."""
        firm = self.accountant.add_firm({"Name": name, "ClientInd": "Y", "Status": "A"})
        client_id = str(firm["ClientID"])
        self.accountant.add_address(
            client_id,
            {
                "Address": "<Default>",
                "Address1": "12 School Road",
                "City": "Riverbend",
                "State": "NY",
                "Zip": "12345",
                "Country": "United States",
                "Email": email,
                "Billing": "Y",
                "PrimaryInd": "Y",
            },
        )
        return client_id

    def project(self, wbs1: str, client_id: str, phases: Iterable[str] = (), name: str = "Annex") -> str:
        """A project billed to the client, with its phases."""
        values = {
            "Name": name,
            "ClientID": client_id,
            "BillingClientID": client_id,
            "Org": "00:AR",
            "Status": "A",
        }
        phases = list(phases)
        self.accountant.add_project({**values, "WBS1": wbs1, "SubLevel": "Y" if phases else "N"})
        for phase in phases:
            self.accountant.add_project({**values, "WBS1": wbs1, "WBS2": phase, "Name": f"Phase {phase}"})
        return wbs1

    def bill(
        self,
        amounts: dict[str, str],
        *,
        wbs1: str = "24001.00",
        dated: date = date(2026, 11, 2),
        due: date | None = date(2026, 12, 2),
        number: str = "",
    ) -> str:
        """Post an invoice with one labor line for each phase and amount; its number."""
        lines = tuple(
            InvoiceLine(wbs1=wbs1, wbs2=phase, amount=Decimal(amount)) for phase, amount in amounts.items()
        )
        posted = self.accountant.post_invoice(
            DeltekInvoice(wbs1=wbs1, lines=lines, dated=dated, due=due, number=number)
        )
        return posted.number

    def annex(self) -> str:
        """The usual beginning: a client, a project with two phases; the project's WBS1."""
        client_id = self.client()
        self.clients["Riverbend Schools"] = client_id
        return self.project("24001.00", client_id, ["02", "03"])

    # what a client does at Stripe

    def pay(self, number: str, amount: int | None = None, method: str = "card") -> dict[str, Any]:
        """Pay the invoice, or a part of it in minor units; answers the charge."""
        return self.stripe_sandbox.dashboard.pay(self.stripe_invoice(number)["id"], amount, method)


SECRETS = {
    "DELTEK_PASSWORD": Secret("deltek-password-f00d"),
    "DELTEK_CLIENT_ID": Secret("deltek-client-id-f00d"),
    "DELTEK_CLIENT_SECRET": Secret("deltek-client-secret-f00d"),
    "STRIPE_API_KEY": Secret(DEFAULT_KEY),
}


def tenant_file(
    url: str,
    *,
    receipts: str = "files",
    post: str = "true",
    sync: str = "",
    stripe: str = "",
    deltek: str = "",
    companies: str = "",
    start_date: str = "2026-10-01",
) -> str:
    """The tenant file of acme; the keywords add lines to its tables."""
    return f"""slug = "acme"
timezone = "America/New_York"

[deltek]
url = "{url}"
database = "ACME"
username = "MLCONNECTOR"
requests_per_second = 1000
{deltek}

[deltek.companies."00"]
currency = "USD"
bank_code = "STRIPE"
ar_account = "111.00"
receipts = "{receipts}"
post = {post}
{companies}

[stripe]
payment_methods = ["card", "us_bank_account"]
requests_per_second = 100
{stripe}

[sync]
poll_every = "5m"
start_date = {start_date}
{sync}
"""


@contextmanager
def open_world(
    engine: Engine,
    redis_url: str,
    directory: Path,
    *,
    clock: TurnedClock | None = None,
    deliver: bool = False,
) -> Iterator[World]:
    """Both stand-ins, served on free ports, and a runtime on `engine` between them.

    With `deliver` Stripe's webhooks are delivered in the background, to whatever address is registered.
    """
    clock = clock or TurnedClock()
    deltek_sandbox, stripe_sandbox = open_books(clock, deliver=deliver)
    with serve(deltek_sandbox) as serving, stripe_sandbox:
        world = world_between(
            engine,
            redis_url,
            directory,
            clock,
            deltek_sandbox,
            stripe_sandbox,
            deltek_url=serving.url,
            stripe_url=stripe_sandbox.url,
        )
        yield world
        # Stripe refuses a request that does not fit its API: no test may bring the product to send one.
        assert [one for one in world.stripe_books.requests if one["problems"]] == []


def open_books(clock: TurnedClock, *, deliver: bool = False) -> tuple[VantagepointSandbox, StripeSandbox]:
    """Both stand-ins with fresh books, not yet served."""
    deltek_books = DeltekBooks(source=clock.now)
    _set_up_deltek(deltek_books)
    stripe_books = StripeBooks(clock=StripeClock(clock.now), entropy=Random(7))
    return VantagepointSandbox(deltek_books), StripeSandbox(stripe_books, deliver=deliver, sleep=clock.sleep)


def world_between(
    engine: Engine,
    redis_url: str,
    directory: Path,
    clock: TurnedClock,
    deltek_sandbox: VantagepointSandbox,
    stripe_sandbox: StripeSandbox,
    *,
    deltek_url: str,
    stripe_url: str,
    runtime_type: type[Runtime] = Runtime,
) -> World:
    """The product on `engine`, between stand-ins that are served at these addresses."""
    doorbell = RecordingDoorbell()
    settings = Settings.from_environment(
        {
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "REDIS_URL": redis_url,
            "STRIPE_API_BASE": stripe_url,
            "CONNECTOR_ALLOW_INSECURE_URLS": "1",
        }
    )
    runtime = runtime_type(settings, engine, Vault([bytes(range(32))]), clock, Random(11), doorbell)
    return World(
        runtime=runtime,
        clock=clock,
        doorbell=doorbell,
        deltek_sandbox=deltek_sandbox,
        stripe_sandbox=stripe_sandbox,
        deltek_url=f"{deltek_url}/Sandbox/api",
        directory=directory,
        web=create_app(runtime).test_client(),
    )


def _set_up_deltek(books: DeltekBooks) -> None:
    """Company 00 in dollars with its bank code, and the connector's login."""
    books.settings.add_company(Company("00", "Acme Architects", "USD"))
    books.settings.add_account("103.00", "Stripe Clearing", 1)
    books.settings.add_account("101.00", "Cash", 1)
    books.settings.add_bank(Bank("STRIPE", "00", "103.00", "Stripe clearing"))
    books.settings.add_bank(Bank("FIRST", "00", "101.00", "First Bank"))
    books.tokens.database = "ACME"
    books.tokens.client_id = SECRETS["DELTEK_CLIENT_ID"].reveal()
    books.tokens.client_secret = SECRETS["DELTEK_CLIENT_SECRET"].reveal()
    books.tokens.add_login("MLCONNECTOR", SECRETS["DELTEK_PASSWORD"].reveal())
