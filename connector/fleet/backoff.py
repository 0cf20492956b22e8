"""How long a process that keeps ending waits for its next start."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Seconds: `first`, doubled up to `longest`, and `first` again for a process that ran for `longest`."""

    first: float = 1.0
    longest: float = 30.0

    def following(self, delay: float, *, ran: float) -> float:
        """The delay after `delay` (0 at first), for a process that ended after `ran` seconds."""
        if delay == 0 or ran >= self.longest:
            return self.first
        return min(2 * delay, self.longest)
