"""A stable revision that is dead makes room: a quota or a full node never keeps its successor from serving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from leeway.api.kinds import Manifest
from leeway.core.deployment.world import DeploymentSeen
from tests.core.plans import condition
from tests.core.test_deployment import (
    BOTH,
    SECOND,
    STABLE,
    carried_out,
    changed,
    chosen,
    of_kind,
    plan_deployment,
    settled,
    sizes,
)
from tests.core.worlds import unscheduled_pod

EXCEEDED = 'pods "iris-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4'
Full = Callable[[DeploymentSeen, str], DeploymentSeen]


def name_of(child: Manifest) -> str:
    return str(child["metadata"]["name"])


def with_room_for(world: DeploymentSeen, room: int, dead: str) -> DeploymentSeen:
    """The world as a quota of that many pods leaves it: pods that exist stay, and those of `dead` are never ready."""
    names = sorted(sizes(world), key=lambda name: name != f"iris-{dead}")
    for child in sorted(of_kind(world, "Deployment"), key=lambda child: names.index(name_of(child))):
        pods = min(child["spec"]["replicas"], room)
        room -= pods
        ready = 0 if name_of(child) == f"iris-{dead}" else pods
        child["status"] = {"replicas": pods, "readyReplicas": ready, "availableReplicas": ready}
        if pods < child["spec"]["replicas"]:
            failure = {"type": "ReplicaFailure", "status": "True", "message": EXCEEDED}
            child["status"]["conditions"] = [failure]
    return world


def run(world: DeploymentSeen, room: int, dead: str, seconds: int = 120) -> DeploymentSeen:
    """Reconcile every ten seconds."""
    for _ in range(0, seconds, 10):
        later = world.now + timedelta(seconds=10)
        after = carried_out(world, plan_deployment(world), available=False)
        world = replace(with_room_for(after, room, dead), now=later)
    return world


BAD = settled(SECOND)
BAD_REVISION = BAD.manifest["status"]["stable"]["revision"]


def going_back(replicas: int) -> DeploymentSeen:
    return replace(changed(BAD, modelVersionName="iris-1", replicas=replicas), versions=BOTH)


@pytest.mark.parametrize(("replicas", "room"), [(3, 4), (3, 3), (2, 2), (1, 1)])
def test_the_way_back_is_never_blocked_by_what_is_dead(replicas: int, room: int) -> None:
    dead = run(changed(BAD, replicas=replicas), room, BAD_REVISION)
    assert condition(dead.manifest["status"], "Serving")["status"] == "False"
    after = run(replace(changed(dead, modelVersionName="iris-1"), versions=BOTH), room, BAD_REVISION)
    status = after.manifest["status"]
    assert (status["stable"]["revision"], status["readyReplicas"], chosen(after)) == (
        STABLE,
        replicas,
        STABLE,
    )
    assert condition(status, "Ready")["reason"] == "Available"


def nobody_ready(world: DeploymentSeen) -> DeploymentSeen:
    for child in of_kind(world, "Deployment"):
        child["status"] = {"replicas": child["spec"]["replicas"]}
    return world


def down_for(seconds: int, replicas: int) -> DeploymentSeen:
    """A canary of the former version was started, and no pod of either has been ready for so long."""
    world = nobody_ready(carried_out(going_back(replicas), plan_deployment(going_back(replicas))))
    world = nobody_ready(carried_out(world, plan_deployment(world)))
    return replace(world, now=world.now + timedelta(seconds=seconds))


def test_a_dead_stable_keeps_one_pod_so_that_it_can_come_back() -> None:
    world = down_for(60, replicas=3)
    after = carried_out(world, plan_deployment(world), available=False)
    assert sizes(after) == {f"iris-{BAD_REVISION}": 1, f"iris-{STABLE}": 3}
    (stable,) = (child for child in of_kind(after, "Deployment") if name_of(child) == f"iris-{BAD_REVISION}")
    stable["status"] = {"replicas": 1, "readyReplicas": 1}
    back = carried_out(after, plan_deployment(after))
    assert sizes(back) == {f"iris-{BAD_REVISION}": 3, f"iris-{STABLE}": 3}


def waiting(replicas: int, message: str) -> DeploymentSeen:
    """The canary's pod fits nowhere, and stable has been dead for a minute."""
    pod = unscheduled_pod(message)
    pod["metadata"]["labels"] = {"leeway.dev/revision": STABLE}
    return replace(down_for(60, replicas), pods=(pod,))


# sentence: (world, pods of the dead stable)
SIZES: dict[str, tuple[DeploymentSeen, int]] = {
    "the last pod goes when the node is full": (waiting(1, "0/1 nodes are available: 1 Insufficient cpu."), 0),
    "the last pod goes when the node has too many": (waiting(1, "0/1 nodes are available: 1 Too many pods."), 0),
    "the last pod stays when the canary fits nowhere anyhow": (
        waiting(1, "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."), 1),
    "one of several stays at first": (waiting(3, "0/1 nodes are available: 1 Insufficient cpu."), 1),
    "a paused rollout leaves even a dead stable as it is": (
        changed(waiting(3, "0/1 nodes are available: 1 Insufficient cpu."), paused=True), 3),
}  # fmt: skip


@pytest.mark.parametrize(("world", "pods"), SIZES.values(), ids=SIZES)
def test_how_much_a_dead_stable_keeps(world: DeploymentSeen, pods: int) -> None:
    after = carried_out(world, plan_deployment(world), available=False)
    assert sizes(after)[f"iris-{BAD_REVISION}"] == pods


def test_stable_that_is_down_for_a_moment_keeps_its_pods() -> None:
    soon = down_for(20, replicas=3)
    assert sizes(carried_out(soon, plan_deployment(soon)))[f"iris-{BAD_REVISION}"] == 3
    assert plan_deployment(soon).look_again == 11.0
