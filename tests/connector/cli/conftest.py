"""The command in this process: its arguments, environment and terminal are the test's, its two streams are kept."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
import pytest

from connector.cli.main import main
from connector.clock import SystemClock
from connector.embedded import Servers
from tests.support.world import World

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # the key of tests.support.world


@dataclass(frozen=True)
class Answer:
    """What the command left behind: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line on standard error of a command that did nothing; it holds no traceback."""
        assert self.code in (1, 2)
        assert self.out == ""
        assert "Traceback" not in self.err
        (line,) = self.err.splitlines()
        return line


Command = Callable[..., Answer]


@pytest.fixture
def environment(database_url: str, servers: Servers) -> dict[str, str]:
    """Every variable the command reads; what a test sets here is what the command sees."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": servers.redis_url,
        "CONNECTOR_SECRET_KEYS": KEY,
        "CONNECTOR_ALLOW_INSECURE_URLS": "1",
    }


class Terminal(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def ml_connector(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs `ml-connector` with the given arguments; `answers` are typed at its prompts, one after the other."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str, answers: Sequence[str] = (), **variables: str) -> Answer:
        with monkeypatch.context() as patch:
            for name in ("LOG_LEVEL", "LOG_FORMAT", "SENTRY_DSN", "DYNO", "STRIPE_API_BASE"):
                patch.delenv(name, raising=False)
            for name, value in {**environment, **variables}.items():
                patch.setenv(name, value)
            typed = iter(answers)
            patch.setattr(sys, "stdin", Terminal())
            for prompt in ("hidden_prompt_func", "visible_prompt_func"):
                patch.setattr(click.termui, prompt, lambda _: next(typed))
            patch.setattr(sys, "argv", ["ml-connector", *arguments])
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        return Answer(int(ended.value.code or 0), out, err)

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def at_acme(acme: World, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with tenant acme, and a command that lives in it: its stand-ins, its clock."""
    environment["STRIPE_API_BASE"] = acme.stripe_sandbox.url
    monkeypatch.setattr(SystemClock, "now", lambda _: acme.clock.now())
    monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: acme.clock.sleep(seconds))
    return acme
