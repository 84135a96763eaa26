"""Plan one pass over a ModelDeployment: resolve what was seen, decide the move, render it."""

from __future__ import annotations

from leeway.core.codec import write_status
from leeway.core.deployment.children import plan_children
from leeway.core.deployment.decision import TOLD_AS, Decision
from leeway.core.deployment.rollout import next_move
from leeway.core.deployment.status import make_events, make_status
from leeway.core.deployment.world import DeploymentSeen, resolve
from leeway.core.plan import Decided, Plan


def plan_deployment(observed: DeploymentSeen) -> Plan:
    """Return the rollout's next state as status, and the children that follow from it."""
    seen = resolve(observed)
    move = next_move(seen)
    status = make_status(seen, move)
    children = plan_children(seen, move.rollout)
    return Plan(
        status=write_status(status),
        traffic=children.traffic,
        scale=children.scale,
        rest=children.rest,
        events=make_events(seen.manifest, seen.status, status, seen),
        decided=_decided(move.decision),
        look_again=move.look_again,
    )


def _decided(decision: Decision) -> Decided | None:
    """Return the decision for the log, if it is one that changes the rollout."""
    if decision.action not in TOLD_AS:
        return None
    return Decided(str(decision.action), decision.message)
