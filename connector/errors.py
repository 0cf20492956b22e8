"""The errors of the domain: each says what happened, to which record, and what a person can do.

Which of them is tried again, and which waits for a person, is decided in `connector.failures` alone.
"""

from typing import Literal

System = Literal["Deltek", "Stripe"]


class ConnectorError(Exception):
    """Something the connector can explain. The text never holds a secret or a client's card data."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    @property
    def explained(self) -> str:
        """What happened and, where there is one, the remedy: one line."""
        return f"{self.message}. {self.remedy}" if self.remedy else self.message


class UsageError(ConnectorError):
    """The operator asked for something that cannot be meant: a wrong key, an unknown tenant, a bad date."""


class Blocked(ConnectorError):
    """Nothing may be sent before a person has decided: the reason and the remedy."""


class Busy(ConnectorError):
    """Another worker holds the subject at this moment."""


class OutsideError(ConnectorError):
    """One of the two outside systems did not do what it was asked."""

    def __init__(self, system: System, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.system = system


class Unavailable(OutsideError):
    """No usable answer: network, time-out, 429, 5xx, or a page that is not the API's.

    `retry_after` is what the system itself asked for, in seconds. `outcome_unknown` is true when the request
    may have had its effect: whoever wrote must look before writing again. `status` is the HTTP status of an
    answer that is not the API's, 0 where there was none.
    """

    def __init__(
        self,
        system: System,
        message: str,
        *,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        status: int = 0,
    ) -> None:
        super().__init__(system, message)
        self.status = status
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class HeldBack(Unavailable):
    """Our own limiter lets nothing leave to this account for a moment: no request was made."""


class Refused(OutsideError):
    """The system understood the request and said no; asking again changes nothing."""

    def __init__(
        self, system: System, message: str, *, status: int, code: str = "", param: str = "", remedy: str = ""
    ) -> None:
        super().__init__(system, message, remedy)
        self.status = status
        self.code = code
        self.param = param


class NotFound(Refused):
    """404: no such record, or no such resource in this version of the system. Proof of nothing else."""


class Forbidden(Refused):
    """403: signed in, but the role or the restricted key lacks the right."""


class SignInRefused(Refused):
    """The credentials were refused. Never tried again by itself: that locks logins."""
