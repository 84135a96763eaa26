"""Policies of a canary that has come up: it reaches its step's weight, is held there, goes on, and is promoted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from leeway.api.deployment.rollout import OnInconclusive, RolloutStep
from leeway.api.gates import Verdict
from leeway.api.reasons import Reason
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.moves import promote_now, roll_back_canary
from leeway.core.deployment.revision import Revision
from leeway.core.deployment.sentences import count, hold, next_look, numbers_of, replaces_dead_stable
from leeway.core.deployment.steps import is_sharing, place_of, step_at, told_step
from leeway.core.deployment.traffic import others_with_pods
from leeway.core.deployment.verdicts import conclusion_of, evidence_of, requests_of_step
from leeway.core.deployment.world import World
from leeway.core.names import canary_service
from leeway.core.plan import WAIT_SECONDS

Check = Callable[[World, RolloutStep, Revision], Move | None]


def reach_weight(seen: World) -> Move | None:
    """Give a canary that has come up its share of the requests: the step's time begins."""
    canary, step = seen.rollout.canary, step_at(seen.spec, seen.rollout)
    if (
        canary is None
        or step is None
        or seen.rollout.progress.step_since
        or replaces_dead_stable(seen, canary)
    ):
        return None
    others = others_with_pods(seen, seen.rollout)
    if others and not is_sharing(seen.rollout):
        message = (
            f"version {canary.version} is available and waits for the pods of {len(others)} other"
            f" {'revision' if len(others) == 1 else 'revisions'} to go, before it shares the Service {seen.name}"
        )
        return hold(seen, Reason.PROGRESSING, message, canary, look_again=WAIT_SECONDS)
    place = place_of(seen.rollout)
    progress = replace(seen.rollout.progress, step=place, step_since=seen.now, awaited_since=None)
    reached = replace(seen.rollout, progress=progress)
    decision = Decision(
        Action.REACH_WEIGHT,
        Reason.CANARY_HELD,
        f"{_at(seen, step, canary)}; {count(seen, canary)}",
        canary,
        numbers_of(seen, canary),
        step=told_step(seen.spec, seen.rollout),
    )
    return Move(reached, decision, look_again=0.0)


def hold_at_step(seen: World) -> Move | None:
    """Hold a canary at its step until nothing is missing any more."""
    canary, step = seen.rollout.canary, step_at(seen.spec, seen.rollout)
    # Holding it back from a dead stable would leave requests to nobody.
    if canary is None or step is None or replaces_dead_stable(seen, canary):
        return None
    checks: tuple[Check, ...] = (_failed, _timed, _counted, _paused, _inconclusive)
    return next((move for check in checks if (move := check(seen, step, canary))), None)


def go_on(seen: World) -> Move | None:
    """Enter the next step, or after the last one let the canary grow to full size."""
    canary, step = seen.rollout.canary, step_at(seen.spec, seen.rollout)
    if canary is None or step is None or replaces_dead_stable(seen, canary):
        return None
    place = place_of(seen.rollout) + 1
    progress = replace(
        seen.rollout.progress,
        step=place,
        step_since=None,
        step_requests=evidence_of(seen).canary.requests,
        awaited_since=seen.now,
    )
    entered = replace(seen.rollout, progress=progress)
    following = step_at(seen.spec, entered)
    told = told_step(seen.spec, entered)
    what = (
        f"goes on to step {told}, weight {following.weight}"
        if following
        else f"has passed step {told}, the last one, and grows to {seen.spec.replicas} replicas"
    )
    decision = Decision(
        Action.ENTER_STEP,
        Reason.STEP_ENTERED,
        f"version {canary.version} {what}, after {requests_of_step(seen):,} requests in the step before",
        canary,
        numbers_of(seen, canary) | {"requests": requests_of_step(seen)},
        step=told,
    )
    return Move(entered, decision, look_again=0.0)


def hold_failed(seen: World) -> Move | None:
    """Hold a canary that fails a gate after its last step, unless a person has said that it goes on."""
    canary, place = seen.rollout.canary, place_of(seen.rollout)
    failed = conclusion_of(seen).hold if is_sharing(seen.rollout) else None
    if canary is None or failed is None or seen.rollout.progress.resumed_step >= place:
        return None
    if replaces_dead_stable(seen, canary):
        return None
    return _hold(
        seen, Reason.GATE_HOLDS, f"version {canary.version} is not promoted: {_look(failed)}", canary
    )


