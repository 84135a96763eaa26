"""The moves that a policy and a command may both ask for: promote, roll back, return."""

from __future__ import annotations

from dataclasses import replace

from leeway.api.deployment.record import Rejection, Tenure
from leeway.api.reasons import Reason
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.recorded import setting_of
from leeway.core.deployment.revision import Canary, Former, Revision, Rollout
from leeway.core.deployment.world import World

# The schema allows no more.
REJECTIONS_KEPT = 10


def promote_now(seen: World) -> Move:
    """Return the move that makes the canary stable; its former keeps its pods for a while."""
    former, canary, rollout = seen.rollout.stable, seen.rollout.canary, seen.rollout
    assert canary is not None
    ready, wanted = seen.workload_of(canary).ready, seen.spec.replicas
    is_available = seen.workload_of(canary).available >= wanted
    instead = f" instead of {former.version}" if former else ""
    decision = Decision(
        Action.PROMOTE,
        Reason.AVAILABLE if is_available else Reason.REPLICAS_UNAVAILABLE,
        f"version {canary.version} is stable{instead}; {ready} of {wanted} replicas are ready",
        canary,
        {"readyReplicas": ready, "replicas": wanted},
        is_ready=is_available,
    )
    promoted = Rollout(
        stable=canary,
        stable_since=seen.now,
        former=Former(former, seen.now, seen.workload_of(former).pods) if former else None,
        rejected=rollout.rejected,
        command=rollout.command,
        paused_since=rollout.paused_since,
    )
    return Move(promoted, decision)


def roll_back_canary(seen: World, reason: str, why: str) -> Move:
    """Return the move that ends the canary and rejects its revision."""
    canary, stable, rollout = seen.rollout.canary, seen.rollout.stable, seen.rollout
    assert canary is not None and stable is not None
    at = f" at step {rollout.progress.step}" if rollout.progress.step else ""
    message = f"rolled back version {canary.version}{at}: {why}; stable is {stable.version}"
    decision = Decision(Action.ROLL_BACK, reason, message, canary, is_final=True)
    rejected = with_rejection(seen, canary, reason, message)
    return Move(replace(rollout, canary=None, progress=Canary(), rejected=rejected), decision)


def return_to_former(seen: World, reason: str, why: str) -> Move | None:
    """Return the move that rejects stable and returns to the revision before it; None where there is none."""
    stable, rollout = seen.rollout.stable, seen.rollout
    before = _before(seen)
    if stable is None or before is None:
        return None
    message = f"rolled back version {stable.version}: {why}; returning to {before.version}"
    decision = Decision(Action.ROLL_BACK, reason, message, stable)
    rejected = with_rejection(seen, stable, reason, message)
    if seen.workload_of(before).ready:
        former = Former(stable, seen.now, seen.workload_of(stable).pods)
        back = replace(rollout, stable=before, stable_since=seen.now, former=former, rejected=rejected)
        return Move(replace(back, stable_unready_since=None, stable_shown=None), decision)
    started = Canary(
        started_at=seen.now, awaited_since=seen.now if seen.spec.replicas else None, is_return=True
    )
    return Move(replace(rollout, canary=before, progress=started, rejected=rejected), decision)


def with_rejection(
    seen: World, revision: Revision, reason: str, message: str, *, is_about_model: bool = False
) -> tuple[Rejection, ...]:
    """Return the rejections with one more, by the decision that is made now."""
    decisions = seen.status.decisions
    rejection = Rejection(
        revision=revision.hash,
        model_version_name=revision.version,
        digest=revision.digest or None,
        decision_id=decisions[-1].id + 1 if decisions else 1,
        time=seen.now,
        reason=str(reason),
        message=message,
        is_about_model=is_about_model,
    )
    others = (one for one in seen.rollout.rejected if one.revision != revision.hash)
    return (*others, rejection)[-REJECTIONS_KEPT:]


def _before(seen: World) -> Revision | None:
    """Return the latest former stable revision that is neither stable nor rejected."""
    stable, rollout = seen.rollout.stable, seen.rollout
    former = (_revision(tenure) for tenure in reversed(seen.status.history))
    return next((one for one in former if one != stable and not rollout.has_rejected(one)), None)


def _revision(tenure: Tenure) -> Revision:
    return Revision(tenure.revision, tenure.model_version_name, tenure.digest or "", setting_of(tenure))
