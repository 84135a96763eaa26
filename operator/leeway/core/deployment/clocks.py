"""Since when: the times that a rollout's policies count from, kept up with what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.revision import Revision, Rollout
from leeway.core.deployment.step import step_of


def keep_time(
    rollout: Rollout, spec: ModelDeploymentSpec, workloads: Mapping[str, Workload], now: datetime
) -> Rollout:
    """Return the recorded rollout with its times as the spec and the workloads have them now."""

    def ready(revision: Revision | None) -> bool:
        return revision is not None and workloads.get(revision.hash, Workload()).ready > 0

    return replace(
        rollout,
        canary_awaited_since=_awaited(rollout, spec, now),
        canary_held_since=rollout.canary_held_since if step_of(spec, rollout.stable) else None,
        canary_ready_at=rollout.canary_ready_at or (now if ready(rollout.canary) else None),
        stable_unready_since=_unready(rollout, spec, workloads, now),
    )


def _awaited(rollout: Rollout, spec: ModelDeploymentSpec, now: datetime) -> datetime | None:
    # Nothing can progress while it is paused or has no pods; the deadline begins anew when it can. A canary that is
    # held has come up; without its step it has more pods to start.
    is_held = rollout.canary_held_since is not None and step_of(spec, rollout.stable) is not None
    if rollout.canary is None or spec.paused or spec.replicas == 0 or is_held:
        return None
    return rollout.canary_awaited_since or now


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
