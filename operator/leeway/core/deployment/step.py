"""The step at which a canary is held, and how many pods a revision has at it."""

from __future__ import annotations

from leeway.api.deployment.rollout import RolloutStep
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.revision import Revision


def step_of(spec: ModelDeploymentSpec, stable: Revision | None) -> RolloutStep | None:
    """Return the step at which a canary of this stable revision is held; None where it is promoted at once."""
    # The first version ever has nobody beside it: held, it would keep the model from serving.
    return next(iter(spec.rollout.steps), None) if stable else None


def size_of(spec: ModelDeploymentSpec, stable: Revision | None, revision: Revision) -> int:
    """Return how many pods a live revision should have: the step's weight of the replicas for a canary."""
    step = step_of(spec, stable)
    if step is None or stable is None or revision.hash == stable.hash:
        return spec.replicas
    # Rounded up in whole numbers; of zero replicas it is none.
    return -(-spec.replicas * step.weight // 100)
