"""What goes wrong with the embedded servers."""

from connector.errors import ConnectorError


class EmbeddedError(ConnectorError):
    """The embedded servers cannot run: one line that says what, where, and what a person can do about it."""
