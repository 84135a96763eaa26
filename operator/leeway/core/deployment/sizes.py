"""How a weight becomes pods: `spec.replicas` pods answer together, the canary's among them, and never fewer."""

from __future__ import annotations

from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.revision import Revision, Rollout
from leeway.core.deployment.steps import is_sharing, step_at, steps_of


def canary_pods(replicas: int, weight: int) -> int:
    """Return the pods of a canary of this weight in percent: rounded half up, and at least one of any."""
    return max(1, (2 * replicas * weight + 100) // 200) if replicas else 0


def stable_pods(replicas: int, available: int) -> int:
    """Return the pods of stable beside so many available pods of the canary: the others, and at least one of any."""
    return max(1, replicas - available) if replicas else 0


def size_of(spec: ModelDeploymentSpec, rollout: Rollout, revision: Revision, standing: int) -> int:
    """Return how many pods a live revision should have, while so many of the canary's are available."""
    steps = steps_of(spec, rollout)
    if rollout.canary is None or not steps:
        return spec.replicas
    step = step_at(spec, rollout)
    # After the last step the canary grows to all of them beside a stable that keeps its size until the promotion.
    if revision == rollout.canary:
        return canary_pods(spec.replicas, step.weight) if step else spec.replicas
    if not is_sharing(rollout):
        return spec.replicas
    wanted = canary_pods(spec.replicas, (step or steps[-1]).weight)
    return stable_pods(spec.replicas, min(wanted, standing))


def share_of(canary: int, stable: int) -> int:
    """Return the canary's share of so many pods, in whole percent."""
    return round(100 * canary / (canary + stable)) if canary + stable else 0
