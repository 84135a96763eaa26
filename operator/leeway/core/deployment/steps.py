"""The steps that a canary takes, and the one it is at."""

from __future__ import annotations

from leeway.api.deployment.rollout import DEFAULT_WEIGHT, RolloutStep
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.revision import Rollout


def steps_of(spec: ModelDeploymentSpec, rollout: Rollout) -> tuple[RolloutStep, ...]:
    """Return the steps of this rollout; none for a first version and for one that comes back."""
    # The first version has nobody beside it, and one that was stable has shown what it does.
    if rollout.stable is None or rollout.progress.is_return:
        return ()
    return steps_in(spec)


def steps_in(spec: ModelDeploymentSpec) -> tuple[RolloutStep, ...]:
    """Return the steps that a spec has: where gates ask something and no step is written, one."""
    if spec.rollout.steps or not spec.gates:
        return spec.rollout.steps
    return (RolloutStep(weight=DEFAULT_WEIGHT),)


def place_of(rollout: Rollout) -> int:
    """Return the number of the canary's step, from 1."""
    # 0 is recorded for a canary that was started without steps, which may have been written since.
    return max(1, rollout.progress.step)


def step_at(spec: ModelDeploymentSpec, rollout: Rollout) -> RolloutStep | None:
    """Return the step that the canary is at; None where it takes none, and after the last one."""
    steps, place = steps_of(spec, rollout), place_of(rollout)
    return steps[place - 1] if rollout.canary and place <= len(steps) else None


def told_step(spec: ModelDeploymentSpec, rollout: Rollout) -> str:
    """Return the step as people read it, e.g. 2/5; empty beside any."""
    steps = steps_of(spec, rollout)
    return f"{min(place_of(rollout), len(steps))}/{len(steps)}" if rollout.canary and steps else ""


def is_sharing(rollout: Rollout) -> bool:
    """Return whether the canary is to have a share of the requests."""
    # From the first weight that was reached on, also while the pods of a later step start, and when the steps were
    # removed since: stable has given up pods, and alone it would be too few.
    progress = rollout.progress
    has_begun = progress.step > 1 or progress.step_since is not None
    return rollout.canary is not None and rollout.stable is not None and not progress.is_return and has_begun
