"""The moves that a policy and a command may both ask for: promote, roll back, return, take back."""

from __future__ import annotations

from dataclasses import replace

from leeway.api.deployment.record import Rejection, Tenure
from leeway.api.gates import Verdict
from leeway.api.reasons import Reason
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.recorded import said, setting_of
from leeway.core.deployment.revision import Canary, Former, Revision
from leeway.core.deployment.sentences import count, numbers_of
from leeway.core.deployment.steps import steps_of, told_step
from leeway.core.deployment.verdicts import evidence_of
from leeway.core.deployment.world import World

# The schema allows no more.
REJECTIONS_KEPT = 10


def promote_now(seen: World) -> Move:
    """Return the move that makes the canary stable; its former keeps its pods for a while."""
    # Only names in the status and selectors of Services change. The Deployment stays as it is, and no pod restarts.
    former, canary, rollout = seen.rollout.stable, seen.rollout.canary, seen.rollout
    assert canary is not None
    instead = f" instead of {former.version}" if former else ""
    if former and seen.is_stable_dead:
        instead += ", which has no ready pod"
    # Of all that stable should have: a canary that is promoted from a step, beside a dead stable, has fewer yet.
    wanted = seen.spec.replicas
    is_available = seen.workload_of(canary).available >= wanted
    decision = Decision(
        Action.PROMOTE,
        Reason.AVAILABLE if is_available else Reason.REPLICAS_UNAVAILABLE,
        f"version {canary.version} is stable{instead}; {count(seen, canary, wanted)}",
        canary,
        numbers_of(seen, canary, wanted),
        is_ready=is_available,
        step=told_step(seen.spec, rollout),
    )
    promoted = replace(
        rollout,
        stable=canary,
        stable_since=seen.now,
        stable_unready_since=None,
        stable_shown=evidence_of(seen).shown,
        canary=None,
        progress=Canary(),
        former=_kept_after(seen, former),
    )
    return Move(promoted, decision)


def grow(seen: World, why: str) -> Move:
    """Return the move that lets the canary grow to full size, whatever steps are left; it is promoted then."""
    canary, rollout, after = seen.rollout.canary, seen.rollout, len(steps_of(seen.spec, seen.rollout)) + 1
    assert canary is not None
    progress = replace(
        rollout.progress, step=after, step_since=None, awaited_since=seen.now, resumed_step=after
    )
    decision = Decision(
        Action.ENTER_STEP,
        Reason.STEP_ENTERED,
        f"version {canary.version} grows to {seen.spec.replicas} replicas and is stable then: {why}",
        canary,
        numbers_of(seen, canary),
        step=told_step(seen.spec, rollout),
    )
    return Move(replace(rollout, progress=progress), decision, 0.0)


def roll_back_canary(
    seen: World, reason: str, why: str, *, verdict: Verdict | None = None, is_about_model: bool = False
) -> Move:
    """Return the move that ends the canary and rejects its revision."""
    canary, stable, rollout = seen.rollout.canary, seen.rollout.stable, seen.rollout
    assert canary is not None and stable is not None
    step = told_step(seen.spec, rollout)
    message = f"rolled back version {canary.version}{f' at step {step}' if step else ''}: {why}"
    decision = _rolling_back(seen, reason, message, canary, verdict)
    rejected = with_rejection(seen, canary, reason, message, is_about_model=is_about_model)
    # Nothing stands before a rollback. Where no pod of stable is ready, the canary's answer until one is.
    is_needed = not seen.workload_of(stable).ready and seen.workload_of(canary).ready > 0
    former = _kept(seen, canary) if is_needed else rollout.former
    return Move(
        replace(rollout, canary=None, progress=Canary(), rejected=rejected, former=former), decision, 0.0
    )


def take_back(seen: World, why: str) -> Move:
    """Return the move that makes the former revision stable again, and rejects the one that was promoted."""
    lost, former, rollout = seen.rollout.stable, seen.rollout.former, seen.rollout
    assert lost is not None and former is not None
    message = f"version {former.revision.version} is stable again instead of {lost.version}: {why}"
    decision = Decision(Action.TAKE_BACK, Reason.TAKEN_BACK, message, lost, is_final=True)
    taken = replace(
        rollout,
        stable=former.revision,
        stable_since=seen.now,
        stable_unready_since=None,
        stable_shown=None,
        former=None,
        canary=None,
        progress=Canary(),
        rejected=with_rejection(seen, lost, Reason.TAKEN_BACK, message),
    )
    return Move(taken, decision, 0.0)


