"""What any unit of work carries so that it is done once, retried when due, and shown when a person must act."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column


class WorkState(StrEnum):
    DUE = "due"
    DONE = "done"
    BLOCKED = "blocked"  # waits for a person: `reason` and `remedy`


class Work:
    """When the next attempt is due is a column, not a countdown in a worker's memory."""

    state: Mapped[WorkState] = mapped_column(default=WorkState.DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    first_attempt_at: Mapped[datetime | None]  # nothing can have left before it
    failures: Mapped[int] = mapped_column(default=0)  # in a row; a replay begins anew
    failing_since: Mapped[datetime | None]
    due_at: Mapped[datetime]
    rung_at: Mapped[datetime | None]  # when a message for it was last sent to a queue
    reason: Mapped[str] = mapped_column(default="")
    remedy: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
