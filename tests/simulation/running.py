"""So many histories of one seed; the first that comes to a bad end is shortened as far as time allows."""

import traceback
from collections import Counter
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import History
from tests.simulation.stage import Stage

STEPS = 12
SHRINKING_SECONDS = 60
_SHRINKING = "hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS"


def simulate(
    stage: Stage, histories: int, seed_number: int, *, counts: Counter[str] | None = None, shrink: bool = True
) -> None:
    """Raises what the history raised that came to a bad end; its notes tell it step by step."""
    counted = Counter[str]() if counts is None else counts

    class OnThisStage(History):
        def __init__(self) -> None:
            super().__init__(stage, counted)

    asked = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
    )
    try:
        with patch(_SHRINKING, SHRINKING_SECONDS):
            run_state_machine_as_test(seed(seed_number)(OnThisStage), settings=asked)
    except Exception as error:
        error.add_note(f"seed {seed_number}: make simulate N={histories} SEED={seed_number}")
        raise


def told(error: BaseException) -> str:
    """What went wrong, and the history that led to it."""
    return "".join(traceback.format_exception_only(error))
