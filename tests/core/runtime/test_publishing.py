"""When evidence reaches the status: at once what a reconcile waits for, and else about once a minute."""

from __future__ import annotations

from leeway.api.gates import Verdict, VerdictState
from leeway.api.kinds import Key
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.evidence.pair import Pair
from leeway.shell.evidence.collector import Clock
from leeway.shell.evidence.followed import Judged
from leeway.shell.evidence.scrape import make_scrape_session
from tests.bench.evidence.world import make_collector
from tests.core.runtime.held_canary import MINUTE, held_canary
from tests.core.runtime.worlds import HandClock

ERRORS = {"name": "errors", "metric": "ErrorRate"}


async def test_counts_are_written_once_a_minute_and_a_verdict_at_once() -> None:
    async with held_canary() as world:
        await world.round()
        before = len(world.cluster.writes)
        for _ in range(10):
            world.pods["a"].requests += 1
            await world.round()
        assert len(world.cluster.writes) == before
        world.change(gates=[ERRORS])
        await world.round()
        assert world.cluster.writes[before:] == ["status ModelDeployment iris"]
        assert "errors" in {one["name"] for one in world.status["verdicts"]}


STEPS = {"steps": [{"weight": 50, "minSamples": 5, "holdSeconds": 0}, {"weight": 90, "pause": True}]}


async def test_the_requests_that_a_step_asks_for_are_written_at_once() -> None:
    async with held_canary() as world:
        world.change(rollout=STEPS)
        await world.reconcile_own()
        await world.round()
        for requests in (2, 4):
            world.pods["c"].requests = requests
            await world.round()
            assert world.requests()[0] == 0, "what is not enough is written once a minute"
        assert world.status["canary"]["step"] == 1
        world.pods["c"].requests = 6
        await world.round()
        assert (world.requests()[0], world.status["canary"]["step"]) == (6, 2)
        assert world.status["canary"]["stepRequests"] == 6


async def test_the_next_step_goes_on_with_the_evidence() -> None:
    """Also while its pods start, which have no step's time yet."""
    async with held_canary() as world:
        world.change(rollout=STEPS)
        await world.reconcile_own()
        await world.round()
        world.pods["c"].requests = world.pods["a"].requests = 6
        await world.round()
        start = world.status["evidence"]["startTime"]
        assert "stepTime" not in world.status["canary"]
        world.add_pod("d", "canary").requests = 3
        world.pods["c"].requests += 1
        await world.round(MINUTE)
        assert world.status["evidence"]["startTime"] == start
        assert world.requests() == (10, 6)
        assert world.status["evidence"]["shown"]["requests"] == 10


def break_down(spec: ModelDeploymentSpec, pair: Pair) -> Judged:
    raise ZeroDivisionError


async def test_when_judging_breaks_down_nothing_is_known_and_the_status_says_why() -> None:
    async with held_canary(gates=[ERRORS]) as world:
        await world.round()
        world.process.collector.judge = break_down
        world.pods["c"].requests += 5
        await world.round(MINUTE)
        verdicts = world.status["verdicts"]
        assert [one["name"] for one in verdicts] == ["errors", "invalid-input", "arms-comparable"]
        assert {one["state"] for one in verdicts} == {"Unknown"}
        assert {one["message"] for one in verdicts} == {
            "Judging broke down (ZeroDivisionError): a fault of the operator, whose log has the details."
        }
        assert world.requests() == (5, 0), "counting goes on"


async def one_round(told: list[str]) -> None:
    """A round of three canaries whose pods do not answer, and what happened in it in order."""

    def judge(spec: ModelDeploymentSpec, pair: Pair) -> Judged:
        told.append(f"judging {pair.canary.version}")
        return Judged((Verdict(name="errors", metric="ErrorRate", state=VerdictState.FAIL, message="."),))

    def add(key: Key) -> None:
        told.append(f"queueing {key.name}")

    clock = HandClock()
    collector = make_collector(3, 9, 5.0, add, Clock(clock, clock, lambda: 0.5))
    collector.judge = judge
    async with make_scrape_session() as session:
        await collector.run_round(session)


async def test_a_verdict_does_not_wait_for_those_of_other_canaries() -> None:
    told: list[str] = []
    await one_round(told)
    of_canaries = [one for one in told if "judging" in one or "deployment" in one][:6]
    assert of_canaries == [
        "judging version-1", "queueing deployment-0",
        "judging version-3", "queueing deployment-1",
        "judging version-5", "queueing deployment-2",
    ]  # fmt: skip
