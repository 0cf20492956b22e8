"""The tenants: applied from their files, and what a change of a file means for what is stored."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest

from connector.errors import UsageError
from connector.models import DeltekLogin, Tenant
from connector.tenants import registry
from connector.tenants.registry import Applied
from tests.support.bench import Bench
from tests.support.world import tenant_file

URL = "http://127.0.0.1:9/Sandbox/api"
SOON = datetime(2026, 11, 20, 16, tzinfo=UTC)


def apply(bench: Bench, text: str, name: str = "acme") -> Applied:
    path = bench.directory / f"{name}.toml"
    path.write_text(text, "utf-8")
    with bench.runtime.transaction() as session:
        return registry.apply_file(session, path, allow_insecure_urls=True, now=bench.clock.now())


def tenant(bench: Bench) -> Tenant:
    with bench.runtime.transaction() as session:
        return bench.runtime.tenant_by_slug(session, "acme")


def sign_in(bench: Bench) -> None:
    with bench.runtime.transaction() as session:
        session.add(DeltekLogin(tenant_id=tenant(bench).id, sealed_tokens=b"tokens", expires_at=SOON))


def signed_in(bench: Bench) -> bool:
    with bench.runtime.transaction() as session:
        return session.get(DeltekLogin, tenant(bench).id) is not None


def test_applying_twice_does_nothing_the_second_time(bench: Bench) -> None:
    assert apply(bench, tenant_file(URL)) == Applied("acme", True, [])
    before, entries = tenant(bench), len(bench.trail())

    assert apply(bench, tenant_file(URL)) == Applied("acme", False, [])

    after = tenant(bench)
    assert (after.revision, after.next_poll_at) == (before.revision, before.next_poll_at)
    assert len(bench.trail()) == entries


def test_a_new_tenant_is_polled_at_once(bench: Bench) -> None:
    apply(bench, tenant_file(URL))

    assert tenant(bench).next_poll_at == bench.clock.now()


def test_each_change_is_told_with_old_and_new_and_stands_in_the_trail(bench: Bench) -> None:
    apply(bench, tenant_file(URL))

    applied = apply(bench, tenant_file(URL, receipts="single", sync='exclude_clients = ["A"]'))

    assert applied.changes == [
        ("deltek.companies.00.receipts", "files", "single"),
        ("sync.exclude_clients", "(unset)", "A"),
    ]
    assert "deltek.companies.00.receipts: files -> single" in bench.trail()[-1].summary
    assert tenant(bench).revision == 2


def test_two_files_applied_at_once_make_one_tenant(bench: Bench) -> None:
    path = bench.directory / "acme.toml"
    path.write_text(tenant_file(URL), "utf-8")
    barrier, applied = Barrier(4), list[Applied]()

    def one() -> None:
        barrier.wait(10)
        with bench.runtime.transaction() as session:
            applied.append(
                registry.apply_file(session, path, allow_insecure_urls=True, now=bench.clock.now())
            )

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(one.created for one in applied) == [False, False, False, True]


def test_rule_11_the_tokens_of_one_address_are_never_shown_to_another(bench: Bench) -> None:
    apply(bench, tenant_file(URL))
    sign_in(bench)
    apply(bench, tenant_file(URL, receipts="single"))
    assert signed_in(bench)

    apply(bench, tenant_file("http://127.0.0.1:10/Other/api", receipts="single"))

    assert not signed_in(bench)


def test_a_corrected_user_name_lifts_the_hold_that_the_wrong_one_earned(bench: Bench) -> None:
    apply(bench, tenant_file(URL))
    with bench.runtime.transaction() as session:
        session.get_one(Tenant, tenant(bench).id).blocked = "Deltek refused the sign-in"

    apply(bench, tenant_file(URL).replace("MLCONNECTOR", "CONNECTOR"))

    assert tenant(bench).blocked == ""


def test_paused_in_the_file_is_obeyed_when_the_file_changes_it_and_left_alone_otherwise(bench: Bench) -> None:
    apply(bench, tenant_file(URL, sync="paused = true"))
    assert tenant(bench).paused
    with bench.runtime.transaction() as session:
        registry.resume(session, session.get_one(Tenant, tenant(bench).id), bench.clock.now())

    apply(bench, tenant_file(URL, sync="paused = true", receipts="single"))
    assert not tenant(bench).paused
    apply(bench, tenant_file(URL, sync="paused = false", receipts="single"))
    apply(bench, tenant_file(URL, sync="paused = true", receipts="single"))
    assert tenant(bench).paused


def test_a_file_that_is_refused_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    apply(bench, tenant_file(URL))
    before = tenant(bench)

    with pytest.raises(UsageError, match="receipts"):
        apply(bench, tenant_file(URL, receipts="both"))

    assert tenant(bench).description == before.description
