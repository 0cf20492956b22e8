"""An example firm in the stand-in's books, for the demo, the tests and a first look."""

from connector.sandbox.firm.example import Expected, Firm, load
from connector.sandbox.firm.profile import credentials, tenant_toml

__all__ = ["Expected", "Firm", "credentials", "load", "tenant_toml"]
