"""Every failure is classified here, once: tried again, shown to a person, or reported as a defect."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connector.errors import Blocked, Busy, ConnectorError, Refused, Unavailable
from connector.leases import LeaseLost
from connector.pace import LONGEST_SILENCE
from connector.remedies import remedy_for

logger = logging.getLogger(__name__)

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)
# Outages of a weekend pass; what still fails after that is shown to a person instead of being tried for ever.
GIVE_UP_AFTER = timedelta(days=4)
# An unforeseen error may still be a race; it is tried a few times before a person is asked.
DEFECT_GIVE_UP_AFTER = timedelta(minutes=10)


class FailureKind(StrEnum):
    TEMPORARY = "temporary"
    PERSON = "needs a person"
    DEFECT = "defect"


@dataclass(frozen=True)
class Failure:
    """What went wrong, in words without secrets, and what follows from it."""

    kind: FailureKind
    reason: str
    remedy: str = ""
    retry_after: float | None = None


def classify(error: Exception) -> Failure:
    """What follows from `error`. The exceptions of libraries are named by their class only: texts may hold data."""
    match error:
        case Unavailable():
            return Failure(FailureKind.TEMPORARY, error.message, retry_after=error.retry_after)
        case Busy() | LeaseLost():
            return Failure(FailureKind.TEMPORARY, error.message, retry_after=1.0)
        case Refused():
            return Failure(FailureKind.PERSON, error.message, error.remedy or remedy_for(error))
        case Blocked() | ConnectorError():
            return Failure(FailureKind.PERSON, error.message, error.remedy)
        case OperationalError() | InterfaceError() | PoolTimeout():
            return Failure(FailureKind.TEMPORARY, f"The database did not answer ({type(error).__name__})")
        case _:
            logger.exception("An unforeseen error", exc_info=error)
            return Failure(
                FailureKind.DEFECT,
                f"An unforeseen error ({type(error).__name__})",
                "It was logged and, where SENTRY_DSN is set, reported; after an update: ml-connector replay",
            )


def next_delay(failures: int, failure: Failure, random: Random) -> timedelta:
    """Full jitter: anywhere between now and a bound that doubles, but not before the system's own Retry-After."""
    silence = min(failure.retry_after or 0.0, LONGEST_SILENCE.total_seconds())
    bound = min(LONGEST_DELAY.total_seconds(), FIRST_DELAY.total_seconds() * 2.0 ** min(failures, 20))
    return timedelta(seconds=silence + random.uniform(0.0, bound))


def give_up_after(failure: Failure) -> timedelta:
    return DEFECT_GIVE_UP_AFTER if failure.kind is FailureKind.DEFECT else GIVE_UP_AFTER
