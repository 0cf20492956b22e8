"""The command as an operator's shell sees it: a process with an exit code and two streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.world import tenant_file

COMMAND = str(Path(sys.executable).with_name("ml-connector"))


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_reading_command_writes_one_json_document_and_nothing_else(
    environment: dict[str, str], bench: Bench
) -> None:
    bench.tenant()

    ended = run(environment, "tenant", "list", "--json")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["tenants"][0]["slug"] == "acme"


@pytest.mark.parametrize(
    ("arguments", "code"), [(("status", "nobody"), 1), (("status", "--nonsense"), 2), (("--version",), 0)]
)
def test_the_exit_code_tells_a_script_what_happened(
    environment: dict[str, str], arguments: tuple[str, ...], code: int
) -> None:
    ended = run(environment, *arguments)

    assert ended.returncode == code
    assert "Traceback" not in ended.stderr


def test_without_a_terminal_delete_does_nothing(environment: dict[str, str], bench: Bench) -> None:
    bench.tenant()

    ended = run(environment, "tenant", "delete", "acme")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    assert run(environment, "tenant", "show", "acme").returncode == 0


def test_an_outside_database_without_keys_is_refused_with_the_way_to_make_one(
    environment: dict[str, str],
) -> None:
    del environment["CONNECTOR_SECRET_KEYS"]

    ended = run(environment, "status")

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "CONNECTOR_SECRET_KEYS is not set" in line
    assert "Make one with: python3 -c" in line


def test_a_redis_that_is_away_does_not_stop_the_command(environment: dict[str, str], bench: Bench) -> None:
    tenant = bench.tenant()
    bench.operation(tenant)

    ended = run({**environment, "REDIS_URL": "redis://127.0.0.1:1/0"}, "status", "--json")

    assert ended.returncode == 0
    assert json.loads(ended.stdout)["tenants"][0]["backlog"] >= 1


def test_credentials_can_be_piped_in_line_by_line(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(tenant_file("https://acme.deltekfirst.com/Acme/api"), "utf-8")
    command = [sys.executable, "-m", "connector", "tenant"]
    subprocess.run([*command, "apply", str(path)], env={**os.environ, **environment}, check=True)

    ended = subprocess.run(
        [*command, "secrets", "acme"],
        input="one\ntwo\nthree\nsk_test_four\n\n",
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "DELTEK_PASSWORD" in ended.stdout
    assert "STRIPE_API_KEY" in ended.stdout
    assert ended.stderr == "acme: still missing: STRIPE_WEBHOOK_SECRET\n"
