"""What the status counts is what the pods of both arms have answered, to the last request, whatever happens to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from leeway.api.kinds import Key
from tests.core.fake_cluster import Crash
from tests.core.passes import DEPLOYMENT
from tests.core.runtime.held_canary import MINUTE, HeldCanary, held_canary
from tests.core.worlds import NAMESPACE, model_version


async def begun(world: HeldCanary) -> None:
    """The pods have answered something already when the step begins."""
    for server in world.pods.values():
        server.requests = 100
    await world.round()


async def test_what_came_before_the_step_is_not_counted() -> None:
    async with held_canary() as world:
        await begun(world)
        assert world.requests() == (0, 0)
        assert {one["state"] for one in world.status["verdicts"]} == {"Unknown"}


async def test_requests_are_counted_by_arm() -> None:
    async with held_canary() as world:
        await begun(world)
        for name, requests in {"a": 3, "b": 4, "c": 5}.items():
            world.pods[name].requests += requests
        await world.round(MINUTE)
        assert world.requests() == (5, 7)
        evidence = world.status["evidence"]
        assert [(evidence[arm]["pods"], evidence[arm]["answered"]) for arm in ("canary", "stable")] == [
            (1, 1),
            (2, 2),
        ]


async def another_pod(world: HeldCanary) -> None:
    world.add_pod("d", "canary").requests = 7
    await world.round()


async def a_pod_that_goes(world: HeldCanary) -> None:
    world.pods["a"].requests += 7
    await world.round()
    await world.remove_pod("a")
    await world.round()


async def a_pod_that_loses_its_label_for_a_while(world: HeldCanary) -> None:
    world.pods["a"].requests += 7
    await world.round()
    pod = world.cluster.objects[Key("Pod", NAMESPACE, "a")]
    await world.cluster.delete(Key("Pod", NAMESPACE, "a"), "uid-of-a")
    world.pods["a"].requests += 2
    await world.round()
    world.cluster.store(pod)
    await world.round()
    world.pods["a"].requests += 1
    await world.round()


async def a_process_that_starts_anew(world: HeldCanary) -> None:
    world.pods["a"].requests += 7
    await world.round()
    world.pods["a"].restart()
    world.pods["a"].requests += 2
    await world.round()


async def a_pod_that_does_not_answer_for_a_while(world: HeldCanary) -> None:
    for answers in ("not at all", "with HTML", "well"):
        world.pods["a"].answers = answers
        world.pods["a"].requests += 2
        await world.round()


async def an_operator_that_starts_anew(world: HeldCanary) -> None:
    world.pods["a"].requests += 7
    await world.round(MINUTE)
    world.restart()
    await world.round()
    world.pods["a"].requests += 2
    world.add_pod("d", "canary").requests = 3
    await world.round()


async def a_pod_of_somebody_else(world: HeldCanary) -> None:
    world.add_pod("d", "canary").requests = 7
    pod = world.cluster.objects[Key("Pod", NAMESPACE, "d")]
    reference = {**pod["metadata"]["ownerReferences"][0], "uid": "another", "name": "another"}
    world.cluster.store({**pod, "metadata": {**pod["metadata"], "ownerReferences": [reference]}})
    await world.round()
    assert world.pods["d"].asked == []


async def a_pod_that_is_pending(world: HeldCanary) -> None:
    world.add_pod("d", "canary", phase="Pending").requests = 7
    await world.round()
    assert world.pods["d"].asked == []


Happening = Callable[[HeldCanary], Awaitable[None]]
# sentence: (what happens, requests of the canary and of stable that are counted)
HAPPENINGS: dict[str, tuple[Happening, tuple[int, int]]] = {
    "a pod that comes later is counted whole": (another_pod, (7, 0)),
    "what a pod has counted stays when it goes": (a_pod_that_goes, (0, 7)),
    "a pod that was not shown for a while is neither counted twice nor lost": (
        a_pod_that_loses_its_label_for_a_while, (0, 10)),
    "a process that starts anew is counted from zero": (a_process_that_starts_anew, (0, 9)),
    "a pod that did not answer is made up for": (a_pod_that_does_not_answer_for_a_while, (0, 6)),
    "an operator that starts anew goes on from what is recorded": (an_operator_that_starts_anew, (3, 9)),
    "a pod that another ReplicaSet controls is never asked": (a_pod_of_somebody_else, (0, 0)),
    "a pod that does not run is not asked": (a_pod_that_is_pending, (0, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("happens", "want"), HAPPENINGS.values(), ids=HAPPENINGS)
async def test_nothing_is_lost_or_counted_twice(happens: Happening, want: tuple[int, int]) -> None:
    async with held_canary() as world:
        await begun(world)
        await happens(world)
        await world.round(MINUTE)
        await world.round(MINUTE)
        assert world.requests() == want


async def test_a_pod_that_does_not_answer_is_left_out_and_the_others_count() -> None:
    async with held_canary() as world:
        world.add_pod("d", "stable").answers = "not at all"
        await begun(world)
        assert world.status["evidence"]["stable"] | {"revision": ""} == {
            "revision": "", "requests": 0, "rows": 0, "pods": 3, "answered": 2,
        }  # fmt: skip


async def test_nothing_begins_while_half_of_an_arm_is_silent() -> None:
    async with held_canary() as world:
        world.pods["a"].answers = "not at all"
        await begun(world)
        assert "startTime" not in world.status["evidence"]
        world.pods["a"].answers = "well"
        await world.round()
        assert "startTime" in world.status["evidence"]
        assert world.requests() == (0, 0)


async def to_another_canary(world: HeldCanary) -> None:
    world.change(modelVersionName="iris-3")
    world.cluster.store(model_version("iris-3", uid="third"))
    await world.reconcile_own()
    world.cluster.make_available()
    await world.reconcile_own()
    world.add_pod("d", "canary")


ANEW = {"another canary": to_another_canary}


@pytest.mark.parametrize("changes", ANEW.values(), ids=ANEW)
@pytest.mark.parametrize("restarts", [False, True])
async def test_evidence_starts_anew_with(changes: Happening, restarts: bool) -> None:
    async with held_canary() as world:
        await begun(world)
        world.pods["a"].requests += 5
        await world.round(MINUTE)
        await changes(world)
        if restarts:
            world.restart()
        await world.round()
        assert world.requests() == (0, 0)
        world.pods["a"].requests += 2
        await world.round(MINUTE)
        assert world.requests() == (0, 2)


async def test_at_rest_nothing_is_written() -> None:
    async with held_canary() as world:
        await begun(world)
        await world.round(MINUTE)
        before = len(world.cluster.writes)
        for _ in range(5):
            await world.round(MINUTE)
        assert len(world.cluster.writes) == before


async def test_a_silent_pod_is_named_in_every_verdict() -> None:
    async with held_canary() as world:
        await begun(world)
        world.pods["c"].answers = "not at all"
        await world.round(MINUTE)
        for verdict in world.status["verdicts"]:
            assert verdict["state"] == "Unknown"
            assert "0 of 1 pods of the canary arm answered" in verdict["message"]
            assert "c: HTTP 503" in verdict["message"]


def of_many_long_series(page: bytes) -> bytes:
    names = (b"".join(b"%016x" % abs(hash((n, m))) for m in range(2)) for n in range(8_000))
    lines = (b'leeway_model_x_total{a="%s"} 1\n' % name for name in names)
    return page.replace(b"# EOF", b"".join(lines) + b"# EOF")


async def test_evidence_that_does_not_fit_the_status_is_judged_without_a_checkpoint() -> None:
    async with held_canary() as world:
        world.pods["c"].spoil = of_many_long_series
        await begun(world)
        await world.round(MINUTE)
        world.pods["c"].requests += 5
        await world.round(MINUTE)
        assert world.requests() == (5, 0)
        assert world.status["evidence"]["checkpoint"] == ""
        assert world.status["verdicts"]


STORY = (3, 5, 8)
WRITES_AT_MOST = 8


async def tell(world: HeldCanary, left: list[int]) -> None:
    """Send the requests that are left to tell, each time so long that they are due to be written."""
    while left:
        world.pods["a"].requests += left[0]
        world.pods["c"].requests += left.pop(0)
        await world.round(MINUTE)


@pytest.mark.parametrize("at", range(WRITES_AT_MOST))
@pytest.mark.parametrize("when", ["fails", "dies"])
async def test_a_crash_at_any_write_costs_at_most_what_was_not_written(when: str, at: int) -> None:
    async with held_canary() as world:
        left, writes = list(STORY), [at]

        def die(verb: str, key: Key) -> BaseException | None:
            writes[0] -= 1
            return Crash() if writes[0] == -1 else None

        setattr(world.cluster, when, die)
        lost = 0
        try:
            await begun(world)
            await tell(world, left)
        except Crash:
            lost = sum(STORY) - sum(left) - recorded(world)
            world.restart()
            await world.round()
        await tell(world, left)
        assert world.requests() == (sum(STORY) - lost, sum(STORY) - lost)
        assert lost <= max(STORY)


def recorded(world: HeldCanary) -> int:
    evidence = world.cluster.objects[DEPLOYMENT]["status"].get("evidence")
    return int(evidence["canary"]["requests"]) if evidence else 0
