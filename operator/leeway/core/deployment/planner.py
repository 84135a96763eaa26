"""Plan one reconcile of a ModelDeployment: decide the move, then render it."""

from __future__ import annotations

from leeway.core.codec import write_status
from leeway.core.deployment.children.plan import answering_hash, plan_children
from leeway.core.deployment.decision import TOLD_AS, Decision, Move
from leeway.core.deployment.rollout import next_move
from leeway.core.deployment.status import make_events, make_status
from leeway.core.deployment.world import World
from leeway.core.plan import Decided, Plan


def plan_deployment(seen: World) -> Plan:
    """Return the plan of the next move."""
    return plan_move(seen, next_move(seen))


def plan_move(seen: World, move: Move) -> Plan:
    """Return the plan: the status that records a move, the children that follow from it, and the Events."""
    # From the next rollout and the workloads as observed: a promotion switches the Services in this same plan.
    answering = answering_hash(seen, move.rollout)
    status = make_status(seen, move, answering)
    children = plan_children(seen, move.rollout, answering)
    return Plan(
        status=write_status(status),
        traffic=children.traffic,
        scale=children.scale,
        rest=children.rest,
        events=make_events(seen, status),
        decided=_decided(move.decision),
        look_again=move.look_again,
    )


def _decided(decision: Decision) -> Decided | None:
    """Return the decision for the log if it changes the rollout."""
    return Decided(str(decision.action), decision.message) if decision.action in TOLD_AS else None
