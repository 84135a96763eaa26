"""A simulated rollout is counted as the collector would count it, and ends as its verdicts say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from leeway.api.deployment.rollout import OnInconclusive
from leeway.api.gates import Gate, Verdict, VerdictState
from leeway.cli.play.requests import Rates
from leeway.cli.play.rollout import Course, Ending, Judge, Outcome, decide, play
from leeway.cli.read.policy import read_policy
from leeway.core.evidence.pair import Counted, Incident, Pair
from leeway.core.gates.conclusion import Conclusion
from tests.core.cli.manifests import deployment
from tests.core.cli.settings import policy, setting
from tests.core.cli.small_judge import counted, judge

PASS, FAIL, UNKNOWN = VerdictState
COURSE = Course(requests=100, seconds=5.0, looks=tuple(range(1, 61)))
UNKNOWN_GATE = Verdict(name="errors", metric="ErrorRate", state=UNKNOWN, message="Few rows.")
FAILED_GATE = UNKNOWN_GATE.model_copy(update={"state": FAIL})
NOTHING, WAITS = Conclusion(), Conclusion(unknown=(UNKNOWN_GATE,))
DECISIONS = {
    "all Pass at the last step": (NOTHING, {}, Outcome.PROMOTED),
    "all Pass at another step": (NOTHING, {"is_last": False}, Outcome.NEXT_STEP),
    "all Pass before the step's time is up": (NOTHING, {"is_time_up": False}, Outcome.HELD),
    "one Unknown": (WAITS, {}, Outcome.HELD),
    "one Unknown, and Promote": (WAITS, {"on_inconclusive": OnInconclusive.PROMOTE}, Outcome.PROMOTED),
    "one Unknown, and Rollback": (WAITS, {"on_inconclusive": OnInconclusive.ROLLBACK}, Outcome.ROLLED_BACK),
    "one Unknown, and Rollback once the time is up": (
        WAITS,
        {"on_inconclusive": OnInconclusive.ROLLBACK, "is_time_up": False},
        Outcome.HELD,
    ),
    "a Fail that rolls back": (Conclusion(rollback=FAILED_GATE), {"is_time_up": False}, Outcome.ROLLED_BACK),
    "a Fail that holds": (Conclusion(hold=FAILED_GATE), {}, Outcome.HELD),
}


@pytest.mark.parametrize(("found", "facts", "want"), DECISIONS.values(), ids=DECISIONS)
def test_decisions(found: Conclusion, facts: dict[str, Any], want: Outcome) -> None:
    settings: dict[str, Any] = {
        "on_inconclusive": OnInconclusive.HOLD,
        "is_time_up": True,
        "is_last": True,
    } | facts
    assert decide(found, settings.pop("on_inconclusive"), **settings) is want


def test_a_canary_takes_its_steps_and_each_is_counted_by_itself() -> None:
    """Of three replicas one has a third of the requests, whatever small weight is written."""
    seen: list[Pair] = []

    def watch(gates: Sequence[Gate], rate: str, pair: Pair) -> tuple[Verdict, ...]:
        seen.append(pair)
        return judge(gates, rate, pair)

    steps = [{"weight": 5, "holdSeconds": 100}, {"weight": 50, "minSamples": 500}]
    ramp = read_policy(deployment(replicas=3, rollout={"steps": steps}), "policy.yaml")
    scenario = setting(ramp, Rates()).scenario("any")
    ending = play(watch, ramp, COURSE, scenario, Random(1))
    assert ending.outcome is Outcome.PROMOTED
    assert [round(step.weight, 3) for step in seen[-1].steps] == [0.333, 0.667]
    # A thousand requests for a Pass are there after 30 rounds of 33; then 500 of 67 in a round.
    assert [len(pair.steps) for pair in seen].count(1) * 100 == pytest.approx(3000, rel=0.1)
    assert ending.seconds == pytest.approx(5 * 38, rel=0.1)


def played(rates: Rates, canary: Rates, seed: int = 1, course: Course = COURSE, by: Judge = judge) -> Ending:
    scenario = setting(rates=rates).scenario("any", rates=canary)
    return play(by, policy(), course, scenario, Random(seed))


def test_a_canary_that_fails_is_rolled_back_at_the_first_look_that_shows_it() -> None:
    ending = played(Rates(), Rates(errors=1.0))
    assert ending.outcome is Outcome.ROLLED_BACK
    assert ending.seconds == 5.0
    assert 5 <= ending.canary_requests <= 40
    assert ending.deciding == ("errorrate",)
    assert ending.messages == (f"{ending.canary_requests} failed",)


def test_a_canary_without_a_fault_is_promoted_once_there_is_enough() -> None:
    ending = played(Rates(errors=0.1), Rates())
    assert ending.outcome is Outcome.PROMOTED
    assert 1000 <= ending.canary_requests <= 1040
    assert ending.deciding == ()


def test_a_canary_with_too_few_requests_is_held_to_the_end() -> None:
    ending = played(Rates(), Rates(), course=Course(100, 5.0, (1, 2)))
    assert (ending.outcome, ending.seconds, ending.deciding) == (Outcome.HELD, 10.0, ("errorrate",))


def test_one_seed_gives_one_ending() -> None:
    rates = Rates(errors=0.002)
    assert played(rates, rates, seed=7) == played(rates, rates, seed=7)
    assert len({played(rates, rates, seed=seed) for seed in range(20)}) > 1


class Watching:
    """A judge that keeps what it was given, and decides nothing."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []

    def __call__(self, _: Sequence[Gate], __: str, pair: Pair) -> tuple[Verdict, ...]:
        self.pairs.append(pair)
        return ()


