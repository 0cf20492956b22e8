"""The auditor of the end-to-end tests: reads the books of the two stand-ins alone, nothing of the product's."""

from zoneinfo import ZoneInfo

from connector.sandbox.auditor import audit_books
from tests.support.world import World

ZONE = ZoneInfo("America/New_York")  # of tenant acme


def differences(world: World) -> list[str]:
    """Whatever an accountant would object to; empty when every invoice and every cent is there exactly once."""
    found = audit_books(world.deltek_books, world.stripe_books, world.slug, zone=ZONE)
    return [str(one) for one in found]
