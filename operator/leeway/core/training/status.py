"""The status of a TrainingJob, computed whole from what was observed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from leeway.api import reasons
from leeway.api.kinds import Manifest
from leeway.api.training_job import TrainingJob
from leeway.core.conditions import Condition, find_condition, merge_conditions, parse_time, timestamp
from leeway.core.names import training_job_child
from leeway.core.plan import Event
from leeway.core.training.state import TrainingState

_KEPT = ("metrics", "gates", "expectations", "dataset", "headline", "modelVersion", "startTime", "attempts")


def make_status(
    manifest: Manifest, job: TrainingJob, child: Manifest | None, state: TrainingState, now: datetime
) -> dict[str, Any]:
    """The whole status; numbers of an earlier pass are kept when the Job they came from is gone."""
    before = manifest.get("status") or {}
    status: dict[str, Any] = {name: before[name] for name in _KEPT if name in before}
    status |= {
        "observedGeneration": manifest["metadata"]["generation"],
        "status": state.reason,
        "progress": _progress(state),
        "jobName": training_job_child(manifest["metadata"]["name"]),
        "conditions": merge_conditions(
            _conditions(state), before.get("conditions", []), manifest["metadata"]["generation"], now
        ),
    }
    status |= _attempts(child) | _numbers(state, job, manifest) | _times(before, child, state, now)
    return status


def transition_events(before: dict[str, Any], after: dict[str, Any]) -> tuple[Event, ...]:
    """One Event when the reason of `Succeeded` changed, and none for a pass that only looked."""
    old, new = find_condition(before, "Succeeded"), find_condition(after, "Succeeded")
    if (old.get("status"), old.get("reason")) == (new["status"], new["reason"]):
        return ()
    quiet = {reasons.STARTING, reasons.TRAINING, reasons.REGISTERING, reasons.COMPLETED, reasons.SUSPENDED}
    return (Event("Normal" if new["reason"] in quiet else "Warning", new["reason"], new["message"]),)


def _conditions(state: TrainingState) -> tuple[Condition, ...]:
    succeeded = Condition("Succeeded", state.succeeded, state.reason, state.message)
    if state.succeeded == "False" or state.reason == reasons.NAME_CONFLICT:
        return (succeeded, Condition("Stalled", "True", state.reason, state.message))
    if state.succeeded == "Unknown" and state.reason != reasons.SUSPENDED:
        return (succeeded, Condition("Reconciling", "True", state.reason, state.message))
    return (succeeded,)


def _progress(state: TrainingState) -> str:
    if state.succeeded == "True":
        return "Done"
    return "Failed" if state.succeeded == "False" else state.reason


def _attempts(child: Manifest | None) -> dict[str, Any]:
    counts = (child or {}).get("status", {})
    attempts = sum(int(counts.get(name) or 0) for name in ("active", "failed", "succeeded"))
    return {"attempts": attempts} if attempts else {}


def _numbers(state: TrainingState, job: TrainingJob, manifest: Manifest) -> dict[str, Any]:
    """What the result says; the result itself is kept only until its ModelVersion exists."""
    numbers: dict[str, Any] = {}
    if state.result is not None:
        body = state.result
        numbers = {
            name: body[name] for name in ("metrics", "gates", "expectations", "dataset") if body.get(name)
        }
        if state.succeeded == "Unknown":
            numbers["result"] = body
        if headline := _headline(body, job):
            numbers["headline"] = headline
    if state.reason == reasons.COMPLETED:
        numbers["modelVersion"] = manifest["metadata"]["name"]
    return numbers


def _headline(body: dict[str, Any], job: TrainingJob) -> str:
    """The number for the first screen: the first gate's metric, or the first one that people ask for."""
    metrics: dict[str, str] = body.get("metrics", {})
    wanted = [gate.metric for gate in job.spec.evaluation.gates] if job.spec.evaluation else []
    names = [*wanted, "rocAuc", "accuracy", "r2", "rmse", *metrics]
    return next((f"{name}={metrics[name]}" for name in names if name in metrics), "")


def _times(
    before: dict[str, Any], child: Manifest | None, state: TrainingState, now: datetime
) -> dict[str, Any]:
    times: dict[str, Any] = {}
    started = (child or {}).get("status", {}).get("startTime") or before.get("startTime")
    if started:
        times["startTime"] = started
    if state.succeeded == "Unknown":
        return times
    ended = (
        before.get("completionTime")
        or (child or {}).get("status", {}).get("completionTime")
        or timestamp(now)
    )
    times["completionTime"] = ended
    if started:
        times["duration"] = _duration((parse_time(ended) - parse_time(started)).total_seconds())
    return times


def _duration(seconds: float) -> str:
    """As people read it: 41s, 4m31s, 2h05m."""
    minutes, rest = divmod(int(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
