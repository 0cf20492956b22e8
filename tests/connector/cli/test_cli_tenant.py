"""`ml-connector tenant`: applied from files, given credentials, paused, resumed, deleted."""

from pathlib import Path

import pytest

from connector.tenants.secrets import NAMES
from tests.connector.cli.conftest import Command
from tests.support.bench import Bench
from tests.support.world import tenant_file

URL = "http://127.0.0.1:9/Sandbox/api"
TYPED = ["plant-password", "plant-id", "plant-secret", "sk_test_plant", "whsec_plant"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(tenant_file(URL), "utf-8")
    return path


def test_apply_creates_then_does_nothing_then_prints_what_changes(ml_connector: Command, file: Path) -> None:
    first = ml_connector("tenant", "apply", str(file))
    assert (first.code, first.out) == (0, "acme: created. Next: ml-connector tenant secrets acme\n")

    assert ml_connector("tenant", "apply", str(file)).out == "acme: nothing to change\n"

    file.write_text(tenant_file(URL, receipts="single", stripe='card_limit = "5000.00"'), "utf-8")
    assert ml_connector("tenant", "apply", str(file)).out.splitlines() == [
        "acme: deltek.companies.00.receipts: files -> single",
        "acme: stripe.card_limit: (unset) -> 5000.00",
    ]


def test_secrets_asks_for_each_without_showing_any(ml_connector: Command, file: Path) -> None:
    ml_connector("tenant", "apply", str(file))

    answer = ml_connector("tenant", "secrets", "acme", answers=TYPED)

    assert answer.code == 0
    assert answer.out == f"acme: stored {', '.join(NAMES)}\n"
    assert "plant" not in answer.out + answer.err


def test_an_empty_answer_keeps_a_credential_and_what_lacks_is_named(
    ml_connector: Command, file: Path
) -> None:
    ml_connector("tenant", "apply", str(file))
    ml_connector("tenant", "secrets", "acme", answers=["plant", "", "", "", ""])

    answer = ml_connector("tenant", "secrets", "acme", answers=["", "plant-id", "", "", ""])

    assert answer.out == "acme: stored DELTEK_CLIENT_ID\n"
    assert answer.err.splitlines()[-1] == (
        "acme: still missing: DELTEK_CLIENT_SECRET, STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET"
    )


def test_secrets_from_the_environment_are_taken_without_the_line_end_of_a_file(
    ml_connector: Command, bench: Bench, file: Path
) -> None:
    ml_connector("tenant", "apply", str(file))
    given = dict(zip(NAMES, [f"{value}\n" for value in TYPED], strict=True))

    assert ml_connector("tenant", "secrets", "acme", "--from-env", **given).code == 0

    without = dict(zip(NAMES, TYPED, strict=True))
    assert (
        ml_connector("tenant", "secrets", "acme", "--from-env", **without).out == "acme: nothing to change\n"
    )


def test_secrets_of_which_none_is_given_are_asked_for_by_name(ml_connector: Command, file: Path) -> None:
    ml_connector("tenant", "apply", str(file))

    line = ml_connector("tenant", "secrets", "acme", "--from-env").line

    assert "No credential of tenant acme was given" in line
    assert all(name in line for name in NAMES)


def test_pause_and_resume_are_seen_in_the_list(ml_connector: Command, bench: Bench) -> None:
    bench.tenant()

    assert ml_connector("tenant", "pause", "acme").out == "acme: paused\n"
    assert ml_connector("tenant", "list", "--json").json["tenants"][0]["state"] == "paused"
    assert ml_connector("tenant", "resume", "acme").out == "acme: resumed\n"
    assert ml_connector("tenant", "list", "--json").json["tenants"][0]["state"] == "active"


def test_delete_asks_first_and_leaves_everything_when_the_answer_is_no(
    ml_connector: Command, bench: Bench
) -> None:
    bench.tenant()

    refused = ml_connector("tenant", "delete", "acme", answers=["n"])

    assert (refused.code, refused.out) == (1, "")
    assert "Nothing was deleted" in refused.err
    assert ml_connector("tenant", "show", "acme").code == 0


@pytest.mark.parametrize("how", ["asked", "--yes"])
def test_delete_takes_the_tenant_its_credentials_and_its_records_and_leaves_the_others(
    ml_connector: Command, bench: Bench, how: str
) -> None:
    bench.tenant("other")
    tenant = bench.tenant("acme")
    bench.operation(tenant)
    bench.event(tenant)

    if how == "asked":
        answer = ml_connector("tenant", "delete", "acme", answers=["y"])
    else:
        answer = ml_connector("tenant", "delete", "acme", "--yes")

    assert (answer.code, answer.out) == (0, "acme: deleted\n")
    assert [one["slug"] for one in ml_connector("tenant", "list", "--json").json["tenants"]] == ["other"]
    assert {entry.tenant_id for entry in bench.trail()} != {tenant.id}


def test_the_operator_who_acted_stands_in_the_trail(ml_connector: Command, file: Path, bench: Bench) -> None:
    ml_connector("tenant", "apply", str(file))

    assert bench.trail()[0].actor.startswith("operator")
