"""Which function answers which endpoint, and the permission a restricted key needs for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from connector.sandbox.stripe.books import Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid

Handler = TypeVar("Handler", bound=Callable[..., Object])

_ALWAYS = frozenset({"expand"})
PAGING = "limit starting_after ending_before"


@dataclass(frozen=True)
class Route:
    """One endpoint that the stand-in plays."""

    handler: Callable[..., Object]
    permission: str
    takes: frozenset[str]

    def refuse_unplayed(self, params: Params) -> None:
        """A parameter that Stripe takes and the stand-in would not honour is refused, never ignored."""
        for name in params:
            if name not in self.takes:
                raise invalid(f"The sandbox does not play the parameter {name} here", name)


ROUTES: dict[tuple[str, str], Route] = {}


def endpoint(method: str, template: str, resource: str, takes: str = "") -> Callable[[Handler], Handler]:
    """Registers the handler `(books, params, **identifiers)` of an endpoint of the contract."""
    permission = f"{resource}_{'read' if method == 'GET' else 'write'}"

    def register(handler: Handler) -> Handler:
        ROUTES[method, template] = Route(handler, permission, _ALWAYS | frozenset(takes.split()))
        return handler

    return register
