"""Rollouts that are broken on purpose, one mistake each: the checks must see every one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from leeway.api.gates import Verdict, VerdictState
from leeway.api.kinds import MODEL_DEPLOYMENT, Manifest
from leeway.core.deployment.decision import Move
from leeway.core.deployment.planner import plan_move
from leeway.core.deployment.rollout import next_move
from leeway.core.deployment.world import World
from leeway.core.plan import Plan
from leeway.reconcilers import PLANNERS, Planner
from leeway.shell.observe import Observer


def same_world(seen: World) -> World:
    return seen


def same_move(_: World, move: Move) -> Move:
    return move


def same_plan(plan: Plan) -> Plan:
    return plan


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is broken: how the world is seen, what is decided, or in which order it is written."""

    see: Callable[[World], World] = field(default=same_world)
    decide: Callable[[World, Move], Move] = field(default=same_move)
    write: Callable[[Plan], Plan] = field(default=same_plan)

    def planners(self) -> Mapping[str, Planner]:
        """Return the planners of an operator that makes this mistake."""

        async def plan(manifest: Manifest, observer: Observer) -> Plan:
            seen = self.see(await observer.observe_deployment(manifest))
            return self.write(plan_move(seen, self.decide(seen, next_move(seen))))

        return {**PLANNERS, MODEL_DEPLOYMENT.kind: plan}


def take_unknown_for_pass(seen: World) -> World:
    """Promote on Unknown."""

    def passed(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        return tuple(verdict.model_copy(update={"state": VerdictState.PASS}) for verdict in verdicts)

    published = seen.published and replace(seen.published, verdicts=passed(seen.published.verdicts))
    status = seen.status.model_copy(update={"verdicts": passed(seen.status.verdicts)})
    return replace(seen, published=published, status=status)


def scale_before_traffic(plan: Plan) -> Plan:
    """Write what takes pods away before what moves the requests."""
    return replace(plan, traffic=plan.rest, rest=plan.traffic)


def forget_rejected(_: World, move: Move) -> Move:
    """Forget which revisions were rolled back."""
    return replace(move, rollout=replace(move.rollout, rejected=()))


def take_started_for_available(seen: World) -> World:
    """Shrink stable as soon as the canary's pods are asked for."""
    canary = seen.rollout.canary
    workload = seen.workload_of(canary)
    if canary is None or workload.manifest is None:
        return seen
    asked = workload.manifest["spec"]["replicas"]
    eager = replace(workload, available=asked, standing=asked, ready=asked, pods=asked)
    return replace(seen, workloads={**seen.workloads, canary.hash: eager})


def overlook_other_pods(seen: World) -> World:
    """Share the requests while another revision than the two has pods."""
    live = {revision.hash for revision in seen.rollout.live}
    workloads = {
        hash_: workload if hash_ in live else replace(workload, pods=0, ready=0)
        for hash_, workload in seen.workloads.items()
    }
    return replace(seen, workloads=workloads)


MISTAKES = {
    "promote on Unknown": Mistake(see=take_unknown_for_pass),
    "scale before traffic": Mistake(write=scale_before_traffic),
    "forget rejected": Mistake(decide=forget_rejected),
    "shrink stable first": Mistake(see=take_started_for_available),
    "share with others": Mistake(see=overlook_other_pods),
}
