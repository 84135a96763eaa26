"""What every verdict has in common: who is asked, what is missing, and how sure it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.gates import Gate, GateMetric, VerdictState
from leeway.core.evidence.pair import ArmSeen, Pair
from leeway.core.gates.judging import judge
from leeway.core.judge.shares import split_alpha
from tests.core.gates.arms import (
    CANARY,
    TWINS,
    UNKNOWN,
    Counts,
    arm,
    bridged,
    pair,
    profile,
    scored,
    verdict_of,
)

METRICS = (*map(str, GateMetric), "invalid-input", "arms-comparable")
OF_PROFILES = ("DataDrift", "PredictionDrift", "Divergence", "arms-comparable")
OF_TRAFFIC = tuple(metric for metric in METRICS if metric != "Quality")
ALL_GATES = tuple(Gate(name=f"gate-{place}", metric=metric) for place, metric in enumerate(GateMetric))


def arms_for(metric: str) -> tuple[ArmSeen, ArmSeen]:
    return TWINS if metric == "Divergence" else bridged()


def busy(rows: int) -> Counts:
    """An arm with traffic of every kind."""
    return replace(scored(rows), codes={"200": rows}, latency=(0, rows, rows))


def test_every_gate_has_a_verdict_and_so_have_two_that_nobody_asked() -> None:
    verdicts = judge(ALL_GATES, "0.01", pair(busy(500), busy(2000)))
    assert [one.name for one in verdicts] == [
        *(gate.name for gate in ALL_GATES),
        "invalid-input",
        "arms-comparable",
    ]
    assert [one.metric for one in verdicts] == [*GateMetric, "InvalidInput", "ArmsComparable"]
    assert all(one.message.endswith(".") for one in verdicts)
    assert [one.name for one in judge((), "0.01", pair(busy(500), busy(2000)))] == [
        "invalid-input",
        "arms-comparable",
    ]


@pytest.mark.parametrize("metric", OF_TRAFFIC)
def test_no_traffic_is_no_verdict(metric: str) -> None:
    arms = arms_for(metric)
    for seen, says in (
        (pair(busy(0), busy(400), arms=arms), "The canary has had no traffic"),
        (pair(busy(400), busy(0), arms=arms), "Stable has had no traffic"),
    ):
        verdict = verdict_of(metric, seen)
        assert (verdict.state, verdict.message[: len(says)]) == (UNKNOWN, says)


WITHOUT_QUORUM = {
    "2 of 5 pods of the canary": (
        {"pods": 5, "answered": 2, "refusals": ("loan-2-a: HTTP 500",)},
        {},
        "2 of 5 pods of the canary arm answered, not most of them (loan-2-a: HTTP 500).",
    ),
    "half of stable's pods": (
        {},
        {"pods": 4, "answered": 2},
        "2 of 4 pods of the stable arm answered, not most of them.",
    ),
    "no pod of the canary": (
        {"pods": 0, "answered": 0},
        {},
        "No pod of the canary arm is there to be asked.",
    ),
}


@pytest.mark.parametrize(("canary", "stable", "says"), WITHOUT_QUORUM.values(), ids=list(WITHOUT_QUORUM))
def test_without_most_pods_of_an_arm_nothing_is_concluded(
    canary: dict[str, Any], stable: dict[str, Any], says: str
) -> None:
    seen = pair(busy(5000), busy(20_000), arms=(arm(CANARY, **canary), arm(**stable)))
    verdicts = judge(ALL_GATES, "0.01", seen)
    assert {(one.state, one.message) for one in verdicts} == {(UNKNOWN, says)}


@pytest.mark.parametrize("metric", OF_PROFILES)
@pytest.mark.parametrize("lacking", [0, 1], ids=["canary", "stable"])
def test_without_a_profile_nothing_is_said_of_columns_and_scores(metric: str, lacking: int) -> None:
    arms = list(arms_for(metric))
    arms[lacking] = replace(arms[lacking], profile=None, why_no_profile="HTTP 404")
    verdict = verdict_of(metric, pair(busy(5000), busy(20_000), arms=(arms[0], arms[1])))
    assert verdict.state is UNKNOWN
    assert verdict.message == f"The profile of version {arms[lacking].version} is missing: HTTP 404."


@pytest.mark.parametrize("metric", ["ErrorRate", "Latency", "invalid-input"])
def test_without_a_profile_requests_are_judged_all_the_same(metric: str) -> None:
    arms = (arm(CANARY, profile=None), arm(profile=None))
    assert verdict_of(metric, pair(busy(90_000), busy(90_000), arms=arms)).state is VerdictState.PASS


@pytest.mark.parametrize("metric", OF_PROFILES)
def test_counts_by_another_profile_than_the_one_that_was_read_say_nothing(metric: str) -> None:
    seen = pair(busy(5000), busy(20_000), arms=arms_for(metric))
    stable = replace(seen.stable, profile=profile("c"))
    verdict = verdict_of(metric, replace(seen, stable=stable))
    assert verdict.state is UNKNOWN
    assert "count by profile 'aaaaaaaa', and its profile has the digest cccccccc" in verdict.message


def test_before_the_first_step_nothing_is_said() -> None:
    seen = Pair(arm(CANARY), arm(), ())
    assert {(one.state, one.message) for one in judge(ALL_GATES, "0.01", seen)} == {
        (UNKNOWN, "Nothing was counted yet.")
    }


@pytest.mark.parametrize("metric", OF_TRAFFIC)
def test_more_rows_than_can_be_counted_are_believed_of_nobody(metric: str) -> None:
    """A pod that lies: its numbers are whole, and far beyond what logarithms of gamma functions are good for."""
    seen = pair(busy(10**15), busy(400), arms=arms_for(metric))
    verdict = verdict_of(metric, seen)
    assert (verdict.state, "more than can be judged" in verdict.message) == (UNKNOWN, True), verdict.message


def test_a_column_that_the_profile_does_not_count_is_asked_in_vain() -> None:
    verdict = verdict_of("DataDrift", pair(busy(5000), busy(20_000)), features=("income", "age"))
    assert verdict.state is UNKNOWN
    assert "does not count the column 'age': take it out" in verdict.message


def test_columns_that_are_not_asked_about_are_not_looked_at() -> None:
    assert (
        verdict_of("DataDrift", pair(busy(5000), busy(20_000)), features=("income",)).state
        is VerdictState.PASS
    )


@pytest.mark.parametrize("metric", list(GateMetric))
def test_a_threshold_that_tolerates_nothing_is_named(metric: str) -> None:
    verdict = verdict_of(metric, pair(busy(5000), busy(20_000)), threshold="0")
    assert (verdict.state, verdict.message) == (UNKNOWN, "The gate's threshold is 0: set one above 0.")


@pytest.mark.parametrize("rate", ["0", "1"])
def test_a_rate_that_proves_nothing_is_named(rate: str) -> None:
    verdicts = judge(ALL_GATES, rate, pair(busy(5000), busy(20_000)))
    assert {one.state for one in verdicts} == {UNKNOWN}
    assert all(f"spec.falseAlarmRate is {rate}: nothing is proven" in one.message for one in verdicts)


def test_the_numbers_of_a_verdict() -> None:
    verdict = verdict_of("DataDrift", pair(busy(2000), busy(8000)))
    assert (verdict.effect, verdict.threshold) == ("0.0002728", "0.2")
    assert (verdict.lower, verdict.canary_rows, verdict.stable_rows) == (None, 2000, 8000)
    assert verdict.upper is not None
    assert float(verdict.upper) < 0.2


def test_more_gates_leave_less_of_the_rate_to_each() -> None:
    """With ErrorRate alone, 98 % are enough of 95; beside all others each has to be surer."""
    assert split_alpha(["ErrorRate", "InvalidInput", "ArmsComparable"], 0.05)["ErrorRate"] == pytest.approx(
        0.02
    )
    failing = pair(
        Counts(codes={"200": 950, "500": 14}),
        Counts(codes={"200": 4000, "500": 16}),
        arms=(arm(CANARY), arm()),
    )
    alone = judge([Gate(name="errors", metric=GateMetric.ERROR_RATE)], "0.05", failing)[0]
    gates = [*ALL_GATES, Gate(name="errors", metric=GateMetric.ERROR_RATE)]
    among = next(one for one in judge(gates, "0.05", failing) if one.name == "errors")
    assert alone.lower is not None
    assert among.lower is not None
    assert float(among.lower) < float(alone.lower)
