"""Policies that wait: for names and versions, while paused, for pods. And those that keep stable, or start a canary."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from leeway.api.reasons import Reason
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.revision import Canary
from leeway.core.deployment.sentences import (
    count,
    deadline,
    hold,
    is_stable_desired,
    next_look,
    numbers_of,
    replaces_dead_stable,
    starting,
)  # fmt: skip
from leeway.core.deployment.steps import step_at, steps_of, told_step
from leeway.core.deployment.world import World
from leeway.core.plan import LOOK_AGAIN_SECONDS


def wait_for_name(seen: World) -> Move | None:
    """Hold while an object of somebody else has the name of a child."""
    if seen.conflict is None:
        return None
    return hold(seen, seen.conflict.reason, seen.conflict.message, look_again=LOOK_AGAIN_SECONDS)


def wait_for_version(seen: World) -> Move | None:
    """Hold while the version does not exist."""
    if seen.version is not None:
        return None
    # Not an error: a ModelDeployment may be applied before the TrainingJob that makes its version has ended.
    return hold(
        seen,
        Reason.VERSION_NOT_FOUND,
        f"ModelVersion {seen.spec.model_version_name} does not exist in namespace {seen.namespace};"
        " it is rolled out as soon as it does (spec.modelVersionName)",
    )


def refuse_other_model(seen: World) -> Move | None:
    """Hold a version of another model than `spec.modelName`."""
    record = seen.version.record if seen.version else None
    if record is None or record.spec.model_name == seen.spec.model_name:
        return None
    return hold(
        seen,
        Reason.MODEL_MISMATCH,
        f"ModelVersion {seen.spec.model_version_name} is of model {record.spec.model_name}, not of"
        f" {seen.spec.model_name}; correct spec.modelVersionName or spec.modelName",
    )


def wait_until_version_ready(seen: World) -> Move | None:
    """Hold a version that is not verified, approved or readable."""
    version = seen.version
    if version is None:
        return None
    if not version.is_ready:
        message = f"ModelVersion {version.name} is not ready: {version.message}"
        return hold(seen, Reason.VERSION_NOT_READY, message, is_final=version.is_stalled)
    # An approval may just have been asked for or withdrawn. What is stable already need not wait for the answer.
    if version.is_current or is_stable_desired(seen):
        return None
    message = f"ModelVersion {version.name} was edited a moment ago, and is not reconciled yet"
    return hold(seen, Reason.VERSION_NOT_READY, message)


def hold_while_paused(seen: World) -> Move | None:
    """Hold while `spec.paused` is true or the command pause holds, unless the desired revision is stable already."""
    since = seen.rollout.paused_since
    if not (seen.spec.paused or since) or (seen.rollout.canary is None and is_stable_desired(seen)):
        return None
    why = (
        "spec.paused is true"
        if seen.spec.paused
        else f"paused by a command since {since:%Y-%m-%d %H:%M:%S} UTC"
    )
    message = f"{why}: version {seen.spec.model_version_name} is not rolled out"
    return hold(seen, Reason.PAUSED, message)


def keep_stable(seen: World) -> Move | None:
    """Keep the desired revision that is stable; end a canary of anything else."""
    if not is_stable_desired(seen):
        return None
    settled = replace(seen.rollout, canary=None, progress=Canary())
    ended = seen.rollout.canary
    decision = _standing(seen, Action.END_CANARY if ended else Action.KEEP)
    if ended:
        told = f"ending the canary of version {ended.version}: the spec desires stable; {decision.message}"
        decision = replace(decision, revision=ended, message=told)
    return Move(settled, decision)


def refuse_rejected(seen: World) -> Move | None:
    """Hold a revision that was rolled back; end a canary of anything else."""
    rejection = seen.rejection
    if rejection is None or seen.desired is None:
        return None
    message = (
        f"{rejection.message} (decision {rejection.decision_id}). It is not started again: name another version in"
        " spec.modelVersionName, or command retry"
    )
    ended = seen.rollout.canary
    if ended is None:
        return hold(seen, Reason.ROLLED_BACK, message, seen.desired, is_final=True)
    told = f"ending the canary of version {ended.version}: the spec desires {seen.desired.version}. {message}"
    decision = Decision(Action.END_CANARY, Reason.ROLLED_BACK, told, ended, is_final=True)
    return Move(replace(seen.rollout, canary=None, progress=Canary()), decision)


def start_canary(seen: World) -> Move | None:
    """Start the desired revision as the canary."""
    canary, desired = seen.rollout.canary, seen.desired
    if desired is None or (canary is not None and canary.hash == desired.hash):
        return None
    is_return = seen.was_stable(desired)
    progress = Canary(
        started_at=seen.now, awaited_since=seen.now if seen.spec.replicas else None, is_return=is_return
    )
    # A former stable keeps its pods for a promotion that fails, not beside the next one.
    started = replace(seen.rollout, canary=desired, progress=progress, former=None)
    if steps_of(seen.spec, started):
        started = replace(started, progress=replace(progress, step=1))
    then = replace(seen, rollout=started)
    decision = Decision(
        Action.START_CANARY,
        Reason.PROGRESSING,
        starting(then, desired) + (", as it was stable before it takes no step" if is_return else ""),
        desired,
        numbers_of(then, desired),
        step=told_step(seen.spec, started),
    )
    return Move(started, decision, next_look(seen, deadline(seen)))


def hold_at_zero(seen: World) -> Move | None:
    """Hold while `spec.replicas` is 0."""
    # What has never answered a request is never promoted, so that scaling up cannot serve an untried version.
    if seen.spec.replicas > 0:
        return None
    message = "spec.replicas is 0, and a version must answer before it is promoted"
    return hold(seen, Reason.SCALED_TO_ZERO, message)


def wait_until_available(seen: World) -> Move | None:
    """Hold a canary whose pods are not all available; beside a dead stable, one that has none ready."""
    canary, progress = seen.rollout.canary, seen.rollout.progress
    if canary is None or seen.is_available(canary) or replaces_dead_stable(seen, canary):
        return None
    # It came up once: pods that are replaced since then are no rollout that might be late.
    if step_at(seen.spec, seen.rollout) and progress.step_since and progress.awaited_since is None:
        return None
    left = deadline(seen) - (seen.now - (progress.awaited_since or seen.now))
    trouble = seen.trouble_of(canary)
    message = starting(seen, canary) + (f": {trouble.message}" if trouble else "")
    if left > timedelta():
        reason = trouble.reason if trouble else Reason.PROGRESSING
        return hold(seen, reason, message, canary, look_again=next_look(seen, left))
    # A first version, or one beside a dead stable: its pods may become available later, and it is promoted then.
    seconds = seen.spec.rollout.progress_deadline_seconds
    late = f"not available within {seconds} s: {message}"
    return hold(seen, Reason.PROGRESS_DEADLINE_EXCEEDED, late, canary, look_again=next_look(seen))


def _standing(seen: World, action: Action) -> Decision:
    """Return the decision that describes the desired stable revision: available, or why it is not."""
    stable = seen.rollout.stable
    assert stable is not None
    numbers = numbers_of(seen, stable)
    if seen.spec.replicas == 0:
        none = "spec.replicas is 0: there are no pods, as desired"
        return Decision(action, Reason.SCALED_TO_ZERO, none, stable, numbers, is_ready=True)
    pods = count(seen, stable)
    if seen.is_available(stable):
        fine = f"version {stable.version} is stable; {pods}"
        return Decision(action, Reason.AVAILABLE, fine, stable, numbers, is_ready=True)
    trouble = seen.trouble_of(stable)
    if trouble is None:
        return Decision(action, Reason.REPLICAS_UNAVAILABLE, pods, stable, numbers)
    return Decision(action, trouble.reason, f"{pods}: {trouble.message}", stable, numbers)
