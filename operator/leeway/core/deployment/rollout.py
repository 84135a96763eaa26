"""Decide the next move of a rollout: an ordered tuple of policies, the first answer wins.

Why is v2 not serving? Read POLICIES from the top: each answer says so in its message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from leeway.api.reasons import Reason
from leeway.core.deployment.commands import obey
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.revision import Canary, Revision, Rollout
from leeway.core.deployment.step import step_of
from leeway.core.deployment.world import DEAD_AFTER, World
from leeway.core.names import canary_service
from leeway.core.plan import LOOK_AGAIN_SECONDS

Policy = Callable[[World], Move | None]


def wait_for_name(seen: World) -> Move | None:
    """Hold while an object of somebody else has the name of a child."""
    if seen.conflict is None:
        return None
    return _hold(seen, seen.conflict.reason, seen.conflict.message, look_again=LOOK_AGAIN_SECONDS)


def wait_for_version(seen: World) -> Move | None:
    """Hold while the version does not exist."""
    if seen.version is not None:
        return None
    # Not an error: a ModelDeployment may be applied before the TrainingJob that makes its version has ended.
    return _hold(
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
    return _hold(
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
        return _hold(seen, Reason.VERSION_NOT_READY, message, is_final=version.is_stalled)
    # An approval may just have been asked for or withdrawn. What is stable already need not wait for the answer.
    if version.is_current or _is_stable_desired(seen):
        return None
    message = f"ModelVersion {version.name} was edited a moment ago, and is not reconciled yet"
    return _hold(seen, Reason.VERSION_NOT_READY, message)


def hold_while_paused(seen: World) -> Move | None:
    """Hold while `spec.paused` is true, unless the desired revision is stable already."""
    if not seen.spec.paused or (seen.rollout.canary is None and _is_stable_desired(seen)):
        return None
    message = f"spec.paused is true: version {seen.spec.model_version_name} is not rolled out"
    return _hold(seen, Reason.PAUSED, message)


def keep_stable(seen: World) -> Move | None:
    """Keep the desired revision that is stable; end a canary of anything else."""
    if not _is_stable_desired(seen):
        return None
    settled = replace(seen.rollout, canary=None, progress=Canary())
    ended = seen.rollout.canary
    decision = _standing(seen, Action.END_CANARY if ended else Action.KEEP)
    if ended:
        told = f"ending the canary of version {ended.version}: the spec desires stable; {decision.message}"
        decision = replace(decision, revision=ended, message=told)
    return Move(settled, decision)


def start_canary(seen: World) -> Move | None:
    """Start the desired revision as the canary."""
    canary = seen.rollout.canary
    if seen.desired is None or (canary is not None and canary.hash == seen.desired.hash):
        return None
    started = replace(
        seen.rollout,
        canary=seen.desired,
        progress=Canary(started_at=seen.now, awaited_since=seen.now if seen.spec.replicas else None),
    )
    decision = Decision(
        Action.START_CANARY,
        Reason.PROGRESSING,
        _starting(seen, seen.desired),
        seen.desired,
        _numbers(seen, seen.desired),
    )
    return Move(started, decision, _next_look(seen, _deadline(seen)))


def hold_at_zero(seen: World) -> Move | None:
    """Hold while `spec.replicas` is 0."""
    # What has never answered a request is never promoted, so that scaling up cannot serve an untried version.
    if seen.spec.replicas > 0:
        return None
    message = "spec.replicas is 0, and a version must answer before it is promoted"
    return _hold(seen, Reason.SCALED_TO_ZERO, message)


def wait_until_available(seen: World) -> Move | None:
    """Hold a canary whose pods are not all available; beside a dead stable, one that has none ready."""
    canary, since = seen.rollout.canary, seen.rollout.progress.awaited_since
    if canary is None or seen.is_available(canary) or _replaces_dead_stable(seen, canary):
        return None
    # It came up once: pods that are replaced since then are no rollout that might be late.
    if seen.rollout.progress.step_since:
        return None
    left = _deadline(seen) - (seen.now - (since or seen.now))
    trouble = seen.trouble_of(canary)
    message = _starting(seen, canary) + (f": {trouble.message}" if trouble else "")
    if left > timedelta():
        reason = trouble.reason if trouble else Reason.PROGRESSING
        return _hold(seen, reason, message, canary, look_again=_next_look(seen, left))
    # The canary stays: its pods may become available later, and it is promoted then. Stable keeps the requests.
    seconds = seen.spec.rollout.progress_deadline_seconds
    late = f"not available within {seconds} s: {message}"
    return _hold(seen, Reason.PROGRESS_DEADLINE_EXCEEDED, late, canary, look_again=_next_look(seen))


def hold_at_step(seen: World) -> Move | None:
    """Hold a canary that has become available at the step of `spec.rollout.steps`."""
    canary, step = seen.rollout.canary, step_of(seen.spec, seen.rollout.stable)
    # Holding it back from a dead stable would leave requests to nobody.
    if canary is None or step is None or _replaces_dead_stable(seen, canary):
        return None
    trouble = seen.trouble_of(canary)
    message = (
        f"version {canary.version} is held beside stable at weight {step.weight} (spec.rollout.steps);"
        f" {_count(seen, canary)}{f': {trouble.message}' if trouble else ''}. It answers at the Service"
        f" {canary_service(seen.name)}; remove the step to promote it"
    )
    look_again = _next_look(seen)
    if seen.rollout.progress.step_since:
        return _hold(seen, Reason.CANARY_HELD, message, canary, look_again=look_again)
    held = replace(
        seen.rollout, progress=replace(seen.rollout.progress, step=1, step_since=seen.now, awaited_since=None)
    )
    decision = Decision(Action.REACH_WEIGHT, Reason.CANARY_HELD, message, canary, _numbers(seen, canary))
    return Move(held, decision, look_again)


def promote(seen: World) -> Move:
    """Make the canary stable."""
    # Only names in the status and selectors of Services change. The Deployment stays as it is, and no pod restarts.
    former, canary = seen.rollout.stable, seen.rollout.canary
    assert canary is not None
    instead = f" instead of {former.version}" if former else ""
    if former and seen.is_stable_dead:
        instead += ", which has no ready pod"
    # Of all that stable should have: a canary that is promoted from a step, beside a dead stable, has fewer yet.
    is_available = seen.workload_of(canary).available >= seen.spec.replicas
    decision = Decision(
        Action.PROMOTE,
        Reason.AVAILABLE if is_available else Reason.REPLICAS_UNAVAILABLE,
        f"version {canary.version} is stable{instead}; {_count(seen, canary, seen.spec.replicas)}",
        canary,
        _numbers(seen, canary, seen.spec.replicas),
        is_ready=is_available,
    )
    return Move(Rollout(stable=canary, stable_since=seen.now), decision)


# What holds, then what moves; the last one needs no condition. A policy that rolls back belongs before all of these:
# an absent version or a paused rollout must not keep a bad canary in service.
POLICIES: tuple[Policy, ...] = (
    obey, wait_for_name, wait_for_version, refuse_other_model, wait_until_version_ready, hold_while_paused,
    keep_stable, start_canary, hold_at_zero, wait_until_available, hold_at_step, promote,
)  # fmt: skip


def next_move(seen: World) -> Move:
    """Return the first move that a policy proposes."""
    return next(move for policy in POLICIES if (move := policy(seen)) is not None)


def _hold(
    seen: World,
    reason: str,
    message: str,
    revision: Revision | None = None,
    *,
    is_final: bool = False,
    look_again: float | None = None,
) -> Move:
    numbers = _numbers(seen, revision) if revision else {}
    decision = Decision(Action.HOLD, reason, message, revision or seen.desired, numbers, is_final=is_final)
    return Move(seen.rollout, decision, look_again)


def _standing(seen: World, action: Action) -> Decision:
    """Return the decision that describes the desired stable revision: available, or why it is not."""
    stable = seen.rollout.stable
    assert stable is not None
    numbers = _numbers(seen, stable)
    if seen.spec.replicas == 0:
        none = "spec.replicas is 0: there are no pods, as desired"
        return Decision(action, Reason.SCALED_TO_ZERO, none, stable, numbers, is_ready=True)
    count = _count(seen, stable)
    if seen.is_available(stable):
        fine = f"version {stable.version} is stable; {count}"
        return Decision(action, Reason.AVAILABLE, fine, stable, numbers, is_ready=True)
    trouble = seen.trouble_of(stable)
    if trouble is None:
        return Decision(action, Reason.REPLICAS_UNAVAILABLE, count, stable, numbers)
    return Decision(action, trouble.reason, f"{count}: {trouble.message}", stable, numbers)


def _is_stable_desired(seen: World) -> bool:
    stable = seen.rollout.stable
    return stable is not None and seen.desired is not None and stable.hash == seen.desired.hash


def _replaces_dead_stable(seen: World, canary: Revision) -> bool:
    """Return whether the canary is promoted with its first ready pod, since stable has had none for a while."""
    # Requests go to that pod already; the canary's other pods may need the room that stable still takes.
    return seen.is_stable_dead and seen.workload_of(canary).ready > 0


def _next_look(seen: World, *left: timedelta) -> float | None:
    """Return the seconds until the first of these has passed, or until stable counts as dead."""
    since = seen.rollout.stable_unready_since
    waits = [*left, since + DEAD_AFTER - seen.now] if since and not seen.is_stable_dead else list(left)
    # No watch event comes when a time passes. The second on top covers times that are stored in whole seconds.
    return min(waits).total_seconds() + 1 if waits else None


def _deadline(seen: World) -> timedelta:
    return timedelta(seconds=seen.spec.rollout.progress_deadline_seconds)


def _numbers(seen: World, revision: Revision, wanted: int | None = None) -> dict[str, int]:
    replicas = seen.size_of(revision) if wanted is None else wanted
    return {"readyReplicas": seen.workload_of(revision).ready, "replicas": replicas}


def _starting(seen: World, canary: Revision) -> str:
    stable = seen.rollout.stable
    beside = f" beside stable {stable.version}" if stable else ", the first one"
    return f"starting version {canary.version}{beside}; {_count(seen, canary)}"


def _count(seen: World, revision: Revision, wanted: int | None = None) -> str:
    numbers = _numbers(seen, revision, wanted)
    return f"{numbers['readyReplicas']} of {numbers['replicas']} replicas are ready"
