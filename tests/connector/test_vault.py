"""Credentials at rest, and the value that can be used but not shown."""

import base64
import copy
import json
import pickle

import pytest

from connector.errors import UsageError
from connector.models import Credential, DeltekLogin, Tenant
from connector.secret import Secret
from connector.tenants.rotate_keys import rotate_keys
from connector.tenants.secrets import read_secret, store_secrets, webhook_secrets
from connector.vault import CannotOpen, Vault, new_key
from tests.support.bench import Bench
from tests.support.world import SECRETS

OLD, NEW = bytes(range(32)), bytes(reversed(range(32)))
OLD_TEXT = base64.urlsafe_b64encode(OLD).decode()
PLAIN = Secret("sk_test_plant_f00d")


def sealed(vault: Vault) -> bytes:
    return vault.seal(PLAIN, tenant_id=1, name="STRIPE_API_KEY")


def opened(vault: Vault, content: bytes) -> Secret:
    return vault.open(content, tenant_id=1, name="STRIPE_API_KEY")


def test_what_is_sealed_opens_and_does_not_hold_the_secret_in_the_clear() -> None:
    vault = Vault([OLD])

    content = sealed(vault)

    assert opened(vault, content) == PLAIN
    assert b"plant" not in content
    assert sealed(vault) != content  # a nonce of its own each time


def test_rule_11_a_credential_opens_for_its_own_tenant_and_name_only() -> None:
    vault = Vault([OLD])
    content = sealed(vault)

    with pytest.raises(CannotOpen):
        vault.open(content, tenant_id=2, name="STRIPE_API_KEY")
    with pytest.raises(CannotOpen):
        vault.open(content, tenant_id=1, name="STRIPE_WEBHOOK_SECRET")


def test_another_key_does_not_open_and_the_message_says_what_to_do() -> None:
    with pytest.raises(CannotOpen) as refused:
        opened(Vault([NEW]), sealed(Vault([OLD])))

    assert "STRIPE_API_KEY" in refused.value.explained
    assert "tenant secrets" in refused.value.remedy


@pytest.mark.parametrize("length", [0, 1, 9, 10, 15, 21, 30])
def test_a_credential_that_was_cut_off_does_not_open(length: int) -> None:
    vault = Vault([OLD])

    with pytest.raises(CannotOpen):
        opened(vault, sealed(vault)[:length])


@pytest.mark.parametrize("place", [0, 1, 12, -1])
def test_a_credential_that_was_changed_does_not_open(place: int) -> None:
    vault = Vault([OLD])
    content = bytearray(sealed(vault))
    content[place] ^= 1

    with pytest.raises(CannotOpen):
        opened(vault, bytes(content))


def test_during_a_rotation_the_first_key_seals_and_all_open() -> None:
    both = Vault([NEW, OLD])
    before = sealed(Vault([OLD]))

    assert opened(both, before) == PLAIN
    assert not both.is_current(before)
    assert both.is_current(sealed(both))
    assert opened(Vault([NEW]), sealed(both)) == PLAIN


