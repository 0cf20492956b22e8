"""A stand-in for Stripe: an HTTP server that keeps accounts as Stripe does, for what ml-connector uses.

It is measured by the pinned SDK (stripe-python 16.1.0): what does not fit its contract is refused, and what the
stand-in would not honour is refused too, never ignored.
"""

from connector.sandbox.stripe.books import DEFAULT_KEY, Books
from connector.sandbox.stripe.dashboard import Dashboard
from connector.sandbox.stripe.sandbox import Sandbox

__all__ = ["DEFAULT_KEY", "Books", "Dashboard", "Sandbox"]
