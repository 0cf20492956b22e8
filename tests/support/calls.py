"""What was asked of the two systems meanwhile, and a product that is killed in the midst of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Literal
from unittest.mock import patch

from sqlalchemy.orm import Session

from tests.support.world import World

Asked = Literal["Deltek", "Stripe"]


class Killed(BaseException):
    """The process is gone: nothing after this reaches the database."""


def requests_to(world: World, system: Asked) -> list[str]:
    """Method and path of every request so far, oldest first."""
    if system == "Stripe":
        return [str(one["endpoint"]) for one in world.stripe_books.requests]
    return [f"{one.method} {one.path.partition('/api/')[2]}" for one in world.deltek_books.requests]


@contextmanager
def counted(world: World, system: Asked) -> Iterator[list[str]]:
    """The requests that are made inside; the list is filled at the end."""
    before, made = len(requests_to(world, system)), list[str]()
    yield made
    made += requests_to(world, system)[before:]


@contextmanager
def killed_after(world: World, system: Asked, requests: int) -> Iterator[None]:
    """The process dies before its first commit after so many requests; what it held stays held."""
    before, alive = len(requests_to(world, system)), world.runtime.transaction

    def transaction() -> AbstractContextManager[Session]:
        if len(requests_to(world, system)) - before >= requests:
            raise Killed
        return alive()

    with patch.object(world.runtime, "transaction", transaction), suppress(Killed):
        yield
