"""One pair of served stand-ins and one database, on which history after history begins with nothing."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from connector.sandbox.serving import serve
from tests.simulation.quick import QuickRuntime
from tests.support.clock import TurnedClock
from tests.support.database import empty
from tests.support.world import World, open_books, world_between

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Act = Callable[[], object]


@dataclass
class Meanwhile:
    """Has somebody act while the product is at work: before the request that comes after `passed` ones."""

    passed: int = 0
    act: Act | None = None

    def arrange(self, passed: int, act: Act) -> None:
        self.passed, self.act = passed, act

    def forget(self) -> None:
        self.act = None

    def request(self) -> None:
        self.passed -= 1
        if self.act is not None and self.passed < 0:
            act, self.act = self.act, None
            act()


@dataclass
class Scene:
    """Serves whatever application is in it."""

    meanwhile: Meanwhile
    app: "WSGIApplication | None" = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        assert self.app is not None
        self.meanwhile.request()
        return self.app(environ, start_response)


@dataclass
class Stage:
    """Call `fresh` for each history."""

    engine: Engine
    redis_url: str
    directory: Path
    deltek: Scene
    stripe: Scene
    deltek_url: str
    stripe_url: str
    meanwhile: Meanwhile
    _last: QuickRuntime | None = None

    def fresh(self) -> World:
        """Empty books on both sides, an empty database, and the clock where it always begins."""
        empty(self.engine)
        self.meanwhile.forget()
        self.end_last()
        clock = TurnedClock()
        deltek, stripe = open_books(clock)
        self.deltek.app, self.stripe.app = deltek, stripe.faults
        world = world_between(
            self.engine,
            self.redis_url,
            self.directory,
            clock,
            deltek,
            stripe,
            deltek_url=self.deltek_url,
            stripe_url=self.stripe_url,
            runtime_type=QuickRuntime,
        )
        assert isinstance(world.runtime, QuickRuntime)
        self._last = world.runtime
        return world

    def end_last(self) -> None:
        """Each history has clients of its own, whose connections would be kept with a thread each."""
        if self._last is not None:
            self._last.close()


@contextmanager
def open_stage(engine: Engine, redis_url: str, directory: Path) -> Iterator[Stage]:
    meanwhile = Meanwhile()
    deltek, stripe = Scene(meanwhile), Scene(meanwhile)
    with serve(deltek) as deltek_serving, serve(stripe) as stripe_serving:
        stage = Stage(
            engine, redis_url, directory, deltek, stripe, deltek_serving.url, stripe_serving.url, meanwhile
        )
        yield stage
        stage.end_last()
