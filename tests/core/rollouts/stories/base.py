"""One rollout of two steps that all others are told by, and the moments of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.core.rollouts.happenings import edit, judged
from tests.core.rollouts.simulation import Happening, Story

Stories = dict[str, Story]
Script = tuple[tuple[int, Happening], ...]

DRIFT_GATE = {"metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback"}
STEPS = {"steps": [{"weight": 25, "holdSeconds": 60}, {"weight": 50, "holdSeconds": 60}]}
TWO_STEPS: Mapping[str, Any] = {"replicas": 4, "rollout": STEPS, "gates": [DRIFT_GATE]}

NEXT: Script = ((0, edit(modelVersionName="v2")),)
# In the second after its start: pods take ten seconds to become ready, and what waits for a time is looked at a second
# after it.
STARTING, AT_STEP_1, ENTERING_STEP_2, AT_STEP_2, GROWING, PROMOTED, SETTLED = 5, 30, 75, 100, 147, 165, 400
PHASES = {
    "while its pods start": STARTING,
    "at step 1": AT_STEP_1,
    "while the pods of step 2 start": ENTERING_STEP_2,
    "at step 2": AT_STEP_2,
    "while it grows to full size": GROWING,
    "a moment after its promotion": PROMOTED,
    "long after its promotion": SETTLED,
}
UNTIL = 520


def passing(until: int = SETTLED, **states: str) -> Script:
    """Let the evidence be good, in each of the two steps, until a moment."""
    good = {"DataDrift": "Pass", **states}
    looks = ((20, 400), (60, 1_600), (90, 2_400), (130, 4_000))
    return tuple((second, judged(requests, **good)) for second, requests in looks if second < until)
