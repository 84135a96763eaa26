"""Plan one reconcile of a ModelDeployment: decide the move, then render it."""

from __future__ import annotations

from datetime import timedelta

from leeway.core.codec import write_status
from leeway.core.deployment.children.plan import plan_children
from leeway.core.deployment.decision import TOLD_AS, Decision, Move
from leeway.core.deployment.rollout import next_move
from leeway.core.deployment.status import make_events, make_status
from leeway.core.deployment.traffic import direct
from leeway.core.deployment.world import World
from leeway.core.plan import Decided, Plan


def plan_deployment(seen: World) -> Plan:
    """Return the plan of the next move."""
    return plan_move(seen, next_move(seen))


def plan_move(seen: World, move: Move) -> Plan:
    """Return the plan: the status that records a move, the children that follow from it, and the Events."""
    # From the next rollout and the workloads as observed: a promotion switches the Services in this same plan.
    traffic = direct(seen, move.rollout)
    status = make_status(seen, move, traffic)
    children = plan_children(seen, move.rollout, traffic)
    return Plan(
        status=write_status(status),
        traffic=children.traffic,
        scale=children.scale,
        rest=children.rest,
        events=make_events(seen, status),
        decided=_decided(move.decision),
        look_again=_look_again(seen, move),
    )


def _decided(decision: Decision) -> Decided | None:
    """Return the decision for the log if it changes the rollout."""
    return Decided(str(decision.action), decision.message) if decision.action in TOLD_AS else None


def _look_again(seen: World, move: Move) -> float | None:
    """Return the seconds until the next look: as the move asks, or when the former revision's time is up."""
    former = move.rollout.former
    if former is None:
        return move.look_again
    delay = timedelta(seconds=seen.spec.rollout.scale_down_delay_seconds)
    left = max(0.0, (former.ended_at + delay - seen.now).total_seconds()) + 1
    return left if move.look_again is None else min(left, move.look_again)
