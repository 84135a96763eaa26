"""The guard: what watches the stable revision once nothing stands beside it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from leeway.api.fields import Generation, ReplicaCount, RowTotal, Time, Word
from leeway.api.gates import MAX_GATES, Verdict
from leeway.api.shape import LIST_MAP_BY_NAME, Shape

MAX_WINDOW_SECONDS = 604_800
OWN_GUARDS = 4


class OnGuardFail(StrEnum):
    """What is done when the guard's ErrorRate, Latency or Quality fails; drift is never a reason to roll back."""

    NOTIFY = "Notify"
    ROLLBACK = "Rollback"
    RETRAIN = "Retrain"


class Guard(Shape):
    """What stays on after promotion."""

    on_fail: OnGuardFail = Field(
        default=OnGuardFail.NOTIFY,
        description="What is done when stable fails more, is slower, or is wrong more often than it was as a canary"
        " or in training. Notify, the default: the condition GuardFailed and an Event. Rollback: go back to the"
        " version before. Retrain: the condition RetrainDue and an Event. Drift of the inputs raises the condition"
        " DriftDetected, with Retrain also RetrainDue, and never rolls back.",
    )
    window_seconds: Annotated[int, Field(ge=60, le=MAX_WINDOW_SECONDS)] = Field(
        default=3_600,
        description="How much of the past is judged, in seconds, 3600 by default. Behaviour that changes with the"
        " hour or the weekday wants a window that holds a whole day or week.",
    )


class GuardStatus(Shape):
    """What the guard sees of the stable revision."""

    revision: Word = Field(default="", description="The revision that is watched.")
    start_time: Time | None = Field(default=None, description="Since when the window counts.")
    time: Time | None = Field(default=None, description="When this was written.")
    requests: RowTotal = Field(default=0, description="Prediction requests in the window.")
    rows: RowTotal = Field(default=0, description="Rows answered in the window.")
    pods: ReplicaCount = Field(default=0, description="Pods that were to be asked in the last round.")
    answered: ReplicaCount = Field(default=0, description="Pods of these whose page was counted.")
    observed_generation: Generation | None = Field(
        default=None, description="The metadata.generation whose spec.guard and spec.gates were asked."
    )
    verdicts: Annotated[
        tuple[Verdict, ...], Field(max_length=MAX_GATES + OWN_GUARDS, json_schema_extra=LIST_MAP_BY_NAME)
    ] = Field(default=(), description="One verdict for each question: drift, failures, latency, quality.")
