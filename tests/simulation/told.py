"""A history as it is told: each step in words with its time, and what was counted on the way."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, rule
from hypothesis.strategies import SearchStrategy

from connector.sandbox.stripe.errors import Refusal
from connector.sandbox.vantagepoint.errors import OrderRefused
from tests.simulation.stage import Act, Stage
from tests.support.world import World

A_SECOND = timedelta(seconds=1)
Thing = TypeVar("Thing")


def step(**arguments: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule of the machine that counts how often it was done."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def counted(self: "Told", **given: Any) -> None:
            self.counts[f"step: {function.__name__}"] += 1
            self.world.clock.turn(A_SECOND)
            function(self, **given)

        made: Callable[..., None] = rule(**arguments)(counted)  # type: ignore[call-overload]  # it takes a target too
        return made

    return decorate


class Told(RuleBasedStateMachine):
    """What every part of the machine stands on. Rules choose by number, so that a history shrinks to small ones."""

    def __init__(self, stage: Stage, counts: Counter[str]) -> None:
        super().__init__()
        self.stage, self.counts = stage, counts
        self.world: World = stage.fresh()
        self.story: list[str] = []
        self.reached: set[str] = set()

    def tell(self, text: str) -> None:
        self.story.append(f"{self.world.clock.now():%m-%d %H:%M}  {text}")

    def reach(self, what: str) -> None:
        """A state worth counting: in how many histories it came about."""
        if what not in self.reached:
            self.reached.add(what)
            self.counts[f"reached: {what}"] += 1

    def attempt(self, text: str, act: Act) -> bool:
        """Do what the system may refuse, a second after what came before; whether it was done."""
        self.world.clock.turn(A_SECOND)
        with suppress(Refusal, OrderRefused):
            act()
            self.tell(text)
            return True
        self.tell(f"(refused: {text})")
        return False


def pick(things: Sequence[Thing], number: int) -> Thing:
    return things[number % len(things)]


def share_of(amount: int, share: str) -> int:
    """`whole`, or a part of an amount that is rarely a round one; minor units, at least one."""
    return {
        "whole": amount,
        "half": amount // 2,
        "third": amount // 3,
        "most": amount - 1,
        "little": min(amount, 101),
    }[share] or amount
