"""Canaries whose pods do not come up, or do not stay; and a stable revision that loses its own."""

from __future__ import annotations

from tests.core.rollouts import pods
from tests.core.rollouts.happenings import edit, fare
from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories.base import (
    AT_STEP_1,
    AT_STEP_2,
    GROWING,
    NEXT,
    PROMOTED,
    STEPS,
    TWO_STEPS,
    UNTIL,
    Stories,
    passing,
)

SHORT = {**TWO_STEPS, "rollout": STEPS | {"progressDeadlineSeconds": 120}}
NEVER_UP = {
    "crashes from the start": pods.CRASHES,
    "is killed for its memory": pods.OUT_OF_MEMORY,
    "has an image that cannot be pulled": pods.WITHOUT_IMAGE,
    "never becomes ready": pods.NEVER_READY,
    "finds no node": pods.UNSCHEDULABLE,
    "is refused its pods by a quota": pods.REFUSED,
}

STORIES: Stories = {
    f"a canary {told}": Story(f"A canary that {told} is taken back.", SHORT, NEXT, 300, lives={"v2": life})
    for told, life in NEVER_UP.items()
} | {
    "a canary starts too slowly": Story(
        "Pods that need 90 s have 60: the canary is taken back, and is not tried again.",
        {**TWO_STEPS, "rollout": STEPS | {"progressDeadlineSeconds": 60}},
        NEXT,
        300,
        lives={"v2": pods.SLOW},
    ),
    "a canary crashes at step 1": Story(
        "A canary that answered for a while crashes again and again: it is taken back, and stable gets its size.",
        TWO_STEPS,
        NEXT,
        300,
        lives={"v2": pods.CRASHES_LATER},
    ),
    **{
        f"a canary loses its pods {told}": Story(
            f"All pods of the canary crash {told}.",
            TWO_STEPS,
            (*NEXT, *passing(second), (second, fare("v2", pods.Life(pods.crashing(0))))),
            UNTIL,
        )
        for told, second in {"at step 2": AT_STEP_2, "while it grows to full size": GROWING}.items()
    },
    "the former's pods do not go": Story(
        "A canary waits until no third revision has pods: until then the Service cannot select the two alone.",
        {"replicas": 4, "rollout": {"steps": [{"weight": 25, "holdSeconds": 10}]}},
        (
            *NEXT,
            (36, fare("v1", pods.STAYING)),
            (37, edit(modelVersionName="v3")),
            (100, fare("v1", pods.FINE)),
        ),
        240,
    ),
    "a first version crashes": Story(
        "A first version that crashes has nobody to leave the requests to.",
        {"replicas": 2},
        (),
        200,
        lives={"v1": pods.CRASHES},
        is_first=True,
    ),
    **{
        f"stable loses its pods {told}": Story(
            f"Stable loses all its pods {told}: requests go to the canary, which is ready.",
            TWO_STEPS,
            (*NEXT, *passing(second), (second, fare("v1", pods.LOST))),
            UNTIL,
        )
        for told, second in {"at step 1": AT_STEP_1, "at step 2": AT_STEP_2}.items()
    },
    "stable is away for a moment": Story(
        "Stable loses all its pods at step 1, and has them back 20 s later.",
        TWO_STEPS,
        (*NEXT, *passing(), (AT_STEP_1, fare("v1", pods.LOST)), (AT_STEP_1 + 20, fare("v1", pods.FINE))),
        UNTIL,
    ),
    "the promoted version loses its pods at once": Story(
        "Within the scale-down delay the former takes the requests back.",
        TWO_STEPS,
        (*NEXT, *passing(), (PROMOTED, fare("v2", pods.LOST))),
        UNTIL,
    ),
    "the promoted version is away for a moment": Story(
        "Within the scale-down delay the former answers for a few seconds, and nothing is decided.",
        TWO_STEPS,
        (*NEXT, *passing(), (PROMOTED, fare("v2", pods.LOST)), (PROMOTED + 5, fare("v2", pods.FINE))),
        UNTIL,
    ),
    "the promoted version loses its pods later": Story(
        "After the scale-down delay there is no former to take the requests back.",
        TWO_STEPS,
        (*NEXT, *passing(), (300, fare("v2", pods.LOST)), (400, fare("v2", pods.FINE))),
        UNTIL,
    ),
}
