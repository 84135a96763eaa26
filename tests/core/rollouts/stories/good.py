"""Versions that are fine: they are promoted, and nothing else happens."""

from __future__ import annotations

from tests.core.rollouts.happenings import edit, judged, restarted, upgraded
from tests.core.rollouts.pods import SLOW
from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories.base import AT_STEP_1, DRIFT_GATE, NEXT, TWO_STEPS, UNTIL, Stories, passing

ONE_STEP = {"replicas": 4, "rollout": {}, "gates": [DRIFT_GATE]}

STORIES: Stories = {
    "a good version in two steps": Story(
        "Two steps, one gate that passes: the canary is promoted, and its former keeps its pods for a while.",
        TWO_STEPS,
        NEXT + passing(),
        UNTIL,
    ),
    "one gate and nothing else": Story(
        "The plainest use: a gate and no step takes one step of weight 20.",
        ONE_STEP,
        (*NEXT, (20, judged(400)), (40, judged(1_200, DataDrift="Pass"))),
        200,
    ),
    "neither steps nor gates": Story(
        "Without steps and gates the next version is promoted when its pods are available.",
        {"replicas": 3},
        NEXT,
        120,
    ),
    "one replica": Story(
        "One replica: the canary's one pod answers half of the requests, whatever the weight says.",
        {"replicas": 1, "rollout": {"steps": [{"weight": 5, "holdSeconds": 30}]}},
        NEXT,
        160,
    ),
    "the first version": Story(
        "A first version has nothing beside it: it takes no step, and is promoted when available.",
        TWO_STEPS,
        (),
        60,
        is_first=True,
    ),
    "a slow start": Story(
        "Pods that need 90 s to become ready, within the deadline.",
        TWO_STEPS,
        (*NEXT, (110, judged(400, DataDrift="Pass")), (200, judged(900, DataDrift="Pass"))),
        700,
        lives={"v2": SLOW},
    ),
    "a pod must be ready for a while": Story(
        "With minReadySeconds a pod counts as available later than as ready.",
        {"replicas": 2, "rollout": {"minReadySeconds": 20}},
        NEXT,
        120,
    ),
    "a step asks for requests": Story(
        "A step with minSamples ends with the last request it asks for, counted from its own beginning.",
        {
            "replicas": 4,
            "rollout": {"steps": [{"weight": 25, "minSamples": 500}, {"weight": 50, "minSamples": 500}]},
        },
        (*NEXT, (30, judged(499)), (60, judged(500)), (90, judged(999)), (120, judged(1_001))),
        240,
    ),
    "the operator is killed in mid-canary": Story(
        "A new process goes on from what the status has.",
        TWO_STEPS,
        (*NEXT, *passing(), (AT_STEP_1, restarted())),
        UNTIL,
    ),
    "the operator is upgraded in mid-canary": Story(
        "An upgrade with another server image restarts no pod: stable and canary keep the image they started with.",
        TWO_STEPS,
        (*NEXT, *passing(), (AT_STEP_1, upgraded("server:2"))),
        UNTIL,
    ),
    "two versions after each other": Story(
        "The next rollout begins while the former of the one before still has its pods.",
        {"replicas": 4, "rollout": {"steps": [{"weight": 25, "holdSeconds": 10}]}},
        (*NEXT, (36, edit(modelVersionName="v3"))),
        240,
    ),
}
