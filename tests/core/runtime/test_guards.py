"""The guard in the collector's rounds: pages of loopback pods become status.guard, with and without a canary."""

from __future__ import annotations

from typing import Any

from tests.core.passes import DEPLOYMENT
from tests.core.runtime.held_canary import HeldCanary, held_canary

MINUTE = {"windowSeconds": 60}
FIVE_MINUTES = 400.0  # after which counts are due to be written, however the dice fell


def guard(world: HeldCanary) -> dict[str, Any]:
    found: dict[str, Any] = world.status.get("guard", {})
    return found


async def answering(world: HeldCanary, rounds: int, requests: int = 10) -> None:
    for _ in range(rounds):
        for server in world.pods.values():
            server.requests += requests
        await world.round()


def edit(world: HeldCanary) -> None:
    """Another generation, as after a change of the spec: it is published at once."""
    manifest = world.cluster.objects[DEPLOYMENT]
    generation = manifest["metadata"]["generation"] + 1
    world.cluster.store({**manifest, "metadata": {**manifest["metadata"], "generation": generation}})


async def test_stable_is_watched_beside_a_canary() -> None:
    async with held_canary(guard=MINUTE) as world:
        await world.round()
        found = guard(world)
        assert found["revision"] == world.status["stable"]["revision"]
        assert (found["pods"], found["answered"]) == (2, 2)
        assert [one["name"] for one in found["verdicts"]] == [
            "data-drift",
            "error-rate",
            "latency",
            "quality",
        ]
        assert {one["state"] for one in found["verdicts"]} == {"Unknown"}


async def test_the_window_counts_stable_alone_and_slides() -> None:
    async with held_canary(guard=MINUTE) as world:
        await world.round()
        await answering(world, 4)
        await world.round(FIVE_MINUTES)
        assert guard(world)["requests"] == 0, "they are older than a minute"
        await answering(world, 4)
        edit(world)
        await world.round()
        assert guard(world)["requests"] == 2 * 4 * 10
        assert (
            guard(world)["observedGeneration"] == world.cluster.objects[DEPLOYMENT]["metadata"]["generation"]
        )


async def test_counts_are_written_every_five_minutes_and_not_more_often() -> None:
    async with held_canary(guard=MINUTE) as world:
        await world.round()
        first = guard(world)["time"]
        await answering(world, 20)
        assert guard(world)["time"] == first
        await world.round(FIVE_MINUTES)
        await answering(world, 1)
        assert guard(world)["time"] > first


async def test_an_hour_is_asked_for_once_a_minute() -> None:
    async with held_canary() as world:
        world.change(rollout={}, gates=[], replicas=1)
        await world.reconcile_own()
        for server in world.pods.values():
            server.asked.clear()
        for _ in range(24):
            await world.round()
        assert world.status["stable"]["modelVersionName"] == "iris-2", "whose pod is c"
        assert 2 <= world.pods["c"].asked.count("/metrics") <= 4, "24 rounds are two minutes"


async def test_a_process_that_begins_counts_anew_and_keeps_what_is_recorded() -> None:
    async with held_canary(guard=MINUTE) as world:
        await world.round()
        await answering(world, 5)
        before = guard(world)
        world.restart()
        await world.reconcile_own()
        assert guard(world) == before
        await world.round()
        assert guard(world)["requests"] == 0
        assert guard(world)["startTime"] > before["startTime"]


async def test_pods_that_do_not_answer_are_said() -> None:
    async with held_canary(guard=MINUTE) as world:
        for name in ("a", "b"):
            world.pods[name].answers = "not at all"
        await world.round()
        assert (guard(world)["pods"], guard(world)["answered"]) == (2, 0)
        assert "0 of 2 pods of version iris-1 answered" in guard(world)["verdicts"][0]["message"]


async def test_a_guard_goes_with_its_object() -> None:
    async with held_canary(guard=MINUTE) as world:
        await world.round()
        publications, key, uid = world.process.collector.publications, DEPLOYMENT, world.uid
        assert publications.guard_of(key, uid) is not None
        world.process.parts.observer.owners.remove(key, uid, 1_000_000)
        await world.process.collector.run_round(world.session)
        assert publications.guard_of(key, uid) is None
