"""How the next version takes over: steps, and what is done when nothing is known."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from leeway.api.shape import Shape, rule, rules

MAX_STEPS = 20
MAX_HOLD_SECONDS = 604_800
# 1,600 requests a second for as long as a step may be held; more was not meant.
MAX_SAMPLES = 1_000_000_000
# drift.md's ramp begins at 5 percent; below ten pods that is one pod beside the others whatever is written.
DEFAULT_WEIGHT = 20


class OnInconclusive(StrEnum):
    """What becomes of a canary when a step's time is up and a gate is Unknown."""

    HOLD = "Hold"
    ROLLBACK = "Rollback"
    PROMOTE = "Promote"


class RolloutStep(Shape):
    """A step at which the next version answers a share of the requests."""

    weight: Annotated[int, Field(ge=1, le=99)] = Field(
        description="The share of the requests that the canary should get, in percent. It gets the share that its"
        " ready pods have among all ready pods: status.weight says which, and a small weight needs many replicas."
    )
    hold_seconds: Annotated[int, Field(ge=0, le=MAX_HOLD_SECONDS)] = Field(
        default=0,
        description="How long the step lasts at least, in seconds, 0 by default; from when the weight is reached."
        " Then its time is up: with every gate at Pass it ends, and where one is Unknown rollout.onInconclusive"
        " decides.",
    )
    min_samples: Annotated[int, Field(ge=0, le=MAX_SAMPLES)] = Field(
        default=0,
        description="How many requests the canary must have answered in this step before it ends, 0 by default."
        " Gates ask for as many rows as they need anyway.",
    )
    pause: bool = Field(
        default=False,
        description="Whether the step ends only at the command resume or promote; no by default.",
    )


Steps = Annotated[
    tuple[RolloutStep, ...],
    Field(
        max_length=MAX_STEPS,
        json_schema_extra=rules(
            rule(
                f"{list(range(1, MAX_STEPS))}.all(i, i >= size(self) || self[i - 1].weight <= self[i].weight)",
                "order the steps by weight: a canary's weight never falls but by a rollback",
            )
        ),
    ),
]


class Rollout(Shape):
    """How the next version takes over."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.minReadySeconds) || !has(self.progressDeadlineSeconds)"
                " || self.minReadySeconds < self.progressDeadlineSeconds",
                "raise progressDeadlineSeconds above minReadySeconds: no pod can be available before",
                ".progressDeadlineSeconds",
            )
        )
    )

    steps: Steps = Field(
        default=(),
        description="The canary's steps, in order; after the last one it is promoted. Each ends when its holdSeconds"
        " have passed, its minSamples are there, it is not paused, and every gate is at Pass. Without steps the next"
        f" version is promoted once all its pods are available; where spec.gates asks something, one step of weight"
        f" {DEFAULT_WEIGHT} is taken. A first version has no stable beside it, and takes no step.",
    )
    on_inconclusive: OnInconclusive = Field(
        default=OnInconclusive.HOLD,
        description="What is done when a step's time is up and a gate is Unknown. Hold, the default: wait until it is"
        " known, and say what is missing. Rollback: take the canary back. Promote: go on as if it had passed.",
    )
    min_ready_seconds: Annotated[int, Field(ge=0, le=3_600)] = Field(
        default=0,
        description="How long a pod must be ready before it counts as available, in seconds, 0 by default.",
    )
    progress_deadline_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        default=600,
        description="How long the pods of a canary may take to become available, in seconds, 600 by default; then it"
        " is rolled back. The time stands still while the rollout is paused or has no replicas.",
    )
    scale_down_delay_seconds: Annotated[int, Field(ge=0, le=3_600)] = Field(
        default=30,
        description="How long the former stable revision keeps its pods after a promotion, in seconds, 30 by default."
        " Until then it takes the requests back if the promoted one loses all its ready pods.",
    )
