"""Which pods the requests go to: those of one revision, or of stable and canary together."""

from __future__ import annotations

from dataclasses import dataclass

from leeway.api.deployment.record import Weight
from leeway.core.deployment.children.workload import Workload
from leeway.core.deployment.revision import Revision, Rollout
from leeway.core.deployment.sizes import share_of
from leeway.core.deployment.steps import is_sharing, step_at, steps_of
from leeway.core.deployment.world import World


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who answers: the hash of the revision, empty while there is none, and whether the canary answers beside it."""

    answering: str
    is_shared: bool = False


def direct(seen: World, rollout: Rollout) -> Traffic:
    """Return who is to answer, given the rollout and the pods as observed."""
    answering = _answering(seen, rollout)
    return Traffic(answering, bool(answering) and _is_shared(seen, rollout))


def answering_workload(seen: World, rollout: Rollout, traffic: Traffic) -> Workload:
    """Return the pods that answer, those of stable and canary added up where both do."""
    # The idle pods of a canary that starts, or of a former stable, are not among them: an autoscaler would average
    # them in.
    if not traffic.is_shared:
        return seen.workloads.get(traffic.answering, Workload())
    both = [seen.workload_of(revision) for revision in rollout.live]
    return Workload(
        traffic.answering,
        pods=sum(one.pods for one in both),
        ready=sum(one.ready for one in both),
        available=sum(one.available for one in both),
    )


def weigh(seen: World, rollout: Rollout, traffic: Traffic) -> Weight | None:
    """Return the canary's share, as desired and as the ready pods have it; None without a canary."""
    canary = rollout.canary
    if canary is None:
        return None
    step = step_at(seen.spec, rollout)
    desired = step.weight if step else 100 if steps_of(seen.spec, rollout) else 0
    ready, stable = seen.workload_of(canary).ready, seen.workload_of(rollout.stable).ready
    if traffic.is_shared:
        return Weight(desired=desired, actual=share_of(ready, stable))
    return Weight(desired=desired, actual=100 if traffic.answering == canary.hash else 0)


def others_with_pods(seen: World, rollout: Rollout) -> tuple[str, ...]:
    """Return the revisions that have pods and are neither stable nor the canary."""
    live = {revision.hash for revision in rollout.live}
    return tuple(hash_ for hash_, workload in seen.workloads.items() if workload.pods and hash_ not in live)


def _is_shared(seen: World, rollout: Rollout) -> bool:
    # A Service selects by equal labels: one revision, or all of the deployment. All is right only while no pod of a
    # third one could be among them.
    return is_sharing(rollout) and not others_with_pods(seen, rollout)


def _answering(seen: World, rollout: Rollout) -> str:
    meant = rollout.answering
    if meant is None:
        return ""
    workload = seen.workload_of(meant)
    # A stable Deployment that is not shown (it lost our label, or was deleted) may have pods that answer: who knows
    # nothing of it moves no request.
    if workload.ready or (rollout.stable and workload.manifest is None):
        return meant.hash
    others = [seen.workload_of(revision) for revision in _substitutes(rollout)]
    # Before anything is stable, a second version may be desired while the first one's pods answer already; requests
    # stay with these.
    if rollout.stable is None:
        others = list(seen.workloads.values())
    return next((workload.revision for workload in others if workload.ready), meant.hash)


def _substitutes(rollout: Rollout) -> tuple[Revision, ...]:
    """Return who answers while no pod of stable is ready: who was stable a moment ago, or the canary."""
    former = rollout.former.revision if rollout.former else None
    return tuple(revision for revision in (former, rollout.canary) if revision is not None)
