"""Evidence that is not there: it never promotes by itself."""

from __future__ import annotations

from typing import Any

from tests.core.rollouts.happenings import edit, judged
from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories.base import AT_STEP_1, DRIFT_GATE, NEXT, STEPS, Script, Stories

UNKNOWN: Script = (*NEXT, (AT_STEP_1, judged(300)))


def asked(on_inconclusive: str | None = None) -> dict[str, Any]:
    rollout = STEPS | ({"onInconclusive": on_inconclusive} if on_inconclusive else {})
    return {"replicas": 4, "rollout": rollout, "gates": [DRIFT_GATE]}


STORIES: Stories = {
    "Unknown holds by default": Story(
        "A gate stays Unknown when the step's time is up.", asked(), UNKNOWN, 300
    ),
    "Unknown rolls back": Story(
        "A gate stays Unknown when the step's time is up, with onInconclusive: Rollback.",
        asked("Rollback"),
        UNKNOWN,
        300,
    ),
    "Unknown promotes": Story(
        "A gate stays Unknown when the step's time is up, with onInconclusive: Promote.",
        asked("Promote"),
        UNKNOWN,
        400,
    ),
    "Unknown is known late": Story(
        "A gate is Unknown for long after the step's time is up, and passes then.",
        asked(),
        (*UNKNOWN, (240, judged(2_500, DataDrift="Pass")), (330, judged(4_000, DataDrift="Pass"))),
        600,
    ),
    "Unknown may be promoted from now on": Story(
        "While a step holds for a gate that is Unknown, a person sets onInconclusive: Promote.",
        asked(),
        (*UNKNOWN, (200, edit(rollout=STEPS | {"onInconclusive": "Promote"}))),
        500,
    ),
    "no traffic": Story(
        "Nobody sends a request: nothing is published, and the canary holds.", asked(), NEXT, 400
    ),
    "no traffic rolls back": Story(
        "Nobody sends a request, with onInconclusive: Rollback.", asked("Rollback"), NEXT, 400
    ),
    "too few requests for the step": Story(
        "The gate passes, but the step asks for more requests than come.",
        {
            "replicas": 4,
            "rollout": {"steps": [{"weight": 25, "holdSeconds": 60, "minSamples": 5_000}]},
            "gates": [DRIFT_GATE],
        },
        (*NEXT, (AT_STEP_1, judged(900, DataDrift="Pass"))),
        400,
    ),
    "the gate is edited after its verdict": Story(
        "A verdict on the former threshold decides nothing: the edited gate is Unknown until it is asked anew.",
        asked(),
        (
            *NEXT,
            (AT_STEP_1, judged(900, DataDrift="Pass")),
            (50, edit(gates=[DRIFT_GATE | {"threshold": "0.1"}])),
        ),
        300,
    ),
}
