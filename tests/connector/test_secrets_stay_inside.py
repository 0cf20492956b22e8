"""Rule 11: planted secrets are looked for in everything that leaves the product, and are in none of it."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sqlalchemy import MetaData, select
from sqlalchemy.orm import Session

from connector import logs, reports
from connector.config import Settings
from connector.models import Credential, DeltekLogin, Operation
from connector.sandbox.faults import Fault
from connector.tenants import registry
from connector.tenants.logins import NAME
from connector.work import Attempt
from tests.support.bench import Bench
from tests.support.world import SECRETS, World


def planted(world: World) -> list[str]:
    """Every secret of the tenant in the clear: what was entered, what Stripe gave, what Deltek gave."""
    found = [secret.reveal() for secret in SECRETS.values()]
    vault = world.runtime.vault
    with world.runtime.transaction() as session:
        hook = session.get_one(Credential, (world.tenant().id, "STRIPE_WEBHOOK_SECRET"))
        found.append(vault.open(hook.sealed, tenant_id=hook.tenant_id, name=hook.name).reveal())
        login = session.get(DeltekLogin, world.tenant().id)
        if login is not None and login.sealed_tokens is not None:
            tokens = vault.open(login.sealed_tokens, tenant_id=login.tenant_id, name=NAME).reveal()
            found += [token for token in json.loads(tokens).values() if token]
    return found


def leaked(text: str, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets if secret in text]


def dumped(session: Session) -> str:
    """Every row of every table, as PostgreSQL holds it: bytes as text too."""
    tables = MetaData()
    tables.reflect(session.get_bind())
    rows = [row for table in tables.sorted_tables for row in session.execute(select(table))]
    cells = [cell for row in rows for cell in row]
    return "\n".join(
        bytes(c).decode("latin-1") if isinstance(c, bytes | memoryview) else str(c) for c in cells
    )


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log of a process with LOG_LEVEL=DEBUG, before the formatter strikes anything out."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure_logging(Settings.from_environment({"LOG_LEVEL": "DEBUG"}))
    root.handlers[:] = [caplog.handler]
    yield caplog
    root.handlers[:] = handlers
    root.setLevel(level)


def test_rule_11_a_whole_round_with_trouble_leaves_no_secret_in_database_log_rings_or_trail(
    acme: World, everything_logged: pytest.LogCaptureFixture
) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    for fault in (Fault("before", status=503), Fault("garbage"), Fault("rate_limit", seconds=30)):
        acme.stripe_sandbox.faults.add(fault)
    acme.deltek_sandbox.faults.add(Fault("garbage", "POST", ".*token"))
    acme.deltek_sandbox.faults.add(Fault("disconnect"))
    for _ in range(8):
        acme.poll()
        acme.work()
        acme.clock.turn(timedelta(minutes=10))
        with acme.runtime.transaction() as session:
            registry.resume(session, acme.runtime.tenant_by_slug(session, "acme"), acme.clock.now())
    acme.settle()
    acme.pay(number)
    acme.settle()

    secrets = planted(acme)
    assert len(secrets) >= 6
    with acme.runtime.transaction() as session:
        assert leaked(dumped(session), secrets) == []
    assert leaked(str(acme.doorbell.rings), secrets) == []
    assert everything_logged.text.count("The poll of acme failed") >= 2
    assert leaked(everything_logged.text, secrets) == []
    assert acme.deltek_invoice(number)["balance"] == "0.00"


def test_rule_11_nothing_of_the_runtime_shows_a_secret(acme: World) -> None:
    acme.poll()
    tenant = acme.tenant()
    runtime = acme.runtime
    shown = [repr(one) for one in (runtime, runtime.settings, runtime.vault, runtime.engine, acme.tenant())]
    shown += [
        repr(runtime.deltek(tenant)),
        repr(runtime.stripe(tenant)),
        repr(runtime.pace(tenant, "Stripe")),
    ]

    assert leaked("".join(shown), planted(acme)) == []


class KeptReports(Transport):
    """What Sentry would have been sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize().decode("utf-8", "replace"))


@pytest.fixture
def sentry(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptReports]:
    """Sentry as the product configures it, but for where the reports go."""
    kept = KeptReports()
    init = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: init(**options, transport=kept))
    reports.configure_reports(Settings.from_environment({"SENTRY_DSN": "https://public@sentry.invalid/1"}))
    yield kept
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def test_rule_11_the_report_of_a_defect_says_where_it_is_and_holds_no_secret_nor_a_client(
    bench: Bench, sentry: KeptReports
) -> None:
    operation_id = bench.operation(bench.tenant())
    secrets = [secret.reveal() for secret in SECRETS.values()]

    def broken(attempt: Attempt[Operation]) -> None:
        password = SECRETS["DELTEK_PASSWORD"].reveal()  # a local variable of the frame that fails
        key = SECRETS["STRIPE_API_KEY"].reveal()
        requests.Request("GET", "http://127.0.0.1", headers={"Authorization": f"Bearer {password}"})
        raise RuntimeError(f"Bearer {key} of ap@riverbend.example at redis://:{'h' * 20}@127.0.0.1")

    bench.perform(operation_id, broken)

    (report,) = sentry.sent
    assert "RuntimeError" in report
    assert "test_secrets_stay_inside" in report
    assert leaked(report, [*secrets, "riverbend.example", "h" * 20]) == []


@pytest.mark.parametrize(
    "text",
    [
        "key sk_live_abc123",
        "key rk_test_abc123",
        "signed with whsec_abc123",
        "Authorization: Bearer abc123",
        "cannot reach postgresql://user:abc123@db.example/x",
        "cannot reach redis://:abc123@db.example/0",
        "INSERT refused\nDETAIL:  Key (x)=(abc123) already exists.",
    ],
)
def test_rule_11_what_looks_like_a_credential_is_struck_out_of_every_log_line(text: str) -> None:
    record = logging.LogRecord("connector", logging.INFO, __file__, 1, "%s", (text,), None)

    for formatter in (logs.TextFormatter(), logs.JsonFormatter()):
        line = formatter.format(record)
        assert "abc123" not in line
        assert "***" in line
