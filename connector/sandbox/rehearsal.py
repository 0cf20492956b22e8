"""Both stand-ins with the example firm, and the files that connect the product to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connector.sandbox.firm import Firm, credentials, load, tenant_toml
from connector.sandbox.serving import serve
from connector.sandbox.stripe import DEFAULT_KEY
from connector.sandbox.stripe import Sandbox as StripeSandbox
from connector.sandbox.vantagepoint.app import Sandbox as VantagepointSandbox
from connector.sandbox.vantagepoint.books import Books

INSTANCE = "Sandbox"


@dataclass(frozen=True)
class Rehearsal:
    """The stand-ins while they serve."""

    firm: Firm
    vantagepoint: Books
    stripe: StripeSandbox
    deltek_url: str

    @property
    def environment(self) -> dict[str, str]:
        """What the product's processes need to reach the stand-ins instead of the real systems."""
        return {"STRIPE_API_BASE": self.stripe.url, "CONNECTOR_ALLOW_INSECURE_URLS": "1"}

    @property
    def secrets(self) -> dict[str, str]:
        """The credentials of the example tenant, as `tenant secrets --from-env` takes them."""
        return {**credentials(), "STRIPE_API_KEY": DEFAULT_KEY}

    def tenant_file(self, *, post: bool, poll_every: str) -> str:
        return tenant_toml(self.deltek_url, self.firm.start_date, post=post, poll_every=poll_every)


@contextmanager
def rehearsal(*, deltek_port: int = 0, stripe_port: int = 0) -> Iterator[Rehearsal]:
    """Serve both stand-ins while the block lasts; a port of 0 takes a free one."""
    books = Books(instance=INSTANCE)
    firm = load(books)
    with serve(VantagepointSandbox(books), deltek_port) as serving, StripeSandbox(port=stripe_port) as stripe:
        yield Rehearsal(firm, books, stripe, f"{serving.url}/{INSTANCE}/api")
