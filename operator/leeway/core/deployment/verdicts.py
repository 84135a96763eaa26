"""What is known of a canary: the latest verdicts and counts of this pair of revisions."""

from __future__ import annotations

from leeway.api.gates import Evidence, Verdict
from leeway.core.deployment.publication import is_of_pair
from leeway.core.deployment.world import World
from leeway.core.gates.conclusion import Conclusion, conclude


def conclusion_of(seen: World) -> Conclusion:
    """Return what the verdicts on the canary ask for."""
    return conclude(seen.spec.gates, seen.spec.false_alarm_rate, _verdicts(seen))


def evidence_of(seen: World) -> Evidence:
    """Return what was counted of the canary and of stable; nothing while that is of other revisions."""
    published, recorded = seen.published, seen.status.evidence
    if published and is_of_pair(published.evidence, seen.rollout):
        return published.evidence
    return recorded if recorded and is_of_pair(recorded, seen.rollout) else Evidence()


def requests_of_step(seen: World) -> int:
    """Return how many requests of the canary were counted in its step."""
    return max(0, evidence_of(seen).canary.requests - seen.rollout.progress.step_requests)


def _verdicts(seen: World) -> tuple[Verdict, ...]:
    published = seen.published
    if published and is_of_pair(published.evidence, seen.rollout):
        return published.verdicts
    return seen.status.verdicts if is_of_pair(seen.status.evidence, seen.rollout) else ()
