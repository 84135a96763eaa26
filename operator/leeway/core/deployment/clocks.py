"""Since when: the times that a rollout's policies count from, kept up with what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.revision import Former, Revision, Rollout


def keep_time(
    rollout: Rollout, spec: ModelDeploymentSpec, workloads: Mapping[str, Workload], now: datetime
) -> Rollout:
    """Return the recorded rollout with its times as the spec and the workloads have them now."""

    def ready(revision: Revision | None) -> bool:
        return revision is not None and workloads.get(revision.hash, Workload()).ready > 0

    progress = rollout.progress
    return replace(
        rollout,
        progress=replace(
            progress,
            awaited_since=_awaited(rollout, spec, workloads, now),
            ready_at=progress.ready_at or (now if ready(rollout.canary) else None),
        ),
        stable_unready_since=_unready(rollout, spec, workloads, now),
        former=_former(rollout, spec, workloads, now),
    )


def _awaited(
    rollout: Rollout, spec: ModelDeploymentSpec, workloads: Mapping[str, Workload], now: datetime
) -> datetime | None:
    # Nothing can progress while it is paused or has no pods; the deadline begins anew when it can. A canary that has
    # reached its step's weight is awaited again only when it has lost all its ready pods.
    canary, progress = rollout.canary, rollout.progress
    is_still = spec.paused or rollout.paused_since is not None or spec.replicas == 0
    if canary is None or is_still or (progress.step_since and workloads.get(canary.hash, Workload()).ready):
        return None
    return progress.awaited_since or now


def _former(
    rollout: Rollout, spec: ModelDeploymentSpec, workloads: Mapping[str, Workload], now: datetime
) -> Former | None:
    """Return the former revision until its time is up; while it alone has ready pods it is needed."""
    former, stable = rollout.former, rollout.stable
    if former is None or stable is None or spec.replicas == 0:
        return None
    if not workloads.get(stable.hash, Workload()).ready:
        return former if workloads.get(former.revision.hash, Workload()).ready else None
    delay = timedelta(seconds=spec.rollout.scale_down_delay_seconds)
    # A rejected one was kept only since nobody else answered.
    return former if now - former.ended_at < delay and not rollout.has_rejected(former.revision) else None


def _unready(
    rollout: Rollout, spec: ModelDeploymentSpec, workloads: Mapping[str, Workload], now: datetime
) -> datetime | None:
    stable = rollout.stable
    if stable is None or spec.replicas == 0:
        return None
    shown = workloads.get(stable.hash)
    # A Deployment that is not shown says nothing about its pods.
    if shown is None:
        return rollout.stable_unready_since
    return None if shown.ready else rollout.stable_unready_since or now
