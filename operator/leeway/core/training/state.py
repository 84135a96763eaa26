"""What was observed of a TrainingJob, and the state that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeway.api.kinds import Manifest
from leeway.api.training_job import TrainingJob
from leeway.core.conditions import Status
from leeway.core.plan import Deletion
from leeway.core.pods.platform import Platform


@dataclass(frozen=True, slots=True)
class TrainingSeen:
    """Everything that was observed of one TrainingJob."""

    manifest: Manifest
    job: TrainingJob
    child: Manifest | None
    pods: tuple[Manifest, ...]  # of the Job
    leftovers: tuple[Manifest, ...]  # pods of an earlier Job that are not over yet
    version: Manifest | None
    claim: Manifest | None
    platform: Platform
    now: datetime

    @property
    def uid(self) -> str:
        """The TrainingJob's UID."""
        return str(self.manifest["metadata"]["uid"])

    @property
    def status(self) -> dict[str, Any]:
        """The status as stored."""
        return dict(self.manifest.get("status") or {})


@dataclass(frozen=True, slots=True)
class TrainingState:
    """One answer: the Succeeded condition, and what to write."""

    succeeded: Status
    reason: str
    message: str
    result: dict[str, Any] | None = None
    create: tuple[Manifest, ...] = ()
    delete: tuple[Deletion, ...] = ()
    tidy: tuple[Manifest, ...] = ()
    look_again: float | None = None
