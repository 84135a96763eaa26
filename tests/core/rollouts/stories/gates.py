"""Each gate at Fail, at each step: what takes a canary back, what holds it, and what only says so."""

from __future__ import annotations

from typing import Any

from leeway.api.gates import GateMetric
from tests.core.rollouts.happenings import command, judged
from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories.base import (
    AT_STEP_1,
    AT_STEP_2,
    ENTERING_STEP_2,
    GROWING,
    NEXT,
    STEPS,
    UNTIL,
    Stories,
    passing,
)

SECRET = {"secretName": "labels"}
FAILS_AT = {
    "at step 1": AT_STEP_1,
    "while the pods of step 2 start": ENTERING_STEP_2,
    "at step 2": AT_STEP_2,
    "while it grows to full size": GROWING,
}
# By the default of each gate: roll back, hold, or say so.
METRICS = (*(str(metric) for metric in GateMetric), "InvalidInput", "ArmsComparable")


def spec(metric: str, **gate: Any) -> dict[str, Any]:
    gates = [{"metric": metric, **gate}] if metric in list(GateMetric) else []
    return {"replicas": 4, "rollout": STEPS, "gates": gates, "feedback": SECRET}


def failing(metric: str, second: int, told: str, **gate: Any) -> Story:
    good = passing(second, **{metric: "Pass"})
    script = (*NEXT, *good, (second, judged(3_000, **{metric: "Fail"})))
    return Story(f"{metric} fails {told}.", spec(metric, **gate), script, UNTIL)


STORIES: Stories = {
    f"{metric} fails {told}": failing(metric, second, told)
    for metric in METRICS
    for told, second in FAILS_AT.items()
} | {
    "DataDrift with onFail Rollback fails": failing("DataDrift", AT_STEP_1, "at step 1", onFail="Rollback"),
    "ErrorRate with onFail Hold fails": failing("ErrorRate", AT_STEP_1, "at step 1", onFail="Hold"),
    "ErrorRate with onFail Notify fails": failing("ErrorRate", AT_STEP_1, "at step 1", onFail="Notify"),
    "ErrorRate in dryRun fails": failing("ErrorRate", AT_STEP_1, "at step 1", dryRun=True),
    "a gate that holds is overruled": Story(
        "A gate holds at step 1; a person promotes the canary all the same.",
        spec("PredictionDrift"),
        (*NEXT, (AT_STEP_1, judged(900, PredictionDrift="Fail")), (120, command("promote"))),
        UNTIL,
    ),
    "a gate that holds is agreed with": Story(
        "A gate holds at step 1; a person takes the canary back.",
        spec("PredictionDrift"),
        (*NEXT, (AT_STEP_1, judged(900, PredictionDrift="Fail")), (120, command("abort"))),
        UNTIL,
    ),
    "a gate that held passes again": Story(
        "A gate holds at step 1, and is at Pass when the next verdict comes: the canary goes on.",
        spec("PredictionDrift"),
        (
            *NEXT,
            (AT_STEP_1, judged(900, PredictionDrift="Fail")),
            (120, judged(4_000, PredictionDrift="Pass")),
        ),
        UNTIL,
    ),
}