def test_the_keys_are_read_from_the_setting_with_or_without_padding_and_blanks() -> None:
    first, second = new_key(), new_key()

    vault = Vault.from_setting(Secret(f" {first} , {second.rstrip('=')},"))

    assert opened(vault, sealed(Vault.from_setting(Secret(second)))) == PLAIN
    assert len(base64.urlsafe_b64decode(first)) == 32


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("tooshort", "Key 1"),
        (f"{OLD_TEXT},c2VjcmV0LXBsYW50", "Key 2"),
        ("ключ" * 10, "Key 1"),
        (OLD_TEXT + OLD_TEXT, "Key 1"),
        (" , ", "no key"),
    ],
)
def test_rule_11_a_malformed_key_is_named_by_its_place_and_never_shown(setting: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        Vault.from_setting(Secret(setting))

    assert "Make one with" in refused.value.remedy
    for part in setting.split(","):
        assert not part.strip() or part.strip() not in refused.value.explained


def test_rule_11_a_secret_does_not_show_itself() -> None:
    with pytest.raises(TypeError, match="does not leave") as refused:
        pickle.dumps(PLAIN)
    with pytest.raises(TypeError):
        copy.deepcopy({"key": PLAIN})
    shown = [
        repr(PLAIN),
        str(PLAIN),
        f"{PLAIN}",
        f"{[PLAIN]}",
        json.dumps(PLAIN, default=str),
        str(refused.value),
    ]
    assert not [text for text in shown if "plant" in text]
    assert PLAIN.reveal() == "sk_test_plant_f00d"


def test_secrets_are_equal_by_their_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def rotated(bench: Bench, *keys: bytes) -> tuple[int, int]:
    bench.runtime.vault = Vault(list(keys))
    return rotate_keys(bench.runtime)


def test_a_rotation_brings_every_credential_under_the_first_key_and_the_second_time_does_nothing(
    bench: Bench,
) -> None:
    tenants = [bench.tenant("acme"), bench.tenant("other")]

    assert rotated(bench, NEW, OLD) == (8, 8)
    assert rotated(bench, NEW, OLD) == (0, 8)
    bench.runtime.vault = Vault([NEW])  # the old key can go
    with bench.runtime.transaction() as session:
        for tenant in tenants:
            for name, secret in SECRETS.items():
                assert read_secret(session, bench.runtime.vault, tenant, name) == secret


def test_a_rotation_is_all_or_none(bench: Bench) -> None:
    tenant = bench.tenant()
    with bench.runtime.transaction() as session:
        lost = session.get_one(Credential, (tenant.id, "STRIPE_API_KEY"))
        lost.sealed = Vault([b"\x07" * 32]).seal(PLAIN, tenant_id=tenant.id, name="STRIPE_API_KEY")

    with pytest.raises(CannotOpen, match="STRIPE_API_KEY"):
        rotated(bench, NEW, OLD)

    with bench.runtime.transaction() as session:
        for name in ("DELTEK_PASSWORD", "DELTEK_CLIENT_ID", "DELTEK_CLIENT_SECRET"):
            assert read_secret(session, Vault([OLD]), tenant, name) == SECRETS[name]


def test_tokens_under_an_old_key_are_forgotten_by_a_rotation_because_the_password_signs_in_again(
    bench: Bench,
) -> None:
    tenant = bench.tenant("other")
    with bench.runtime.transaction() as session:
        session.add(DeltekLogin(tenant_id=tenant.id, sealed_tokens=b"\x01" + b"gone with its key" * 3))

    rotated(bench, NEW, OLD)

    with bench.runtime.transaction() as session:
        assert session.get_one(DeltekLogin, tenant.id).sealed_tokens is None


def test_a_credential_whose_key_is_gone_can_be_entered_again(bench: Bench) -> None:
    tenant = bench.tenant()
    bench.runtime.vault = Vault([NEW])

    with bench.runtime.transaction() as session:
        again = session.get_one(Tenant, tenant.id)
        changed = store_secrets(session, bench.runtime.vault, again, SECRETS, bench.clock.now())
        assert sorted(changed) == sorted(SECRETS)
        assert read_secret(session, bench.runtime.vault, again, "STRIPE_API_KEY") == SECRETS["STRIPE_API_KEY"]


def test_storing_the_same_credentials_again_changes_nothing(bench: Bench) -> None:
    tenant = bench.tenant()
    entries = len(bench.trail())

    with bench.runtime.transaction() as session:
        again = session.get_one(Tenant, tenant.id)
        assert store_secrets(session, bench.runtime.vault, again, SECRETS, bench.clock.now()) == []

    assert len(bench.trail()) == entries


def test_the_trail_names_the_credentials_that_were_stored_and_shows_none(bench: Bench) -> None:
    bench.tenant()

    (entry,) = [one for one in bench.trail() if one.action == "stored credentials"]
    assert all(name in entry.summary for name in SECRETS)
    assert "f00d" not in entry.summary


def test_a_new_password_lifts_the_hold_that_the_old_one_earned(bench: Bench) -> None:
    tenant = bench.tenant()
    with bench.runtime.transaction() as session:
        held = session.get_one(Tenant, tenant.id)
        held.blocked = "Deltek refused the sign-in"
        session.add(DeltekLogin(tenant_id=tenant.id, refused="Deltek refused the sign-in"))

    with bench.runtime.transaction() as session:
        held = session.get_one(Tenant, tenant.id)
        new = {"DELTEK_PASSWORD": Secret("a better one")}
        store_secrets(session, bench.runtime.vault, held, new, bench.clock.now())

    with bench.runtime.transaction() as session:
        assert session.get_one(Tenant, tenant.id).blocked == ""
        assert session.get(DeltekLogin, tenant.id) is None


def test_two_webhook_secrets_are_accepted_during_a_rotation(bench: Bench) -> None:
    tenant = bench.tenant()
    with bench.runtime.transaction() as session:
        both = {"STRIPE_WEBHOOK_SECRET": Secret("whsec_new, whsec_old,")}
        store_secrets(session, bench.runtime.vault, session.merge(tenant), both, bench.clock.now())

    with bench.runtime.transaction() as session:
        found = webhook_secrets(session, bench.runtime.vault, tenant)
    assert found == [Secret("whsec_new"), Secret("whsec_old")]
