"""Render the status of a TrainingJob from what was observed and the state that follows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from leeway.api.condition import SUCCEEDED
from leeway.api.kinds import Manifest
from leeway.api.reasons import Reason
from leeway.api.training.job import TrainingJobStatus
from leeway.core.conditions import Condition, merge_conditions, parse_time, with_progress
from leeway.core.headline import headline
from leeway.core.names import training_job_child
from leeway.core.training.state import TrainingSeen, TrainingState

# What a result adds to the status under the same name.
_REPORTED = ("metrics", "baseline", "positive_class", "warnings", "gates", "expectations", "dataset")
# Numbers of an earlier reconcile stay when the Job and the pods they came from are gone.
_KEPT = (*_REPORTED, "headline", "model_version_name", "start_time", "attempts")


def make_status(seen: TrainingSeen, state: TrainingState) -> TrainingJobStatus:
    """Return the whole status."""
    before, generation = seen.status, seen.manifest["metadata"]["generation"]
    kept = {name: getattr(before, name) for name in _KEPT if name in before.model_fields_set}
    named = {
        "observed_generation": generation,
        "conditions": merge_conditions(_conditions(state), before.conditions, generation, seen.now),
        "job_name": training_job_child(seen.manifest["metadata"]["name"]),
    }
    reported = _numbers(seen, state)
    return TrainingJobStatus(**kept | named | _attempts(seen.child) | reported | _times(seen, state))


def _conditions(state: TrainingState) -> tuple[Condition, ...]:
    # A run that ended badly does not come back by itself; one that is under way may.
    succeeded = Condition(SUCCEEDED, state.succeeded, state.reason, state.message)
    return with_progress(succeeded, is_final=state.succeeded == "False")


def _attempts(child: Manifest | None) -> dict[str, Any]:
    counts = (child or {}).get("status", {})
    attempts = sum(int(counts.get(name) or 0) for name in ("active", "failed", "succeeded"))
    return {"attempts": attempts} if attempts else {}


def _numbers(seen: TrainingSeen, state: TrainingState) -> dict[str, Any]:
    """Return the fields that a result adds."""
    # The result itself only until its ModelVersion exists: it repeats what is in the version, and may be long.
    numbers: dict[str, Any] = {}
    if state.result is not None:
        numbers = {name: found for name in _REPORTED if (found := getattr(state.result, name))}
        if state.succeeded == "Unknown":
            numbers["result"] = state.result
        if shown := headline(state.result.metrics):
            numbers["headline"] = shown
    if state.reason == Reason.COMPLETED:
        numbers["model_version_name"] = seen.manifest["metadata"]["name"]
    return numbers


def _times(seen: TrainingSeen, state: TrainingState) -> dict[str, Any]:
    child = (seen.child or {}).get("status", {})
    # A failed Job has no completionTime in its status, hence the fall back to the time of the observation.
    started = _time(child.get("startTime")) or seen.status.start_time
    times: dict[str, Any] = {"start_time": started} if started else {}
    # With its result the run has ended, though its version does not exist yet: from here on the spec is immutable.
    if state.succeeded == "Unknown" and state.result is None:
        return times
    ended = seen.status.completion_time or _time(child.get("completionTime")) or seen.now
    times["completion_time"] = ended
    if started:
        times["duration"] = _duration((ended - started).total_seconds())
    return times


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None


def _duration(seconds: float) -> str:
    """Return the seconds as people read them: 41s, 4m31s, 2h05m."""
    minutes, rest = divmod(int(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
