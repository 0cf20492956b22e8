"""Settings from the environment, checked once at start."""

from pathlib import Path

import pytest

from connector.config import Settings, sqlalchemy_url
from connector.errors import UsageError


def test_nothing_set_means_the_defaults() -> None:
    found = Settings.from_environment({})

    assert (found.database_url, found.redis_url, found.secret_keys, found.sentry_dsn) == (None,) * 4
    assert found.home == Path(".connector")
    assert (found.log_level, found.log_format) == ("INFO", "text")
    assert not found.allow_insecure_urls
    assert not found.on_dyno


def test_an_empty_variable_is_an_unset_one() -> None:
    names = [
        "DATABASE_URL",
        "REDIS_URL",
        "CONNECTOR_HOME",
        "CONNECTOR_SECRET_KEYS",
        "SENTRY_DSN",
        "STRIPE_API_BASE",
        "LOG_LEVEL",
        "LOG_FORMAT",
        "CONNECTOR_ALLOW_INSECURE_URLS",
    ]

    assert Settings.from_environment(dict.fromkeys(names, "")) == Settings.from_environment({})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_heroku_s_url_and_sqlalchemy_s_are_both_taken(scheme: str) -> None:
    assert sqlalchemy_url(f"{scheme}://u:p@h:5432/d?sslmode=require") == (
        "postgresql+psycopg://u:p@h:5432/d?sslmode=require"
    )


@pytest.mark.parametrize(
    "url", ["mysql://u:plant@h/d", "plant", "postgres:plant", "postgres://u:plant@h:port/d"]
)
def test_rule_11_a_url_that_cannot_be_meant_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="DATABASE_URL") as refused:
        Settings.from_environment({"DATABASE_URL": url})
    assert "plant" not in refused.value.explained


@pytest.mark.parametrize("url", ["rediss://:p@h:6380", "redis://h"])
def test_a_redis_may_be_encrypted_or_not(url: str) -> None:
    assert Settings.from_environment({"REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    ("value", "allowed"), [("1", True), ("0", False), ("true", False), ("yes", False), ("", False)]
)
def test_insecure_addresses_are_allowed_by_1_alone(value: str, allowed: bool) -> None:
    assert Settings.from_environment({"CONNECTOR_ALLOW_INSECURE_URLS": value}).allow_insecure_urls is allowed


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "debug"), ("LOG_FORMAT", "JSON")])
def test_levels_and_formats_are_taken_in_any_case(name: str, value: str) -> None:
    found = Settings.from_environment({name: value})

    assert found.log_level in ("INFO", "DEBUG")
    assert found.log_format in ("text", "json")


def test_rule_11_settings_show_no_credential() -> None:
    found = Settings.from_environment(
        {
            "DATABASE_URL": "postgres://u:plant@h/d",
            "REDIS_URL": "redis://:plant@h",
            "CONNECTOR_SECRET_KEYS": "plant",
            "SENTRY_DSN": "https://plant@sentry.invalid/1",
        }
    )

    assert "plant" not in repr(found)
