"""Edits of the spec at every phase."""

from __future__ import annotations

from typing import Any

from tests.core.rollouts import pods
from tests.core.rollouts.happenings import edit, fare, judged
from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories.base import (
    AT_STEP_1,
    AT_STEP_2,
    NEXT,
    PHASES,
    STEPS,
    TWO_STEPS,
    UNTIL,
    Stories,
    passing,
)

EDITS: dict[str, dict[str, Any]] = {
    "a newer version": {"modelVersionName": "v3"},
    "back to stable": {"modelVersionName": "v1"},
    "another pod": {"pod": {"labels": {"team": "risk"}}},
    "more replicas": {"replicas": 8},
    "fewer replicas": {"replicas": 2},
    "no replicas": {"replicas": 0},
    "no steps": {"rollout": {}, "gates": []},
    "paused": {"paused": True},
}

STORIES: Stories = {
    f"{what} {told}": Story(
        f"{what.capitalize()} {told}.", TWO_STEPS, (*NEXT, *passing(), (second, edit(**changes))), UNTIL
    )
    for what, changes in EDITS.items()
    for told, second in PHASES.items()
} | {
    "paused and resumed": Story(
        "spec.paused for three minutes at step 1; then the canary goes on.",
        TWO_STEPS,
        (
            *NEXT,
            (20, judged(400, DataDrift="Pass")),
            (AT_STEP_1, edit(paused=True)),
            (210, edit(paused=None)),
            (240, judged(4_000, DataDrift="Pass")),
        ),
        UNTIL,
    ),
    "a gate fails while paused": Story(
        "A gate that rolls back does so though spec.paused is true.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, edit(paused=True)), (60, judged(900, DataDrift="Fail"))),
        200,
    ),
    "a gate fails at no replicas": Story(
        "A gate that rolls back does so though spec.replicas is 0.",
        TWO_STEPS,
        (*NEXT, (20, judged(300)), (AT_STEP_1, edit(replicas=0)), (60, judged(900, DataDrift="Fail"))),
        200,
    ),
    "no replicas and back": Story(
        "spec.replicas 0 for a minute at step 1; then the canary goes on.",
        TWO_STEPS,
        (*NEXT, (20, judged(400, DataDrift="Pass")), (AT_STEP_1, edit(replicas=0)), (90, edit(replicas=4))),
        UNTIL,
    ),
    "the deadline stands still while paused": Story(
        "A canary that never becomes ready is not late while spec.paused is true.",
        {**TWO_STEPS, "rollout": STEPS | {"progressDeadlineSeconds": 60}},
        (*NEXT, (30, edit(paused=True)), (300, edit(paused=None))),
        UNTIL,
        lives={"v2": pods.NEVER_READY},
    ),
    "the same manifest after a rollback": Story(
        "Applied again, the manifest of a version that was taken back starts nothing.",
        TWO_STEPS,
        (
            *NEXT,
            (AT_STEP_1, judged(900, DataDrift="Fail")),
            (120, edit(modelVersionName="v2")),
            (150, edit(replicas=5)),
        ),
        300,
    ),
    "another version after a rollback": Story(
        "After a rollback the spec names another version: it is rolled out.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, judged(900, DataDrift="Fail")), (120, edit(modelVersionName="v3"))),
        300,
    ),
    "back to stable after a rollback": Story(
        "After a rollback the spec names stable again: nothing is wrong any more.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, judged(900, DataDrift="Fail")), (120, edit(modelVersionName="v1"))),
        300,
    ),
    "a return": Story(
        "Going back to a version that was stable takes no step, and is asked nothing.",
        TWO_STEPS,
        (*NEXT, *passing(), (300, edit(modelVersionName="v1"))),
        UNTIL,
    ),
    "a return at once": Story(
        "Going back within the scale-down delay: the former has its pods still.",
        TWO_STEPS,
        (*NEXT, *passing(), (170, edit(modelVersionName="v1"))),
        UNTIL,
    ),
    "a return that does not come up": Story(
        "Going back to a version whose pods do not start any more: stable keeps the requests.",
        {**TWO_STEPS, "rollout": STEPS | {"progressDeadlineSeconds": 60}},
        (*NEXT, *passing(), (300, fare("v1", pods.WITHOUT_IMAGE)), (310, edit(modelVersionName="v1"))),
        UNTIL,
    ),
    "a step is added": Story(
        "A third step is added while the canary is at the second one.",
        TWO_STEPS,
        (
            *NEXT,
            *passing(),
            (
                AT_STEP_2,
                edit(rollout={"steps": [*STEPS["steps"], {"weight": 75, "holdSeconds": 60}]}),
            ),
        ),
        UNTIL,
    ),
    "a version that does not exist": Story(
        "The spec names a version that does not exist, in mid-canary.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, edit(modelVersionName="v9"))),
        200,
    ),
}
