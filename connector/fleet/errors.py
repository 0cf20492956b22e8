"""What goes wrong with a fleet."""

from connector.errors import ConnectorError


class ReleaseError(ConnectorError):
    """The release command did not succeed, so nothing else was started. `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the release command ended with code {code}, nothing was started")
        self.code = code