def return_to_former(
    seen: World, reason: str, why: str, *, verdict: Verdict | None = None, is_about_model: bool = False
) -> Move | None:
    """Return the move that rejects stable and returns to the revision before it; None where there is none."""
    stable, rollout = seen.rollout.stable, seen.rollout
    before = _before(seen)
    if stable is None or before is None:
        return None
    message = f"rolled back version {stable.version}: {why}; returning to {before.version}"
    decision = _rolling_back(seen, reason, message, stable, verdict)
    rejected = with_rejection(seen, stable, reason, message, is_about_model=is_about_model)
    if seen.workload_of(before).ready:
        back = replace(
            rollout,
            stable=before,
            stable_since=seen.now,
            stable_unready_since=None,
            stable_shown=None,
            former=None,
            canary=None,
            progress=Canary(),
            rejected=rejected,
        )
        return Move(back, decision, 0.0)
    started = Canary(
        started_at=seen.now, awaited_since=seen.now if seen.spec.replicas else None, is_return=True
    )
    return Move(replace(rollout, canary=before, progress=started, rejected=rejected), decision, 0.0)


def with_rejection(
    seen: World, revision: Revision, reason: str, message: str, *, is_about_model: bool = False
) -> tuple[Rejection, ...]:
    """Return the rejections with one more, by the decision that is made now."""
    decisions = seen.status.decisions
    was_ready = revision == seen.rollout.stable or seen.rollout.progress.ready_at is not None
    rejection = Rejection(
        revision=revision.hash,
        model_version_name=revision.version,
        **said(
            digest=revision.digest,
            image=revision.setting.image if was_ready else "",
            is_about_model=is_about_model,
        ),
        # By its image it is known again after an upgrade of the operator. One that never was ready may have had a wrong
        # one: with another it is another try.
        decision_id=decisions[-1].id + 1 if decisions else 1,
        time=seen.now,
        reason=str(reason),
        message=message,
    )
    others = (one for one in seen.rollout.rejected if one.revision != revision.hash)
    return (*others, rejection)[-REJECTIONS_KEPT:]


def _rolling_back(
    seen: World, reason: str, message: str, revision: Revision, verdict: Verdict | None
) -> Decision:
    return Decision(
        Action.ROLL_BACK,
        reason,
        message,
        revision,
        numbers_of(seen, revision),
        is_final=True,
        step=told_step(seen.spec, seen.rollout),
        verdict=verdict,
        false_alarm_rate=seen.spec.false_alarm_rate if verdict else "",
    )


def _kept_after(seen: World, former: Revision | None) -> Former | None:
    """Return the former stable revision if it is to keep its pods for a while, and could take requests back."""
    can_answer = former is not None and seen.workload_of(former).ready > 0
    return (
        _kept(seen, former) if former and can_answer and seen.spec.rollout.scale_down_delay_seconds else None
    )


def _kept(seen: World, revision: Revision) -> Former:
    return Former(revision, seen.now, seen.size_of(revision))


def _before(seen: World) -> Revision | None:
    """Return the latest former stable revision to go back to: not rejected, and such that it can be started."""
    former = (_revision(tenure) for tenure in reversed(seen.status.history))
    return next((one for one in former if one != seen.rollout.stable and _can_return(seen, one)), None)


def _can_return(seen: World, revision: Revision) -> bool:
    # Of a version that was deleted, and whose Deployment is not kept either, nothing says what it would run: stable
    # would be rejected for a return that never comes.
    is_known = revision.hash in seen.workloads or revision.hash in seen.recipes
    return is_known and not seen.rollout.has_rejected(revision) and not _is_refused(seen, revision)


def _is_refused(seen: World, revision: Revision) -> bool:
    """Return whether the revision's version is not ready, e.g. since it is quarantined."""
    return any(one.name == revision.version and not one.is_ready for one in seen.recipes.values())


def _revision(tenure: Tenure) -> Revision:
    return Revision(tenure.revision, tenure.model_version_name, tenure.digest or "", setting_of(tenure))
