"""The revisions of a frame: who is stable, canary and former, with how many pods and which share of the requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from leeway.api.deployment.record import CanaryRevision, FormerRevision, RunningRevision, Weight
from leeway.api.model_deployment import ModelDeployment, ModelDeploymentStatus
from leeway.cli.live.words import bar, duration, in_columns

_CELLS = 40


def draw_revisions(deployment: ModelDeployment, now: datetime) -> list[str]:
    """Return a line for each revision, and the weight of the canary as a bar; empty before the first one."""
    status = deployment.status
    rows = [row for row in (_stable(status), _canary(deployment, now), _former(status, now)) if row]
    lines = in_columns(rows) if rows else []
    return [*lines, *_weight(status.weight), *_counts(status), *_rejected(status)]


def _stable(status: ModelDeploymentStatus) -> tuple[str, ...]:
    if status.stable is None:
        return ()
    is_alone = status.weight is None or status.weight.actual == 0
    total = f" of {status.replicas}" if is_alone else ""
    return (*_named("stable", status.stable), f"{_stable_pods(status)}{total} ready", "")


def _canary(deployment: ModelDeployment, now: datetime) -> tuple[str, ...]:
    canary = deployment.status.canary
    if canary is None:
        return ()
    # The status counts the pods that get requests: before its first step the canary's are not among them.
    is_asked = bool(deployment.status.weight and deployment.status.weight.actual)
    ready = deployment.status.ready_replicas - _stable_pods(deployment.status)
    return (
        *_named("canary", canary),
        f"{ready} ready" if is_asked else "starting",
        _at(deployment, canary, now),
    )


def _at(deployment: ModelDeployment, canary: CanaryRevision, now: datetime) -> str:
    status = deployment.status
    if not status.step:
        return ""
    since = f" for {duration(now - canary.step_time)}" if canary.step_time else ", its weight is not reached"
    return f"step {status.step}{since}{_paused(deployment, canary)}"


def _paused(deployment: ModelDeployment, canary: CanaryRevision) -> str:
    steps, place = deployment.spec.rollout.steps, canary.step
    is_held = 0 < place <= len(steps) and steps[place - 1].pause and canary.resumed_step < place
    is_paused = is_held or deployment.spec.paused or deployment.status.pause_time is not None
    return ", paused" if is_paused else ""


def _former(status: ModelDeploymentStatus, now: datetime) -> tuple[str, ...]:
    former: FormerRevision | None = status.former
    if former is None:
        return ()
    since = f"was stable until {duration(now - former.end_time)} ago" if former.end_time else ""
    return (*_named("former", former), f"{former.replicas} kept", since)


def _named(place: str, revision: RunningRevision) -> tuple[str, str, str]:
    return place, revision.model_version_name, revision.revision


def _stable_pods(status: ModelDeploymentStatus) -> int:
    """Return how many of the ready pods that get requests are not the canary's."""
    share = status.weight.actual if status.weight else 0
    return status.ready_replicas - round(status.ready_replicas * share / 100)


def _weight(weight: Weight | None) -> Iterator[str]:
    if weight is not None:
        yield f"weight  {bar(weight.actual, _CELLS)}  {weight.actual} % of the requests, {weight.desired} % asked for"


def _counts(status: ModelDeploymentStatus) -> Iterator[str]:
    if status.evidence:
        canary, stable = status.evidence.canary, status.evidence.stable
        yield f"counted {canary.requests:,} requests of the canary, {stable.requests:,} of stable"
    elif status.guard:
        yield f"guarded {status.guard.requests:,} requests in the window"


def _rejected(status: ModelDeploymentStatus) -> Iterator[str]:
    for one in status.rejected[-1:]:
        yield f"rejected {one.model_version_name} ({one.reason})"
