"""Every process of a Procfile on one machine, as a platform would run them."""

from connector.fleet.errors import ReleaseError
from connector.fleet.fleet import Fleet

__all__ = ["Fleet", "ReleaseError"]
