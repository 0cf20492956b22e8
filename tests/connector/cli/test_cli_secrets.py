"""Rule 11 at the terminal: whatever the command is asked, and whatever goes wrong, it never shows a credential."""

import pytest

from connector.sandbox.faults import Fault
from connector.secret import Secret
from connector.tenants.secrets import store_secrets
from tests.connector.cli.conftest import KEY, Command
from tests.support.world import SECRETS, World

COMMANDS = [
    ("--help",),
    ("tenant", "list"),
    ("tenant", "list", "--json"),
    ("tenant", "show", "acme"),
    ("tenant", "show", "acme", "--json"),
    ("tenant", "secrets", "acme", "--from-env"),
    ("ping", "acme"),
    ("ping", "acme", "--json"),
    ("sync", "acme", "--wait"),
    ("sync", "acme", "--json"),
    ("status",),
    ("status", "acme", "--json"),
    ("audit", "acme", "acme"),
    ("audit", "acme", "0001001", "--json"),
    ("replay", "acme", "0001001", "--json"),
    ("reconcile", "acme"),
    ("webhook", "register", "acme", "--url", "https://other.example"),
    ("keys", "rotate"),
    ("tenant", "pause", "acme"),
    ("tenant", "resume", "acme"),
]
PLANTS = [secret.reveal() for secret in SECRETS.values()]


@pytest.mark.parametrize("trouble", ["none", "both away", "both refuse"])
def test_rule_11_no_command_ever_shows_a_secret_not_even_at_debug(
    at_acme: World, ml_connector: Command, trouble: str
) -> None:
    at_acme.bill({"02": "10.00"}, number="0001001")
    if trouble == "both away":
        for sandbox in (at_acme.stripe_sandbox, at_acme.deltek_sandbox):
            sandbox.faults.add(Fault("before", times=10_000, status=503))
    if trouble == "both refuse":
        with at_acme.runtime.transaction() as session:
            tenant = at_acme.runtime.tenant_by_slug(session, "acme")
            wrong = {name: Secret(f"{secret.reveal()}-wrong") for name, secret in SECRETS.items()}
            store_secrets(session, at_acme.runtime.vault, tenant, wrong, at_acme.clock.now())

    for command in COMMANDS:
        if trouble == "both away" and "--wait" in command:
            continue  # it waits for days: those of the turned clock
        answer = ml_connector(*command, LOG_LEVEL="DEBUG", DELTEK_PASSWORD=PLANTS[0])
        for plant in (*PLANTS, "whsec_", KEY):
            assert plant not in answer.out + answer.err, command


def test_rule_11_a_typed_secret_that_is_refused_is_not_repeated(
    at_acme: World, ml_connector: Command
) -> None:
    ml_connector("tenant", "secrets", "acme", answers=["typed-plant-1", "", "", "sk_test_typedplant2", ""])

    answers = [ml_connector("ping", "acme"), ml_connector("sync", "acme"), ml_connector("status")]

    for answer in answers:
        assert "plant" not in answer.out + answer.err
    assert answers[0].code == 1
    assert "FAIL" in answers[0].out
