"""Policies that take a revision out of service: before all that waits, since nothing may stand before them."""

from __future__ import annotations

from datetime import timedelta

from leeway.api.reasons import Reason
from leeway.core.deployment.decision import Move
from leeway.core.deployment.moves import promote_now, roll_back_canary, take_back
from leeway.core.deployment.sentences import count, deadline, hold, next_look, starting
from leeway.core.deployment.steps import is_sharing
from leeway.core.deployment.verdicts import conclusion_of
from leeway.core.deployment.world import FIELDS, World
from leeway.core.gates.question import ARMS_COMPARABLE
from leeway.core.names import LABEL_REVISION
from leeway.core.pods.crashes import count_restarts, find_crash_loop
from leeway.core.pods.trouble import Trouble, find_trouble

# A pod that is replaced comes back within that; requests have gone to the former revision meanwhile.
TAKE_BACK_AFTER = timedelta(seconds=10)
# In all pods of a canary. One that waits to be started again besides tells a loop from a node that was rebooted, which
# restarts every container once.
RESTARTS = 3


def take_back_lost(seen: World) -> Move | None:
    """Make the former revision stable again when the promoted one has lost its pods."""
    former, stable, since = seen.rollout.former, seen.rollout.stable, seen.rollout.stable_unready_since
    if former is None or stable is None or since is None or seen.spec.replicas == 0:
        return None
    if not seen.workload_of(former.revision).ready or seen.rollout.has_rejected(former.revision):
        return None
    left = since + TAKE_BACK_AFTER - seen.now
    if left > timedelta():
        message = (
            f"no pod of version {stable.version} is ready; version {former.revision.version}, the former one,"
            " answers meanwhile"
        )
        return hold(seen, Reason.REPLICAS_UNAVAILABLE, message, stable, look_again=next_look(seen, left))
    seconds = round((seen.now - since).total_seconds())
    return take_back(seen, f"none of its pods has been ready for {seconds} s")


def roll_back_failed(seen: World) -> Move | None:
    """Roll back a canary that fails a gate."""
    if not is_sharing(seen.rollout):
        return None
    failed = conclusion_of(seen).rollback
    if failed is None:
        return None
    why = f"{failed.message.rstrip('.')}; false-alarm rate {seen.spec.false_alarm_rate}"
    return roll_back_canary(
        seen,
        Reason.GATE_FAILED,
        f"{failed.name}: {why}",
        verdict=failed,
        is_about_model=failed.metric != ARMS_COMPARABLE,
    )


def roll_back_crashing(seen: World) -> Move | None:
    """Roll back a canary whose containers end again and again."""
    canary, stable = seen.rollout.canary, seen.rollout.stable
    if canary is None or stable is None or seen.rollout.progress.is_return:
        return None
    own = [pod for pod in seen.pods if pod["metadata"].get("labels", {}).get(LABEL_REVISION) == canary.hash]
    crashing = find_crash_loop(own, RESTARTS)
    if not crashing:
        return None
    # Of these pods alone: another one may have no node at the moment, which is no reason to roll back.
    trouble = find_trouble(crashing, FIELDS) or Trouble(Reason.CRASHING, "see `kubectl logs --previous`")
    why = f"its containers were restarted {count_restarts(own)} times; {trouble.message}"
    return roll_back_canary(seen, trouble.reason, why)


def roll_back_late(seen: World) -> Move | None:
    """Roll back a canary that did not come up within the progress deadline."""
    canary, since = seen.rollout.canary, seen.rollout.progress.awaited_since
    # A first version, and one that comes back, have nothing better to give way to.
    if canary is None or since is None or seen.rollout.stable is None or seen.rollout.progress.is_return:
        return None
    if seen.is_available(canary) or seen.now - since <= deadline(seen) or seen.is_stable_dead:
        return None
    trouble = seen.trouble_of(canary)
    seconds = seen.spec.rollout.progress_deadline_seconds
    why = f"not available within {seconds} s: {count(seen, canary)}"
    reason = trouble.reason if trouble else Reason.PROGRESS_DEADLINE_EXCEEDED
    return roll_back_canary(seen, reason, why + (f": {trouble.message}" if trouble else ""))


def finish_return(seen: World) -> Move | None:
    """Promote the revision that comes back instead of a rejected stable one; wait for its pods until then."""
    canary, stable = seen.rollout.canary, seen.rollout.stable
    if canary is None or stable is None or not seen.rollout.progress.is_return:
        return None
    is_wanted_still = seen.desired is None or seen.rollout.has_rejected(seen.desired)
    if not (seen.rollout.has_rejected(stable) and is_wanted_still) or seen.spec.replicas == 0:
        return None
    if seen.is_available(canary):
        return promote_now(seen)
    trouble = seen.trouble_of(canary)
    message = starting(seen, canary) + (f": {trouble.message}" if trouble else "")
    return hold(seen, trouble.reason if trouble else Reason.PROGRESSING, message, canary)