def promote(seen: World) -> Move:
    """Make the canary stable."""
    return promote_now(seen)


def _failed(seen: World, step: RolloutStep, canary: Revision) -> Move | None:
    failed = conclusion_of(seen).hold
    if failed is None:
        return None
    return _hold(seen, Reason.GATE_HOLDS, f"{_at(seen, step, canary)}: {_look(failed)}", canary)


def _timed(seen: World, step: RolloutStep, canary: Revision) -> Move | None:
    since = seen.rollout.progress.step_since or seen.now
    left = since + timedelta(seconds=step.hold_seconds) - seen.now
    if left <= timedelta():
        return None
    message = f"{_at(seen, step, canary)} for {step.hold_seconds} s at least (holdSeconds)"
    return _hold(seen, Reason.CANARY_HELD, message, canary, left)


def _counted(seen: World, step: RolloutStep, canary: Revision) -> Move | None:
    counted = requests_of_step(seen)
    if counted >= step.min_samples:
        return None
    message = f"{_at(seen, step, canary)}: {counted:,} of {step.min_samples:,} requests (minSamples)"
    return _hold(seen, Reason.CANARY_HELD, message, canary)


def _paused(seen: World, step: RolloutStep, canary: Revision) -> Move | None:
    if not step.pause or seen.rollout.progress.resumed_step >= place_of(seen.rollout):
        return None
    trouble = seen.trouble_of(canary)
    message = (
        f"{_at(seen, step, canary)}, paused; {count(seen, canary)}{f': {trouble.message}' if trouble else ''}. It"
        f" answers at the Service {canary_service(seen.name)}, too. The command resume goes on, promote makes it"
        " stable, abort takes it back"
    )
    return _hold(seen, Reason.STEP_PAUSED, message, canary)


def _inconclusive(seen: World, step: RolloutStep, canary: Revision) -> Move | None:
    unknown = conclusion_of(seen).unknown
    action = seen.spec.rollout.on_inconclusive
    if not unknown or action is OnInconclusive.PROMOTE:
        return None
    missing = _missing(unknown)
    if action is OnInconclusive.HOLD:
        message = f"{_at(seen, step, canary)} until it is known: {missing}{_rate(seen, unknown)}"
        return _hold(seen, Reason.INCONCLUSIVE, message, canary)
    why = f"the step's time is up and this is not known: {missing} (rollout.onInconclusive: Rollback)"
    return roll_back_canary(seen, Reason.INCONCLUSIVE, why, verdict=unknown[0])


def _look(failed: Verdict) -> str:
    return f"gate {failed.name} fails: {failed.message} Look at it, then command promote or abort"


def _missing(unknown: tuple[Verdict, ...]) -> str:
    return " ".join(f"{verdict.name}: {verdict.message}" for verdict in unknown)


def _rate(seen: World, unknown: tuple[Verdict, ...]) -> str:
    """Return how long the missing rows take at the rate of this canary's requests; empty where that is not known."""
    evidence = evidence_of(seen)
    if evidence.start_time is None or evidence.time is None or not evidence.canary.rows:
        return ""
    seconds = (evidence.time - evidence.start_time).total_seconds()
    planned = [(verdict.planned_rows or 0) - verdict.canary_rows for verdict in unknown]
    if seconds <= 0 or any(verdict.planned_rows is None for verdict in unknown) or max(planned) <= 0:
        return ""
    left = timedelta(seconds=round(max(planned) * seconds / evidence.canary.rows))
    return f" At the rate of requests so far that takes {left}."


def _hold(seen: World, reason: str, message: str, canary: Revision, *left: timedelta) -> Move:
    return hold(seen, reason, message, canary, look_again=next_look(seen, *left))


def _at(seen: World, step: RolloutStep, canary: Revision) -> str:
    stable = seen.rollout.stable
    beside = f" beside stable {stable.version}" if stable else ""
    told = told_step(seen.spec, seen.rollout)
    return f"version {canary.version} is held{beside} at step {told}, weight {step.weight}"
