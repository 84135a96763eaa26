"""Words that several policies say of a rollout."""

from __future__ import annotations

from datetime import timedelta

from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.revision import Revision
from leeway.core.deployment.steps import told_step
from leeway.core.deployment.world import DEAD_AFTER, World


def hold(
    seen: World,
    reason: str,
    message: str,
    revision: Revision | None = None,
    *,
    is_final: bool = False,
    look_again: float | None = None,
) -> Move:
    """Return the move that changes nothing, with what is waited for."""
    numbers = numbers_of(seen, revision) if revision else {}
    decision = Decision(
        Action.HOLD,
        reason,
        message,
        revision or seen.desired,
        numbers,
        is_final=is_final,
        step=told_step(seen.spec, seen.rollout),
    )
    return Move(seen.rollout, decision, look_again)


def next_look(seen: World, *left: timedelta) -> float | None:
    """Return the seconds until the first of these has passed, or until stable counts as dead."""
    since = seen.rollout.stable_unready_since
    waits = [*left, since + DEAD_AFTER - seen.now] if since and not seen.is_stable_dead else list(left)
    # No watch event comes when a time passes. The second on top covers times that are stored in whole seconds.
    return min(waits).total_seconds() + 1 if waits else None


def deadline(seen: World) -> timedelta:
    """Return how long the pods of a canary may take."""
    return timedelta(seconds=seen.spec.rollout.progress_deadline_seconds)


def numbers_of(seen: World, revision: Revision, wanted: int | None = None) -> dict[str, int]:
    """Return the pods of a revision that are ready, and those that it should have."""
    replicas = seen.size_of(revision) if wanted is None else wanted
    return {"readyReplicas": seen.workload_of(revision).ready, "replicas": replicas}


def count(seen: World, revision: Revision, wanted: int | None = None) -> str:
    """Return the same as words."""
    numbers = numbers_of(seen, revision, wanted)
    return f"{numbers['readyReplicas']} of {numbers['replicas']} replicas are ready"


def starting(seen: World, canary: Revision) -> str:
    """Return that a revision comes up, and beside which."""
    stable = seen.rollout.stable
    beside = f" beside stable {stable.version}" if stable else ", the first one"
    return f"starting version {canary.version}{beside}; {count(seen, canary)}"


def is_stable_desired(seen: World) -> bool:
    """Return whether what the spec desires is stable already."""
    stable = seen.rollout.stable
    return stable is not None and seen.desired is not None and stable.hash == seen.desired.hash


def replaces_dead_stable(seen: World, canary: Revision) -> bool:
    """Return whether the canary is promoted with its first ready pod, since stable has had none for a while."""
    # Requests go to that pod already; the canary's other pods may need the room that stable still takes.
    return seen.is_stable_dead and seen.workload_of(canary).ready > 0
