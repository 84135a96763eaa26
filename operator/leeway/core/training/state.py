"""What was observed of a TrainingJob, and the state that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leeway.api.condition import SUCCEEDED
from leeway.api.kinds import Manifest
from leeway.api.result import TrainingResult
from leeway.api.training.job import TrainingJob, TrainingJobStatus
from leeway.core.conditions import Status, find_condition
from leeway.core.plan import Apply, Create, Delete
from leeway.core.pods.platform import Platform


@dataclass(frozen=True, slots=True)
class TrainingSeen:
    """What was observed of one TrainingJob."""

    manifest: Manifest
    job: TrainingJob
    status: TrainingJobStatus  # as stored
    child: Manifest | None
    pods: tuple[Manifest, ...]  # of the Job
    refusal: str  # why the cluster creates no pod of the Job; empty when it does
    leftovers: tuple[Manifest, ...]  # pods of an earlier Job that are not over yet
    version: Manifest | None
    claim: Manifest | None  # that the run writes to
    policy: Manifest | None  # of the namespace's trainers
    platform: Platform
    now: datetime
    replaced: Manifest | None = None  # the ModelVersion that the spec says is to be replaced

    @property
    def uid(self) -> str:
        """Return the TrainingJob's uid."""
        return str(self.manifest["metadata"]["uid"])


def has_end(status: TrainingJobStatus) -> bool:
    """Return whether the status records how the run ended, well or badly."""
    ended = find_condition(status.conditions, SUCCEEDED)
    return ended is not None and ended.status != "Unknown"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The answer of a question: the Succeeded condition, and what to write."""

    succeeded: Status
    reason: str
    message: str
    # Recorded as it is while the state is Unknown; its numbers stay in the status for good.
    result: TrainingResult | None = None
    create: tuple[Create | Apply, ...] = ()
    delete: tuple[Delete, ...] = ()
    tidy: tuple[Manifest, ...] = ()
    look_again: float | None = None