def watched(course: Course = COURSE) -> list[Pair]:
    judge_ = Watching()
    rates = Rates(errors=0.05, invalid=0.05, latency=0.1)
    played(rates, rates, course=course, by=judge_)
    return judge_.pairs


@pytest.mark.parametrize("role", ["canary", "stable"])
def test_counts_fit_together_at_every_look(role: str) -> None:
    for pair in watched():
        arm: Counted = getattr(pair.steps[0], role)
        answered = counted(arm, "leeway_model_requests_total", code="200")
        assert counted(arm, "leeway_model_rows_total") == answered
        assert counted(arm, "leeway_model_drawn_rows_total") == answered
        assert counted(arm, "leeway_model_score_bin_total") == answered
        for feature in ("income", "town", "owner"):
            assert counted(arm, "leeway_model_feature_bin_total", feature=feature) == answered
        bucket = "leeway_model_request_duration_seconds_bucket"
        assert counted(arm, bucket, le="0.1") <= counted(arm, bucket, le="+Inf") == answered
        refused = counted(arm, "leeway_model_invalid_requests_total")
        assert refused == counted(arm, "leeway_model_requests_total", code="400")


def test_counts_only_grow_and_requests_are_all_there() -> None:
    pairs = watched()
    for number, pair in enumerate(pairs, start=1):
        both = [getattr(pair.steps[0], role) for role in ("canary", "stable")]
        assert sum(counted(arm, "leeway_model_requests_total") for arm in both) == 100 * number
    for before, after in pairwise(pairs):
        totals = before.steps[0].canary.totals, after.steps[0].canary.totals
        assert all(totals[0][series] <= totals[1][series] for series in totals[0])


def test_labels_come_late() -> None:
    pairs = watched(Course(100, 5.0, tuple(range(1, 61)), label_rounds=10))
    labels = [counted(pair.steps[0].stable, "leeway_model_drawn_feedback_total") for pair in pairs]
    assert labels[:10] == [0] * 10
    assert labels[10] > 0
    # Half of the answers of fifty rounds.
    answered = counted(pairs[49].steps[0].stable, "leeway_model_requests_total", code="200")
    assert labels[59] == pytest.approx(answered / 2, rel=0.1)


def test_the_worst_time_of_an_incident_is_counted() -> None:
    pairs = watched()
    worst = [pair.steps[0].canary.worst[Incident.ERRORS] for pair in pairs]
    failed = [counted(pair.steps[0].canary, "leeway_model_requests_total", code="500") for pair in pairs]
    # As long as an incident lasts, all of them; then never fewer than before, and not all.
    assert worst[:7] == failed[:7]
    assert worst == sorted(worst)
    assert worst[-1] < failed[-1]
